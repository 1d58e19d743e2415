import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { SimulatorOptions } from '../../simulator/simulator.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { type FetchOptions, fetchFile, sha256, TransferError } from '../../src/netconf/junos.ts';
import { aDevice, sinks } from './a-device.ts';

const PATH = '/var/tmp/logs.tgz';
/** No two pieces alike, and no whole number of them. */
const DATA = Buffer.from(Array.from({ length: 600_001 }, (_, n) => `${n}\n`).join(''));
const SUM = createHash('sha256').update(DATA).digest('hex');

/** A device with one file to fetch. */
async function device(t: TestContext, options: Partial<SimulatorOptions> = {}) {
  const made = await aDevice(t, options);
  made.state.files.write(PATH, DATA, 'netops', new Date('2026-11-20T10:00:00Z'));
  return made;
}

const quick = { pauseMs: 0 } as const;
const whole = (via: string) => ({ via, bytes: DATA.length, sha256: SUM });
const failsWith = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TransferError || error instanceof NetconfError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  return true;
};

for (const slow of [false, true]) {
  for (const via of ['sftp', 'scp', 'file-get'] as const) {
    test(`a file by ${via} into a ${slow ? 'slow' : 'quick'} sink`, async (t) => {
      const { state, target, open } = await device(t);
      state.sftp = via === 'sftp';
      state.scp = via !== 'file-get';
      const { all, open: sink, last } = sinks(slow);
      const session = await open();
      const seen: number[] = [];
      const progress = (bytes: number, total: number) => {
        assert.equal(total, DATA.length);
        seen.push(bytes);
      };
      const options = { open: sink, session, progress, sha256: sha256(session, PATH) };
      assert.deepEqual(await fetchFile(target, PATH, options), whole(via));
      assert.ok(last().equals(DATA));
      assert.equal(all[0]?.sink.writableFinished, true);
      assert.equal(seen.at(-1), DATA.length);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
    });
  }
}

test('an empty file, and names that a shell would read otherwise', async (t) => {
  const { state, target } = await device(t);
  const names = ['/var/tmp/empty', "/var/tmp/it's $HOME;x", '/var/tmp/a b'];
  for (const name of names) state.files.write(name, Buffer.from(name.slice(0, -14)), 'netops', new Date());
  for (const sftp of [true, false]) {
    state.sftp = sftp;
    for (const name of names) {
      if (!sftp && name.includes("'")) continue;
      const { open, last } = sinks();
      const { bytes } = await fetchFile(target, name, { open });
      assert.equal(last().toString(), name.slice(0, -14));
      assert.equal(bytes, last().length);
    }
  }
});

test('old algorithms', async (t) => {
  const { target } = await device(t, { legacy: true });
  const { open, last } = sinks();
  assert.deepEqual(await fetchFile(target, PATH, { open }), whole('sftp'));
  assert.ok(last().equals(DATA));
});

test('a cut at 70 % is resumed over SFTP, in the same sink', async (t) => {
  const { state, target } = await device(t);
  state.cutTransfer = { at: 0.7, times: 2 };
  const { all, open, last } = sinks();
  assert.deepEqual(await fetchFile(target, PATH, { open, ...quick }), whole('sftp'));
  assert.ok(last().equals(DATA));
  assert.equal(all.length, 1);
  assert.equal(state.logins.filter(({ method }) => method === 'password').length, 3);
});

test('a cut at 70 % over SCP begins anew, in another sink', async (t) => {
  const { state, target } = await device(t);
  state.sftp = false;
  state.cutTransfer = { at: 0.7, times: 1 };
  const { all, open, last } = sinks();
  assert.deepEqual(await fetchFile(target, PATH, { open, ...quick }), whole('scp'));
  assert.ok(last().equals(DATA));
  assert.equal(all.length, 2);
  assert.equal(all[0]?.sink.destroyed, true);
  assert.equal(all[0]?.sink.writableFinished, false);
});

test('a connection that is always cut is given up, and the sink is destroyed', async (t) => {
  for (const sftp of [true, false]) {
    const { state, target } = await device(t);
    state.sftp = sftp;
    state.cutTransfer = { at: 0.7, times: Number.POSITIVE_INFINITY };
    const { all, open } = sinks();
    await assert.rejects(
      fetchFile(target, PATH, { open, ...quick, resumes: 2 }),
      failsWith('transfer-lost', /was cut at (?:69|70) % \(\d+ of \d+ bytes\)\. Trying 2 more times/),
    );
    assert.equal(all.length, sftp ? 1 : 3);
    for (const { sink } of all) assert.deepEqual([sink.destroyed, sink.writableFinished], [true, false]);
  }
});

test('a sink that cannot begin anew', async (t) => {
  const { state, target } = await device(t);
  state.sftp = false;
  state.cutTransfer = { at: 0.7, times: 1 };
  const { open } = sinks();
  await assert.rejects(
    fetchFile(target, PATH, { open, ...quick, restartable: false }),
    failsWith('transfer-lost', /Without SFTP it cannot go on from there/),
  );
});

test('the device is away for good after a cut', async (t) => {
  const { simulator, target } = await device(t);
  const { open } = sinks();
  let isClosing = false;
  const progress = () => {
    if (!isClosing) void simulator.close();
    isClosing = true;
  };
  await assert.rejects(
    fetchFile(target, PATH, { open, ...quick, resumes: 1, progress }),
    failsWith('transfer-lost', /refuses connections/),
  );
});

const REFUSALS: [
  what: string,
  spoil: (state: Awaited<ReturnType<typeof device>>['state']) => void,
  path: string,
  code: string,
  words: RegExp,
][] = [
  ['no such file', () => {}, '/var/tmp/none', 'file-missing', /^hq-fw01 has no file \/var\/tmp\/none\.$/],
  ['permission', (state) => state.unreadable.add(PATH), PATH, 'file-permission', /may not read .*permission denied/],
];
for (const [what, spoil, path, code, words] of REFUSALS) {
  for (const via of ['sftp', 'scp', 'file-get'] as const) {
    test(`${what} by ${via}`, async (t) => {
      const { state, target, open } = await device(t);
      spoil(state);
      state.sftp = via === 'sftp';
      state.scp = via !== 'file-get';
      const session = await open();
      await assert.rejects(fetchFile(target, path, { open: sinks().open, session }), failsWith(code, words));
    });
  }
}

test('neither SFTP nor SCP: what to do, and that file-get is for small files', async (t) => {
  const { state, target, open } = await device(t);
  state.sftp = false;
  state.scp = false;
  const bare = fetchFile(target, PATH, { open: sinks().open });
  await assert.rejects(bare, failsWith('no-transfer', /neither SFTP nor SCP \(SFTP: .*SCP: .*sftp-server/));
  const session = await open();
  const large = fetchFile(target, PATH, { open: sinks().open, session, fileGetBytes: 1_000 });
  await assert.rejects(large, failsWith('no-transfer', /has \d+ bytes, and only files of up to 1000 bytes/));
});

test('the file changes while it is read', async (t) => {
  for (const size of [DATA.length + 1, DATA.length - 1]) {
    const { state, target } = await device(t);
    const { all, open } = sinks();
    const progress = () => {
      if (state.files.read(PATH)?.data.length !== size)
        state.files.write(PATH, Buffer.alloc(size), 'netops', new Date('2026-11-20T10:00:00Z'));
    };
    await assert.rejects(
      fetchFile(target, PATH, { open, progress }),
      failsWith('file-changed', /changed while it was read\. It had \d+ bytes before and has \d+ now/),
    );
    assert.equal(all[0]?.sink.writableFinished, false);
  }
});

test('the checksum differs: the sink never ends well', async (t) => {
  const { state, target, open } = await device(t);
  state.wrongChecksum = true;
  const session = await open();
  const { all, open: sink } = sinks();
  await assert.rejects(
    fetchFile(target, PATH, { open: sink, sha256: sha256(session, PATH) }),
    failsWith('checksum-differs', new RegExp(`that of the copy ${SUM}`)),
  );
  assert.deepEqual([all[0]?.sink.destroyed, all[0]?.sink.writableFinished], [true, false]);
});

test('the sink fails: at its opening, in the middle, at its end, or is closed', async (t) => {
  const { target } = await device(t);
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  let taken = 0;
  const failing: [open: FetchOptions['open'], words: RegExp][] = [
    [() => Promise.reject(full), /no space left for it on this server/],
    [() => new Writable({ write: (_piece, _encoding, done) => done(++taken > 5 ? full : null) }), /no space left/],
    [() => new Writable({ write: (_p, _e, done) => done(), final: (done) => done(new Error('x')) }), /goes to failed/],
    [
      () => {
        const sink = new Writable({ write: () => void sink.destroy() });
        return sink;
      },
      /goes to failed/,
    ],
  ];
  for (const [open, words] of failing) {
    await assert.rejects(fetchFile(target, PATH, { open }), failsWith('sink-failed', words));
  }
});

test('called off: before, in the middle, while the sink is full, between two connections', async (t) => {
  const before = await device(t);
  const options = { open: sinks().open, signal: AbortSignal.abort() };
  await assert.rejects(fetchFile(before.target, PATH, options), failsWith('cancelled', /cancelled/));
  assert.deepEqual(before.state.logins, []);

  const opening = await device(t);
  const soon = new AbortController();
  const { promise: opened, resolve: give } = Promise.withResolvers<Writable>();
  const slowly = () => {
    soon.abort();
    return opened;
  };
  await assert.rejects(
    fetchFile(opening.target, PATH, { open: slowly, signal: soon.signal }),
    failsWith('cancelled', /./),
  );
  const unwanted = sinks().open();
  give(unwanted);
  await once(unwanted, 'close');
  assert.equal(unwanted.writableFinished, false);

  const middle = await device(t);
  const stop = new AbortController();
  const { all, open } = sinks();
  await assert.rejects(
    fetchFile(middle.target, PATH, { open, signal: stop.signal, progress: () => stop.abort() }),
    failsWith('cancelled', /given up/),
  );
  assert.equal(all[0]?.sink.destroyed, true);

  const full = await device(t);
  const late = new AbortController();
  const stuck = () => new Writable({ highWaterMark: 1, write: () => setImmediate(() => late.abort()) });
  await assert.rejects(
    fetchFile(full.target, PATH, { open: stuck, signal: late.signal }),
    failsWith('cancelled', /given up/),
  );

  const between = await device(t);
  between.state.cutTransfer = { at: 0.5, times: 1 };
  const pause = new AbortController();
  await assert.rejects(
    fetchFile(between.target, PATH, {
      open: sinks().open,
      signal: pause.signal,
      pauseMs: 60_000,
      progress: (bytes) => {
        if (bytes > DATA.length * 0.4) setTimeout(() => pause.abort(), 300);
      },
    }),
    failsWith('cancelled', /given up/),
  );
});

test('a device that falls silent counts as cut, a full sink does not', async (t) => {
  const { state, target } = await device(t);
  state.silentTransfer = true;
  await assert.rejects(
    fetchFile(target, PATH, { open: sinks().open, ...quick, resumes: 1, idleMs: 20 }),
    failsWith('transfer-lost', /Nothing came for 0\.02 s/),
  );
  state.silentTransfer = false;
  let held = false;
  const holding = () =>
    new Writable({
      highWaterMark: 1,
      write(_piece, _encoding, done) {
        setTimeout(done, held ? 0 : 1_500);
        held = true;
      },
    });
  const options = { open: holding, ...quick, resumes: 0, idleMs: 1_000 };
  assert.deepEqual(await fetchFile(target, PATH, options), whole('sftp'));
});

test('the login and the host key are checked as for a session', async (t) => {
  const { target } = await device(t);
  const { open } = sinks();
  const wrong = fetchFile({ ...target, password: 'wrong' }, PATH, { open });
  await assert.rejects(wrong, failsWith('authentication', /./));
  await assert.rejects(fetchFile({ ...target, knownHosts: '' }, PATH, { open }), failsWith('host-key', /./));
  await assert.rejects(fetchFile(target, '/var/tmp/*', { open }), /wildcards/);
});
