import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetconfError } from '../../src/netconf/errors.ts';
import { type CancelOutcome, cancelReboot } from '../../src/netconf/junos.ts';
import { type Answer, engines, fakeSession, output, rpcError } from './fake-session.ts';

const none = output('No shutdown/reboot scheduled.');
const terminating = output('reboot requested by x at Sat Dec  4 05:00:00 2021\n[process id 4]\nTerminating...');
const still = output('reboot requested by exadmin at Sat Dec  4 05:00:00 2021');
const gone = new NetconfError('closed', 'The connection was lost.', { sent: true });

const cases: [what: string, clear: Answer, pending: Answer, expected: Partial<CancelOutcome>][] = [
  ['cancelled', terminating, none, { outcome: 'done', was: 'cancelled' }],
  ['nothing was scheduled', none, none, { outcome: 'done', was: 'nothing-scheduled' }],
  ['one engine had one', engines({ node0: none, node1: terminating }), none, { outcome: 'done', was: 'cancelled' }],
  ['no words, and nothing is scheduled', '<ok/>', none, { outcome: 'done', was: 'unclear' }],
  ['a warning beside it', rpcError('x', '', 'warning') + terminating, none, { outcome: 'done', was: 'cancelled' }],
  ['said to be cancelled, but still listed', terminating, still, { outcome: 'refused', reason: 'still-scheduled' }],
  ['permission', rpcError('permission denied', 'clear-reboot'), none, { outcome: 'refused', reason: 'permission' }],
  ['not understood', rpcError('syntax error'), none, { outcome: 'refused', reason: 'rejected' }],
  ['lost', gone, none, { outcome: 'unknown', text: 'The connection was lost.' }],
  ['lost before the proof', terminating, gone, { outcome: 'unknown' }],
  ['the proof refused', terminating, rpcError('permission denied'), { outcome: 'unknown' }],
];
for (const [what, clear, pending, expected] of cases) {
  test(`cancel: ${what}`, async () => {
    const session = fakeSession({ 'clear-reboot': clear, 'get-reboot-information': pending });
    const outcome = await cancelReboot(session, { clock: null });
    assert.partialDeepStrictEqual(outcome, expected);
    assert.equal(session.sent.filter((xml) => xml.startsWith('<clear-reboot')).length, 1);
    // A refusal and a lost session end it; everything else is proved.
    const ends = outcome.outcome === 'refused' ? outcome.reason !== 'still-scheduled' : clear === gone;
    assert.equal(session.sent.length, ends ? 1 : 2);
  });
}

test('cancel: what is still scheduled comes along', async () => {
  const session = fakeSession({ 'clear-reboot': terminating, 'get-reboot-information': still });
  const outcome = await cancelReboot(session, { clock: null });
  assert.equal(outcome.outcome === 'refused' && outcome.pending?.user, 'exadmin');
});

test('cancel: both engines are cleared and both are asked', async () => {
  const session = fakeSession({ 'clear-reboot': terminating, 'get-reboot-information': none });
  await cancelReboot(session, { engines: 'both' });
  assert.deepEqual(session.sent, [
    '<clear-reboot><both-routing-engines/></clear-reboot>',
    '<get-reboot-information format="text"><both-routing-engines/></get-reboot-information>',
  ]);
});

test('cancel: nothing sent is thrown', async () => {
  const session = fakeSession({ 'clear-reboot': new NetconfError('closed', 'Closed.') });
  await assert.rejects(cancelReboot(session), NetconfError);
});
