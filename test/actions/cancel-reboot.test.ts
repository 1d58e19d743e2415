import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelRebootAction } from '../../src/actions/cancel-reboot.ts';
import { FakeDevice, gone, lost, NOTHING_PENDING, rpcError, type Says } from '../jobs/fake-device.ts';
import { follow, LONDON, MINUTE, NOW, run, seen, unseen } from './context.ts';

const LISTED = 'reboot requested by netops at Mon Nov 23 10:30:00 2026';
const clock = { now: new Date(NOW), zone: 'UTC', offsetMinutes: 0, skewMs: 0 };
const pending = {
  engine: null,
  kind: 'reboot' as const,
  user: 'netops',
  at: new Date(NOW + 30 * MINUTE),
  text: LISTED,
  each: [],
};

describe('cancelling a reboot', () => {
  it('the card says what is scheduled on each device', () => {
    const looks = [{ ...seen('hq-fw01'), pending }, seen('hq-fw02'), unseen('hq-fw03')];
    const { title, facts, button, decline, warnings } = cancelRebootAction.summarise('{}', looks as never, NOW, LONDON);
    assert.equal(title, 'Cancel the scheduled reboot of 3 devices?');
    // Two buttons that say "Cancel" would be one too many.
    assert.deepEqual([button, decline], ['Cancel the reboot', 'Keep it']);
    assert.deepEqual(facts, [
      { label: 'hq-fw01', value: 'reboot at 10:30 GMT (in 30 min) by netops' },
      { label: 'hq-fw02', value: 'nothing' },
    ]);
    assert.match(warnings.join(), /Could not look at hq-fw03/);
  });

  it('proves itself: asked afterwards, nothing is scheduled', async () => {
    const device = new FakeDevice({ pending: [LISTED, NOTHING_PENDING] }, { clock });
    const { outcome, asked, order } = await run(cancelRebootAction, {}, device);
    assert.deepEqual(
      asked.map((xml) => /<([\w-]+)/.exec(xml)?.[1]),
      ['get-reboot-information', 'clear-reboot', 'get-reboot-information'],
    );
    assert.ok(order.includes('sent after 1: <clear-reboot/>'));
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      ['done', 'The reboot of hq-fw01 is cancelled: asked afterwards, it has nothing scheduled.'],
    );
  });

  it('of both engines where there are two', async () => {
    const engine = { name: 're0', state: null, mastership: null, model: null, uptimeSeconds: 1, bootedAt: null };
    const device = new FakeDevice(
      { pending: [LISTED, NOTHING_PENDING] },
      { clock, engines: [engine, { ...engine, name: 're1' }], ownEngine: 're0' },
    );
    const { asked } = await run(cancelRebootAction, {}, device);
    assert.equal(asked[1], '<clear-reboot><both-routing-engines/></clear-reboot>');
  });

  it('nothing scheduled: done, and nothing is sent', async () => {
    const { outcome, asked, order } = await run(cancelRebootAction, {}, new FakeDevice());
    assert.deepEqual([outcome.status, asked.length], ['done', 1]);
    assert.equal(outcome.sentence, 'Nothing is scheduled on hq-fw01. Nothing was sent.');
    assert.ok(!order.some((line) => line.startsWith('sent')));
  });

  const answers: [what: string, script: { clear?: Says[]; pending: Says[] }, status: string, sentence: RegExp][] = [
    ['still listed afterwards', { pending: [LISTED] }, 'refused', /asked afterwards it still has a reboot scheduled/],
    [
      'no permission',
      { pending: [LISTED], clear: [rpcError('permission denied')] },
      'refused',
      /needs the permission "maintenance"/,
    ],
    [
      'not understood',
      { pending: [LISTED], clear: [rpcError('syntax error')] },
      'refused',
      /What was scheduled still is/,
    ],
    ['a session lost', { pending: [LISTED], clear: [lost(true)] }, 'sent', /no clear answer/],
  ];
  for (const [what, script, status, sentence] of answers) {
    it(`${what}: ${status}`, async () => {
      const { outcome } = await run(cancelRebootAction, {}, new FakeDevice(script, { clock }));
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
    });
  }
});

describe('after a cancellation without an answer', () => {
  it('the device is asked until it tells: nothing scheduled is done', async () => {
    const { outcome, waits } = await follow(cancelRebootAction, {}, [gone(), gone(), new FakeDevice()]);
    assert.deepEqual([outcome.status, outcome.sentence], ['done', 'Asked afterwards, hq-fw01 has nothing scheduled.']);
    assert.equal(waits.length, 2);
  });

  it('still scheduled is failed, and the command is not sent again', async () => {
    const device = new FakeDevice({ pending: [LISTED] }, { clock });
    const { outcome } = await follow(cancelRebootAction, {}, [device]);
    assert.equal(outcome.status, 'failed');
    assert.match(outcome.sentence, /^hq-fw01 still has it scheduled\. The command was not sent again\./);
    assert.ok(device.asked.every((xml) => xml.startsWith('<get-')));
  });

  it('who cannot be asked for five minutes is unknown, and may reboot', async () => {
    const { outcome } = await follow(cancelRebootAction, {}, [gone()]);
    assert.equal(outcome.status, 'unknown');
    assert.match(
      outcome.sentence,
      /cannot be asked what came of it: hq-fw01 refuses connections\. It may still reboot\.$/,
    );
  });

  const before = { '': { uptimeSeconds: 86_400, bootedAt: null }, re1: { uptimeSeconds: 86_400, bootedAt: null } };
  it('the reboot was faster: failed, with since when it runs', async () => {
    const back = new FakeDevice({}, { uptimeSeconds: 30 });
    const { outcome } = await follow(cancelRebootAction, {}, [gone(), back], { evidence: { before } });
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      ['failed', 'hq-fw01 rebooted before it was cancelled, up since 09:59 GMT. Nothing is scheduled on it any more.'],
    );
  });

  it('it ran on: done', async () => {
    const same = new FakeDevice({}, { uptimeSeconds: 86_405 });
    const { outcome } = await follow(cancelRebootAction, {}, [gone(), same], { evidence: { before } });
    assert.equal(outcome.status, 'done');
  });

  it('what is needed to see that is noted with the command', async () => {
    const { evidence } = await run(cancelRebootAction, {}, new FakeDevice({ pending: [LISTED] }, { clock }));
    assert.deepEqual(evidence, { before: { '': { uptimeSeconds: 3_600, bootedAt: null } } });
  });
});
