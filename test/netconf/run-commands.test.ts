import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { NetconfError } from '../../src/netconf/errors.ts';
import { runCommands } from '../../src/netconf/junos.ts';
import { aDevice, sinks } from './a-device.ts';

test('each command into a sink of its own; one that fails is not the end of the rest', async (t) => {
  const { state, open } = await aDevice(t);
  const session = await open();
  const { all, open: openSink } = sinks();
  const commands = [
    'show system uptime',
    'show nonsense',
    'request system reboot',
    'show version | save x',
    'show version',
  ];
  const seen: string[] = [];
  const outcomes = await runCommands(session, commands, {
    openSink,
    progress: (done, total, command) => seen.push(`${done}/${total} ${command}`),
  });
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['done', 'failed', 'failed', 'failed', 'done'],
  );
  const texts = outcomes.map((each) => ('text' in each ? each.text : ''));
  assert.match(texts[1] ?? '', /^hq-fw01 answered "show nonsense" with an error: syntax error \(nonsense\)\.$/);
  assert.match(texts[2] ?? '', /does more than look/);
  assert.match(texts[3] ?? '', /contains a pipe/);
  const printed = all.map(({ bytes }) => Buffer.concat(bytes).toString());
  assert.match(printed[0] ?? '', /^\s*Current time: /);
  assert.match(printed[2] ?? '', /Hostname: hq-fw01/);
  assert.deepEqual(
    all.map(({ sink }) => [sink.writableFinished, sink.destroyed]),
    [true, false, true].map((whole) => [whole, true]),
  );
  assert.equal(outcomes[4]?.outcome === 'done' && outcomes[4].bytes, Buffer.byteLength(printed[2] ?? ''));
  assert.deepEqual(seen.at(-1), '4/5 show version');
  assert.equal(state.rpcs.filter(({ rpc }) => rpc === 'command').length, 3);
});

test('several engines keep their names', async (t) => {
  const { open } = await aDevice(t, { platform: 'srx-cluster' });
  const { open: openSink, last } = sinks();
  await runCommands(await open(), ['show version'], { openSink });
  assert.match(last().toString(), /node0[\s\S]*node1/);
});

test('a full disk here, a lost session, and the work called off', async (t) => {
  const { state, open } = await aDevice(t);
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  const failing = () => new Writable({ write: (_piece, _encoding, done) => done(full) });
  const commands = ['show version', 'show system uptime'];
  const session = await open();
  const [first, second] = await runCommands(session, commands, {
    openSink: (_command, index) => (index === 0 ? failing() : sinks().open()),
  });
  assert.partialDeepStrictEqual([first, second], [{ outcome: 'failed' }, { outcome: 'done' }]);
  assert.match(first && 'text' in first ? first.text : '', /no space left on this server/);

  state.cutMidReply = 'command';
  const lost = await runCommands(session, commands, { openSink: sinks().open });
  const texts = lost.map((each) => ('text' in each ? each.text : each.outcome));
  assert.match(texts[0] ?? '', /lost before it answered/);
  assert.match(texts[1] ?? '', /is closed/);

  state.cutMidReply = false;
  state.hang = 'command';
  const stop = new AbortController();
  const { all, open: openSink } = sinks();
  await assert.rejects(
    runCommands(await open(), commands, {
      openSink,
      signal: stop.signal,
      progress: () => setImmediate(() => stop.abort()),
    }),
    (error: unknown) => error instanceof NetconfError && error.code === 'cancelled',
  );
  assert.deepEqual([all.length, all[0]?.sink.destroyed], [1, true]);
});
