import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetconfError } from '../../src/netconf/errors.ts';
import { type RestartMode, type RestartOutcome, restartProcess } from '../../src/netconf/junos.ts';
import { type Answer, engines, fakeSession, output, rpcError } from './fake-session.ts';

const started = 'Routing protocols process started, pid 48721';
const waiting = 'Routing protocols process signalled but still running, waiting 28 seconds more';
const again = 'Routing protocols process still running, sending another terminate signal';
const unused = 'vrrp subsystem not running - not needed by configuration.';
const lost = new NetconfError('closed', 'The connection was lost.', { sent: true });
const late = new NetconfError('timeout', 'No answer.', { sent: true });
const cancelled = new NetconfError('closed', 'The connection was lost.', {
  sent: true,
  cause: new NetconfError('cancelled', 'Cancelled.'),
});

const cases: [what: string, name: string, mode: RestartMode, answer: Answer, expected: Partial<RestartOutcome>][] = [
  ['started', 'routing', 'graceful', output(started), { outcome: 'done', pid: 48721, text: started }],
  [
    'started, in older words',
    'routing',
    'graceful',
    output('Routing protocol daemon started, pid 751'),
    { outcome: 'done', pid: 751 },
  ],
  [
    'started after waiting',
    'routing',
    'graceful',
    output(`${waiting}\n${again}\n${started}`),
    { outcome: 'done', pid: 48721 },
  ],
  [
    'a warning and a success',
    'routing',
    'graceful',
    rpcError('x', '', 'warning') + output(started),
    { outcome: 'done' },
  ],
  [
    'two nodes, one without it',
    'vrrp',
    'graceful',
    engines({ node0: output(started), node1: rpcError(`warning: ${unused}`, '', 'warning') }),
    { outcome: 'done' },
  ],
  ['still waiting at the end', 'routing', 'graceful', output(waiting), { outcome: 'unknown', text: waiting }],
  [
    'not running, as an error',
    'vrrp',
    'graceful',
    rpcError(`error: ${unused}`, 'vrrp'),
    { outcome: 'refused', reason: 'not-running' },
  ],
  [
    'not running, as a warning',
    'vrrp',
    'graceful',
    rpcError(`warning: ${unused}`, '', 'warning'),
    { outcome: 'refused', reason: 'not-running' },
  ],
  ['not running, as text', 'vrrp', 'immediately', output(unused), { outcome: 'refused', reason: 'not-running' }],
  [
    'no such process',
    'nonesuch',
    'graceful',
    rpcError('invalid daemon: nonesuch'),
    { outcome: 'refused', reason: 'no-such-process' },
  ],
  [
    'no such process, as text',
    'nonesuch',
    'graceful',
    output('error: invalid daemon'),
    { outcome: 'refused', reason: 'no-such-process' },
  ],
  [
    'permission',
    'routing',
    'graceful',
    rpcError('permission denied', 'restart-daemon'),
    { outcome: 'refused', reason: 'permission' },
  ],
  ['not understood', 'routing', 'soft', rpcError('syntax error', 'soft'), { outcome: 'refused', reason: 'rejected' }],
  ['an error nobody knows', 'routing', 'graceful', rpcError('oops'), { outcome: 'unknown', text: 'oops' }],
  ['a success beside such an error', 'routing', 'graceful', output(started) + rpcError('oops'), { outcome: 'unknown' }],
  ['killed without a word', 'routing', 'immediately', '', { outcome: 'done-unproven', because: 'no-words' }],
  ['killed with ok', 'routing', 'immediately', '<ok/>', { outcome: 'done-unproven', because: 'no-words' }],
  ['signalled without a word', 'routing', 'soft', '', { outcome: 'done-unproven', because: 'no-words' }],
  ['signalled', 'routing', 'soft', output('Routing protocols process signalled'), { outcome: 'done', pid: null }],
  ['gracefully, without a word', 'routing', 'graceful', '', { outcome: 'unknown' }],
  [
    'forwarding takes the session along',
    'forwarding',
    'graceful',
    lost,
    { outcome: 'done-unproven', because: 'session-lost' },
  ],
  ['forwarding, reread', 'forwarding', 'soft', lost, { outcome: 'unknown' }],
  ['forwarding, only late', 'forwarding', 'graceful', late, { outcome: 'unknown' }],
  ['forwarding, but we hung up', 'forwarding', 'graceful', cancelled, { outcome: 'unknown' }],
  ['another process, lost', 'routing', 'graceful', lost, { outcome: 'unknown', text: 'The connection was lost.' }],
];
for (const [what, name, mode, answer, expected] of cases) {
  test(`restart: ${what}`, async () => {
    const session = fakeSession({ 'restart-daemon': answer });
    assert.partialDeepStrictEqual(await restartProcess(session, name, mode), expected);
    assert.equal(session.sent.length, 1);
    assert.deepEqual(session.timeouts, [90_000]);
  });
}

test('restart: the request of each mode', async () => {
  const session = fakeSession({ 'restart-daemon': '' });
  for (const mode of ['graceful', 'immediately', 'soft'] as const) {
    await restartProcess(session, 'mib-process', mode, { timeoutMs: 5 });
  }
  const name = '<daemon-name>mib-process</daemon-name>';
  assert.deepEqual(session.sent, [
    `<restart-daemon>${name}</restart-daemon>`,
    `<restart-daemon>${name}<immediately/></restart-daemon>`,
    `<restart-daemon>${name}<soft/></restart-daemon>`,
  ]);
  assert.deepEqual(session.timeouts, [5, 5, 5]);
});

test('restart: what cannot be a name is not sent', async () => {
  const session = fakeSession({});
  for (const name of ['', ' ', 'routing ', 'a</daemon-name>', '-x', 'x'.repeat(80), 'routing\n']) {
    const outcome = await restartProcess(session, name, 'graceful');
    assert.deepEqual(
      [outcome.outcome, outcome.outcome === 'refused' && outcome.reason],
      ['refused', 'no-such-process'],
    );
  }
  assert.deepEqual(session.sent, []);
  const closed = fakeSession({ 'restart-daemon': new NetconfError('closed', 'Closed.') });
  await assert.rejects(restartProcess(closed, 'forwarding', 'graceful'), NetconfError);
});
