import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import type { JobStatus } from '../../src/store/store.ts';
import { FakeDevice, lost } from './fake-device.ts';
import { job, rig, settle } from './rig.ts';

describe('Runner', () => {
  it('notes every step before it happens, and closes the session before it tells the end', async () => {
    const device = new FakeDevice();
    const { runner, log, ended, shown } = rig(
      async (name) => {
        log.push(`connect ${name}`);
        return device.connected();
      },
      { report: () => log.push(`report, closed ${device.closed}, asked ${device.asked.length}`) },
    );
    runner.start(job('j1'));
    await settle();
    assert.deepEqual(log, [
      'j1 running',
      'connect hq-fw01',
      'j1 sent',
      'j1 done',
      'report, closed 1, asked 2',
      'j1 reported',
    ]);
    assert.deepEqual(
      shown.map(({ job: { status }, doing }) => `${status}: ${doing}`),
      [
        'running: Connecting to hq-fw01',
        'running: Looking for a reboot that is already scheduled',
        'running: Asking for the reboot',
      ],
    );
    const [view] = ended;
    assert.equal(view?.headline, 'hq-fw01 is rebooting');
    assert.deepEqual(
      [view?.job.sentAt, view?.job.endedAt, view?.job.answer],
      [5_000, 5_000, 'Shutdown NOW! [pid 17221]'],
    );
    assert.equal(view?.steps.length, 2);
  });

  it('"sent" is durable before the command leaves', async () => {
    const device = new FakeDevice();
    const stored = Promise.withResolvers<void>();
    const { runner } = rig(async () => device.connected(), {
      until: ({ status }) => (status === 'sent' ? stored.promise : Promise.resolve()),
    });
    runner.start(job('j1'));
    await settle();
    assert.equal(device.reboots, 0);
    stored.resolve();
    await settle();
    assert.equal(device.reboots, 1);
  });

  it('without a durable "sent" nothing is sent', async () => {
    const device = new FakeDevice();
    const { runner, ended } = rig(async () => device.connected(), { failOn: ({ status }) => status === 'sent' });
    runner.start(job('j1'));
    await settle();
    assert.equal(device.reboots, 0);
    assert.equal(device.closed, 1);
    assert.equal(ended[0]?.job.status, 'failed');
    assert.equal(ended[0]?.job.sentence, 'The store failed: disk full Nothing was sent to hq-fw01.');
  });

  it('without a durable "running" nothing is opened', async () => {
    let connects = 0;
    const connect: Connect = async () => {
      connects += 1;
      return new FakeDevice().connected();
    };
    const { runner, ended } = rig(connect, { failOn: ({ status }) => status === 'running' });
    runner.start(job('j1'));
    await settle();
    assert.deepEqual([connects, ended[0]?.job.status], [0, 'failed']);
  });

  it('an end that cannot be stored is told all the same', async () => {
    const device = new FakeDevice();
    const { runner, ended } = rig(async () => device.connected(), { failOn: ({ status }) => status === 'done' });
    runner.start(job('j1'));
    await settle();
    assert.equal(ended[0]?.job.status, 'done');
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
    /^Something went wrong inside the assistant\. The log has the details\. Nothing was sent/,
  );
  fails(
    'in the answer',
    async () => new FakeDevice({ reboot: [lost(true)] }).connected(),
    'unknown',
    /was asked to reboot, but no clear answer came/,
  );
  fails(
    'after "sent", before the request left',
    async () => new FakeDevice({ reboot: [lost(false)] }).connected(),
    'failed',
    /was lost\. Nothing was sent to hq-fw01\.$/,
  );
  fails(
    'after "sent" in a way nobody foresaw',
    async () => new FakeDevice({ reboot: [new TypeError('x')] }).connected(),
    'unknown',
    /^hq-fw01 was asked to reboot, but no clear answer came\. .* Look at its uptime before asking again\.$/,
  );
  for (const [what, connect, status, sentence] of failures) {
    it(`fails ${what}: ${status}`, async () => {
      const { runner, ended, log } = rig(connect);
      runner.start(job('j1'));
      await settle();
      assert.equal(ended[0]?.job.status, status);
      assert.match(ended[0]?.job.sentence ?? '', sentence);
      assert.deepEqual(log.slice(-2), [`j1 ${status}`, 'j1 reported']);
    });
  }

  it('one job at a time per device, in the order of the clicks; other devices meanwhile', async () => {
    const gates = new Map<string, PromiseWithResolvers<void>[]>([
      ['hq-fw01', [Promise.withResolvers(), Promise.withResolvers()]],
      ['hq-fw02', [Promise.withResolvers()]],
    ]);
    const opened: string[] = [];
    const { runner, log } = rig(async (name) => {
      opened.push(name);
      await gates.get(name)?.shift()?.promise;
      return new FakeDevice().connected();
    });
    const [first, second] = gates.get('hq-fw01') ?? [];
    const [other] = gates.get('hq-fw02') ?? [];
    runner.start(job('j1'));
    runner.start(job('j2'));
    runner.start(job('j3', 'hq-fw02'));
    await settle();
    assert.deepEqual(opened, ['hq-fw01', 'hq-fw02']);
    other?.resolve();
    await settle();
    assert.ok(log.includes('j3 reported') && !log.includes('j2 running'));
    first?.resolve();
    await settle();
    assert.ok(log.indexOf('j1 reported') < log.indexOf('j2 running'));
    second?.resolve();
    await settle();
    assert.equal(log.at(-1), 'j2 reported');
  });

  it('a failed job does not stop the next one on its device', async () => {
    let calls = 0;
    const { runner, log } = rig(async () => {
      calls += 1;
      if (calls === 1) throw new AssistantError('refused', 'No port is open.');
      return new FakeDevice().connected();
    });
    runner.start(job('j1'));
    runner.start(job('j2'));
    await settle();
    assert.ok(log.includes('j1 failed') && log.includes('j2 done'));
  });
});
