import assert from 'node:assert/strict';
import { PassThrough, type Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { test } from 'node:test';
import { RpcError } from '../../src/netconf/errors.ts';
import { commandText, InvalidCommand, requestSupportInformation } from '../../src/netconf/junos.ts';
import { parseReply } from '../../src/netconf/reply.ts';
import { engines, fakeSession, output, rpcError } from './fake-session.ts';

test('a command is sent as text, and its output comes back as it is printed', async () => {
  const printed = '  Alarm time               Class\n\n2014-04-17 09:09:21 UTC  Minor';
  const session = fakeSession({ command: `${output(printed)}<cli><banner>{master:0}</banner></cli>` });
  assert.equal(await commandText(session, ' show  log "a<b>&c"  '), printed);
  assert.deepEqual(session.sent, ['<command format="text">show log &quot;a&lt;b&gt;&amp;c&quot;</command>']);
  assert.equal(await commandText(fakeSession({ command: '' }), 'show x'), '');
  const mixed = fakeSession({ command: rpcError('slow', '', 'warning') + output('x') });
  assert.match(await commandText(mixed, 'show x'), /x$/);
});

test('several engines are shown under their names', async () => {
  const session = fakeSession({ command: engines({ node0: output('a'), node1: output('b') }) });
  const rule = '-'.repeat(74);
  assert.equal(await commandText(session, 'show version'), `node0:\n${rule}\na\n\nnode1:\n${rule}\nb`);
});

test('what must not be sent this way is not', async () => {
  const session = fakeSession({});
  const refused: [command: string, why: RegExp][] = [
    ['show log messages | match x', /pipe/],
    ['show x|save y', /pipe/],
    ['show x\nrequest system reboot', /control characters/],
    ['show \u0007', /control characters/],
    [`show ${'x'.repeat(2_000)}`, /longer than/],
    ['request system reboot', /more than look/],
    ['configure', /more than look/],
    ['file delete /x', /more than look/],
    ['clear log messages', /more than look/],
    ['showx', /more than look/],
    ['', /more than look/],
  ];
  for (const [command, why] of refused) {
    await assert.rejects(commandText(session, command), (error) => {
      assert.ok(error instanceof InvalidCommand);
      return why.test(error.message) && error.message.endsWith('Nothing was sent.');
    });
  }
  assert.deepEqual(session.sent, []);
  for (const allowed of ['show', 'ping 10.0.0.1 count 1', 'file list /var/tmp', 'request support information']) {
    await assert.rejects(commandText(session, allowed), RpcError);
  }
});

/** A session that streams a fixed text. */
function streaming(text: string, aside = '') {
  const sent: { xml: string; timeoutMs: number }[] = [];
  const stream = async (xml: string, sink: Writable, { timeoutMs }: { timeoutMs: number }) => {
    sent.push({ xml, timeoutMs });
    if (text !== '') sink.write(text);
    const { root, errors, warnings } = parseReply(`<rpc-reply>${aside}</rpc-reply>`);
    return { root, errors, warnings, bytes: Buffer.byteLength(text), complete: true, malformed: null };
  };
  return { ...fakeSession({}), stream, sent };
}

test('support information goes to the sink; a cluster is asked for its primary node only', async () => {
  const sink = new PassThrough();
  const session = streaming('show version é\n');
  const alone = { cluster: null };
  assert.deepEqual(await requestSupportInformation(session, sink, alone), {
    bytes: 16,
    complete: true,
    malformed: null,
  });
  const cluster = { cluster: { id: 1, node: null, role: null, groups: [] } };
  await requestSupportInformation(session, sink, cluster, { timeoutMs: 5 });
  sink.end();
  assert.equal(await readAll(sink), 'show version é\n'.repeat(2));
  assert.deepEqual(session.sent, [
    { xml: '<get-support-information format="text"/>', timeoutMs: 2_460_000 },
    {
      xml: '<get-support-information format="text"><node>primary</node></get-support-information>',
      timeoutMs: 5,
    },
  ]);
});

test('support information refused or empty is an error', async () => {
  const alone = { cluster: null };
  const refused = streaming('', rpcError('permission denied', 'get-support-information'));
  await assert.rejects(requestSupportInformation(refused, new PassThrough(), alone), /permission denied/);
  await assert.rejects(requestSupportInformation(streaming(''), new PassThrough(), alone), /the reply is empty/);
});
