import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Folder, type FolderOptions } from '../fakes/folder.ts';

const OTHER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO7KfD51iKdMIoFEODJtrAVw7u9UQYRYYjtzskSlgPaT';

async function made(t: TestContext, options: FolderOptions = {}) {
  const folder = await Folder.make(options);
  t.after(() => folder.close());
  const file = join(folder.dir, 'known_hosts');
  const { hostKeyLine, fingerprint, port, state } = folder.device('hq-fw01');
  const trust = async (...args: string[]) => {
    const command = ['src/cli.ts', '--config', folder.dir, 'device', 'trust', ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const lines = out.split('\n').filter((line) => line !== '');
    return { code: await exited, shown: lines.map((line) => JSON.parse(line)), err };
  };
  return { folder, file, line: hostKeyLine, fingerprint, port, logins: state.logins, trust };
}

const unknown = { devices: { 'hq-fw01': { isKeyKnown: false } } };

test('a key that is not known is shown, then added, then known', async (t) => {
  const { file, line, fingerprint, port, logins, trust } = await made(t, unknown);
  await writeFile(file, `# without a line end at the end\nsw01 ${OTHER}`);
  const shown = {
    device: 'hq-fw01',
    host: 'hq-fw01',
    address: '127.0.0.1',
    port,
    verdict: 'unknown',
    fingerprint,
    line,
    added: false,
  };
  const first = await trust('HQ-fw01');
  assert.deepEqual([first.code, first.shown], [1, [shown]]);
  assert.match(first.err, /^hq-fw01 is not trusted yet\. Compare the fingerprint .* --yes\.\n$/);
  assert.deepEqual(await trust('hq-fw01', '--yes'), { code: 0, shown: [{ ...shown, added: true }], err: '' });
  assert.equal(await readFile(file, 'utf8'), `# without a line end at the end\nsw01 ${OTHER}\n${line}\n`);
  const known = { code: 0, shown: [{ ...shown, verdict: 'known' }], err: '' };
  assert.deepEqual(await trust('hq-fw01'), known);
  assert.deepEqual(await trust('hq-fw01', '--yes'), known);
  assert.equal(await readFile(file, 'utf8'), `# without a line end at the end\nsw01 ${OTHER}\n${line}\n`);
  assert.deepEqual(logins, []);
});

test('a file that is not there is made, even by several at once', async (t) => {
  const { folder, file, line, trust } = await made(t, {
    devices: { 'hq-fw01': { isKeyKnown: false }, 'hq-fw02': { isKeyKnown: false } },
    assistant: { known_hosts: 'new_hosts' },
  });
  const codes = await Promise.all([trust('hq-fw01', '--yes'), trust('hq-fw02', '--yes')]);
  assert.deepEqual(
    codes.map(({ code }) => code),
    [0, 0],
  );
  const added = (await readFile(join(folder.dir, 'new_hosts'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual(added.sort(), [line, folder.device('hq-fw02').hostKeyLine].sort());
  assert.equal((await stat(file)).size, 0);
});

for (const [what, lines, says] of [
  [
    'changed',
    (port: number) => `# devices\n[127.0.0.1]:${port} ${OTHER}\n`,
    /shows another key .* remove line 2 of that file/,
  ],
  [
    'revoked',
    (_port: number, line: string) => `${line}\n@revoked * ${line.split(' ').slice(1).join(' ')}\n`,
    /is marked as revoked .* remove line 2 /,
  ],
] as const) {
  test(`a ${what} key is never added`, async (t) => {
    const { file, line, port, trust } = await made(t, unknown);
    const before = lines(port, line);
    await writeFile(file, before);
    const { code, shown, err } = await trust('hq-fw01', '--yes');
    assert.deepEqual([code, shown[0].verdict, shown[0].added], [1, what, false]);
    assert.match(err, says);
    assert.equal(await readFile(file, 'utf8'), before);
  });
}

test('a certificate authority makes no key known', async (t) => {
  const { file, trust } = await made(t, unknown);
  await writeFile(file, `@cert-authority * ${OTHER}\n`);
  const { code, err } = await trust('hq-fw01');
  assert.equal(code, 1);
  assert.match(err, /@cert-authority line is there for it, but host certificates cannot be checked/);
});

test('a device that is not there, and one that does not answer', async (t) => {
  const { folder, trust } = await made(t);
  const near = await trust('hq-fw1');
  assert.deepEqual(
    [near.code, near.shown, near.err],
    [1, [], 'There is no "hq-fw1" in devices.yaml. Near it: hq-fw01.\n'],
  );
  await folder.device('hq-fw01').close();
  const gone = await trust('hq-fw01');
  assert.deepEqual([gone.code, gone.shown], [1, []]);
  assert.match(gone.err, /^hq-fw01 \(127\.0\.0\.1\) refuses connections on port \d+\./);
});

test('with a jump host its key comes first', async (t) => {
  const { folder, trust } = await made(t, {
    devices: { 'hq-fw01': { isKeyKnown: false }, jump01: { isKeyKnown: false } },
  });
  const jump = folder.device('jump01').port;
  const far = folder.device('hq-fw01').port;
  await writeFile(
    join(folder.dir, 'devices.yaml'),
    `site: hq\ndevices:\n  - {name: hq-fw01, address: 127.0.0.1, port: ${far}, jump: jump01}\n  - {name: jump01, address: 127.0.0.1, port: ${jump}}\n`,
  );
  const { code, shown, err } = await trust('hq-fw01');
  assert.deepEqual([code, shown.length, shown[0].host, shown[0].port], [1, 1, 'jump01', jump]);
  assert.match(err, /^jump01 is not trusted yet/);
  await appendFile(join(folder.dir, 'devices.yaml'), '  - {name: x, jump: y}\n  - {name: y, jump: x}\n');
  const circle = await trust('hq-fw01');
  assert.equal(circle.code, 1);
  assert.match(circle.err, /devices\.yaml: x\.jump: the jump hosts go round in a circle: x -> y -> x/);
});
