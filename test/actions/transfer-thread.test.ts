import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { transferArchive } from '../../src/actions/archive-transfer.ts';
import { destinationFor, flat, unflat } from '../../src/actions/transfer-messages.ts';
import { type ThreadedTransfer, transferInThread } from '../../src/actions/transfer-thread.ts';
import { AssistantError } from '../../src/errors.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { TransferError as FetchError } from '../../src/netconf/transfer-error.ts';
import { TransferError } from '../../src/transfer/errors.ts';
import { BLOCK, fileHeader, paddingOf, withSize } from '../../src/transfer/tar.ts';
import { startSftp } from '../fakes/sftp.ts';
import { aDevice } from '../netconf/a-device.ts';

const PATH = '/var/tmp/logs.tgz';
const NAME = 'Support-hq-fw01.tgz';
const PART = `.${NAME}.part-0123456789abcdef`;
const SECRET = "mgd[1]: command 'set snmp community planted'\n";
const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const noLogin = { find: () => assert.fail('nobody asks for a login') };

function file(name: string, content: Buffer): Buffer[] {
  return [fileHeader(name, content.length, new Date(0)), content, Buffer.alloc(paddingOf(content.length))];
}
const packed = (...files: Buffer[][]) => gzipSync(Buffer.concat([...files.flat(), Buffer.alloc(2 * BLOCK)]));

/** An archive on a device, and how to bring it into a folder. */
async function rig(t: TestContext, archive: Buffer) {
  const device = await aDevice(t);
  device.state.files.write(PATH, archive, 'netops', new Date('2026-11-20T10:00:00Z'));
  const dir = mkdtempSync(join(tmpdir(), 'thread-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const folder = join(dir, 'logs');
  const transfer: ThreadedTransfer = {
    target: device.target,
    path: PATH,
    bytes: archive.length,
    sha256: sumOf(archive),
    name: NAME,
    part: PART,
    partGone: () => {},
    destination: { localFolder: folder, knownHosts: '' },
    logins: noLogin,
    redact: false,
    spoolFolder: dir,
    added: [],
    signal: new AbortController().signal,
    progress: () => {},
  };
  const stored = () => readFileSync(join(folder, NAME));
  const nothingLeft = () => {
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(readdirSync(dir), ['logs']);
  };
  return { ...device, dir, folder, transfer, stored, nothingLeft };
}

test('an archive as it is; the checksum comes later, and few of its moments are told', async (t) => {
  const archive = randomBytes(8_000_000);
  const { transfer, stored, folder } = await rig(t, archive);
  const sha256 = Promise.withResolvers<string>();
  const seen: number[] = [];
  const began = performance.now();
  const result = await transferInThread({
    ...transfer,
    sha256: sha256.promise,
    progress: (bytes, total) => {
      sha256.resolve(sumOf(archive));
      assert.equal(total, archive.length);
      seen.push(bytes);
    },
  });
  const most = 1 + Math.floor((performance.now() - began) / 500);
  assert.ok(seen.length >= 1 && seen.length <= most, `${seen.length} moments, at most ${most} expected`);
  assert.deepEqual(result, {
    address: `${folder}/${NAME}`,
    bytes: archive.length,
    sha256: sumOf(archive),
    via: 'sftp',
    report: null,
  });
  assert.ok(stored().equals(archive));
});

test('redacted, with a file of this process behind its own', async (t) => {
  const { transfer, stored, dir } = await rig(t, packed(file('messages', Buffer.from(SECRET))));
  writeFileSync(join(dir, 'text'), SECRET);
  const fd = openSync(join(dir, 'text'), 'r');
  t.after(() => closeSync(fd));
  const added = [{ name: 'RSI-Support.txt', bytes: SECRET.length, fd }];
  const { report } = await transferInThread({ ...transfer, redact: true, added });
  assert.deepEqual(report, { counts: { 'snmp-community': 2 }, notLookedInto: [], damaged: [] });
  const text = gunzipSync(stored()).toString('latin1');
  assert.equal(text.split(SECRET.replace('planted', 'xxxxxxx')).length, 3);
  assert.ok(text.includes('RSI-Support.txt') && !text.includes('planted'));
});

test('a device that hands out files over NETCONF alone: over the session of this thread', async (t) => {
  const archive = randomBytes(200_000);
  const { transfer, stored, state, open } = await rig(t, archive);
  Object.assign(state, { sftp: false, scp: false });
  const { via } = await transferInThread({ ...transfer, session: await open() });
  assert.equal(via, 'file-get');
  assert.ok(stored().equals(archive));
});

test('the login of the server is asked for when it is needed', async (t) => {
  const archive = randomBytes(200_000);
  const { transfer } = await rig(t, archive);
  const { port, user, password, knownHosts, root, stop } = await startSftp();
  t.after(stop);
  const asked: string[] = [];
  const logins: ThreadedTransfer['logins'] = {
    find: async (type, name) => {
      asked.push(`${type} ${name}`);
      return { user, password };
    },
  };
  const server = `sftp://127.0.0.1:${port}${root}`;
  const { address } = await transferInThread({
    ...transfer,
    destination: { ...transfer.destination, server, knownHosts },
    logins,
  });
  assert.equal(address, `${server}/${NAME}`);
  assert.deepEqual(asked, ['server 127.0.0.1']);
  assert.ok(readFileSync(join(root, NAME)).equals(archive));
});

type Rig = Awaited<ReturnType<typeof rig>>;
const failures: [what: string, code: string, of: new (...args: never[]) => Error, prepare: (rig: Rig) => object][] = [
  [
    'the device refuses the login',
    'authentication',
    NetconfError,
    ({ target }) => ({ target: { ...target, password: 'x' } }),
  ],
  ['the file is not there', 'file-missing', FetchError, () => ({ path: '/var/tmp/other.tgz' })],
  ['the checksum differs', 'checksum-differs', FetchError, () => ({ sha256: '0'.repeat(64) })],
  [
    'the checksum cannot be had',
    'timeout',
    NetconfError,
    () => ({ sha256: Promise.reject(new NetconfError('timeout', 'No answer.', { sent: true })) }),
  ],
  [
    'a file of that name is there',
    'exists',
    TransferError,
    ({ folder }) => {
      mkdirSync(folder);
      writeFileSync(join(folder, NAME), 'first');
      return {};
    },
  ],
  ['it is no archive', 'archive-damaged', TransferError, () => ({ redact: true })],
  [
    'the destination is none',
    'bad-destination',
    TransferError,
    ({ transfer }) => ({ destination: { ...transfer.destination, server: 'gopher://x' } }),
  ],
  [
    'there is no login for the server',
    'no-credentials',
    AssistantError,
    ({ transfer }) => ({
      destination: { ...transfer.destination, server: 'ftp://127.0.0.1' },
      logins: { find: async () => assert.fail(new AssistantError('no-credentials', 'No login for it.')) },
    }),
  ],
];
for (const [what, code, of, prepare] of failures) {
  test(`${what}: the same error as without a thread`, async (t) => {
    const made = await rig(t, randomBytes(100_000));
    const transfer: ThreadedTransfer = { ...made.transfer, ...prepare(made) };
    const { logins, ...rest } = transfer;
    const direct = async () =>
      transferArchive({ ...rest, destination: destinationFor(rest.destination, logins), added: [], now: Date.now });
    const errors = [];
    for (const work of [direct, () => transferInThread(transfer)]) {
      const error = await work().then(
        () => assert.fail('it did not fail'),
        (reason: AssistantError) => reason,
      );
      assert.ok(error instanceof of, String(error));
      errors.push([error.constructor, error.code, error.message]);
    }
    assert.equal(errors[1]?.[1], code);
    assert.deepEqual(errors[1], errors[0]);
  });
}

test('errors keep what is decided by, and their cause, on the way between threads', () => {
  const cause = Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' });
  for (const error of [
    new NetconfError('closed', 'It closed.', { cause, sent: true }),
    new FetchError('transfer-lost', 'It was cut.', cause),
    new TransferError('closed', 'It went away.', { cause, left: '.a.part-0' }),
    new AssistantError('disk-full', 'It is full.', { cause }),
    Object.assign(new Error('x', { cause }), { code: 'ENOENT' }),
    new TypeError('x is not a function'),
  ]) {
    const back = unflat(structuredClone(flat(error)));
    const { name, message, stack } = error;
    assert.deepEqual([back.message, back.stack], [message, stack]);
    if (error instanceof AssistantError) assert.equal(back.name, name);
    for (const key of ['code', 'sent', 'left'] as const) assert.equal((back as never)[key], (error as never)[key], key);
    assert.deepEqual((back.cause as Error | undefined)?.message, (error.cause as Error | undefined)?.message);
  }
});

for (const redact of [false, true]) {
  test(`cancelled half way${redact ? ', while it is redacted' : ''}: nothing is left`, async (t) => {
    const archive = packed(file('messages', randomBytes(2_000_000)), file('a.gz', gzipSync(SECRET.repeat(10_000))));
    const { transfer, nothingLeft } = await rig(t, archive);
    const cancel = new AbortController();
    const cancelled = transferInThread({
      ...transfer,
      redact,
      // It would wait for ever.
      sha256: new Promise(() => {}),
      signal: cancel.signal,
      progress: () => cancel.abort(),
    });
    await assert.rejects(cancelled, { name: 'NetconfError', code: 'cancelled' });
    nothingLeft();
  });
}

test('cancelled before it begins: nothing is asked of the device', async (t) => {
  const { transfer, state, folder, dir } = await rig(t, randomBytes(1_000));
  const cancelled = transferInThread({ ...transfer, signal: AbortSignal.abort() });
  await assert.rejects(cancelled, { name: 'NetconfError', code: 'cancelled' });
  assert.deepEqual(state.logins, []);
  assert.deepEqual(readdirSync(dir).includes('logs') ? readdirSync(folder) : [], []);
});

test('a thread that dies is an error in a sentence; its temporary file is the one that is known, and not said to be gone', async (t) => {
  const name = Buffer.alloc(900_000, 'n');
  const long = withSize(fileHeader('long', 0, new Date(0)), name.length);
  long.write('L', 156);
  const header = withSize(long, name.length);
  // 270 MB of names of files that cannot be looked into: more than a transfer may hold.
  const entry = [header, name, Buffer.alloc(paddingOf(name.length)), ...file('x', Buffer.from('PK\x03\x04'))];
  const { transfer, folder } = await rig(t, packed(...Array.from({ length: 300 }, () => entry)));
  const partGone = () => assert.fail('nobody knows that');
  await assert.rejects(transferInThread({ ...transfer, partGone, redact: true }), {
    code: 'transfer-died',
    message: `The transfer of ${NAME} broke off inside the assistant for want of memory. It was not stored: collect it again.`,
  });
  assert.deepEqual(
    readdirSync(folder).filter((each) => each !== PART),
    [],
  );
});
