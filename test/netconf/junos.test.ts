import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import {
  archiveFiles,
  cancelReboot,
  commandText,
  deleteFile,
  type EngineChoice,
  facts,
  fileSystemOf,
  getFile,
  listFiles,
  pendingReboot,
  reboot,
  requestSupportInformation,
  restartProcess,
  sha256,
  storage,
} from '../../src/netconf/junos.ts';
import { openSession } from '../../src/netconf/session.ts';

const now = { kind: 'now' } as const;
const self = { engines: 'this', when: now } as const;

/** A simulated device and a session with it, both gone when the test ends. */
async function device(t: TestContext, options: Partial<SimulatorOptions> = {}) {
  const simulator = await startSimulator({
    hostname: 'hq-fw01',
    port: 0,
    user: 'netops',
    password: 'pw',
    goneAfterMs: 0,
    downMs: 0,
    ...options,
  });
  t.after(() => simulator.close());
  const open = async () => {
    const target = { name: 'hq-fw01', address: '127.0.0.1', ports: [simulator.port], user: 'netops', password: 'pw' };
    const session = await openSession({ ...target, knownHosts: simulator.hostKeyLine }, { timeouts: { closeMs: 50 } });
    t.after(() => session.close());
    return session;
  };
  return { simulator, state: simulator.state, session: await open(), open };
}

const sentTo = (state: { rpcs: { rpc: string; xml: string }[] }, name: RegExp) =>
  state.rpcs.filter(({ rpc }) => name.test(rpc)).map(({ xml }) => xml);

test('facts of every platform', async (t) => {
  const cases = [
    ['srx', 1, null, false, false],
    ['ex-vc', 2, 'member0', false, false],
    ['mx-dual-re', 2, 're0', null, false],
    ['srx-cluster', 2, 'node0', false, false],
    ['evo', 1, null, false, true],
  ] as const;
  for (const [platform, engines, own, , evolved] of cases) {
    const { session } = await device(t, { platform });
    const found = await facts(session);
    assert.equal(found.hostname.startsWith('hq-fw01'), true, platform);
    assert.equal(found.engines.length, engines, platform);
    assert.deepEqual(
      [found.evolved, found.cluster !== null, found.virtualChassis !== null],
      [evolved, platform === 'srx-cluster', platform === 'ex-vc'],
    );
    if (own !== null) assert.equal(found.ownEngine, own, platform);
    assert.equal(found.clock?.offsetMinutes, 0, platform);
    assert.ok(found.engines.every(({ uptimeSeconds }) => uptimeSeconds !== null));
  }
});

test('reboot now: done, the device goes and comes back with a new boot time', async (t) => {
  const { session, simulator, state, open } = await device(t);
  const before = await facts(session);
  const [down, up] = [once(simulator.events, 'down'), once(simulator.events, 'up')];
  const result = await reboot(session, before, self);
  assert.partialDeepStrictEqual(result, { outcome: 'done', schedule: null });
  assert.match(result.text, /^Shutdown NOW! \[pid \d+\]$/);
  await down;
  await up;
  const again = await open();
  const after = await facts(again);
  assert.ok((after.bootedAt ?? 0) > (before.bootedAt ?? 0));
  assert.equal(await pendingReboot(again), null);
  assert.deepEqual(sentTo(state, /reboot$/), ['<request-reboot/>']);
});

test('reboot at: in the zone and by the clock of a device that is wrong, refused twice, and cancelled', async (t) => {
  const fixed = () => new Date('2026-11-23T10:00:00Z');
  const { session, state } = await device(t, { now: fixed, zone: 'Asia/Kolkata' });
  state.clockSkewMs = 7 * 60_000;
  const ours = () => fixed().getTime();
  const found = await facts(session, { now: ours });
  assert.partialDeepStrictEqual(found.clock, { offsetMinutes: 330, skewMs: 420_000 });
  const at = new Date('2026-11-23T20:00:00Z');
  const result = await reboot(session, found, { engines: 'this', when: { kind: 'at', at } }, { now: ours });
  assert.equal(sentTo(state, /^request-reboot$/)[0], '<request-reboot><at>2611240137</at></request-reboot>');
  assert.equal(result.outcome, 'done');
  assert.partialDeepStrictEqual(result.outcome === 'done' && result.schedule, {
    confirmedAt: at,
    matches: true,
    sentAs: 'at',
  });
  assert.deepEqual(state.engine.pending?.at, at);
  const pending = await pendingReboot(session, { now: ours });
  assert.partialDeepStrictEqual(pending, { kind: 'reboot', user: 'netops', at });
  assert.partialDeepStrictEqual(await reboot(session, found, self), {
    outcome: 'refused',
    reason: 'already-scheduled',
  });
  assert.partialDeepStrictEqual(await cancelReboot(session), { outcome: 'done', was: 'cancelled' });
  assert.partialDeepStrictEqual(await cancelReboot(session), { outcome: 'done', was: 'nothing-scheduled' });
});

test('which engines go down on each platform', async (t) => {
  const cases: [SimulatorOptions['platform'], EngineChoice, string[]][] = [
    ['mx-dual-re', 'this', ['re0']],
    ['mx-dual-re', 'other', ['re1']],
    ['mx-dual-re', 'both', ['re0', 're1']],
    ['ex-vc', 'this', ['fpc0']],
    ['ex-vc', { member: 1 }, ['fpc1']],
    ['ex-vc', 'all-members', ['fpc0', 'fpc1']],
    ['srx-cluster', 'this', ['node0']],
    ['evo', 'this', ['re0']],
  ];
  for (const [platform, engines, expected] of cases) {
    for (const vmhost of platform === 'mx-dual-re' ? [false, true] : [false]) {
      const { session, state } = await device(t, { ...(platform ? { platform } : {}), vmhost });
      const when = { kind: 'in', minutes: 30 } as const;
      const result = await reboot(session, await facts(session), { engines, when });
      const what = JSON.stringify([platform, vmhost, engines, result]);
      assert.equal(result.outcome === 'done' && result.schedule?.matches, true, what);
      assert.deepEqual(
        state.engines.filter(({ pending }) => pending).map(({ name }) => name),
        expected,
        what,
      );
    }
  }
});

test('reboot refused by permission and by syntax, unknown when the device is going down', async (t) => {
  const { session, state } = await device(t);
  const found = await facts(session);
  for (const [message, reason] of [
    ['permission denied', 'permission'],
    ['syntax error', 'rejected'],
  ] as const) {
    state.rpcErrorOn = { 'request-reboot': message };
    assert.deepEqual(await reboot(session, found, self), { outcome: 'refused', reason, text: message });
  }
  state.rpcErrorOn = { 'request-reboot': 'error: System shutdown time has arrived' };
  assert.equal((await reboot(session, found, self)).outcome, 'unknown');
});

test('reboot unknown: the session is lost before or in the reply, or no answer in time; sent once', async (t) => {
  for (const fault of ['cutBeforeReply', 'cutMidReply'] as const) {
    const { session, state, simulator } = await device(t);
    const found = await facts(session);
    state[fault] = 'request-reboot';
    const up = once(simulator.events, 'up');
    const outcome = await reboot(session, found, self);
    assert.equal(outcome.outcome, 'unknown');
    assert.match(outcome.text, /^The connection to hq-fw01 was lost before it answered request-reboot\./);
    // The device did take it: only its uptime can tell.
    await up;
    assert.equal(sentTo(state, /^request-reboot$/).length, 1);
  }
  const { session, state } = await device(t);
  const found = await facts(session);
  state.hang = 'request-reboot';
  const text = 'hq-fw01 did not answer request-reboot within 0.02 s.';
  assert.deepEqual(await reboot(session, found, self, { timeoutMs: 20 }), { outcome: 'unknown', text });
});

test('reboot on a session that is closed sends nothing, and says so', async (t) => {
  const { session, state } = await device(t);
  const found = await facts(session);
  await session.close();
  await assert.rejects(reboot(session, found, self), (error) => error instanceof NetconfError && !error.sent);
  assert.deepEqual(sentTo(state, /^request-reboot$/), []);
});

test('processes restart, are not needed, do not exist; forwarding takes the session along', async (t) => {
  const { session } = await device(t);
  assert.partialDeepStrictEqual(await restartProcess(session, 'routing', 'graceful'), { outcome: 'done' });
  assert.partialDeepStrictEqual(await restartProcess(session, 'routing', 'immediately'), { outcome: 'done-unproven' });
  assert.partialDeepStrictEqual(await restartProcess(session, 'nonesuch', 'soft'), { reason: 'no-such-process' });
  const lost = await restartProcess(session, 'forwarding', 'graceful');
  assert.partialDeepStrictEqual(lost, { outcome: 'done-unproven', because: 'session-lost' });
});

test('files are packed, checked, fetched and deleted', async (t) => {
  const { session } = await device(t);
  const made = await archiveFiles(session, { source: '/var/log/*', destination: '/var/tmp/x', compress: true });
  assert.equal(made.outcome, 'done');
  const [content, sum] = [await getFile(session, '/var/tmp/x.tgz'), await sha256(session, '/var/tmp/x.tgz')];
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(content));
  assert.equal(sum, Buffer.from(digest).toString('hex'));
  const mounted = await storage(session);
  assert.ok((fileSystemOf(mounted, '/var/tmp')?.availableBytes ?? 0) > content.length);
  assert.equal((await deleteFile(session, '/var/tmp/x.tgz')).outcome, 'done');
  assert.partialDeepStrictEqual(await deleteFile(session, '/var/tmp/x.tgz'), { reason: 'not-found' });
  assert.equal((await listFiles(session, '/var/tmp/x.tgz')).found, false);
  assert.equal((await listFiles(session, '/var/log')).found, true);
});

test('a command is printed, and support information streamed', async (t) => {
  const { session } = await device(t);
  assert.match(await commandText(session, 'show version'), /hq-fw01/);
  const sink = new PassThrough();
  const [information, text] = await Promise.all([
    requestSupportInformation(session, sink, await facts(session)).finally(() => sink.end()),
    readAll(sink),
  ]);
  assert.equal(Buffer.byteLength(text), information.bytes);
  assert.equal(information.malformed, null);
});
