import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import type { JobStatus } from '../../src/store/store.ts';
import { FakeDevice, gone, lost } from './fake-device.ts';
import { job, jobsFor, rig, settle } from './rig.ts';

/** Connects the first time, and finds the device gone from then on: a reboot that was accepted. */
function goesDown(device: FakeDevice): Connect {
  let connects = 0;
  return async () => {
    connects += 1;
    if (connects > 1) throw gone();
    return device.connected();
  };
}

const REFUSES = { reboot: ['shutdown: another shutdown is running'] };

describe('Runner', () => {
  it('notes every step before it happens, and closes the session before it waits for the device', async () => {
    const device = new FakeDevice();
    const { runner, start, log, shown, audit } = rig(goesDown(device));
    const view = start(job('j1'));
    assert.equal(view?.headline, 'Rebooting hq-fw01');
    assert.equal(view?.devices[0]?.doing, 'Starting');
    await settle();
    assert.deepEqual(log, ['j1 running', 'j1 sent', 'j1 waiting']);
    assert.equal(device.closed, 1);
    assert.deepEqual(shown.map(({ devices: [first] }) => `${first?.job.status}: ${first?.doing}`).slice(0, 3), [
      'running: Connecting to hq-fw01',
      'running: Looking for a reboot that is already scheduled',
      'running: Asking for the reboot',
    ]);
    assert.deepEqual(
      audit.map(({ kind, jobId, rpc, result }) => [kind, jobId, rpc, result]),
      [
        ['sending', 'j1', '<request-reboot/>', null],
        ['answer', 'j1', null, 'waiting'],
      ],
    );
    assert.match(audit[1]?.detail ?? '', /accepted the reboot and is going down\.\nShutdown NOW! \[pid 17221\]$/);
    await runner.stop();
  });

  it('"sent", with the evidence, is durable before the command leaves', async () => {
    const device = new FakeDevice();
    const stored = Promise.withResolvers<void>();
    const { runner, start, rows } = rig(goesDown(device), {
      until: ({ status }) => (status === 'sent' ? stored.promise : Promise.resolve()),
    });
    start(job('j1'));
    await settle();
    assert.equal(device.reboots, 0);
    stored.resolve();
    await settle();
    assert.equal(device.reboots, 1);
    assert.deepEqual(JSON.parse(rows.get('j1')?.evidence ?? ''), {
      before: { '': { uptimeSeconds: 3_600, bootedAt: null } },
      at: null,
    });
    await runner.stop();
  });

  it('without a durable "sent" nothing is sent', async () => {
    const device = new FakeDevice();
    const { start, ended, audit } = rig(async () => device.connected(), { failOn: ({ status }) => status === 'sent' });
    start(job('j1'));
    await settle();
    assert.equal(device.reboots, 0);
    assert.equal(device.closed, 1);
    const [view] = ended[0]?.devices ?? [];
    assert.equal(view?.job.status, 'failed');
    assert.equal(view?.job.sentence, 'The store failed: disk full Nothing was sent to hq-fw01.');
    assert.deepEqual(
      audit.map(({ kind, result }) => [kind, result]),
      [['ended', 'failed']],
    );
  });

  it('without a durable "running" nothing is opened', async () => {
    let connects = 0;
    const connect: Connect = async () => {
      connects += 1;
      return new FakeDevice().connected();
    };
    const { start, ended } = rig(connect, { failOn: ({ status }) => status === 'running' });
    start(job('j1'));
    await settle();
    assert.deepEqual([connects, ended[0]?.devices[0]?.job.status], [0, 'failed']);
  });

  for (const step of ['running', 'sent'] as const) {
    it(`another process has sent its command, seen at "${step}": nothing is sent, told or stored, and the next job goes on`, async () => {
      const device = new FakeDevice();
      let seen = 0;
      const { runner, start, log, ended, audit } = rig(async () => device.connected(), {
        takenOn: ({ status }) => status === step && ++seen === 1,
      });
      start(job('j1'));
      start(job('j2'));
      await settle();
      assert.deepEqual(
        log.filter((line) => line.startsWith('j1')),
        step === 'running' ? [] : ['j1 running'],
      );
      assert.deepEqual([ended, audit.filter(({ jobId }) => jobId === 'j1')], [[], []]);
      assert.deepEqual([device.reboots, log.includes('j2 sent')], [1, true]);
      await runner.stop();
    });
  }

  it('what another process has sent is not ended as "not sent" by one that could not connect', async () => {
    const { runner, start, ended, rows } = rig(
      async () => {
        throw gone();
      },
      { takenOn: ({ endedAt }) => typeof endedAt === 'number' },
    );
    start(job('j1'));
    await settle();
    assert.deepEqual([ended, rows.get('j1')?.endedAt], [[], null]);
    await runner.stop();
  });

  it('an answer that cannot be stored does not end it, nor hold up the job behind it', async () => {
    const device = new FakeDevice();
    let connects = 0;
    const connect: Connect = async () => {
      connects += 1;
      if (connects === 2) return new FakeDevice(REFUSES).connected();
      if (connects > 2) throw gone();
      return device.connected();
    };
    const { runner, start, rows, shown } = rig(connect, { failOn: ({ status }) => status === 'waiting' });
    start(job('j1'));
    start(job('j2'));
    await settle();
    assert.equal(rows.get('j1')?.status, 'sent', 'what the next start goes on from');
    assert.ok(shown.some(({ devices }) => devices[0]?.doing === 'Waiting for hq-fw01 to come back'));
    assert.equal(rows.get('j2')?.endedAt !== null, true);
    assert.equal(device.reboots, 1);
    await runner.stop();
  });

  it('a picture that cannot be drawn changes nothing', async () => {
    const device = new FakeDevice(REFUSES);
    const { start, rows } = rig(async () => device.connected(), {
      show: () => {
        throw new TypeError('x');
      },
    });
    start(job('j1'));
    await settle();
    assert.deepEqual([rows.get('j1')?.status, device.reboots], ['refused', 1]);
  });

  it('what was noted as sent and never left counts as not sent: there is nothing to look at', async () => {
    const { start, ended, rows } = rig(async () => new FakeDevice({ reboot: [lost(false)] }).connected());
    start(job('j1'));
    await settle();
    assert.deepEqual(
      [rows.get('j1')?.status, rows.get('j1')?.sentAt, ended[0]?.buttons.filter((button) => 'verb' in button)],
      ['failed', null, []],
    );
  });

  it('an end that cannot be stored is tried until it is, and only then told', async () => {
    let tries = 0;
    const told = Promise.withResolvers<void>();
    const { start, ended, log } = rig(async () => new FakeDevice(REFUSES).connected(), {
      failOn: ({ status }) => {
        if (status === 'refused') tries += 1;
        return status === 'refused' && tries < 3;
      },
      report: () => told.resolve(),
    });
    start(job('j1'));
    await settle();
    assert.equal(ended.length, 0);
    await told.promise;
    await settle();
    assert.deepEqual([tries, ended[0]?.devices[0]?.job.status], [3, 'refused']);
    assert.deepEqual(log.slice(-2), ['j1 refused', 'j1 reported']);
  });

  it('a stop before the end could be stored tells nobody: the next start has the row as it was', async () => {
    const { runner, start, ended, rows } = rig(async () => new FakeDevice(REFUSES).connected(), {
      failOn: ({ status }) => status === 'refused',
    });
    start(job('j1'));
    await settle();
    await runner.stop();
    assert.equal(ended.length, 0);
    assert.equal(rows.get('j1')?.status, 'sent');
  });

  const failures: [what: string, connect: Connect, status: JobStatus, sentence: RegExp][] = [];
  const fails = (...failure: (typeof failures)[number]) => failures.push(failure);
  fails(
    'before a session is open',
    async () => Promise.reject(new AssistantError('unknown-host', 'hq-fw01 has no address.')),
    'failed',
    /^hq-fw01 has no address\. Nothing was sent to hq-fw01\.$/,
  );
  fails(
    'while looking',
    async () => new FakeDevice({ pending: [lost(true)] }).connected(),
    'failed',
    /was lost\. Nothing was sent to hq-fw01\.$/,
  );
  fails(
    'in a way nobody foresaw, without its internals',
    async () => Promise.reject(new TypeError('x is not a function at /secret/path')),
    'failed',
    /^Something went wrong inside the assistant\. The log has the details\. Reference: \w{8}\. Nothing was sent/,
  );
  fails(
    'after "sent", before the request left',
    async () => new FakeDevice({ reboot: [lost(false)] }).connected(),
    'failed',
    /was lost\. Nothing was sent to hq-fw01\.$/,
  );
  fails(
    'with a refusal',
    async () => new FakeDevice(REFUSES).connected(),
    'refused',
    /already has a shutdown under way or scheduled/,
  );
  for (const [what, connect, status, sentence] of failures) {
    it(`ends ${what}: ${status}`, async () => {
      const { start, ended, log } = rig(connect);
      start(job('j1'));
      await settle();
      assert.equal(ended[0]?.devices[0]?.job.status, status);
      assert.match(ended[0]?.devices[0]?.job.sentence ?? '', sentence);
      assert.deepEqual(log.slice(-2), [`j1 ${status}`, 'j1 reported']);
    });
  }

  for (const [what, reboot] of [
    ['a session lost after sending', lost(true)],
    ['something nobody foresaw after sending', new TypeError('x')],
    ['an answer nobody knows', 'hmm'],
  ] as const) {
    it(`${what}: it stays "sent", and the device is looked at, never asked again`, async () => {
      const device = new FakeDevice({ reboot: [reboot] });
      const { runner, start, log, rows } = rig(goesDown(device));
      start(job('j1'));
      await settle();
      assert.deepEqual(log, ['j1 running', 'j1 sent', 'j1 sent']);
      assert.match(rows.get('j1')?.sentence ?? '', /no clear answer/);
      assert.equal(device.reboots, 1);
      await runner.stop();
      assert.equal(rows.get('j1')?.endedAt, null);
    });
  }

  it('one job at a time per device, in the order of the clicks; other devices meanwhile', async () => {
    const gates = new Map<string, PromiseWithResolvers<void>[]>([
      ['hq-fw01', [Promise.withResolvers(), Promise.withResolvers()]],
      ['hq-fw02', [Promise.withResolvers()]],
    ]);
    const opened: string[] = [];
    const { start, log } = rig(async (name) => {
      opened.push(name);
      await gates.get(name)?.shift()?.promise;
      return new FakeDevice(REFUSES).connected();
    });
    const [first, second] = gates.get('hq-fw01') ?? [];
    const [other] = gates.get('hq-fw02') ?? [];
    start(job('j1'));
    start(job('j2'));
    start(job('j3', 'hq-fw02'));
    await settle();
    assert.deepEqual(opened, ['hq-fw01', 'hq-fw02']);
    other?.resolve();
    await settle();
    assert.ok(log.includes('j3 reported') && !log.includes('j2 running'));
    first?.resolve();
    await settle();
    assert.ok(log.indexOf('j1 refused') < log.indexOf('j2 running'));
    second?.resolve();
    await settle();
    assert.equal(log.at(-1), 'j2 reported');
  });

  it('ten devices at once, the others after them', async () => {
    const gate = Promise.withResolvers<void>();
    let open = 0;
    let most = 0;
    const { start, ended } = rig(async () => {
      open += 1;
      most = Math.max(most, open);
      await gate.promise;
      open -= 1;
      return new FakeDevice(REFUSES).connected();
    });
    start(...jobsFor(...Array.from({ length: 25 }, (_, n) => `hq-sw${n}`)));
    await settle();
    assert.equal(most, 10);
    gate.resolve();
    await settle();
    assert.equal(ended[0]?.devices.length, 25);
  });

  it('a request of several devices ends once, when the last of them has, with a result for each', async () => {
    const gate = Promise.withResolvers<void>();
    const { start, ended, log } = rig(async (name) => {
      if (name === 'hq-fw02') await gate.promise;
      if (name === 'hq-fw03') throw gone();
      return new FakeDevice(REFUSES).connected();
    });
    const view = start(...jobsFor('hq-fw01', 'hq-fw02', 'hq-fw03'));
    assert.equal(view?.headline, 'Rebooting 3 devices');
    await settle();
    assert.equal(ended.length, 0);
    gate.resolve();
    await settle();
    assert.equal(ended.length, 1);
    assert.deepEqual(
      ended[0]?.devices.map(({ job: { device, status } }) => `${device} ${status}`),
      ['hq-fw01 refused', 'hq-fw02 refused', 'hq-fw03 failed'],
    );
    assert.equal(ended[0]?.headline, 'Reboot of 3 devices');
    assert.deepEqual(log.slice(-3), ['j1 reported', 'j2 reported', 'j3 reported']);
  });

  it('a failed job does not stop the next one on its device', async () => {
    let calls = 0;
    const { start, log } = rig(async () => {
      calls += 1;
      if (calls === 1) throw new AssistantError('refused', 'No port is open.');
      return new FakeDevice(REFUSES).connected();
    });
    start(job('j1'));
    start(job('j2'));
    await settle();
    assert.ok(log.includes('j1 failed') && log.includes('j2 refused'));
  });
});
