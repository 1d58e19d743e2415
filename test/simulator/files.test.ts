import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type ssh2 from 'ssh2';
import { resolvePath } from '../../simulator/file-system.ts';
import { ask, execute, logIn, start } from './device-client.ts';

const ARCHIVE =
  '<file-archive><compress/><source>/var/log/*</source><destination>/var/tmp/logs</destination></file-archive>';

test('logs are archived, listed with their size, checked, got and deleted', async (t) => {
  const simulator = await start(t);
  const [archived, listed = '', checked = '', got = '', deleted, missing = '', none = ''] = await ask(t, simulator, [
    ARCHIVE,
    '<file-list><detail/><path>/var/tmp/logs.tgz</path></file-list>',
    '<get-sha256-checksum-information><path>/var/tmp/logs.tgz</path></get-sha256-checksum-information>',
    '<file-get><filename>/var/tmp/logs.tgz</filename><encoding>base64</encoding></file-get>',
    '<file-delete><path>/var/tmp/logs.tgz</path></file-delete>',
    '<file-list><path>/var/tmp/logs.tgz</path></file-list>',
    '<file-delete><path>/var/tmp/logs.tgz</path></file-delete>',
  ]);
  const empty = /^\n<rpc-reply [^>]*>\n\n<\/rpc-reply>\n$/;
  assert.match(archived ?? '', empty);
  const data = Buffer.from(/<file-content [^>]*>\n(\S+)\n</.exec(got)?.[1] ?? '', 'base64');
  assert.match(listed, new RegExp(`<file-name>/var/tmp/logs\\.tgz</file-name>[\\s\\S]*<file-size>${data.length}<`));
  assert.match(checked, new RegExp(`<checksum>${createHash('sha256').update(data).digest('hex')}</checksum>`));
  const archive = gunzipSync(data);
  assert.deepEqual([archive.subarray(257, 262).toString(), archive.length % 512], ['ustar', 0]);
  assert.ok(archive.includes('var/log/messages') && archive.includes('SYSTEM_OPERATIONAL'));
  assert.match(deleted ?? '', empty);
  assert.match(missing, /<output>\n\/var\/tmp\/logs\.tgz: No such file or directory\n<\/output>/);
  assert.match(none, /<output>\nrm: .*No such file/);
});

test('a full /var: the archive is not made, and storage says so', async (t) => {
  const simulator = await start(t);
  simulator.state.files.freeBytes = 100;
  const [archived = '', storage = ''] = await ask(t, simulator, [ARCHIVE, '<get-system-storage/>']);
  assert.match(archived, /No space left on device/);
  assert.match(
    storage,
    /<available-blocks junos:format="100B">\n0\n<\/available-blocks>[\s\S]{1,80}\n\/\.mount\/var\n/,
  );
  assert.equal(simulator.state.files.read('/var/tmp/logs.tgz'), undefined);
});

test('paths', () => {
  for (const [path, expected] of [
    ['~', '/var/home/x'],
    ['~/a', '/var/home/x/a'],
    ['a', '/var/home/x/a'],
    ['/var//tmp/../log/', '/var/log'],
    ['/../..', '/'],
  ] as const) {
    assert.equal(resolvePath(path, '/var/home/x'), expected);
  }
});

async function sftpOf(t: TestContext, client: ssh2.Client): Promise<ssh2.SFTPWrapper> {
  const { promise, resolve, reject } = Promise.withResolvers<ssh2.SFTPWrapper>();
  client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp)));
  const sftp = await promise;
  t.after(() => sftp.end());
  return sftp;
}

/** One callback-style call as a promise. */
function called<T>(call: (callback: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))));
}

test('SFTP lists, reads and removes; it can be off', async (t) => {
  const simulator = await start(t);
  const data = Buffer.alloc(700_000, 'line of text\n');
  simulator.state.files.write('/var/tmp/x', data, 'netops', new Date());
  const sftp = await sftpOf(t, await logIn(t, simulator));
  const list = await called<ssh2.FileEntryWithStats[]>((done) => sftp.readdir('/var/tmp', done));
  assert.deepEqual(
    list.map(({ filename, attrs }) => [filename, attrs.size]),
    [['x', 700_000]],
  );
  assert.equal((await called<ssh2.Stats>((done) => sftp.stat('/var/tmp', done))).isDirectory(), true);
  assert.deepEqual(await called<Buffer>((done) => sftp.readFile('/var/tmp/x', done)), data);
  await called((done) => sftp.unlink('/var/tmp/x', done));
  await assert.rejects(
    called((done) => sftp.stat('/var/tmp/x', done)),
    /No such file/,
  );
  await assert.rejects(
    called((done) => sftp.open('/var/tmp/y', 'w', done)),
    /Permission denied/,
  );
  simulator.state.sftp = false;
  await assert.rejects(sftpOf(t, await logIn(t, simulator)));
});

/** The receiving side of scp: a zero byte to begin with, and after each message. */
const scp = (client: ssh2.Client, path: string, acknowledgements: number) =>
  execute(client, `scp -f ${path}`, Buffer.alloc(acknowledgements));

test('scp -f sends a file, and names what is missing; it can be off', async (t) => {
  const simulator = await start(t);
  simulator.state.files.write('/var/tmp/x', Buffer.from('hello'), 'netops', new Date());
  const client = await logIn(t, simulator);
  assert.deepEqual(await scp(client, '/var/tmp/x', 3), { text: 'C0644 5 x\nhello\0', exitCode: 0 });
  const missing = await scp(client, '/var/tmp/y', 1);
  assert.deepEqual(missing, { text: '\x01scp: /var/tmp/y: No such file or directory\n', exitCode: 1 });
  simulator.state.scp = false;
  assert.equal((await scp(client, '/var/tmp/x', 1)).exitCode, 1);
});
