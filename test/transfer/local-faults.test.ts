import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { destinationAt, failsWith, left, options, stream } from './rig.ts';

const NAME = 'Support-hq-fw01.tgz';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'local-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('more than there is room for is refused before, with what is missing', async (t) => {
  const dir = folder(t);
  const bytes = 2 ** 50;
  const put = destinationAt(null, { localFolder: dir }).put(NAME, stream(), options({ bytes }));
  const error = await failsWith(
    put,
    'disk-full',
    /has \d+ bytes free, and 1125899906842624 are needed: \d+ are missing/,
  );
  const [free, , missing] = (error.message.match(/\d{6,}/g) ?? []).slice(-3).map(Number);
  assert.equal((free ?? 0) + (missing ?? 0), bytes);
  assert.deepEqual(left(dir), []);
});

test('a folder that is a file, and one that may not be made', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'file'), '');
  for (const below of ['file', 'file/junos']) {
    const put = destinationAt(null, { localFolder: join(dir, below) }).put(NAME, stream(), options());
    await failsWith(put, 'no-such-directory', /is not a folder, or part of its path is not/);
  }
  // Not even root may make one there.
  const put = destinationAt('file:///sys/junos').put(NAME, stream(), options());
  await failsWith(put, 'permission', /cannot be written to/);
  assert.deepEqual(left(dir), ['file']);
});

/** A file system of its own can be had by root, or where users may have namespaces. */
function ownMounts(): string[] | undefined {
  for (const how of [['--mount'], ['--user', '--map-root-user', '--mount']]) {
    if (spawnSync('unshare', [...how, 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0) return how;
  }
  return undefined;
}

test('a disk that fills up half way', async (t) => {
  const how = ownMounts();
  if (!how) {
    const reason = 'a small file system can be mounted only by root, or with user namespaces';
    if (process.env.REQUIRE_ALL === '1') assert.fail(reason);
    return t.skip(reason);
  }
  const dir = folder(t);
  // The program that sees the small disk is another one; it says what became of it.
  const source = `
    import { readdirSync } from 'node:fs';
    import { destinationAt, options, stream } from ${JSON.stringify(join(import.meta.dirname, 'rig.ts'))};
    const put = destinationAt(null, { localFolder: ${JSON.stringify(dir)} }).put('${NAME}', stream(), options());
    const said = await put.then(() => 'stored', ({ code, message, left }) => ({ code, message, left }));
    console.log(JSON.stringify({ said, files: readdirSync(${JSON.stringify(dir)}) }));
    process.exit();
  `;
  const mounted = `mount -t tmpfs -o size=1m tmpfs '${dir}' && exec "$@"`;
  const node = [process.execPath, '--input-type=module-typescript', '-e', source];
  const output = execFileSync('unshare', [...how, 'sh', '-c', mounted, 'sh', ...node], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), {
    said: {
      code: 'disk-full',
      message: `The folder ${dir} is full. Make room there, or choose another folder.`,
      left: null,
    },
    files: [],
  });
});
