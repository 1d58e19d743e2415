import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Confirmation, JobStatus, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { alex, pending } from './samples.ts';

/** One device each, so that no decision stands in the way of another. */
const ofOwnDevice = (change: Partial<Confirmation> & { id: string }) => pending({ device: change.id, ...change });

/** The part of the store contract that keeps a device from being rebooted twice. */
export function decisionContract(name: string, { open }: StoreUnderTest): void {
  describe(`${name}: confirmations and jobs`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    it('a confirmation comes back as it was given, with its card once it is posted', async () => {
      assert.equal(await store.confirmation('c1'), null);
      const given = pending({ askedBy: { id: '29:x', objectId: null, name: `O'Hara "Ω"` } });
      await store.addConfirmation(given);
      assert.deepEqual(await store.confirmation('c1'), given);
      await store.setConfirmationCard('c1', 'card-1');
      assert.deepEqual(await store.confirmation('c1'), { ...given, activityId: 'card-1' });
      await assert.rejects(store.addConfirmation(given), 'an id is used once');
    });

    it('is confirmed once, and its job is made with it', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c2' }));
      const decision = { id: 'c2', status: 'confirmed', by: alex, at: 2_000, job: { id: 'j2' } } as const;
      assert.equal((await store.decide(decision)).isTaken, true);
      assert.equal((await store.decide({ ...decision, job: { id: 'j2b' } })).isTaken, false);
      assert.equal((await store.decide({ ...decision, status: 'cancelled', job: null })).isTaken, false);
      const decided = await store.confirmation('c2');
      assert.deepEqual([decided?.status, decided?.decidedBy, decided?.decidedAt], ['confirmed', alex, 2_000]);
      const job = await store.jobOfConfirmation('c2');
      assert.deepEqual(job, {
        id: 'j2',
        confirmation: decided,
        status: 'queued',
        createdAt: 2_000,
        sentAt: null,
        endedAt: null,
        reportedAt: null,
        sentence: null,
        answer: null,
      });
      assert.deepEqual(await store.jobOfConfirmation('c2'), job);
    });

    it('cancelled, it has no job and cannot be confirmed any more', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c3' }));
      assert.equal(
        (await store.decide({ id: 'c3', status: 'cancelled', by: alex, at: 2_000, job: null })).isTaken,
        true,
      );
      assert.equal(
        (await store.decide({ id: 'c3', status: 'confirmed', by: alex, at: 2_001, job: { id: 'j3' } })).isTaken,
        false,
      );
      assert.equal(await store.jobOfConfirmation('c3'), null);
      assert.equal((await store.confirmation('c3'))?.status, 'cancelled');
    });

    it('one that does not exist is not decided', async () => {
      assert.equal(
        (await store.decide({ id: 'none', status: 'confirmed', by: alex, at: 1, job: { id: 'j0' } })).isTaken,
        false,
      );
      assert.equal(await store.jobOfConfirmation('none'), null);
    });

    it('a thousand clicks at once: one is let through, one job', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c4' }));
      const clicks = Array.from({ length: 1_000 }, (_, n) => {
        const isCancel = n % 3 === 2;
        const status = isCancel ? 'cancelled' : 'confirmed';
        return store.decide({ id: 'c4', status, by: alex, at: 2_000 + n, job: isCancel ? null : { id: `j4-${n}` } });
      });
      const taken = (await Promise.all(clicks)).flatMap(({ isTaken }, n) => (isTaken ? [n] : []));
      assert.equal(taken.length, 1);
      assert.equal((await store.jobOfConfirmation('c4'))?.id, `j4-${taken[0]}`);
      const jobs = (await store.unfinishedJobs()).filter(({ confirmation }) => confirmation.id === 'c4');
      assert.equal(jobs.length, 1);
    });

    const edges: [at: number, isTaken: boolean][] = [
      [600_999, true],
      [601_000, false],
      [601_001, false],
    ];
    for (const [at, isTaken] of edges) {
      it(`that expires at 601000 ${isTaken ? 'is' : 'is not'} decided at ${at}`, async () => {
        const id = `edge-${at}`;
        await store.addConfirmation(ofOwnDevice({ id }));
        assert.equal(
          (await store.decide({ id, status: 'confirmed', by: alex, at, job: { id: `j-${id}` } })).isTaken,
          isTaken,
        );
        assert.equal((await store.confirmation(id))?.status, isTaken ? 'confirmed' : 'pending');
        assert.equal((await store.jobOfConfirmation(id)) !== null, isTaken);
      });
    }

    it('when the job cannot be made, the confirmation is not decided', async () => {
      await store.addConfirmation(ofOwnDevice({ id: 'c5' }));
      await assert.rejects(
        store.decide({ id: 'c5', status: 'confirmed', by: alex, at: 2_000, job: { id: 'j2' } }),
        'j2 exists',
      );
      assert.equal((await store.confirmation('c5'))?.status, 'pending');
      assert.equal(
        (await store.decide({ id: 'c5', status: 'confirmed', by: alex, at: 2_001, job: { id: 'j5' } })).isTaken,
        true,
      );
    });

    it('a job changes in what is named and keeps the rest', async () => {
      await store.updateJob('j5', { status: 'sent', sentAt: 3_000 });
      await store.updateJob('j5', { status: 'done', sentence: 'It reboots.', answer: `'quoted'`, endedAt: 4_000 });
      await store.updateJob('j5', {});
      const job = await store.jobOfConfirmation('c5');
      assert.deepEqual(
        [job?.status, job?.sentAt, job?.endedAt, job?.reportedAt, job?.sentence, job?.answer],
        ['done', 3_000, 4_000, null, 'It reboots.', `'quoted'`],
      );
    });
  });

  describe(`${name}: two requests for one device`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());
    const confirm = (id: string, at: number) =>
      store.decide({ id, status: 'confirmed', by: alex, at, job: { id: `j-${id}` } });

    const ends: [status: JobStatus, isInTheWay: boolean][] = [
      ['queued', true],
      ['running', true],
      ['sent', true],
      ['done', true],
      ['unknown', true],
      ['refused', false],
      ['failed', false],
    ];
    for (const [status, isInTheWay] of ends) {
      it(`the other one, confirmed after this was asked, is ${status}: ${isInTheWay ? 'not taken' : 'taken'}`, async () => {
        const [first, second] = [`${status}-1`, `${status}-2`];
        for (const id of [first, second]) await store.addConfirmation(pending({ id, device: status }));
        await confirm(first, 2_000);
        await store.updateJob(`j-${first}`, { status });
        const { isTaken, job, confirmation, supersededBy } = await confirm(second, 3_000);
        assert.deepEqual([isTaken, job?.id], isInTheWay ? [false, undefined] : [true, `j-${second}`]);
        assert.equal(supersededBy?.id, isInTheWay ? first : undefined);
        assert.equal(confirmation?.status, isInTheWay ? 'pending' : 'confirmed');
      });
    }

    it('one asked after the other was confirmed, of another device, or only cancelled, is taken', async () => {
      for (const id of ['a', 'b', 'd'] as const) await store.addConfirmation(pending({ id, device: 'same' }));
      await store.addConfirmation(pending({ id: 'c', device: 'same', askedAt: 2_001 }));
      await store.addConfirmation(pending({ id: 'e', device: 'different' }));
      assert.equal((await confirm('a', 2_000)).isTaken, true);
      assert.equal((await confirm('b', 2_000)).isTaken, false, 'the same millisecond counts');
      const cancelled = await store.decide({ id: 'd', status: 'cancelled', by: alex, at: 2_500, job: null });
      assert.deepEqual([cancelled.isTaken, cancelled.supersededBy], [true, null]);
      assert.equal((await confirm('e', 3_000)).isTaken, true);
      assert.equal((await confirm('c', 3_000)).isTaken, true);
    });

    it('of two clicks at the same moment one is taken', async () => {
      for (const id of ['x', 'y']) await store.addConfirmation(pending({ id, device: 'twice' }));
      const both = await Promise.all([confirm('x', 2_000), confirm('y', 2_000)]);
      assert.deepEqual(
        both.map(({ isTaken }) => isTaken),
        [true, false],
      );
    });
  });

  describe(`${name}: unfinished jobs`, () => {
    it('are those nobody was shown the end of, oldest first, whatever their status', async () => {
      const store = await open();
      try {
        const statuses: JobStatus[] = ['queued', 'running', 'sent', 'done', 'refused', 'failed', 'unknown'];
        for (const [n, status] of statuses.entries()) {
          await store.addConfirmation(ofOwnDevice({ id: `c-${status}` }));
          await store.decide({
            id: `c-${status}`,
            status: 'confirmed',
            by: alex,
            at: 9_000 - n,
            job: { id: `j-${status}` },
          });
          await store.updateJob(`j-${status}`, { status });
        }
        const open = async () => (await store.unfinishedJobs()).map(({ status }) => status);
        assert.deepEqual(await open(), [...statuses].reverse());
        await store.updateJob('j-done', { reportedAt: 10_000 });
        await store.updateJob('j-sent', { reportedAt: 10_000 });
        assert.deepEqual(await open(), ['unknown', 'failed', 'refused', 'running', 'queued']);
      } finally {
        await store.close();
      }
    });
  });
}
