import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it, type TestContext, test } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type AddedFile, redactArchive } from '../../src/transfer/redact-archive.ts';

const S = 'a-secret-for-tests-only';
const X = 'x'.repeat(S.length);
const log = (secret: string) =>
  `Jan  1 00:00:00 hq-fw01 mgd[1]: command 'set snmp community ${secret}'\nanother line\n`.repeat(500);

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'archive-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** An archive of some files as tar makes it. */
function archive(t: TestContext, files: Record<string, Buffer | string>, format = 'ustar'): Buffer {
  const dir = folder(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return execFileSync('tar', [`--format=${format}`, '-czf', '-', '-C', dir, '.'], { maxBuffer: 1 << 30 });
}

/** Redacts, and reads what comes out with the machine's own tar. */
async function redacted(t: TestContext, packed: Buffer, piece = 10_000) {
  const dir = folder(t);
  const spools = folder(t);
  const source = Readable.from(
    (function* () {
      for (let at = 0; at < packed.length; at += piece) yield packed.subarray(at, at + piece);
    })(),
  );
  const { stream, report } = redactArchive(source, { spoolFolder: spools });
  const output = await buffer(stream);
  assert.deepEqual(readdirSync(spools), []);
  execFileSync('tar', ['-xzf', '-', '-C', dir], { input: output });
  const read = (name: string) => readFileSync(join(dir, name));
  return { read, report, output, dir };
}

for (const format of ['ustar', 'gnu', 'pax']) {
  test(`text is redacted, the rest stays byte for byte, in ${format}`, async (t) => {
    const long = `${'long-folder-name-'.repeat(5)}/${'n'.repeat(format === 'ustar' ? 80 : 120)}`;
    const binary = Buffer.from(`\0\0\0\x01\0\0\0secret "${S}"\0\0\0\0\0\0\0\0\0`);
    const files = {
      messages: log(S),
      empty: '',
      one: 'x',
      'flow/trace': `secret "${S}";`,
      wtmp: binary,
      [long]: log(S),
    };
    const packed = archive(t, files, format);
    const { read, report, output } = await redacted(t, packed);
    assert.equal(read('messages').toString(), log(X));
    assert.equal(read(long).toString(), log(X));
    assert.equal(read('flow/trace').toString(), `secret "${X}";`);
    assert.ok(read('wtmp').equals(binary));
    assert.deepEqual([read('empty').length, read('one').toString()], [0, 'x']);
    assert.deepEqual(report, {
      counts: { 'snmp-community': 1_000, 'radius-tacacs-secret': 1 },
      notLookedInto: [],
      damaged: [],
    });
    // Nothing but the secrets is another byte.
    const expected = gunzipSync(packed).toString('latin1').replaceAll(`community ${S}`, `community ${X}`);
    assert.equal(gunzipSync(output).toString('latin1'), expected.replace(`secret "${S}";`, `secret "${X}";`));
  });
}

test('an archive without secrets is the same when it is unpacked', async (t) => {
  const packed = archive(t, { messages: 'a line\n'.repeat(10_000), 'messages.0.gz': gzipSync('a line\n') });
  const { output, report } = await redacted(t, packed);
  assert.ok(gunzipSync(output).equals(gunzipSync(packed)));
  assert.deepEqual(report.counts, {});
});

test('rotated logs are looked into, and archives in the archive', async (t) => {
  const inner = archive(t, { 'juniper.conf': `secret "${S}";\n`, 'old.gz': gzipSync(log(S)) });
  const { read, report, dir } = await redacted(
    t,
    archive(t, {
      'messages.0.gz': gzipSync(log(S)),
      'messages.1.gz': gzipSync('a line\n'),
      'saved.tgz': inner,
      z: log(S),
    }),
  );
  assert.equal(gunzipSync(read('messages.0.gz')).toString(), log(X));
  assert.equal(gunzipSync(read('messages.1.gz')).toString(), 'a line\n');
  assert.equal(read('z').toString(), log(X));
  execFileSync('tar', ['-xzf', join(dir, 'saved.tgz'), '-C', dir]);
  assert.equal(read('juniper.conf').toString(), `secret "${X}";\n`);
  assert.equal(gunzipSync(read('old.gz')).toString(), log(X));
  assert.deepEqual(report, {
    counts: { 'snmp-community': 1_500, 'radius-tacacs-secret': 1 },
    notLookedInto: [],
    damaged: [],
  });
});

test('a compressed log that was cut or is damaged is there without its secrets; what cannot be read is listed', async (t) => {
  const random = Buffer.from(Array.from({ length: 60_000 }, (_, index) => 97 + ((index * index) % 26)));
  const whole = gzipSync(Buffer.concat([Buffer.from(log(S)), random, Buffer.from(log(S))]));
  const broken = Buffer.from(whole);
  broken.fill(0xff, broken.length - 400, broken.length - 100);
  const { read, report } = await redacted(
    t,
    archive(t, {
      'cut.gz': whole.subarray(0, whole.length - 100),
      'broken.gz': broken,
      'core.zip': 'PK\x03\x04 whatever',
      'deep.tgz': archive(t, { 'deeper.tgz': archive(t, { 'deepest.gz': gzipSync('a line\n') }) }),
    }),
  );
  assert.ok(gunzipSync(read('cut.gz')).toString().startsWith(log(X)));
  for (const name of ['cut.gz', 'broken.gz']) {
    assert.ok(!gunzipSync(read(name)).toString().includes(S), name);
  }
  assert.deepEqual(report.damaged, ['./broken.gz']);
  assert.deepEqual(
    report.notLookedInto.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    [
      { name: './core.zip', reason: 'compressed (zip)' },
      { name: './deep.tgz: ./deeper.tgz: ./deepest.gz', reason: 'compressed (gzip)' },
    ],
  );
});

test('a compressed log that changes late, and is cut or damaged before, there or behind, has no gap', async (t) => {
  const line = (n: number) =>
    `Jan  1 00:00:00 hq-fw01 rpd[${n}]: peer 10.0.${n % 256}.1 (${(n * 7919) % 100_003}) is up\n`;
  const quiet = Array.from({ length: 20_000 }, (_, n) => line(n)).join('');
  for (const at of [0, 0.1, 0.5, 0.99]) {
    const place = quiet.indexOf('\n', Math.floor(quiet.length * at)) + 1;
    const text = (secret: string) => `${quiet.slice(0, place)}secret "${secret}";\n${quiet.slice(place)}`;
    const whole = gzipSync(text(S));
    const files: Record<string, Buffer> = { 'whole.gz': whole };
    for (const where of [0.05, 0.3, 0.6, 0.9]) {
      const end = Math.floor(whole.length * where);
      files[`cut-${where}.gz`] = whole.subarray(0, end);
      files[`damaged-${where}.gz`] = Buffer.from(whole).fill(0xff, end, end + 400);
    }
    const { read, report } = await redacted(t, archive(t, files));
    assert.equal(gunzipSync(read('whole.gz')).toString(), text(X));
    for (const name of Object.keys(files)) {
      const got = gunzipSync(read(name), { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
      if (!name.startsWith('damaged')) assert.ok(text(X).startsWith(got), name);
      // What was filled in can be read as something; up to there it is the log.
      const end = Number(/0\.\d+/.exec(name)?.[0] ?? 1);
      const sure = Math.min(got.length, Math.floor(text(X).length * end * 0.9));
      assert.equal(got.slice(0, sure), text(X).slice(0, sure), name);
      if (end > 0.1) assert.ok(sure > 0, name);
    }
    assert.ok(report.damaged.length >= 1 && report.damaged.every((name) => name.includes('damaged')));
  }
});

test('links and folders have no content, and what follows them is looked into', async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'a'));
  writeFileSync(join(dir, 'a/messages'), log(S));
  symlinkSync('messages', join(dir, 'a/link'));
  execFileSync('ln', [join(dir, 'a/messages'), join(dir, 'a/same')]);
  writeFileSync(join(dir, 'sparse'), log(S));
  truncateSync(join(dir, 'sparse'), 10_000_000);
  const file = openSync(join(dir, 'sparse'), 'r+');
  for (let at = 0; at < 4_000_000; at += 100_000) writeSync(file, log(S), at);
  closeSync(file);
  const packed = execFileSync('tar', ['--format=gnu', '-czSf', '-', '-C', dir, '.'], { maxBuffer: 1 << 30 });
  const { read } = await redacted(t, packed);
  for (const name of ['a/messages', 'a/link', 'a/same']) assert.equal(read(name).toString(), log(X));
  assert.equal(read('sparse').length, 10_000_000);
  assert.ok(!read('sparse').includes(S));
});

const cut: [what: string, damage: (packed: Buffer) => Buffer][] = [
  ['cut in the middle', (packed) => packed.subarray(0, packed.length / 2)],
  ['without its last byte', (packed) => packed.subarray(0, -1)],
  ['of nothing', () => Buffer.alloc(0)],
  ['that is none', () => Buffer.from('550 no such file')],
  [
    'with other bytes in it',
    (packed) => Buffer.concat([packed.subarray(0, 60), Buffer.alloc(50, 1), packed.subarray(110)]),
  ],
  ['whose tar is cut between files', (packed) => gzipSync(gunzipSync(packed).subarray(0, 512))],
  ['whose tar is cut in a file', (packed) => gzipSync(gunzipSync(packed).subarray(0, 2_000))],
  ['whose tar is none', () => gzipSync('no tar at all, but more than a block of it'.repeat(20))],
];
for (const [what, damage] of cut) {
  test(`an archive ${what} is an error`, async (t) => {
    const packed = damage(archive(t, { messages: log('nothing'.repeat(10)), z: log(S) }));
    const spools = folder(t);
    const source = Readable.from([packed]);
    const { stream } = redactArchive(source, { spoolFolder: spools });
    await assert.rejects(buffer(stream), {
      code: 'archive-damaged',
      message: /^The archive is damaged: .*\. Collect it again\.$/,
    });
    assert.equal(source.destroyed, true);
    assert.deepEqual(readdirSync(spools), []);
  });
}

test("the source's own error is kept, and a stream that is given up gives up its source", async (t) => {
  const packed = archive(t, { messages: log(S) });
  const failing = Readable.from(
    (async function* () {
      yield packed.subarray(0, 500);
      throw new Error('connection lost');
    })(),
  );
  await assert.rejects(buffer(redactArchive(failing, { spoolFolder: folder(t) }).stream), /connection lost/);
  const endless = new Readable({ read() {} });
  const { stream } = redactArchive(endless, { spoolFolder: folder(t) });
  endless.push(packed.subarray(0, 500));
  stream.destroy();
  if (!endless.closed) await once(endless, 'close');
});

test('property: pieces make no difference', async (t) => {
  const inner = gzipSync(log(S));
  const packed = archive(t, { messages: log(S), 'a.gz': inner, empty: '', wtmp: Buffer.alloc(700) });
  const whole = (await redacted(t, packed, packed.length)).output;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3_000 }), async (piece) => {
      assert.ok((await redacted(t, packed, piece)).output.equals(whole));
    }),
    { numRuns: 15 },
  );
});

describe('files that are put behind those of an archive', () => {
  const extra = (name: string, text: string): AddedFile => {
    const bytes = Buffer.from(text);
    return {
      name,
      bytes: bytes.length,
      async *read() {
        yield bytes;
      },
    };
  };
  const listed = (archive: Buffer) =>
    execFileSync('tar', ['-tzf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n');
  const read = (archive: Buffer, name: string) =>
    execFileSync('tar', ['-xzOf', '-', name], { input: archive, encoding: 'utf8' });

  for (const redact of [true, false]) {
    it(`tar reads them ${redact ? 'without their secrets' : 'as they are'}`, async (t) => {
      const dir = folder(t);
      writeFileSync(join(dir, 'messages'), 'set snmp community planted\n');
      const archive = execFileSync('tar', ['-czf', '-', '-C', dir, 'messages']);
      const text = `set snmp community planted\n${'x'.repeat(700)}\n`;
      const { stream } = redactArchive(Readable.from([archive]), {
        spoolFolder: dir,
        redact,
        add: () => [extra('RSI-Support-hq-fw01.txt', text), extra('empty.txt', '')],
      });
      const made = await buffer(stream);
      assert.deepEqual(listed(made), ['messages', 'RSI-Support-hq-fw01.txt', 'empty.txt']);
      for (const name of ['messages', 'RSI-Support-hq-fw01.txt'])
        assert.equal(read(made, name).includes('planted'), !redact);
      assert.equal(read(made, 'RSI-Support-hq-fw01.txt').length, text.length);
    });
  }
});
