import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SimulatorOptions } from '../../simulator/simulator.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { cleanUp, InvalidPath, saveSupportInformation, supportLimitMs } from '../../src/netconf/junos.ts';
import { openSession } from '../../src/netconf/session.ts';
import type { SaveSupportOptions } from '../../src/netconf/support-save.ts';
import { aDevice, sinks } from './a-device.ts';

const PATH = '/var/tmp/RSI-Support-hq-fw01.txt';
const FACTS = { cluster: null, model: 'srx345', virtualChassis: null };
const COMMAND = `request support information | no-more | save ${PATH}`;

async function device(t: TestContext, options: Partial<SimulatorOptions> = {}) {
  const made = await aDevice(t, options);
  const session = await made.open();
  const save = (more: SaveSupportOptions = {}) =>
    saveSupportInformation(made.target, session, PATH, FACTS, { pollMs: 5, ...more });
  /** What is on the device that was not there before, and what runs. */
  const traces = () => [...made.state.files.paths().filter((path) => path.startsWith('/var/tmp')), ...made.state.busy];
  return { ...made, session, save, traces };
}

test('saved by the device, in a shell, and told how it grows', async (t) => {
  const { state, save } = await device(t);
  state.supportMs = 200;
  state.supportBytes = 200_000;
  const seen: number[] = [];
  const saved = await save({ progress: ({ bytes }) => seen.push(bytes) });
  const text = state.files.read(PATH)?.data.toString() ?? '';
  assert.deepEqual(saved, { outcome: 'saved', path: PATH, bytes: 200_000, lines: text.split('\n').length });
  assert.equal(seen[0], 0);
  assert.equal(seen.at(-1), 200_000);
  assert.ok(seen.some((bytes) => bytes > 0 && bytes < 200_000));
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.deepEqual(state.commands, ['start shell', `cli -c '${COMMAND}'`]);
});

test('root begins in the shell; who gets none saves in the CLI', async (t) => {
  const root = await device(t, {
    users: [{ name: 'root', password: 'pw', class: 'super-user', authorizedKeys: [] }],
  });
  const target = { ...root.target, user: 'root' };
  assert.equal((await saveSupportInformation(target, root.session, PATH, FACTS)).outcome, 'saved');
  assert.deepEqual(root.state.commands, [`cli -c '${COMMAND}'`]);
  for (const platform of ['mx-dual-re', 'srx-cluster', 'ex-vc'] as const) {
    const { state, save } = await device(t, { platform });
    state.refuseShell = true;
    assert.equal((await save()).outcome, 'saved', platform);
    assert.deepEqual(state.commands, ['start shell', COMMAND]);
  }
});

test('called off in the middle: nothing runs and nothing is left, also when the session is gone with it', async (t) => {
  for (const refuseShell of [false, true]) {
    const { state, target, traces } = await device(t);
    state.supportMs = 60_000;
    state.refuseShell = refuseShell;
    const stop = new AbortController();
    const session = await openSession(target, { signal: stop.signal, timeouts: { closeMs: 50 } });
    const progress = ({ bytes }: { bytes: number }) => bytes > 0 && stop.abort();
    const poke = setInterval(() => state.busy.size > 0 && state.files.read(PATH) && stop.abort(), 5);
    t.after(() => clearInterval(poke));
    await assert.rejects(
      saveSupportInformation(target, session, PATH, FACTS, { signal: stop.signal, pollMs: 5, progress }),
      (error: unknown) => error instanceof NetconfError && error.code === 'cancelled',
    );
    assert.deepEqual(traces(), []);
    assert.equal(session.closed, true);
  }
});

test('called off before it begins', async (t) => {
  const { state, save, traces } = await device(t);
  const signal = AbortSignal.abort();
  await assert.rejects(
    save({ signal }),
    (error: unknown) => error instanceof NetconfError && error.code === 'cancelled',
  );
  assert.deepEqual([state.commands, traces()], [[], []]);
});

test('too long: ended, deleted, and told apart from a whole one', async (t) => {
  const { state, save, traces } = await device(t);
  state.supportMs = 60_000;
  const saved = await save({ timeoutMs: 300 });
  assert.partialDeepStrictEqual(saved, { outcome: 'incomplete', reason: 'time-limit', left: [] });
  assert.match('text' in saved ? saved.text : '', /not complete after 0\.3 s, and was ended/);
  assert.deepEqual(traces(), []);
});

test('broken off by the device: a part is no support information', async (t) => {
  const { state, save, traces } = await device(t);
  state.supportEndsAt = 0.5;
  const saved = await save();
  assert.partialDeepStrictEqual(saved, { outcome: 'incomplete', reason: 'ended-early', left: [] });
  assert.deepEqual(traces(), []);
});

test('the connection is lost: what is left is deleted over the session, and nothing runs', async (t) => {
  const { state, target, traces, open } = await device(t);
  state.supportMs = 60_000;
  const session = await open();
  const cut = setInterval(() => {
    if (state.files.read(PATH)) for (const each of state.terminals) each();
  }, 5);
  t.after(() => clearInterval(cut));
  const saved = await saveSupportInformation(target, session, PATH, FACTS, { pollMs: 5 });
  assert.partialDeepStrictEqual(saved, { outcome: 'incomplete', reason: 'connection', left: [] });
  assert.deepEqual(traces(), []);
});

test('the device is full: a part is deleted, and the device says why', async (t) => {
  const { state, save, traces } = await device(t);
  state.supportMs = 20;
  state.files.freeBytes = 10_000;
  const saved = await save();
  assert.partialDeepStrictEqual(saved, { outcome: 'incomplete', reason: 'no-space', left: [] });
  assert.match('text' in saved ? saved.text : '', /No space left on device/);
  assert.deepEqual(traces(), []);
});

test('there already, not allowed, a name that a shell would read otherwise', async (t) => {
  const { state, target, session, save, open } = await device(t, {
    users: [{ name: 'reader', password: 'pw', class: 'operator', authorizedKeys: [] }],
  });
  state.supportMs = 1;
  const reader = await saveSupportInformation({ ...target, user: 'reader' }, await open(), PATH, FACTS);
  assert.partialDeepStrictEqual(reader, { outcome: 'refused', reason: 'permission' });
  state.files.write(PATH, Buffer.from('x'), 'netops', new Date());
  assert.partialDeepStrictEqual(await save(), { outcome: 'refused', reason: 'already-there' });
  assert.equal(state.files.read(PATH)?.data.toString(), 'x');
  for (const path of ['/var/tmp/a b', "/var/tmp/a'b", '/var/tmp/$x', '/var/tmp/a;b', 'x']) {
    await assert.rejects(saveSupportInformation(target, session, path, FACTS), InvalidPath);
  }
});

test('no terminal: streamed into a sink, which ends only when all is there', async (t) => {
  const { state, save, traces } = await device(t);
  state.refuseTerminal = true;
  assert.partialDeepStrictEqual(await save(), { outcome: 'refused', reason: 'no-terminal' });
  state.supportBytes = 300_000;
  const { all, open, last } = sinks();
  const seen: boolean[] = [];
  const saved = await save({ openSink: open, progress: ({ streamed }) => seen.push(streamed) });
  assert.deepEqual(saved, { outcome: 'streamed', bytes: 300_002, malformed: null });
  // With the line ends that Junos puts around it.
  assert.equal(last().length, 300_002);
  assert.deepEqual([all[0]?.sink.writableFinished, seen.at(-1), traces()], [true, true, []]);
});

const BREAKS: [what: string, spoil: (state: Awaited<ReturnType<typeof device>>['state']) => void, reason: string][] = [
  ['cut in the middle', (state) => (state.cutMidReply = 'get-support-information'), 'connection'],
  ['without its last tag', (state) => (state.noClosingTag = 'get-support-information'), 'connection'],
  ['too late', (state) => (state.hang = 'get-support-information'), 'time-limit'],
];
for (const [what, spoil, reason] of BREAKS) {
  test(`streamed, and ${what}: not taken for whole`, async (t) => {
    const { state, save } = await device(t);
    state.refuseTerminal = true;
    spoil(state);
    const { all, open } = sinks();
    const saved = await save({ openSink: open, timeoutMs: reason === 'time-limit' ? 500 : 20_000 });
    assert.partialDeepStrictEqual(saved, { outcome: 'incomplete', reason });
    assert.deepEqual([all[0]?.sink.destroyed, all[0]?.sink.writableFinished], [true, false]);
  });
}

test('streamed and called off: the connection ends at once', async (t) => {
  const { state, save } = await device(t);
  state.refuseTerminal = true;
  state.supportBytes = 5_000_000;
  state.dripBytes = 1_000;
  const stop = new AbortController();
  const { all, open } = sinks();
  await assert.rejects(
    save({ openSink: open, signal: stop.signal, progress: ({ bytes }) => bytes > 0 && stop.abort() }),
    (error: unknown) => error instanceof NetconfError && error.code === 'cancelled',
  );
  assert.equal(all[0]?.sink.destroyed, true);
});

test('the limits by platform, and 90 minutes at most', () => {
  const members = [0, 1].map((id) => ({
    id,
    status: 'Prsnt',
    role: null,
    model: null,
    serialNumber: null,
    priority: null,
  }));
  const of = (model: string, count = 0) =>
    supportLimitMs({
      model,
      virtualChassis: count === 0 ? null : { mode: null, member: 0, members: members.slice(0, count) },
    }) / 60_000;
  assert.deepEqual(
    [of('vsrx'), of('srx345'), of('ex2300-24p', 1), of('ex4300-48p', 2), of('mx480')],
    [41, 60, 60, 90, 60],
  );
});

test('clean-up: over a new session, each path on its own, and what is left is told', async (t) => {
  const { state, session, open } = await device(t);
  for (const name of ['a', 'b']) state.files.write(`/var/tmp/${name}`, Buffer.from(name), 'netops', new Date());
  await session.close();
  const dead = await cleanUp(session, ['/var/tmp/a']);
  assert.match(dead.left[0]?.text ?? '', /hq-fw01 is closed/);
  state.undeletable.add('/var/tmp/b');
  const again = await cleanUp(await open(), ['/var/tmp/a', '/var/tmp/b', '/var/tmp/c', 'relative']);
  assert.deepEqual(again.removed, ['/var/tmp/a']);
  assert.deepEqual(again.absent, ['/var/tmp/c']);
  assert.deepEqual(
    again.left.map(({ path }) => path),
    ['/var/tmp/b', 'relative'],
  );
  assert.match(again.left[0]?.text ?? '', /Operation not permitted/);
});
