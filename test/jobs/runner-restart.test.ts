import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import type { Job, JobStatus } from '../../src/store/store.ts';
import { FakeDevice, GOING_DOWN, gone, lost } from './fake-device.ts';
import { CONFIRMED_AT, job, jobsFor, rig, settle } from './rig.ts';

const MINUTE = 60_000;
const evidence = JSON.stringify({ before: { '': { uptimeSeconds: 86_400, bootedAt: 1 } }, at: null });
const SENT = { sentAt: 2_000, evidence };
/** Booted a moment ago. */
const fresh = () => new FakeDevice({}, { uptimeSeconds: 1, bootedAt: new Date(50_000) });

describe('Runner.recover', () => {
  for (const status of ['queued', 'running'] as const) {
    it(`${status}: goes on, with one command`, async () => {
      const device = new FakeDevice({ reboot: ['shutdown: another shutdown is running'] });
      const { runner, ended, shown } = rig(async () => device.connected(), {
        left: [job('j1', 'hq-fw01', { status })],
      });
      await runner.recover();
      assert.deepEqual(shown[0]?.devices[0]?.steps, [
        'The assistant was restarted before anything was sent, and goes on',
      ]);
      await settle();
      assert.equal(device.reboots, 1);
      assert.equal(ended[0]?.devices[0]?.job.status, 'refused');
    });

    it(`${status}: ten minutes after the click it is given up, and no device is asked anything`, async () => {
      const { runner, ended } = rig(async () => assert.fail('connected'), {
        left: [job('j1', 'hq-fw01', { status })],
        now: () => CONFIRMED_AT + 10 * MINUTE + 1,
      });
      await runner.recover();
      await settle();
      const [view] = ended[0]?.devices ?? [];
      assert.equal(view?.job.status, 'failed');
      assert.match(view?.job.sentence ?? '', /started again too late to go on\. Nothing was sent to hq-fw01\./);
    });
  }

  it('later than that it goes on as long as the time that was chosen is still to come', async () => {
    const left = job('j1');
    left.confirmation.parameters = JSON.stringify({ at: CONFIRMED_AT + 60 * MINUTE });
    const device = new FakeDevice({ reboot: ['shutdown: another shutdown is running'] });
    const { runner } = rig(async () => device.connected(), {
      left: [left],
      now: () => CONFIRMED_AT + 30 * MINUTE,
    });
    await runner.recover();
    await settle();
    assert.ok(device.asked.includes('<request-reboot><in>30</in></request-reboot>'), device.asked.join());
  });

  for (const status of ['sent', 'waiting'] as const) {
    it(`${status}: the device is looked at, and its uptime ends it; nothing is sent`, async () => {
      const devices: FakeDevice[] = [];
      const { runner, ended } = rig(
        async () => {
          const device = fresh();
          devices.push(device);
          return device.connected();
        },
        { left: [job('j1', 'hq-fw01', { status, ...SENT })] },
      );
      await runner.recover();
      await settle();
      const [view] = ended[0]?.devices ?? [];
      assert.equal(view?.job.status, 'done');
      assert.deepEqual(view?.steps[0], 'Sent before the assistant was restarted');
      assert.equal(ended[0]?.headline, 'hq-fw01 is back');
      assert.ok(devices.every(({ reboots, closed }) => reboots === 0 && closed === 1));
    });
  }

  for (const status of ['done', 'refused', 'failed', 'unknown', 'cancelled'] as const satisfies JobStatus[]) {
    it(`${status}, but nobody was told: told, as it was`, async () => {
      const left = job('j1', 'hq-fw01', { status, endedAt: 4_000, sentence: 'as it was' });
      const { runner, log, ended } = rig(async () => assert.fail('connected'), { left: [left] });
      await runner.recover();
      await settle();
      assert.deepEqual([ended[0]?.devices[0]?.job.status, ended[0]?.devices[0]?.job.sentence], [status, 'as it was']);
      assert.deepEqual(log, ['j1 reported']);
    });
  }

  it('of several devices each goes on from where it was', async () => {
    const [first, second, third] = jobsFor('hq-fw01', 'hq-fw02', 'hq-fw03') as [Job, Job, Job];
    const left: Job[] = [
      { ...first, status: 'done', endedAt: 4_000, sentence: 'Back.' },
      { ...second, status: 'waiting', ...SENT },
      { ...third, status: 'queued' },
    ];
    const asked: string[] = [];
    const { runner, ended } = rig(
      async (name) => {
        asked.push(name);
        return name === 'hq-fw03'
          ? new FakeDevice({ reboot: ['shutdown: another shutdown is running'] }).connected()
          : fresh().connected();
      },
      { left },
    );
    await runner.recover();
    await settle();
    assert.deepEqual(asked.sort(), ['hq-fw02', 'hq-fw03']);
    assert.deepEqual(
      ended[0]?.devices.map(({ job: { status } }) => status),
      ['done', 'done', 'refused'],
    );
  });

  it('a job of an action this version does not know is left, and the others go on', async () => {
    const unknown = job('j1');
    unknown.confirmation.action = 'paint';
    const { runner, log } = rig(async () => Promise.reject(gone()), { left: [unknown, job('j2')] });
    await runner.recover();
    await settle();
    assert.deepEqual(log, ['j2 running', 'j2 failed', 'j2 reported']);
  });

  it('an end that cannot be shown stays unreported for the next start', async () => {
    const { runner, log } = rig(async () => Promise.reject(gone()), {
      left: [job('j1')],
      report: () => {
        throw new AssistantError('not-shown', 'Teams did not take the result card.');
      },
    });
    await runner.recover();
    await settle();
    assert.deepEqual(log, ['j1 running', 'j1 failed']);
  });
});

describe('Runner.stop', () => {
  it('waits for the command under way; the wait for the device is left to the next start', async () => {
    const gate = Promise.withResolvers<string>();
    const device = new FakeDevice({ reboot: [() => gate.promise] });
    const { runner, start, log, rows, cutOff } = rig(async () => device.connected());
    start(job('j1'));
    await settle();
    const stopped = runner.stop();
    await settle();
    assert.equal(cutOff.signal.aborted, false);
    gate.resolve(GOING_DOWN);
    await stopped;
    assert.deepEqual(log.slice(-2), ['j1 sent', 'j1 waiting']);
    assert.equal(rows.get('j1')?.endedAt, null);
  });

  it('cuts what takes longer; what was not sent is left for the next start, like queued jobs', async () => {
    const devices: FakeDevice[] = [];
    const connect: Connect = (_name, signal) =>
      new Promise((_resolve, reject) => {
        devices.push(new FakeDevice());
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const { runner, start, ended, rows, cutOff } = rig(connect);
    start(job('j1'));
    start(job('j2'));
    await settle();
    const stopped = runner.stop();
    await settle();
    assert.equal(ended.length, 0);
    cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.'));
    await stopped;
    assert.deepEqual(
      ['j1', 'j2'].map((id) => [rows.get(id)?.status, rows.get(id)?.endedAt]),
      [
        ['running', null],
        ['queued', null],
      ],
    );
    assert.equal(ended.length, 0);
    assert.deepEqual(
      devices.map(({ reboots }) => reboots),
      [0],
    );
  });

  it('cut after "sent" was noted and before the command left: noted as not sent, and it goes on', async () => {
    const device = new FakeDevice();
    const { runner, start, rows, cutOff } = rig(async () => device.connected(), {
      until: async ({ status }) => {
        if (status !== 'sent') return;
        cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.'));
        throw new AssistantError('store-failed', 'The store failed: disk full');
      },
    });
    start(job('j1'));
    await settle();
    await runner.stop();
    assert.deepEqual([rows.get('j1')?.status, rows.get('j1')?.sentAt, device.reboots], ['running', null, 0]);
  });

  it('a session that the stop closed before the command left: the row says again that nothing was sent', async () => {
    const device = new FakeDevice({
      reboot: [
        () => {
          cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.'));
          throw lost(false);
        },
      ],
    });
    const { runner, start, rows, log, cutOff } = rig(async () => device.connected());
    start(job('j1'));
    await settle();
    await runner.stop();
    assert.deepEqual(log, ['j1 running', 'j1 sent', 'j1 running']);
    const { sentAt, evidence: noted, endedAt } = rows.get('j1') ?? {};
    assert.deepEqual([sentAt, noted, endedAt], [null, null, null]);
  });

  it('a look that the stop cuts off is no look: the job is not ended by it', async () => {
    const connect: Connect = (_name, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new NetconfError('cancelled', 'Called off.')));
      });
    const left = [job('j1', 'hq-fw01', { status: 'waiting', ...SENT })];
    // Long after the limit: the next look would be the last one.
    const { runner, rows, ended } = rig(connect, { left, now: () => CONFIRMED_AT + 600 * MINUTE });
    await runner.recover();
    await settle();
    await runner.stop();
    assert.deepEqual([rows.get('j1')?.status, rows.get('j1')?.endedAt, ended.length], ['waiting', null, 0]);
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
