import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkChain } from '../../src/audit.ts';
import type { Store } from '../../src/store/store.ts';
import { alex, entry, newEvent, pending } from './samples.ts';

export interface TwoStores {
  open(): Promise<Store>;
  /** A second way to the same store: another instance, where the store allows one. */
  second(store: Store): Promise<Store>;
}

const CLICKED = 1_000;

/** What has to hold when two instances use one store at the same moment. */
export function twoContract(name: string, { open, second }: TwoStores): void {
  describe(`${name}: two at once`, () => {
    let stores: [Store, Store];
    before(async () => {
      const one = await open();
      stores = [one, await second(one)];
    });
    after(async () => {
      for (const store of stores) await store.close();
    });

    it('a thousand confirmations clicked on both are each taken once, with one job and one entry', async () => {
      const ids = Array.from({ length: CLICKED }, (_, n) => `c${n}`);
      await Promise.all(ids.map((id) => stores[0].addConfirmation(pending({ id, devices: [id] }))));
      const click = (store: Store, which: number) =>
        ids.map(async (id) => {
          const jobs = [{ id: `j-${which}-${id}`, device: id }];
          return (await store.decide({ id, status: 'confirmed', by: alex, at: 2_000, jobs }, [entry({ text: id })]))
            .isTaken;
        });
      const [first = [], other = []] = await Promise.all(stores.map((store, n) => Promise.all(click(store, n))));
      assert.deepEqual(
        ids.filter((_, n) => Number(first[n]) + Number(other[n]) !== 1),
        [],
      );
      const jobs = await stores[0].unfinishedJobs();
      assert.deepEqual([jobs.length, new Set(jobs.map(({ device }) => device)).size], [CLICKED, CLICKED]);
      const rows = await stores[1].auditRows(0, 2 * CLICKED);
      assert.equal(rows.length, CLICKED);
      const check = checkChain();
      for (const row of rows) check.next(row);
      assert.equal(check.end(await stores[0].auditHead()).isUnbroken, true);
    });

    it('of two requests for one device, confirmed on both at the same moment, one is taken', async () => {
      for (let n = 0; n < 20; n += 1) {
        const device = `same-${n}`;
        for (const which of ['x', 'y'])
          await stores[0].addConfirmation(pending({ id: `${which}-${n}`, devices: [device] }));
        const decided = await Promise.all(
          stores.map((store, which) => {
            const id = `${which === 0 ? 'x' : 'y'}-${n}`;
            return store.decide({ id, status: 'confirmed', by: alex, at: 3_000, jobs: [{ id: `j-${id}`, device }] });
          }),
        );
        assert.deepEqual(decided.map(({ isTaken }) => isTaken).sort(), [false, true], device);
      }
    });

    it('a job that both would carry out is noted as sent by one of them, and the other one changes nothing', async () => {
      const ids = Array.from({ length: 20 }, (_, n) => `send-${n}`);
      for (const id of ids) {
        await stores[0].addConfirmation(pending({ id, devices: [id] }));
        await stores[0].decide({ id, status: 'confirmed', by: alex, at: 3_500, jobs: [{ id: `j-${id}`, device: id }] });
        for (const store of stores) await store.updateJob(`j-${id}`, { status: 'running', sentAt: null }, [], 'open');
        const send = (store: Store, sentAt: number) =>
          store.updateJob(
            `j-${id}`,
            { status: 'sent', sentAt, evidence: `${sentAt}` },
            [entry({ text: id })],
            'unsent',
          );
        const noted = await Promise.allSettled([send(stores[0], 1), send(stores[1], 2)]);
        const [lost] = noted.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
        assert.equal((lost?.reason as { code?: string } | undefined)?.code, 'job-taken');
        const sender = noted.findIndex(({ status }) => status === 'fulfilled') + 1;
        const job = await stores[0].job(`j-${id}`);
        assert.deepEqual([job?.status, job?.sentAt, job?.evidence], ['sent', sender, `${sender}`]);
        for (const store of stores)
          await assert.rejects(store.updateJob(`j-${id}`, { status: 'running', sentAt: null }, [], 'open'), {
            code: 'job-taken',
          });
        const end = { status: 'failed', sentence: 'Not sent.', endedAt: 9, sentAt: null } as const;
        for (const store of stores)
          await assert.rejects(store.updateJob(`j-${id}`, end, [], 'unsent'), { code: 'job-taken' });
        assert.deepEqual(await stores[1].job(`j-${id}`), job);
      }
    });

    it('a job that one has ended is not sent by the other', async () => {
      await stores[0].addConfirmation(pending({ id: 'ended', devices: ['ended'] }));
      const jobs = [{ id: 'j-ended', device: 'ended' }];
      await stores[0].decide({ id: 'ended', status: 'confirmed', by: alex, at: 3_600, jobs });
      await stores[0].updateJob('j-ended', { status: 'failed', endedAt: 9, sentAt: null }, [], 'unsent');
      await assert.rejects(stores[1].updateJob('j-ended', { status: 'sent', sentAt: 10 }, [], 'open'), {
        code: 'job-taken',
      });
      assert.deepEqual((await stores[0].job('j-ended'))?.sentAt, null);
    });

    it('a webhook id that comes to both is stored once', async () => {
      const ids = Array.from({ length: 200 }, (_, n) => `w${n}`);
      const sent = stores.map((store) => Promise.all(ids.map((webhookId) => store.addEvent(newEvent({ webhookId })))));
      const [first = [], other = []] = await Promise.all(sent);
      assert.deepEqual(
        first.map(({ id }) => id),
        other.map(({ id }) => id),
      );
      assert.equal((await stores[0].backlog()).waiting, ids.length);
      for (const n of ids.keys()) assert.equal(Number(first[n]?.isDuplicate) + Number(other[n]?.isDuplicate), 1);
    });

    it('of two writers with the same eTag one wins, on whichever; "all or none" too', async () => {
      await stores[0].writeState([{ key: 'k', value: '0', eTag: null }]);
      for (let n = 1; n <= 20; n += 1) {
        const eTag = (await stores[0].readState(['k']))[0]?.eTag ?? '';
        const written = await Promise.allSettled(
          stores.map((store, which) =>
            store.writeState([
              { key: `beside-${which}-${n}`, value: '1', eTag: null },
              { key: 'k', value: `${n} of ${which}`, eTag },
            ]),
          ),
        );
        const winner = written.findIndex(({ status }) => status === 'fulfilled');
        assert.deepEqual(written.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
        for (const outcome of written)
          if (outcome.status === 'rejected') assert.equal((outcome.reason as { code: string }).code, 'state-conflict');
        const found = await stores[1].readState([`beside-0-${n}`, `beside-1-${n}`, 'k']);
        assert.deepEqual(
          found.map(({ value }) => value),
          ['1', `${n} of ${winner}`],
        );
      }
    });

    it('what both write to the audit at once is one chain', async () => {
      const from = (await stores[0].auditHead())?.seq ?? 0;
      await Promise.all(
        stores.flatMap((store) => Array.from({ length: 50 }, () => store.appendAudit([entry(), entry()]))),
      );
      const check = checkChain();
      for (const row of await stores[0].auditRows(0, 9_999)) check.next(row);
      const verdict = check.end(await stores[1].auditHead());
      assert.deepEqual(verdict.isUnbroken && verdict.head.seq, from + 200);
    });
  });
}
