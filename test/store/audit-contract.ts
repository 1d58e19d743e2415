import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { canonicalEntry, checkChain } from '../../src/audit.ts';
import type { Decision, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { alex, entry, pending } from './samples.ts';

/** What every store must do with the audit: chain it, in order, in the transaction of what it tells about. */
export function auditContract(name: string, { open, reopen }: StoreUnderTest): void {
  describe(`${name}: audit`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());
    const texts = async () =>
      (await store.auditRows(0, 9_999)).map((row) => (JSON.parse(row.entry) as { text: string | null }).text);
    const count = async () => (await store.auditHead())?.seq ?? 0;
    const verdict = async () => {
      const check = checkChain();
      for (const row of await store.auditRows(0, 9_999)) check.next(row);
      return check.end(await store.auditHead());
    };

    it('is empty at first, and an empty list adds nothing', async () => {
      await store.appendAudit([]);
      assert.deepEqual([await store.auditHead(), await store.auditRows(0, 9)], [null, []]);
    });

    it('entries are numbered from 1, read in pages, and follow each other', async () => {
      const given = [
        entry({ text: 'first' }),
        entry({ text: `'; DROP TABLE audit; -- \u0000 \ud800 Ω`, person: null }),
      ];
      await store.appendAudit(given);
      await store.appendAudit([entry({ text: 'third' })]);
      const rows = await store.auditRows(0, 9);
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        [1, 2, 3],
      );
      assert.deepEqual(
        rows.slice(0, 2).map((row) => row.entry),
        given.map(canonicalEntry),
      );
      assert.deepEqual(await store.auditRows(1, 1), [rows[1]]);
      assert.deepEqual(await store.auditRows(3, 9), []);
      assert.deepEqual(await store.auditHead(), { seq: 3, hash: rows[2]?.hash });
      assert.deepEqual(await verdict(), { isUnbroken: true, head: await store.auditHead() });
    });

    it('batches that share a commit keep their order and do not mix', async () => {
      const from = await count();
      const batches = Array.from({ length: 200 }, (_, n) => [entry({ text: `${n}a` }), entry({ text: `${n}b` })]);
      await Promise.all(batches.map((batch) => store.appendAudit(batch)));
      assert.deepEqual(
        (await texts()).slice(from),
        batches.flat().map(({ text }) => text),
      );
      assert.equal((await verdict()).isUnbroken, true);
    });

    it('comes with a confirmation, its decision and its job, in the order of the calls', async () => {
      const from = await count();
      const jobs = [{ id: 'j1', device: 'hq-fw01' }];
      await store.addConfirmation(pending(), [entry({ kind: 'request' }), entry({ kind: 'proposed' })]);
      await store.decide({ id: 'c1', status: 'confirmed', by: alex, at: 2_000, jobs }, [entry({ kind: 'confirmed' })]);
      await store.updateJob('j1', { status: 'sent' }, [entry({ kind: 'sending' })]);
      const kinds = (await store.auditRows(from, 9)).map((row) => (JSON.parse(row.entry) as { kind: string }).kind);
      assert.deepEqual(kinds, ['request', 'proposed', 'confirmed', 'sending']);
    });

    it('nothing is written for what did not happen, also next to something that did', async () => {
      const from = await count();
      const again: Decision = { id: 'c1', status: 'cancelled', by: alex, at: 2_001, jobs: [] };
      const [, decided] = await Promise.allSettled([
        store.addConfirmation(pending(), [entry({ text: 'an id that is taken' })]),
        store.decide(again, [entry({ text: 'decided already' })]),
        store.decide({ ...again, id: 'none' }, [entry({ text: 'not there' })]),
        store.appendAudit([entry({ text: 'this one' }), entry({ text: 'at no time', at: Number.NaN })]),
        store.appendAudit([entry({ text: 'that one' })]),
      ]);
      assert.equal(decided.status === 'fulfilled' && decided.value.isTaken, false);
      await store.addConfirmation(pending({ id: 'c2', askedAt: 1_500 }));
      const jobs = [{ id: 'j2', device: 'hq-fw01' }];
      const superseded = await store.decide({ ...again, id: 'c2', status: 'confirmed', jobs }, [entry({ text: 'no' })]);
      assert.equal(superseded.supersededBy?.device, 'hq-fw01');
      assert.deepEqual((await texts()).slice(from), ['that one']);
      assert.equal((await verdict()).isUnbroken, true);
    });

    it('goes on after the store was opened again', async () => {
      const head = await store.auditHead();
      store = await reopen(store);
      assert.deepEqual(await store.auditHead(), head);
      await store.appendAudit([entry({ text: 'after' })]);
      assert.deepEqual(await verdict(), { isUnbroken: true, head: await store.auditHead() });
      assert.equal(await count(), (head?.seq ?? 0) + 1);
    });
  });
}
