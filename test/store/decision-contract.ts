import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Confirmation, Decision, JobStatus, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { alex, entry, pending } from './samples.ts';

/** One device each, so that no decision stands in the way of another. */
const ofOwnDevice = (change: Partial<Confirmation> & { id: string }) => pending({ devices: [change.id], ...change });

/** Confirms a request for the device of its own name, or for those given. The jobs are named after both. */
const confirmed = (id: string, at: number, devices = [id]): Decision => ({
  id,
  status: 'confirmed',
  by: alex,
  at,
  jobs: devices.map((device) => ({ id: `j-${id}-${device}`, device })),
});
const cancelled = (id: string, at: number): Decision => ({ id, status: 'cancelled', by: alex, at, jobs: [] });

/** The part of the store contract that keeps a device from being rebooted twice. */
export function decisionContract(name: string, { open }: StoreUnderTest): void {
  describe(`${name}: confirmations and jobs`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());
    const jobIds = async (id: string) => (await store.jobsOfConfirmation(id)).map((job) => job.id);
    const isTaken = async (decision: Decision) => (await store.decide(decision)).isTaken;

    it('a confirmation comes back as it was given, its devices in their order, with its card once it is posted', async () => {
      assert.equal(await store.confirmation('c1'), null);
      const askedBy = { id: '29:x', objectId: null, upn: 'o@example.com', name: `O'Hara "Ω"` };
      const given = pending({ askedBy, devices: ['hq-sw02', 'hq-fw01', 'branch-fw01'] });
      await store.addConfirmation(given);
      assert.deepEqual(await store.confirmation('c1'), given);
      await store.setConfirmationCard('c1', 'card-1');
      assert.deepEqual(await store.confirmation('c1'), { ...given, activityId: 'card-1' });
      await assert.rejects(store.addConfirmation(given), 'an id is used once');
    });

    it('a confirmation is for one device at least, and for each one once', async () => {
      await assert.rejects(store.addConfirmation(pending({ id: 'nobody', devices: [] })));
      await assert.rejects(store.addConfirmation(pending({ id: 'same', devices: ['a', 'b', 'a'] })));
      assert.deepEqual([await store.confirmation('nobody'), await store.confirmation('same')], [null, null]);
    });

    it('is confirmed once, and its job is made with it', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c2' }));
      const decided = await store.decide(confirmed('c2', 2_000));
      assert.equal(decided.isTaken, true);
      assert.equal(await isTaken({ ...confirmed('c2', 2_000), jobs: [{ id: 'j2b', device: 'c2' }] }), false);
      assert.equal(await isTaken(cancelled('c2', 2_000)), false);
      const confirmation = await store.confirmation('c2');
      assert.deepEqual(
        [confirmation?.status, confirmation?.decidedBy, confirmation?.decidedAt],
        ['confirmed', alex, 2_000],
      );
      const job = {
        id: 'j-c2-c2',
        confirmation,
        device: 'c2',
        status: 'queued',
        createdAt: 2_000,
        sentAt: null,
        endedAt: null,
        reportedAt: null,
        sentence: null,
        answer: null,
        evidence: null,
      };
      assert.deepEqual(decided, { isTaken: true, confirmation, jobs: [job], supersededBy: null });
      assert.deepEqual(await store.jobsOfConfirmation('c2'), [job]);
      assert.deepEqual(await store.job('j-c2-c2'), job);
      assert.equal(await store.job('j2b'), null);
    });

    it('of several devices: a job for each, in the order they were shown, whatever order they are given in', async () => {
      const devices = ['m-2', 'm-3', 'm-1'];
      await store.addConfirmation(pending({ id: 'many', devices }));
      const { jobs } = await store.decide(confirmed('many', 2_000, [...devices].reverse()));
      assert.deepEqual(
        jobs.map(({ device }) => device),
        devices,
      );
      assert.deepEqual(
        await jobIds('many'),
        devices.map((device) => `j-many-${device}`),
      );
    });

    it('the choices made on the card replace the parameters only when it is taken', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'choice' }));
      const late = { ...confirmed('choice', 601_000), parameters: '{"late":true}' };
      assert.equal((await store.decide(late)).confirmation?.parameters, pending().parameters);
      const { jobs } = await store.decide({ ...confirmed('choice', 2_000), parameters: '{"mode":"soft"}' });
      assert.equal(jobs[0]?.confirmation.parameters, '{"mode":"soft"}');
      await store.decide({ ...confirmed('choice', 2_001), parameters: '{"mode":"other"}' });
      assert.equal((await store.confirmation('choice'))?.parameters, '{"mode":"soft"}');
    });

    it('cancelled, it has no job and cannot be confirmed any more', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c3' }));
      assert.equal(await isTaken(cancelled('c3', 2_000)), true);
      assert.equal(await isTaken(confirmed('c3', 2_001)), false);
      assert.deepEqual(await jobIds('c3'), []);
      assert.equal((await store.confirmation('c3'))?.status, 'cancelled');
    });

    it('one that does not exist is not decided', async () => {
      assert.deepEqual(await store.decide(confirmed('none', 1)), {
        isTaken: false,
        confirmation: null,
        jobs: [],
        supersededBy: null,
      });
      assert.deepEqual(await jobIds('none'), []);
    });

    it('a thousand clicks at once: one is let through, with all of its jobs', async () => {
      const devices = ['c4-a', 'c4-b'];
      await store.addConfirmation(pending({ id: 'c4', devices }));
      const clicks = Array.from({ length: 1_000 }, (_, n) => {
        const jobs = devices.map((device) => ({ id: `j4-${n}-${device}`, device }));
        return store.decide(n % 3 === 2 ? cancelled('c4', 2_000 + n) : { ...confirmed('c4', 2_000 + n), jobs });
      });
      const taken = (await Promise.all(clicks)).flatMap((decided, n) => (decided.isTaken ? [n] : []));
      assert.equal(taken.length, 1);
      assert.deepEqual(
        await jobIds('c4'),
        devices.map((device) => `j4-${taken[0]}-${device}`),
      );
      const jobs = (await store.unfinishedJobs()).filter(({ confirmation }) => confirmation.id === 'c4');
      assert.equal(jobs.length, 2);
    });

    const edges: [at: number, isTaken: boolean][] = [
      [600_999, true],
      [601_000, false],
      [601_001, false],
    ];
    for (const [at, expected] of edges) {
      it(`that expires at 601000 ${expected ? 'is' : 'is not'} decided at ${at}`, async () => {
        const id = `edge-${at}`;
        await store.addConfirmation(ofOwnDevice({ id }));
        assert.equal(await isTaken(confirmed(id, at)), expected);
        assert.equal((await store.confirmation(id))?.status, expected ? 'confirmed' : 'pending');
        assert.equal((await jobIds(id)).length, expected ? 1 : 0);
      });
    }

    const impossible: [what: string, jobs: Decision['jobs']][] = [
      [
        'the id of the second one exists',
        ['p-a', 'p-b'].map((device, n) => ({ id: ['j5', 'j-c2-c2'][n] ?? '', device })),
      ],
      ['one device is left out', [{ id: 'j5', device: 'p-a' }]],
      ['there is none', []],
      ['one device comes twice', ['j5', 'j6'].map((id) => ({ id, device: 'p-a' }))],
      ['one is for a device that was not shown', ['p-a', 'hq-fw01'].map((device) => ({ id: `j5-${device}`, device }))],
    ];
    for (const [index, [what, jobs]] of impossible.entries()) {
      it(`when its jobs cannot be made (${what}), it is not decided and has none`, async () => {
        const id = `p${index}`;
        const devices = ['p-a', 'p-b'];
        await store.addConfirmation(pending({ id, devices, askedAt: 600_000 }));
        await assert.rejects(store.decide({ ...confirmed(id, 2_000), jobs }, [entry({ text: what })]));
        assert.equal((await store.confirmation(id))?.status, 'pending');
        assert.deepEqual(await jobIds(id), []);
        assert.equal(await isTaken(confirmed(id, 2_001, devices)), true);
      });
    }

    it('a cancellation with jobs is refused too', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c6' }));
      await assert.rejects(store.decide({ ...confirmed('c6', 2_000), status: 'cancelled' }));
      assert.equal((await store.confirmation('c6'))?.status, 'pending');
    });

    it('a job changes in what is named and keeps the rest', async () => {
      await store.addConfirmation(pending({ id: 'c7', devices: ['c7-a', 'c7-b'] }));
      const { jobs } = await store.decide(confirmed('c7', 2_000, ['c7-a', 'c7-b']));
      const [changed = '', other = ''] = jobs.map(({ id }) => id);
      await store.updateJob(changed, { status: 'sent', sentAt: 3_000, evidence: '{"uptime":1}' });
      await store.updateJob(changed, { status: 'done', sentence: 'It reboots.', answer: `'quoted'`, endedAt: 4_000 });
      await store.updateJob(changed, {});
      const job = await store.job(changed);
      assert.deepEqual(
        [job?.status, job?.sentAt, job?.endedAt, job?.reportedAt, job?.sentence, job?.answer, job?.evidence],
        ['done', 3_000, 4_000, null, 'It reboots.', `'quoted'`, '{"uptime":1}'],
      );
      assert.deepEqual(await store.job(other), jobs[1]);
    });

    it('a job that is not there cannot be changed: whoever notes "sent" must not believe that it is noted', async () => {
      await assert.rejects(store.updateJob('none', { status: 'sent', sentAt: 1 }, [entry()]));
      assert.equal(await store.auditHead(), null);
    });
  });

  describe(`${name}: two requests for one device`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    const ends: [status: JobStatus, sentAt: number | null, isInTheWay: boolean][] = [
      ['queued', null, true],
      ['running', null, true],
      ['sent', 2_500, true],
      ['scheduled', 2_500, true],
      ['waiting', 2_500, true],
      ['done', 2_500, true],
      ['unknown', 2_500, true],
      ['cancelled', 2_500, true],
      ['cancelled', null, false],
      ['refused', 2_500, false],
      ['failed', null, false],
    ];
    for (const [status, sentAt, isInTheWay] of ends) {
      const sent = sentAt === null ? 'nothing sent' : 'sent';
      it(`the other one, confirmed after this was asked, is ${status}, ${sent}: ${isInTheWay ? 'not taken' : 'taken'}`, async () => {
        const device = `${status}-${sent}`;
        const [first, second] = [`${device}-1`, `${device}-2`];
        await store.addConfirmation(pending({ id: first, devices: [device] }));
        // Its own devices are free: one that is not is enough.
        await store.addConfirmation(pending({ id: second, devices: [`${second}-a`, device, `${second}-b`] }));
        const { jobs } = await store.decide(confirmed(first, 2_000, [device]));
        await store.updateJob(jobs[0]?.id ?? '', { status, sentAt });
        const decided = await store.decide(confirmed(second, 3_000, [`${second}-a`, device, `${second}-b`]));
        assert.deepEqual([decided.isTaken, decided.jobs.length], isInTheWay ? [false, 0] : [true, 3]);
        assert.deepEqual(
          decided.supersededBy,
          isInTheWay ? { confirmation: await store.confirmation(first), device } : null,
        );
        assert.equal(decided.confirmation?.status, isInTheWay ? 'pending' : 'confirmed');
        assert.deepEqual(await store.jobsOfConfirmation(second), decided.jobs);
      });
    }

    it('one asked after the other was confirmed, of another device, or only cancelled, is taken', async () => {
      for (const id of ['a', 'b', 'd'] as const) await store.addConfirmation(pending({ id, devices: ['same'] }));
      await store.addConfirmation(pending({ id: 'c', devices: ['same'], askedAt: 2_001 }));
      await store.addConfirmation(pending({ id: 'f', devices: ['same'], askedAt: 2_000 }));
      await store.addConfirmation(pending({ id: 'e', devices: ['different'] }));
      assert.equal((await store.decide(confirmed('a', 2_000, ['same']))).isTaken, true);
      assert.equal((await store.decide(confirmed('b', 2_000, ['same']))).isTaken, false);
      assert.equal((await store.decide(confirmed('f', 2_500, ['same']))).isTaken, false, 'the same millisecond counts');
      const { isTaken, supersededBy } = await store.decide(cancelled('d', 2_500));
      assert.deepEqual([isTaken, supersededBy], [true, null]);
      assert.equal((await store.decide(confirmed('e', 3_000, ['different']))).isTaken, true);
      assert.equal((await store.decide(confirmed('c', 3_000, ['same']))).isTaken, true);
    });

    it('what changes nothing supersedes nothing, and nothing supersedes it', async () => {
      const harmless = ['collect-logs'];
      for (const [id, action] of [
        ['p', 'collect-logs'],
        ['q', 'reboot'],
        ['r', 'collect-logs'],
      ] as const)
        await store.addConfirmation(pending({ id, action, devices: ['quiet'] }));
      for (const [n, id] of ['p', 'q', 'r'].entries()) {
        const { isTaken, supersededBy } = await store.decide({ ...confirmed(id, 2_000 + n, ['quiet']), harmless });
        assert.deepEqual([isTaken, supersededBy], [true, null], id);
      }
    });

    it('of two clicks at the same moment one is taken', async () => {
      await store.addConfirmation(pending({ id: 'x', devices: ['twice', 'once'] }));
      await store.addConfirmation(pending({ id: 'y', devices: ['other', 'twice'] }));
      const both = await Promise.all([
        store.decide(confirmed('x', 2_000, ['twice', 'once'])),
        store.decide(confirmed('y', 2_000, ['other', 'twice'])),
      ]);
      assert.deepEqual(
        both.map(({ isTaken }) => isTaken),
        [true, false],
      );
      assert.deepEqual(await store.openJobs('other'), []);
    });
  });

  describe(`${name}: jobs that are not finished`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());
    const unfinished = async () => (await store.unfinishedJobs()).map(({ status }) => status);

    it('are those not ended or whose end nobody was shown, oldest first, whatever their status', async () => {
      const statuses: JobStatus[] = ['queued', 'running', 'sent', 'scheduled', 'done', 'refused', 'failed', 'unknown'];
      const idOf = (status: JobStatus) => `j-c-${status}-c-${status}`;
      for (const [n, status] of statuses.entries()) {
        const id = `c-${status}`;
        await store.addConfirmation(ofOwnDevice({ id }));
        await store.decide(confirmed(id, 9_000 - n));
        await store.updateJob(idOf(status), { status });
      }
      assert.deepEqual(await unfinished(), [...statuses].reverse());
      await store.updateJob(idOf('done'), { endedAt: 9_500, reportedAt: 10_000 });
      await store.updateJob(idOf('sent'), { endedAt: 9_500, reportedAt: 10_000 });
      await store.updateJob(idOf('failed'), { endedAt: 9_500 });
      await store.updateJob(idOf('scheduled'), { reportedAt: 10_000 });
      assert.deepEqual(await unfinished(), ['unknown', 'failed', 'refused', 'scheduled', 'running', 'queued']);
    });

    it('of one device: those not ended, shown or not, oldest first', async () => {
      for (const [n, id] of ['late', 'early', 'ended'].entries()) {
        await store.addConfirmation(pending({ id, devices: ['busy', `beside-${id}`], askedAt: 5_000 - n }));
        await store.decide(confirmed(id, 600_000 - n, ['busy', `beside-${id}`]));
        await store.updateJob(`j-${id}-busy`, { status: 'refused' });
      }
      await store.updateJob('j-ended-busy', { endedAt: 9_000 });
      await store.updateJob('j-late-busy', { status: 'scheduled', reportedAt: 9_000 });
      assert.deepEqual(
        (await store.openJobs('busy')).map(({ id }) => id),
        ['j-early-busy', 'j-late-busy'],
      );
      assert.deepEqual(await store.openJobs('BUSY'), []);
    });
  });
}
