import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetconfError, RpcError } from '../../src/netconf/errors.ts';
import {
  archiveFiles,
  deleteFile,
  type FileOutcome,
  fileSystemOf,
  getFile,
  InvalidPath,
  listFiles,
  sha256,
  storage,
} from '../../src/netconf/junos.ts';
import { type Answer, engines, fakeSession, output, rpcError } from './fake-session.ts';

const absent = output('/var/tmp/x.tgz: No such file or directory');
const file = (name: string, size: number) => `<file-information><file-name>${name}</file-name>
<file-permissions junos:format="-rw-r--r--">644</file-permissions><file-owner>root</file-owner>
<file-size>${size}</file-size><file-date junos:format="Mar 13 06:54">1394693680</file-date></file-information>`;
const directory = (name: string, files: string) => `<directory-list root-path="${name}" junos:style="verbose">
<directory name="${name}">${files}<total-files>1</total-files></directory></directory-list>`;
const there = directory('', file('/var/tmp/x.tgz', 2_000));
const facts = { symlinkTarget: null, modifiedAt: new Date('2014-03-13T06:54:40Z'), owner: 'root', permissions: '644' };
const archive = { engine: null, path: '/var/tmp/x.tgz', directory: false, sizeBytes: 2_000, ...facts };
const gone = new NetconfError('closed', 'The connection was lost.', { sent: true });

test('a folder is listed with full paths, folders and links', async () => {
  const content = `<directory-name>/var/log/</directory-name>${file('messages', 7)}
<file-information><file-name>old</file-name><file-directory junos:format="/"/></file-information>
<file-information><file-name>l</file-name><file-symlink-target>/var/x</file-symlink-target></file-information>`;
  const session = fakeSession({ 'file-list': directory('/var/log/', content) });
  const found = await listFiles(session, '/var/log/');
  assert.deepEqual(session.sent, ['<file-list><detail/><path>/var/log/</path></file-list>']);
  const bare = { sizeBytes: null, ...facts, modifiedAt: null, owner: null, permissions: null };
  assert.deepEqual(found, {
    found: true,
    files: [
      { engine: null, path: '/var/log/messages', directory: false, sizeBytes: 7, ...facts },
      { engine: null, path: '/var/log/old', directory: true, ...bare },
      { engine: null, path: '/var/log/l', directory: false, ...bare, symlinkTarget: '/var/x' },
    ],
  });
});

test('a missing path is a text, an empty folder is found, each engine keeps its name', async () => {
  const missing = await listFiles(fakeSession({ 'file-list': absent }), '/var/tmp/x.tgz');
  assert.deepEqual(missing, { found: false, text: '/var/tmp/x.tgz: No such file or directory' });
  const empty = await listFiles(fakeSession({ 'file-list': directory('/var/tmp/', '') }), '/var/tmp/');
  assert.deepEqual(empty, { found: true, files: [] });
  const both = await listFiles(
    fakeSession({ 'file-list': engines({ node0: absent, node1: there }) }),
    '/var/tmp/x.tgz',
  );
  assert.deepEqual(both, { found: true, files: [{ ...archive, engine: 'node1' }] });
  await assert.rejects(listFiles(fakeSession({ 'file-list': rpcError('permission denied') }), '/var'), RpcError);
});

test('paths that must not be sent are not', async () => {
  const session = fakeSession({});
  const pattern = [
    'tmp/x',
    '',
    '/var/\nlog',
    '/var/\u0000',
    '/a/../../etc',
    '/a/..',
    `/${'x'.repeat(2_000)}`,
    '/a\u2028b',
  ];
  for (const path of pattern) await assert.rejects(listFiles(session, path), InvalidPath);
  for (const path of ['/var/tmp/*', '/var/tmp/?', '/var/tmp/[ab]', '/var/{a,b}']) {
    await assert.rejects(deleteFile(session, path), InvalidPath);
    await assert.rejects(sha256(session, path), InvalidPath);
    await assert.rejects(getFile(session, path), InvalidPath);
    await assert.rejects(archiveFiles(session, { source: '/var/log', destination: path, compress: true }), InvalidPath);
  }
  assert.deepEqual(session.sent, []);
  await listFiles(session, '/var/tmp/<a&b>.x..y').catch(() => {});
  assert.deepEqual(session.sent, ['<file-list><detail/><path>/var/tmp/&lt;a&amp;b&gt;.x..y</path></file-list>']);
});

const archives: [what: string, lists: Answer, reply: Answer, expected: Partial<FileOutcome>][] = [
  ['made', [absent, there], '', { outcome: 'done', file: archive }],
  [
    'made, with words',
    [absent, there],
    output('tar: Removing leading /'),
    { outcome: 'done', text: 'tar: Removing leading /' },
  ],
  [
    'not made',
    [absent, absent],
    output('tar: x: Cannot stat: No such file'),
    { outcome: 'refused', reason: 'not-created' },
  ],
  ['empty', [absent, directory('', file('/var/tmp/x.tgz', 0))], '', { outcome: 'refused', reason: 'not-created' }],
  [
    'a part, because the disk is full',
    [absent, there],
    output('tar: write: No space left on device'),
    { outcome: 'refused', reason: 'no-space' },
  ],
  ['there before', there, '', { outcome: 'refused', reason: 'already-there' }],
  ['permission', absent, rpcError('permission denied'), { outcome: 'refused', reason: 'permission' }],
  ['made beside an error nobody knows', [absent, there], rpcError('oops'), { outcome: 'unknown', text: 'oops' }],
  ['not made, with such an error', [absent, absent], rpcError('oops'), { outcome: 'refused', reason: 'not-created' }],
  ['lost', absent, gone, { outcome: 'unknown', text: 'The connection was lost.' }],
  ['lost before the look', [absent, gone], '', { outcome: 'unknown' }],
];
for (const [what, lists, reply, expected] of archives) {
  test(`archive: ${what}`, async () => {
    const session = fakeSession({ 'file-list': lists, 'file-archive': reply });
    const asked = { source: '/var/log/*', destination: '/var/tmp/x.tgz', compress: true };
    assert.partialDeepStrictEqual(await archiveFiles(session, asked), expected);
    const sent = session.sent.filter((xml) => xml.startsWith('<file-archive'));
    const request =
      '<file-archive><compress/><source>/var/log/*</source><destination>/var/tmp/x.tgz</destination></file-archive>';
    assert.deepEqual(sent, what === 'there before' ? [] : [request]);
  });
}

test('an archive gets the end of its name', async () => {
  const session = fakeSession({ 'file-list': there });
  await archiveFiles(session, { source: '/a', destination: '/var/tmp/x', compress: true });
  await archiveFiles(session, { source: '/a', destination: '/var/tmp/x', compress: false });
  await archiveFiles(session, { source: '/a', destination: '/var/tmp/x.tar.gz', compress: true });
  assert.deepEqual(
    session.sent.map((xml) => /<path>(.*)<\/path>/.exec(xml)?.[1]),
    ['/var/tmp/x.tgz', '/var/tmp/x.tar', '/var/tmp/x.tar.gz'],
  );
});

const deletions: [what: string, reply: Answer, list: Answer, expected: Partial<FileOutcome>][] = [
  ['gone', '', absent, { outcome: 'done', file: null }],
  [
    'not there',
    output('rm: /var/tmp/x.tgz: No such file or directory'),
    absent,
    { outcome: 'refused', reason: 'not-found' },
  ],
  ['still there', '', there, { outcome: 'refused', reason: 'still-there' }],
  ['permission', rpcError('permission denied'), there, { outcome: 'refused', reason: 'permission' }],
  ['lost', gone, absent, { outcome: 'unknown' }],
];
for (const [what, reply, list, expected] of deletions) {
  test(`delete: ${what}`, async () => {
    const session = fakeSession({ 'file-delete': reply, 'file-list': list });
    assert.partialDeepStrictEqual(await deleteFile(session, '/var/tmp/x.tgz'), expected);
    assert.equal(session.sent[0], '<file-delete><path>/var/tmp/x.tgz</path></file-delete>');
  });
}

const checksum = (value: string) =>
  `<checksum-information><file-checksum><computation-method>SHA256</computation-method><input-file>/x</input-file><checksum>\n${value}\n</checksum></file-checksum></checksum-information>`;

test('the checksum, and none', async () => {
  const sum = 'AB'.repeat(32);
  const session = fakeSession({ 'get-sha256-checksum-information': checksum(sum) });
  assert.equal(await sha256(session, '/var/tmp/x.tgz'), sum.toLowerCase());
  assert.match(session.sent[0] ?? '', /^<get-sha256-checksum-information><path>\/var\/tmp\/x.tgz<\/path>/);
  for (const reply of [
    checksum('96a35ab371e1ca10408c3caecdbd8a67'),
    '',
    output('sha256: /x: No such file or directory'),
  ]) {
    await assert.rejects(sha256(fakeSession({ 'get-sha256-checksum-information': reply }), '/x'), RpcError);
  }
});

test('a file in base64, and what is none', async () => {
  const content = Buffer.from([0, 255, 10, 13, 60]);
  const lines = content.toString('base64').replace(/(.{4})/g, '$1\n');
  for (const element of ['file-contents', 'file-content']) {
    const session = fakeSession({ 'file-get': `<${element} encoding="base64">\n${lines}\n</${element}>` });
    assert.deepEqual(await getFile(session, '/var/tmp/x'), content);
    assert.deepEqual(session.sent, ['<file-get><filename>/var/tmp/x</filename><encoding>base64</encoding></file-get>']);
  }
  for (const reply of [
    '<file-content>not base64!</file-content>',
    '<file-content>abc</file-content>',
    output('no'),
    '',
  ]) {
    await assert.rejects(getFile(fakeSession({ 'file-get': reply }), '/x'), RpcError);
  }
});

const filesystem = (name: string, on: string, [total, used, free]: [string, string, string]) =>
  `<filesystem><filesystem-name>\n${name}\n</filesystem-name>${total}${used}${free}<used-percent> 18</used-percent><mounted-on>\n${on}\n</mounted-on></filesystem>`;
const blocks = (total: [string, number], used: [string, number], free: [string, number]) =>
  (['total', 'used', 'available'] as const).map((name, index) => {
    const [format, count] = [total, used, free][index] ?? ['', 0];
    return `<${name}-blocks junos:format="${format}">\n${count}\n</${name}-blocks>`;
  }) as [string, string, string];
const stored = (content: string) =>
  `<system-storage-information junos:style="brief">${content}</system-storage-information>`;

test('storage: blocks of 512 bytes, and of another size where the readable one says so', async () => {
  const bsd = filesystem('/dev/gpt/junos', '/.mount', blocks(['13G', 27172408], ['2.1G', 4482780], ['9.8G', 20515836]));
  const linux = filesystem('/dev/sda6', '/var', blocks(['984M', 1007512], ['1.4M', 1344], ['916M', 937356]));
  const words = filesystem('tmpfs', '/run', [
    '<total-blocks>1.0G</total-blocks>',
    '<used-blocks></used-blocks>',
    '<available-blocks junos:format="0B">0</available-blocks>',
  ]);
  const mounted = await storage(
    fakeSession({ 'get-system-storage': engines({ re0: stored(bsd), re1: stored(linux + words) }) }),
  );
  assert.deepEqual(
    mounted.map(({ engine, mountedOn, totalBytes, availableBytes }) => [engine, mountedOn, totalBytes, availableBytes]),
    [
      ['re0', '/.mount', 27172408 * 512, 20515836 * 512],
      ['re1', '/var', 1007512 * 1024, 937356 * 1024],
      ['re1', '/run', 2 ** 30, 0],
    ],
  );
  assert.equal(mounted[2]?.usedBytes, null);
  assert.equal(fileSystemOf(mounted, '/var/tmp', 're0')?.mountedOn, '/.mount');
  assert.equal(fileSystemOf(mounted, '/var/tmp', 're1')?.mountedOn, '/var');
  assert.equal(fileSystemOf(mounted, '/varx', 're1'), undefined);
  await assert.rejects(storage(fakeSession({ 'get-system-storage': stored('') })), /lists no file systems/);
});

test('storage: the nearest mount counts', () => {
  const at = (mountedOn: string) => ({
    engine: null,
    name: 'x',
    mountedOn,
    totalBytes: 1,
    usedBytes: 0,
    availableBytes: 1,
  });
  assert.equal(fileSystemOf([at('/'), at('/var'), at('/var/tmp')], '/var/tmp/x.tgz')?.mountedOn, '/var/tmp');
  assert.equal(fileSystemOf([at('/'), at('/.mount'), at('/.mount/var')], '/var/tmp')?.mountedOn, '/.mount/var');
  assert.equal(fileSystemOf([at('/'), at('/config')], '/var/tmp')?.mountedOn, '/');
});
