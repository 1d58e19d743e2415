import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { PLATFORMS } from '../../simulator/platforms.ts';
import { ask, start } from './device-client.ts';

const now = () => new Date('2026-11-23T10:00:00Z');

test('a pair of Routing Engines: slots and mastership, and one host name', async (t) => {
  const simulator = await start(t, { platform: 'mx-dual-re', now });
  const [engines = '', cluster = '', everywhere = ''] = await ask(t, simulator, [
    '<get-route-engine-information/>',
    '<get-chassis-cluster-status/>',
    '<command>show version invoke-on all-routing-engines</command>',
  ]);
  assert.deepEqual(
    [...engines.matchAll(/<slot>(\d)<\/slot>\n<mastership-state>(\w+)</g)].map((match) => match.slice(1)),
    [
      ['0', 'master'],
      ['1', 'backup'],
    ],
  );
  assert.match(cluster, /syntax error/);
  assert.deepEqual(
    [...everywhere.matchAll(/<re-name>(\w+)</g)].map((match) => match[1]),
    ['re0', 're1'],
  );
});

const MULTI: [platform: 'ex-vc' | 'srx-cluster', names: string[]][] = [
  ['ex-vc', ['fpc0', 'fpc1']],
  ['srx-cluster', ['node0', 'node1']],
];
for (const [platform, names] of MULTI) {
  test(`${platform} answers for each of ${names}`, async (t) => {
    const simulator = await start(t, { platform });
    const operations = ['<get-software-information/>', '<get-system-uptime-information/>', '<get-reboot-information/>'];
    for (const reply of await ask(t, simulator, operations)) {
      assert.deepEqual(
        [...reply.matchAll(/<re-name>(\w+)</g)].map((match) => match[1]),
        names,
      );
    }
    const [text = ''] = await ask(t, simulator, ['<get-reboot-information format="text"/>']);
    assert.match(text, new RegExp(`<output>\n${names[0]}:\n-+\nNo shutdown/reboot scheduled\\.\n\n${names[1]}:\n`));
  });
}

test('a cluster says who is primary; a standalone SRX says that it is none', async (t) => {
  const [status = ''] = await ask(t, await start(t, { platform: 'srx-cluster' }), ['<get-chassis-cluster-status/>']);
  assert.match(status, /<device-name>node0<[\s\S]*<redundancy-group-status>primary<[\s\S]*>node1<[\s\S]*>secondary</);
  const [standalone = ''] = await ask(t, await start(t), ['<get-chassis-cluster-status/>']);
  assert.match(standalone, /<xnm:error [^>]*>[\s\S]*<message>error: Chassis cluster is not enabled<\/message>/);
  assert.doesNotMatch(standalone, /rpc-error/);
});

test('each platform knows its own way to reboot, and no other', async (t) => {
  const requests = [
    '<request-reboot><in>9</in></request-reboot>',
    '<request-system-reboot><in>9</in></request-system-reboot>',
    '<request-vmhost-reboot><in>9</in></request-vmhost-reboot>',
  ];
  for (const platform of PLATFORMS) {
    const replies = await ask(t, await start(t, { platform }), requests);
    const taken = replies.map((reply) => /Shutdown at/.test(reply));
    assert.deepEqual(taken, platform === 'evo' ? [false, true, false] : [true, false, false], platform);
  }
});

const CHOICES: [platform: 'mx-dual-re' | 'ex-vc' | 'srx-cluster', choice: string, engines: string[]][] = [
  ['mx-dual-re', '', ['re0']],
  ['mx-dual-re', '<both-routing-engines/>', ['re0', 're1']],
  ['mx-dual-re', '<other-routing-engine/>', ['re1']],
  ['mx-dual-re', '<all-members/>', []],
  ['ex-vc', '', ['fpc0']],
  ['ex-vc', '<all-members/>', ['fpc0', 'fpc1']],
  ['ex-vc', '<member>1</member>', ['fpc1']],
  ['ex-vc', '<member>7</member>', []],
  ['srx-cluster', '', ['node0']],
  ['srx-cluster', '<node>1</node>', ['node1']],
];
for (const [platform, choice, engines] of CHOICES) {
  test(`request-reboot ${choice || 'without a choice'} on ${platform}: ${engines.join(' and ') || 'refused'}`, async (t) => {
    const simulator = await start(t, { platform });
    const [reply = ''] = await ask(t, simulator, [`<request-reboot><in>9</in>${choice}</request-reboot>`]);
    const pending = simulator.state.engines.filter((engine) => engine.pending).map((engine) => engine.name);
    assert.deepEqual(pending, engines);
    assert.equal(/rpc-error/.test(reply), engines.length === 0);
    assert.equal([...reply.matchAll(/Shutdown at/g)].length, engines.length);
  });
}

test('the other engine reboots behind the back of a session; both take it along', async (t) => {
  const simulator = await start(t, { platform: 'mx-dual-re', goneAfterMs: 0, downMs: 10 });
  const { state, events } = simulator;
  const [first, second] = state.engines.map((engine) => engine.bootedAt);
  const down = once(events, 'engine');
  await ask(t, simulator, ['<request-reboot><other-routing-engine/></request-reboot>']);
  assert.deepEqual(await down, ['re1', 'down']);
  const [alone = ''] = await ask(t, simulator, ['<get-route-engine-information/>']);
  assert.deepEqual([...alone.matchAll(/<slot>(\d)</g)].map((match) => match[1]).slice(0, 1), ['0']);
  if (!state.engines[1]?.isUp) await once(events, 'engine');
  assert.equal(state.engines[0]?.bootedAt, first);
  assert.ok((state.engines[1]?.bootedAt ?? 0) > (second ?? 0));

  const [cut, up] = [once(events, 'down'), once(events, 'up')];
  await ask(t, simulator, ['<request-reboot><both-routing-engines/></request-reboot>']);
  await cut;
  await up;
  assert.ok((state.engines[0]?.bootedAt ?? 0) > (first ?? 0));
  assert.equal(state.pending, null);
});

test('a vmhost reboots with its own request, and says so', async (t) => {
  const simulator = await start(t, { platform: 'mx-dual-re', vmhost: true });
  const [refused = '', reply = ''] = await ask(t, simulator, [
    '<request-vmhost-reboot><both-routing-engines/></request-vmhost-reboot>',
    '<request-vmhost-reboot><in>1</in><routing-engine>both</routing-engine></request-vmhost-reboot>',
  ]);
  assert.match(refused, /syntax error/);
  assert.match(
    reply,
    /Initiating vmhost reboot\.\.\.[\s\S]*<error-severity>warning<[\s\S]*shutdown: \[pid \d+\]\nShutdown at .*\./,
  );
  assert.ok(simulator.state.engines.every(({ pending }) => pending));
});

test('a skewed clock shows everywhere, and at means what it says there', async (t) => {
  const simulator = await start(t, { now, zone: 'America/Los_Angeles' });
  simulator.state.clockSkewMs = 3_600_000;
  const [uptime = '', reboot = ''] = await ask(t, simulator, [
    '<get-system-uptime-information/>',
    '<request-reboot><at>2611230400</at></request-reboot>',
  ]);
  assert.match(uptime, /<current-time>\n<date-time junos:seconds="1795431600">2026-11-23 03:00:00 PST</);
  assert.match(reboot, /Shutdown at Mon Nov 23 04:00:00 2026/);
  assert.equal(simulator.state.pending?.at.toISOString(), '2026-11-23T11:00:00.000Z');
  const past = await start(t, { now });
  assert.match((await ask(t, past, ['<request-reboot><at>2511230400</at></request-reboot>']))[0] ?? '', /already past/);
  assert.equal(past.state.pending, null);
});
