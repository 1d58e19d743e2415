import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import ssh2 from 'ssh2';
import type { RpcRecord } from '../../simulator/device.ts';
import { newHostKey } from '../../simulator/host-key.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';

async function start(t: TestContext, options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ hostname: 'hq-fw01', port: 0, user: 'netops', password: 'pw', ...options });
  t.after(() => simulator.close());
  return simulator;
}

const HELLO = '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities/></hello>]]>]]>';

/** A bare client, so that the device is not checked by our own: sends text, returns everything up to `marks` marks. */
async function talk(t: TestContext, simulator: Simulator, text: string, marks: number, exec?: string): Promise<string> {
  const client = new ssh2.Client();
  t.after(() => client.end());
  client.on('error', () => {});
  client.connect({ host: '127.0.0.1', port: simulator.port, username: 'netops', password: 'pw' });
  await once(client, 'ready');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const use = (error: Error | undefined, channel: ssh2.ClientChannel) => {
    if (error) return reject(error);
    let received = '';
    const done = () => received.split(']]>]]>').length > marks;
    channel.on('data', (bytes: Buffer) => {
      received += bytes;
      if (done()) resolve(received);
    });
    channel.on('close', () => resolve(received));
    channel.write(HELLO + text);
  };
  if (exec) client.exec(exec, use);
  else client.subsys('netconf', use);
  return promise;
}

const rpc = (operation: string, id = 1) => `<rpc message-id="${id}">${operation}</rpc>]]>]]>`;

test('greets as Junos does: comments, a hello of base:1.0 only, the terminator', async (t) => {
  const greeting = await talk(t, await start(t), '', 1);
  assert.match(
    greeting,
    /^<!-- No zombies .*-->\n<!-- user netops, class j-super-user -->\n<hello xmlns=".*base:1\.0">/,
  );
  assert.match(greeting, /<\/hello>\n]]>]]>\n$/);
  assert.doesNotMatch(greeting, /base:1\.1/);
});

test('xml-mode is NETCONF too; other commands are refused', async (t) => {
  const simulator = await start(t);
  assert.match(await talk(t, simulator, rpc('<close-session/>'), 2, 'xml-mode netconf need-trailer'), /<ok\/>/);
  await assert.rejects(talk(t, simulator, '', 1, 'show version'));
});

test('replies carry the message-id and the namespaces of Junos; RPCs are recorded', async (t) => {
  const records: RpcRecord[] = [];
  const now = () => new Date('2026-11-23T10:00:00Z');
  const simulator = await start(t, { now, bootSeconds: 3_661, onRpc: (record) => records.push(record) });
  const sent = rpc('<get-system-uptime-information/>', 41) + rpc('<get-route-engine-information/>', 42);
  const [, uptime = '', engine = ''] = (await talk(t, simulator, sent, 3)).split(']]>]]>');
  assert.match(
    uptime,
    /<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1\.0" xmlns:junos="http:\/\/xml\.juniper\.net\/junos\/[^"]+" message-id="41">/,
  );
  assert.match(uptime, /<date-time junos:seconds="1795428000">2026-11-23 10:00:00 UTC</);
  assert.match(uptime, /<time-length junos:seconds="3661">01:01:01</);
  assert.match(engine, /message-id="42"[\s\S]*<status>OK</);
  assert.deepEqual(records, [
    { at: now(), rpc: 'get-system-uptime-information', xml: '<get-system-uptime-information/>' },
    { at: now(), rpc: 'get-route-engine-information', xml: '<get-route-engine-information/>' },
  ]);
  assert.deepEqual(simulator.state.rpcs, records);
});

test('what it does not know is a syntax error, and reboots nothing', async (t) => {
  const simulator = await start(t);
  const refused = [
    '<get-nothing/>',
    '<request-reboot><both-routing-engines/></request-reboot>',
    '<request-reboot><in>soon</in></request-reboot>',
  ];
  const received = await talk(t, simulator, `${refused.map((each) => rpc(each)).join('')}<rpc><oops]]>]]>`, 5);
  const badElements = [...received.matchAll(/<bad-element>(.*)<\/bad-element>/g)].map((match) => match[1]);
  assert.deepEqual(badElements, ['get-nothing', 'both-routing-engines', 'soon', 'rpc']);
  assert.equal(simulator.state.pending, null);
});

test('a reboot is scheduled, shown, refused a second time, cleared', async (t) => {
  const simulator = await start(t, { now: () => new Date('2026-11-03T10:00:00Z') });
  const operations = [
    '<clear-reboot/>',
    '<request-reboot><in>5</in></request-reboot>',
    '<get-reboot-information format="text"/>',
    '<request-reboot/>',
    '<clear-reboot/>',
    '<get-reboot-information format="text"/>',
  ];
  const received = await talk(t, simulator, operations.map((each) => rpc(each)).join(''), 7);
  const replies = received.split(']]>]]>').slice(1);
  for (const [index, expected] of [
    /No shutdown\/reboot scheduled\./,
    /<request-reboot-status junos:reboot-time="1793700300">\nShutdown at Tue Nov {2}3 10:05:00 2026\n\[pid \d+]\n/,
    /<output>\nreboot requested by netops at Tue Nov {2}3 10:05:00 2026\n<\/output>/,
    /another shutdown is running/,
    /Terminating\.\.\./,
    /No shutdown\/reboot scheduled\./,
  ].entries()) {
    assert.match(replies[index] ?? '', expected);
  }
});

test('a reboot cuts connections, closes the port, and comes back on it with the same key', async (t) => {
  const simulator = await start(t, { goneAfterMs: 0, downMs: 20 });
  const { port, state } = simulator;
  const bootedAt = state.bootedAt;
  const idle = connect(port, '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'data');
  const [cut, down, up] = [once(idle, 'close'), once(simulator.events, 'down'), once(simulator.events, 'up')];
  assert.match(await talk(t, simulator, rpc('<request-reboot/>'), 2), /Shutdown NOW!\n\[pid \d+]/);
  await down;
  await cut;
  await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
  await up;
  assert.ok(state.bootedAt > bootedAt);
  assert.match(await talk(t, simulator, rpc('<get-reboot-information/>'), 2), /No shutdown/);
});

test('a scheduled reboot happens when its time has come', async (t) => {
  let now = Date.parse('2026-11-23T10:00:00Z');
  const simulator = await start(t, { now: () => new Date(now), downMs: 0 });
  await talk(t, simulator, rpc('<request-reboot><in>5</in></request-reboot>'), 2);
  const up = once(simulator.events, 'up');
  now += 5 * 60_000 - 1;
  simulator.tick();
  assert.ok(simulator.state.pending);
  now += 1;
  simulator.tick();
  await up;
  assert.deepEqual([simulator.state.pending, simulator.state.bootedAt], [null, new Date('2026-11-23T10:05:00Z')]);
});

test('canned replies: bare content, and a captured rpc-reply with its own tag', async (t) => {
  const replies = await mkdtemp(join(tmpdir(), 'replies-'));
  t.after(() => rm(replies, { recursive: true }));
  await writeFile(join(replies, 'get-x.xml'), '<x>\n& broken');
  await writeFile(
    join(replies, 'get-y.xml'),
    '\ufeff<!-- c --><nc:rpc-reply xmlns:nc="n" message-id="9" a="1">\n<y/>\n</nc:rpc-reply>\n',
  );
  const simulator = await start(t, { replies });
  const [, x, y, z] = (await talk(t, simulator, rpc('<get-x/>', 1) + rpc('<get-y/>', 2) + rpc('<get-z/>'), 4)).split(
    ']]>]]>',
  );
  assert.match(x ?? '', /^\n<rpc-reply [^>]*message-id="1">\n<x>\n& broken\n<\/rpc-reply>\n$/);
  assert.equal(
    y?.replace('\ufeff', ''),
    '\n<!-- c --><nc:rpc-reply xmlns:nc="n" a="1" message-id="2">\n<y/>\n</nc:rpc-reply>\n\n',
  );
  assert.match(z ?? '', /syntax error/);
});

test('a given host key is the one shown; new ones differ and can always be read', async (t) => {
  const { privateKey, publicKey } = newHostKey();
  const simulator = await start(t, { hostKey: privateKey });
  assert.equal(simulator.hostKeyLine, `[127.0.0.1]:${simulator.port} ssh-ed25519 ${publicKey.toString('base64')}`);
  assert.notEqual((await start(t)).fingerprint, simulator.fingerprint);
  for (let count = 0; count < 500; count++) assert.ok(newHostKey().publicKey.length === 51);
});

test('a wrong user or password is refused', async (t) => {
  const { port } = await start(t);
  for (const login of [
    { username: 'netops', password: 'x' },
    { username: 'root', password: 'pw' },
  ]) {
    const client = new ssh2.Client();
    client.on('error', () => {});
    client.connect({ host: '127.0.0.1', port, ...login, tryKeyboard: true });
    client.on('keyboard-interactive', (_name, _text, _lang, _prompts, finish) => finish([login.password]));
    await assert.rejects(once(client, 'ready'), /authentication methods failed/);
  }
});
