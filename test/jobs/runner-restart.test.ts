import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import type { JobStatus } from '../../src/store/store.ts';
import { FakeDevice, GOING_DOWN } from './fake-device.ts';
import { job, rig, settle } from './rig.ts';

describe('Runner.recover', () => {
  const cases: [status: JobStatus, endedAt: number | null, status: JobStatus, sentence: RegExp, log: string[]][] = [
    ['queued', null, 'failed', /before the command was sent\. Nothing was sent/, ['j1 failed', 'j1 reported']],
    ['running', null, 'failed', /before the command was sent\. Nothing was sent/, ['j1 failed', 'j1 reported']],
    [
      'sent',
      null,
      'unknown',
      /after the command was sent.* It was not sent again\. Look at/,
      ['j1 unknown', 'j1 reported'],
    ],
    ...(['done', 'refused', 'failed', 'unknown'] as const).map(
      (status): [JobStatus, number, JobStatus, RegExp, string[]] => [
        status,
        4_000,
        status,
        /^as it was$/,
        ['j1 reported'],
      ],
    ),
  ];
  for (const [status, endedAt, expected, sentence, steps] of cases) {
    it(`${status} becomes ${expected}; no device is asked anything`, async () => {
      const left = job('j1', 'hq-fw01', { status, endedAt, sentence: endedAt === null ? null : 'as it was' });
      const { runner, log, ended } = rig(async () => assert.fail('connected'), { left: [left] });
      await runner.recover();
      await settle();
      assert.equal(ended[0]?.job.status, expected);
      assert.match(ended[0]?.job.sentence ?? '', sentence);
      assert.deepEqual(log, steps);
    });
  }

  it('a job of an action this version does not know is left, and the others are told', async () => {
    const unknown = job('j1');
    unknown.confirmation.action = 'paint';
    const { runner, log } = rig(async () => assert.fail('connected'), { left: [unknown, job('j2')] });
    await runner.recover();
    await settle();
    assert.deepEqual(log, ['j1 failed', 'j2 failed', 'j2 reported']);
  });

  it('a row that cannot be written keeps neither the others nor the start', async () => {
    let writes = 0;
    const { runner, log } = rig(async () => assert.fail('connected'), {
      left: [job('j1'), job('j2')],
      failOn: () => {
        writes += 1;
        return writes === 1;
      },
    });
    await runner.recover();
    await settle();
    assert.deepEqual(log, ['j2 failed', 'j2 reported']);
  });

  it('an end that cannot be shown stays unreported for the next start', async () => {
    const { runner, log } = rig(async () => assert.fail('connected'), {
      left: [job('j1')],
      report: () => {
        throw new AssistantError('not-shown', 'Teams did not take the result card.');
      },
    });
    await runner.recover();
    await settle();
    assert.deepEqual(log, ['j1 failed']);
  });
});

describe('Runner.stop', () => {
  it('waits for the job under way', async () => {
    const gate = Promise.withResolvers<string>();
    const device = new FakeDevice({ reboot: [() => gate.promise] });
    const { runner, log, cutOff } = rig(async () => device.connected());
    runner.start(job('j1'));
    await settle();
    const stopped = runner.stop();
    await settle();
    assert.equal(cutOff.signal.aborted, false);
    gate.resolve(GOING_DOWN);
    await stopped;
    assert.deepEqual(log.slice(-2), ['j1 done', 'j1 reported']);
  });

  it('cuts what takes longer; what was not sent is not sent any more, and queued jobs do not begin', async () => {
    const devices: FakeDevice[] = [];
    const connect: Connect = (_name, signal) =>
      new Promise((resolve, reject) => {
        const device = new FakeDevice();
        devices.push(device);
        if (signal?.aborted) resolve(device.connected());
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const { runner, ended, cutOff } = rig(connect);
    runner.start(job('j1'));
    runner.start(job('j2'));
    await settle();
    const stopped = runner.stop();
    await settle();
    assert.equal(ended.length, 0);
    cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.'));
    await stopped;
    assert.deepEqual(
      ended.map(({ job: { id, status, sentence } }) => [id, status, sentence]),
      ['j1', 'j2'].map((id) => [id, 'failed', 'The assistant is stopping. Nothing was sent to hq-fw01.']),
    );
    assert.deepEqual(
      devices.map(({ reboots }) => reboots),
      [0, 0],
    );
  });

  it('with nothing under way it is done at once', async () => {
    const { runner, log } = rig(async () => assert.fail('connected'));
    await runner.stop();
    assert.deepEqual(log, []);
  });

  it('waits for the ends of an earlier run that are being shown', async () => {
    const gate = Promise.withResolvers<void>();
    const left = [job('j1', 'hq-fw01', { status: 'done', endedAt: 4_000 })];
    const { runner, log } = rig(async () => assert.fail('connected'), { left, report: () => gate.promise });
    await runner.recover();
    let isStopped = false;
    const stopped = runner.stop().then(() => (isStopped = true));
    await settle();
    assert.equal(isStopped, false);
    gate.resolve();
    await stopped;
    assert.deepEqual(log, ['j1 reported']);
  });
});
