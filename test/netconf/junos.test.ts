import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';
import { NetconfError, RpcError } from '../../src/netconf/errors.ts';
import { facts, pendingReboot, reboot } from '../../src/netconf/junos.ts';
import { openSession } from '../../src/netconf/session.ts';

/** A simulated device and a session with it, both gone when the test ends. `canned` are replies by RPC name. */
async function device(t: TestContext, options: Partial<SimulatorOptions> = {}, canned?: Record<string, string>) {
  const replies = canned && (await cannedReplies(t, canned));
  const simulator = await startSimulator({
    hostname: 'hq-fw01',
    port: 0,
    user: 'netops',
    password: 'pw',
    goneAfterMs: 0,
    downMs: 0,
    ...(replies ? { replies } : {}),
    ...options,
  });
  t.after(() => simulator.close());
  const open = () =>
    openSession(
      {
        name: 'hq-fw01',
        address: '127.0.0.1',
        ports: [simulator.port],
        user: 'netops',
        password: 'pw',
        knownHosts: simulator.hostKeyLine,
      },
      { timeouts: { closeMs: 50 } },
    );
  const session = await open();
  t.after(() => session.close());
  return { simulator, state: simulator.state, session, open };
}

async function cannedReplies(t: TestContext, canned: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replies-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [rpc, content] of Object.entries(canned)) await writeFile(join(folder, `${rpc}.xml`), content);
  return folder;
}

const engines = (...items: string[]) =>
  `<multi-routing-engine-results>${items
    .map(
      (item, index) =>
        `<multi-routing-engine-item>\n<re-name>\nnode${index}\n</re-name>${item}</multi-routing-engine-item>`,
    )
    .join('\n')}</multi-routing-engine-results>`;

test('facts', async (t) => {
  const now = () => new Date('2026-11-23T10:00:00Z');
  const { session } = await device(t, { now, bootSeconds: 90_061, model: 'srx345', version: '22.4R3-S6.5' });
  assert.deepEqual(await facts(session), {
    hostname: 'hq-fw01',
    model: 'srx345',
    version: '22.4R3-S6.5',
    uptimeSeconds: 90_061,
    bootedAt: new Date('2026-11-22T08:58:59Z'),
    deviceTime: '2026-11-23 10:00:00 UTC',
  });
});

test('facts of several engines are those of the first', async (t) => {
  const software = (host: string) =>
    `<software-information><host-name>${host}</host-name><product-model>vSRX</product-model><junos-version>24.4R1.9</junos-version></software-information>`;
  const uptime = (booted: number) => `<system-uptime-information xmlns="http://xml.juniper.net/junos/24.4R0/junos">
    <current-time><date-time junos:seconds="1000100">1970-01-12 14:48:20 CET</date-time></current-time>
    <system-booted-time><date-time junos:seconds="${booted}">x</date-time></system-booted-time></system-uptime-information>`;
  const { session } = await device(
    t,
    {},
    {
      'get-software-information': engines(software('fw-a'), software('fw-b')),
      'get-system-uptime-information': engines(uptime(1_000_000), uptime(5)),
    },
  );
  assert.deepEqual(await facts(session), {
    hostname: 'fw-a',
    model: 'vSRX',
    version: '24.4R1.9',
    uptimeSeconds: 100,
    bootedAt: new Date(1_000_000_000),
    deviceTime: '1970-01-12 14:48:20 CET',
  });
});

test('facts of an old release: the version from its packages; no uptime for who may not ask', async (t) => {
  const { session, state } = await device(
    t,
    {},
    {
      'get-software-information': `<software-information><product-model>firefly</product-model>
      <package-information><name>jbase</name><comment>JUNOS Base [1.1]</comment></package-information>
      <package-information><name>junos</name><comment>JUNOS Software Release [12.1X46-D15.3]</comment></package-information>
      </software-information>`,
    },
  );
  state.rpcErrorOn = { 'get-system-uptime-information': 'permission denied' };
  assert.deepEqual(await facts(session), {
    hostname: '',
    model: 'firefly',
    version: '12.1X46-D15.3',
    uptimeSeconds: null,
    bootedAt: null,
    deviceTime: null,
  });
});

test('facts refused, and facts empty', async (t) => {
  const { session, state } = await device(t, {}, { 'get-system-uptime-information': '' });
  state.rpcErrorOn = { 'get-software-information': 'permission denied' };
  await assert.rejects(facts(session), (error) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, 'rpc-error');
    return /^hq-fw01 answered get-software-information with an error: permission denied/.test(error.message);
  });
  const empty = await device(t, {}, { 'get-software-information': '' });
  await assert.rejects(facts(empty.session), /the reply is empty/);
});

const requested = 'reboot requested by exadmin at Sat Dec  4 05:00:00 2021';
const foldedRequest = 'reboot requested by exadmin at Sat Dec 4 05:00:00 2021';
const none = '<output>\nNo shutdown/reboot scheduled.\n</output>';
const pendingCases: [what: string, reply: string, expected: string | null][] = [
  ['nothing', none, null],
  ['nothing, without output', 'No shutdown/reboot scheduled.', null],
  ['a reboot', `<output>\n${requested}\n</output>`, foldedRequest],
  ['a halt', '<output>halt requested by x at y</output>', 'halt requested by x at y'],
  ['nothing on both engines', engines(none, none), null],
  ['a reboot of the second engine', engines(none, `<output>${requested}</output>`), foldedRequest],
  [
    'nothing, as the CLI shows engines',
    '<output>\nnode0:\n-----------\nNo shutdown/reboot scheduled.\n\nnode1:\n---\nNo shutdown/reboot scheduled.\n</output>',
    null,
  ],
  ['a halt in broken XML', '<output>halt requested by x at y <R&D only></output>', 'halt requested by x at y'],
];
for (const [what, reply, expected] of pendingCases) {
  test(`pending: ${what}`, async (t) => {
    const { session } = await device(t, {}, { 'get-reboot-information': reply });
    assert.deepEqual(await pendingReboot(session), expected === null ? null : { text: expected });
  });
}

test('pending: silence is not "nothing"', async (t) => {
  const empty = await device(t, {}, { 'get-reboot-information': '<output>\n</output>' });
  await assert.rejects(pendingReboot(empty.session), RpcError);
  const refused = await device(t);
  refused.state.rpcErrorOn = { 'get-reboot-information': 'permission denied' };
  await assert.rejects(pendingReboot(refused.session), /permission denied/);
});

test('reboot now: done, the device goes and comes back with a new boot time', async (t) => {
  const { session, simulator, state, open } = await device(t);
  const before = await facts(session);
  const [down, up] = [once(simulator.events, 'down'), once(simulator.events, 'up')];
  assert.deepEqual(await reboot(session), { outcome: 'done', text: 'Shutdown NOW! [pid 17221]', pid: 17221 });
  await down;
  await up;
  const again = await open();
  t.after(() => again.close());
  const after = await facts(again);
  assert.ok((after.bootedAt ?? 0) > (before.bootedAt ?? 0));
  assert.equal(await pendingReboot(again), null);
  const sent = state.rpcs.filter((each) => each.rpc === 'request-reboot');
  assert.deepEqual(
    sent.map((each) => each.xml),
    ['<request-reboot/>'],
  );
});

test('reboot in 30 minutes: done, pending, and the second one refused', async (t) => {
  const { session, state } = await device(t, { now: () => new Date('2026-11-23T10:00:00Z') });
  const text = 'Shutdown at Mon Nov 23 10:30:00 2026 [pid 17221]';
  assert.deepEqual(await reboot(session, { inMinutes: 30 }), { outcome: 'done', text, pid: 17221 });
  assert.deepEqual(await pendingReboot(session), { text: 'reboot requested by netops at Mon Nov 23 10:30:00 2026' });
  const second = await reboot(session);
  assert.deepEqual([second.outcome, second.outcome === 'refused' && second.reason], ['refused', 'already-scheduled']);
  assert.equal(state.rpcs[0]?.xml, '<request-reboot><in>30</in></request-reboot>');
});

test('reboot refused by permission and by syntax', async (t) => {
  const { session, state } = await device(t);
  for (const [message, reason] of [
    ['permission denied', 'permission'],
    ['syntax error', 'rejected'],
  ]) {
    state.rpcErrorOn = { 'request-reboot': message ?? '' };
    assert.deepEqual(await reboot(session), { outcome: 'refused', reason, text: message });
  }
});

test('reboot unknown: shutdown time has arrived', async (t) => {
  const { session, state } = await device(t);
  state.rpcErrorOn = { 'request-reboot': 'error: System shutdown time has arrived' };
  assert.equal((await reboot(session)).outcome, 'unknown');
});

test('reboot unknown: the session is lost before or in the reply; sent once', async (t) => {
  for (const fault of ['cutBeforeReply', 'cutMidReply'] as const) {
    const { session, state, simulator } = await device(t);
    state[fault] = 'request-reboot';
    const up = once(simulator.events, 'up');
    const outcome = await reboot(session);
    assert.equal(outcome.outcome, 'unknown');
    assert.match(outcome.text, /^The connection to hq-fw01 was lost before it answered request-reboot\./);
    // The device did take it: only its uptime can tell.
    await up;
    assert.deepEqual(
      state.rpcs.map((each) => each.rpc),
      ['request-reboot'],
    );
  }
});

test('reboot unknown: no answer in time', async (t) => {
  const { session, state } = await device(t);
  state.hang = 'request-reboot';
  const text = 'hq-fw01 did not answer request-reboot within 0.02 s.';
  assert.deepEqual(await reboot(session, { timeoutMs: 20 }), { outcome: 'unknown', text });
});

test('reboot unknown: a reply that cannot be read, even when it looks like success', async (t) => {
  const { session } = await device(t, {}, { 'request-reboot': '<output>Shutdown NOW! & more</output>' });
  assert.deepEqual(await reboot(session), { outcome: 'unknown', text: 'Shutdown NOW! & more' });
});

test('reboot on a session that is closed sends nothing, and says so', async (t) => {
  const { session, state } = await device(t);
  await session.close();
  await assert.rejects(reboot(session), (error) => error instanceof NetconfError && error.sent === false);
  assert.deepEqual(
    state.rpcs.map((each) => each.rpc),
    ['close-session'],
  );
});

test('minutes that are none are refused before anything is sent', async (t) => {
  const { session, state } = await device(t);
  for (const inMinutes of [0, -1, 1.5, Number.NaN]) {
    await assert.rejects(reboot(session, { inMinutes }), RangeError);
  }
  assert.deepEqual(state.rpcs, []);
});
