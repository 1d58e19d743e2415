import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import type { Job } from '../../src/store/store.ts';
import { FakeDevice, gone } from './fake-device.ts';
import { CONFIRMED_AT, job, jobsFor, rig, settle } from './rig.ts';

const MINUTE = 60_000;
const AT = CONFIRMED_AT + 60 * MINUTE;
const LISTED = 'reboot requested by netops at Thu Jan  1 01:00:01 1970';
const evidence = (at: number | null = null) =>
  JSON.stringify({ before: { '': { uptimeSeconds: 86_400, bootedAt: 1 } }, at });
const SENT = { sentAt: 2_000, evidence: evidence() };
/** Booted a moment ago. */
const fresh = () => new FakeDevice({}, { uptimeSeconds: 1, bootedAt: new Date(50_000) });

/** A reboot at a time, as an earlier run left it. */
function scheduled(change: Partial<Job> = {}): Job {
  const left = job('j1', 'hq-fw01', { status: 'scheduled', sentAt: 2_000, evidence: evidence(AT), ...change });
  left.confirmation.parameters = JSON.stringify({ at: AT });
  return left;
}

describe('following a scheduled reboot', () => {
  it('of an earlier run: asked at once whether it is still listed, for nobody was there', async () => {
    const { runner, rows } = rig(async () => new FakeDevice().connected(), { left: [scheduled()] });
    await runner.recover();
    await settle();
    assert.equal(rows.get('j1')?.status, 'cancelled');
  });

  it('a nudge is heard while it waits', async () => {
    const device = new FakeDevice({ pending: [LISTED, '', 'No shutdown/reboot scheduled.'] });
    const { runner, rows } = rig(async () => device.connected(), { left: [scheduled()] });
    await runner.recover();
    await settle();
    assert.deepEqual([rows.get('j1')?.status, device.asked.length], ['scheduled', 1]);
    runner.nudge('hq-fw02');
    await settle();
    assert.equal(device.asked.length, 1, 'not of another device');
    runner.nudge('hq-fw01');
    await settle();
    assert.equal(device.asked.length, 2, 'it did not tell, and is asked again later');
    runner.nudge('hq-fw01');
    await settle();
    assert.equal(rows.get('j1')?.status, 'cancelled');
  });

  it('a nudge is heard while it asks as well: the answer may be the one of before', async () => {
    const gate = Promise.withResolvers<string>();
    const device = new FakeDevice({ pending: [() => gate.promise, 'No shutdown/reboot scheduled.'] });
    const { runner, rows } = rig(async () => device.connected(), { left: [scheduled()] });
    await runner.recover();
    await settle();
    runner.nudge('hq-fw01');
    gate.resolve(LISTED);
    await settle();
    assert.equal(rows.get('j1')?.status, 'cancelled');
  });

  it('cancelling it is such a nudge', async () => {
    const device = new FakeDevice({ pending: [LISTED, LISTED, 'No shutdown/reboot scheduled.'] });
    const { runner, start, rows } = rig(async () => device.connected(), { left: [scheduled()] });
    await runner.recover();
    await settle();
    assert.equal(rows.get('j1')?.status, 'scheduled');
    const cancel = job('j2');
    cancel.confirmation.action = 'cancel-reboot';
    cancel.confirmation.parameters = '{}';
    start(cancel);
    await settle();
    assert.deepEqual([rows.get('j2')?.status, rows.get('j1')?.status], ['done', 'cancelled']);
  });

  it('a phase that cannot be stored does not end it', async () => {
    const { runner, rows, ended } = rig(async () => fresh().connected(), {
      left: [scheduled()],
      now: () => AT + 2_000,
      failOn: ({ status }) => status === 'waiting',
    });
    await runner.recover();
    await settle();
    assert.equal(rows.get('j1')?.status, 'done');
    assert.equal(ended.length, 1);
  });

  it('what was said of the phase before is not shown in the next one', async () => {
    const { runner, rows } = rig(async () => Promise.reject(gone()), {
      left: [scheduled({ sentence: 'hq-fw01 reboots at 01:00.' })],
      now: () => AT + 2_000,
    });
    await runner.recover();
    await settle();
    assert.deepEqual([rows.get('j1')?.status, rows.get('j1')?.sentence], ['waiting', null]);
    await runner.stop();
  });
});

describe('Runner.lookAgain', () => {
  const ended = (change: Partial<Job> = {}) =>
    job('j1', 'hq-fw01', { status: 'failed', ...SENT, endedAt: 4_000, reportedAt: 4_500, sentence: 'gone', ...change });

  it('looks at the device once more, however often it is clicked at once', async () => {
    let connects = 0;
    const {
      runner,
      ended: ends,
      rows,
    } = rig(
      async () => {
        connects += 1;
        return fresh().connected();
      },
      { left: [ended()] },
    );
    const views = await Promise.all([runner.lookAgain('j1'), runner.lookAgain('j1'), runner.lookAgain('j1')]);
    assert.ok(views.every((view) => view !== null));
    await settle();
    assert.equal(connects, 1);
    assert.equal(ends.length, 1);
    assert.equal(rows.get('j1')?.status, 'done');
  });

  it('shows that it looks, and not the end of before', async () => {
    const { runner, rows } = rig(async () => Promise.reject(gone()), { left: [ended()] });
    const view = await runner.lookAgain('j1');
    const [first] = view?.devices ?? [];
    assert.deepEqual(
      [first?.job.sentence, first?.doing, view?.buttons],
      [null, 'Waiting for hq-fw01 to come back', []],
    );
    await settle();
    assert.deepEqual([rows.get('j1')?.status, rows.get('j1')?.endedAt], ['sent', null]);
    await runner.stop();
  });

  it('one of several, while another one is still under way', async () => {
    const [first, second] = jobsFor('hq-fw01', 'hq-fw02') as [Job, Job];
    const left: Job[] = [
      { ...first, status: 'failed', ...SENT, endedAt: 4_000, sentence: 'gone' },
      { ...second, status: 'waiting', ...SENT },
    ];
    const {
      runner,
      ended: ends,
      rows,
    } = rig(async (name) => (name === 'hq-fw01' ? fresh().connected() : Promise.reject(gone())), { left });
    await runner.recover();
    await settle();
    await Promise.all([runner.lookAgain('j1'), runner.lookAgain('j1')]);
    await settle();
    assert.equal(rows.get('j1')?.status, 'done');
    assert.equal(ends.length, 0);
    await runner.stop();
  });

  it('while its end is still being shown: the new end is shown after the old one', async () => {
    const gate = Promise.withResolvers<void>();
    const {
      runner,
      ended: ends,
      rows,
    } = rig(async () => fresh().connected(), { left: [ended({ reportedAt: null })], report: () => gate.promise });
    await runner.recover();
    await settle();
    assert.equal(ends.length, 1);
    await runner.lookAgain('j1');
    await settle();
    assert.equal(rows.get('j1')?.status, 'done');
    assert.deepEqual([ends.length, rows.get('j1')?.reportedAt], [1, null]);
    gate.resolve();
    await settle();
    assert.deepEqual(
      ends.map(({ devices }) => devices[0]?.job.status),
      ['failed', 'done'],
    );
    assert.notEqual(rows.get('j1')?.reportedAt, null);
  });

  it('a store that fails leaves the end as it was, and the next click looks', async () => {
    let isBroken = true;
    const { runner, rows } = rig(async () => fresh().connected(), {
      left: [ended()],
      failOn: ({ status }) => isBroken && status === 'sent',
    });
    await assert.rejects(runner.lookAgain('j1'), AssistantError);
    await settle();
    assert.equal(rows.get('j1')?.status, 'failed');
    isBroken = false;
    await runner.lookAgain('j1');
    await settle();
    assert.equal(rows.get('j1')?.status, 'done');
  });

  it('a restart without an answer does not become a good one', async () => {
    const left = ended({ status: 'unknown', evidence: null });
    left.confirmation.action = 'restart-process';
    left.confirmation.parameters = JSON.stringify({ process: 'routing', mode: 'graceful' });
    const { runner, rows } = rig(async () => new FakeDevice().connected(), { left: [left] });
    const view = await runner.lookAgain('j1');
    assert.equal(view?.devices[0]?.job.status, 'sent');
    await runner.stop();
    assert.equal(rows.get('j1')?.status, 'sent');
  });

  const nothing: [what: string, left: Job][] = [
    ['one that was never sent', ended({ sentAt: null })],
    ['one that is done', ended({ status: 'done' })],
    ['one that is still under way', ended({ status: 'waiting', endedAt: null })],
  ];
  for (const [what, left] of nothing) {
    it(`${what}: nothing to look at`, async () => {
      const { runner } = rig(async () => assert.fail('connected'), { left: [left] });
      assert.equal(await runner.lookAgain('j1'), null);
    });
  }

  it('one that is not there: nothing to look at', async () => {
    const { runner } = rig(async () => assert.fail('connected'));
    assert.equal(await runner.lookAgain('no-such-job'), null);
  });
});
