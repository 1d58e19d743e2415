import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { checkChain } from '../../src/audit.ts';
import { AssistantError } from '../../src/errors.ts';
import type { SqlServerPlace } from '../../src/store/place.ts';
import { createTables, openSqlServerStore, storeOn, tablesStatus } from '../../src/store/sqlserver.ts';
import { openDriver } from '../../src/store/sqlserver-driver.ts';
import { CommitError, type Sql } from '../../src/store/sqlserver-sql.ts';
import { tablesOf } from '../../src/store/sqlserver-tables.ts';
import type { Store } from '../../src/store/store.ts';
import { Cable } from '../fakes/cable.ts';
import { storeContract } from './contract.ts';
import { originalTable } from './original-table.ts';
import { type Act, together } from './processes.ts';
import { alex, entry, newEvent, pending } from './samples.ts';
import { serverUrl, testServer } from './server.ts';
import { twoContract } from './two-contract.ts';

if (serverUrl) {
  const server = await testServer(serverUrl);
  const { newPlace } = server;
  const places = new Map<Store, SqlServerPlace>();

  const openAt = async (place: SqlServerPlace) => {
    const store = await openSqlServerStore(place);
    places.set(store, place);
    return store;
  };
  const open = async () => {
    const place = await newPlace();
    await createTables(place, 1);
    return await openAt(place);
  };
  const placeOf = (store: Store) => places.get(store) as SqlServerPlace;

  after(async () => {
    for (const store of places.keys()) await store.close();
    await server.close();
  });

  storeContract('SQL Server', {
    open,
    reopen: async (store) => {
      await store.close();
      return await openAt(placeOf(store));
    },
  });
  twoContract('SQL Server', { open, second: async (store) => await openAt(placeOf(store)) });

  describe('SQL Server: two processes', () => {
    for (const isUnlocked of [false, true]) {
      const how = isUnlocked ? ', also without the lock that decisions wait for' : '';
      it(`a thousand confirmations clicked in both are each taken once, and no eTag is overwritten${how}`, async () => {
        const store = await open();
        const place = placeOf(store);
        const ids = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
        const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
        await Promise.all(ids.map((id) => store.addConfirmation(pending({ id, devices: [id] }))));
        await store.writeState(keys.map((key) => ({ key, value: 'before', eTag: null })));
        const acts: Act[] = ids.map((name) => ({ kind: 'click', name }));
        for (const [n, name] of keys.entries()) acts.splice(n * 11, 0, { kind: 'write', name });
        // One half head to head, the other from both ends: neither can be ahead of the other in everything.
        const last = acts.length - 1;
        const mixed = acts.map((act, n) => (n % 2 === 0 ? act : (acts[last + 1 - n] as Act)));
        const [one, other] = await together([
          { place, name: 'one', acts, isUnlocked },
          { place, name: 'other', acts: mixed, isUnlocked },
        ]);
        assert.ok(one && other && one.done.length > 0 && other.done.length > 0);
        const names = (done: Act[]) => done.map(({ kind, name }) => `${kind} ${name}`).sort();
        assert.deepEqual(names([...one.done, ...other.done]), names(acts), 'each by one of them');

        const isDone = (who: string, kind: Act['kind'], name: string) =>
          (who === 'one' ? one : other).done.some((act) => act.kind === kind && act.name === name);
        const jobs = await store.unfinishedJobs();
        assert.equal(jobs.length, ids.length);
        for (const { id, device } of jobs) assert.ok(isDone(id.slice(0, id.indexOf('-')), 'click', device), id);
        for (const { key, value } of await store.readState(keys)) assert.ok(isDone(value, 'write', key), key);
        const check = checkChain();
        for (const row of await store.auditRows(0, 2_000)) check.next(row);
        const verdict = check.end(await store.auditHead());
        assert.deepEqual(verdict.isUnbroken && verdict.head.seq, ids.length);
      });
    }
  });

  describe('SQL Server: a cable that is cut in the middle of it', () => {
    it('every event handed over until it is taken is there once, every confirmation taken once, with one entry', async () => {
      const place = await newPlace();
      await createTables(place, 1);
      const { settings } = place;
      const cable = new Cable({ host: settings.server, port: settings.port ?? 1_433 });
      await cable.restore();
      const options = { ...settings.options, trustServerCertificate: true };
      const through = { ...place, settings: { ...settings, server: '127.0.0.1', port: cable.port, options } };
      const store = await openSqlServerStore(through);
      let cuts = 0;
      const unknown = new Set<number>();
      /** Asks until there is an answer; every seventh time the cable is cut while it is asked. */
      const insist = async <T>(n: number, ask: () => Promise<T>): Promise<T> => {
        const asked = ask();
        asked.catch(() => {});
        if (n % 7 === 0) {
          cuts += 1;
          // After as many turns of the loop as come to another moment of the transaction each time.
          for (let turn = 0; turn < cuts * 3; turn += 1) await new Promise(setImmediate);
          await cable.cut();
          await cable.restore();
        }
        for (let answer = asked; ; answer = ask()) {
          try {
            return await answer;
          } catch (error) {
            const code = error instanceof AssistantError ? error.code : '';
            assert.ok(['store-unreachable', 'store-outcome-unknown'].includes(code), String(error));
            if (code === 'store-outcome-unknown') unknown.add(n);
          }
        }
      };
      try {
        const names = Array.from({ length: 210 }, (_, n) => `e${n}`);
        for (const [n, message] of names.entries())
          await insist(n, () => store.addEvent(newEvent({ message }), Buffer.from(message)));
        const events = await store.owedEvents(999);
        assert.deepEqual(
          events.map(({ message }) => message),
          names,
        );
        cuts = 0;
        const direct = await openAt(place);
        await Promise.all(names.map((id) => direct.addConfirmation(pending({ id, devices: [id] }))));
        for (const [n, id] of names.entries()) {
          const jobs = [{ id: `j-${id}`, device: id }];
          const entries = [entry({ text: id })];
          const decision = { id, status: 'confirmed' as const, by: alex, at: 2_000, jobs };
          const { isTaken } = await insist(n, () => store.decide(decision, entries));
          // Of a COMMIT without an answer the audit told that it was this one's.
          assert.ok(isTaken || unknown.has(n), id);
        }
        assert.deepEqual(
          (await direct.unfinishedJobs()).map(({ id }) => id),
          names.map((id) => `j-${id}`),
        );
        const written = (await direct.auditRows(0, 999)).map(({ entry: text }) => String(JSON.parse(text).text));
        assert.deepEqual(written, names);
      } finally {
        await store.close();
        await cable.cut();
      }
    });
  });

  describe('SQL Server: a COMMIT whose answer is lost', () => {
    for (const isCommitted of [true, false]) {
      it(`${isCommitted ? 'and which happened' : 'and which did not happen'}: the decision is taken once, with one entry`, async () => {
        const place = await newPlace();
        await createTables(place, 1);
        const driver = await openDriver(place.settings);
        let isLost = false;
        const store = storeOn(
          {
            ...driver,
            async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
              if (!isLost) return await driver.transaction(work);
              isLost = false;
              await driver
                .transaction(async (sql) => {
                  await work(sql);
                  if (!isCommitted) throw new Error('rolled back');
                })
                .catch((error: Error) => assert.equal(error.message, 'rolled back'));
              throw new CommitError('no answer', { cause: Object.assign(new Error('gone'), { code: 'ESOCKET' }) });
            },
          },
          tablesOf(place.schema, place.table),
        );
        try {
          for (const id of ['a', 'b']) {
            await store.addConfirmation(pending({ id, devices: [id] }));
            isLost = true;
            const jobs = [{ id: `j-${id}`, device: id }];
            const decision = { id, status: 'confirmed' as const, by: alex, at: 2_000, jobs };
            const decided = await store.decide(decision, [entry({ text: id })]);
            assert.deepEqual([decided.isTaken, decided.jobs.length], [true, 1]);
          }
          assert.equal((await store.unfinishedJobs()).length, 2);
          assert.equal((await store.auditHead())?.seq, 2);
        } finally {
          await store.close();
        }
      });
    }
  });

  describe('SQL Server: the tables', () => {
    it('are made once by whoever comes first, and not used before', async () => {
      const place = await newPlace();
      await assert.rejects(openSqlServerStore(place), { code: 'store-not-created' });
      const taken = await Promise.all([createTables(place, 1), createTables(place, 1)]);
      const { version, newest } = await tablesStatus(place);
      assert.equal(version, newest);
      assert.deepEqual(
        taken.flat().sort(),
        Array.from({ length: newest }, (_, n) => n + 1),
      );
    });

    it("an original's table is upgraded in place: its rows and columns stay, and reports read them", async () => {
      const place = await newPlace();
      for (const statement of originalTable(`${place.schema}.junos_events`)) await server.batch(statement);
      await server.batch(`INSERT INTO ${place.schema}.junos_events (device, event) VALUES ('ISP-1', 'OLD')`);
      await createTables(place, 1);
      const store = await openAt(place);
      await store.addEvent(newEvent({ hostname: 'HQ-FW01', source: '2001:db8::1' }));
      const found = await server.rows(
        `SELECT id, device, event, description, logdate, logtime, source, message FROM ${place.schema}.junos_events ORDER BY id`,
      );
      assert.deepEqual(
        found.map(({ device, event, description, source, message }) => [device, event, description, source, message]),
        [
          ['hq-fw01', 'UI_COMMIT', "User 'o''hara' committed", '192.0.2.1', '1611111111111'],
          ['ISP-1', 'OLD', null, null, null],
          ['HQ-FW01', 'SYSTEM_ABNORMAL_SHUTDOWN', 'SYSTEM_ABNORMAL_SHUTDOWN: down', '2001:db8::1', null],
        ],
      );
      const seen = await store.recentEvents({ device: 'hq-fw01', limit: 9 });
      assert.deepEqual(
        seen.map(({ receivedAt }) => receivedAt),
        [newEvent().receivedAt, Date.UTC(2021, 0, 20, 10, 11, 12)],
      );
      // Also where the small letter of I is another one.
      assert.equal((await store.recentEvents({ device: 'isp-1', limit: 9 })).length, 1);
    });
  });
}
