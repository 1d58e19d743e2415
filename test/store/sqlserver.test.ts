import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import mssql from 'mssql';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';
import type { SqlServerPlace } from '../../src/store/place.ts';
import { createTables, openSqlServerStore, tablesStatus } from '../../src/store/sqlserver.ts';
import type { Store } from '../../src/store/store.ts';
import { storeContract } from './contract.ts';
import { originalTable } from './original-table.ts';
import { newEvent } from './samples.ts';
import { twoContract } from './two-contract.ts';

/** A real server is asked only where there is one: MSSQL_URL names an empty database and a login that owns it. */
const url = process.env.MSSQL_URL;
if (url) {
  const { value: settings, problems } = readSqlServerSettings({ MSSQL_URL: url });
  if (!settings) throw new Error(problems.map(({ path, what }) => `${path}: ${what}`).join('\n'));
  const admin = await new mssql.ConnectionPool(settings as mssql.config).connect();
  admin.on('error', () => {});
  const schemas: string[] = [];
  const places = new Map<Store, SqlServerPlace>();

  const newPlace = async (): Promise<SqlServerPlace> => {
    const schema = `assistant_test_${randomBytes(4).toString('hex')}`;
    await admin.request().batch(`CREATE SCHEMA ${schema}`);
    schemas.push(schema);
    return { settings, schema, table: 'junos_events' };
  };
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
    const failures: unknown[] = [];
    for (const schema of schemas) {
      const names = [
        'jobs',
        'confirmation_devices',
        'confirmations',
        'migrations',
        'settings',
        'conversations',
        'state',
        'audit',
        'audit_head',
        'unknown_phrases',
        'event_groups',
        'mutes',
      ];
      const drops = [
        ...names.map((name) => `DROP TABLE IF EXISTS ${schema}.assistant_${name}`),
        `DROP TABLE IF EXISTS ${schema}.junos_events`,
        `DROP SCHEMA ${schema}`,
      ];
      for (const drop of drops)
        await admin
          .request()
          .batch(drop)
          .catch((error: unknown) => failures.push(error));
    }
    await admin.close();
    assert.deepEqual(failures, []);
  });

  storeContract('SQL Server', {
    open,
    reopen: async (store) => {
      await store.close();
      return await openAt(placeOf(store));
    },
  });
  twoContract('SQL Server', { open, second: async (store) => await openAt(placeOf(store)) });

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
      for (const statement of originalTable(`${place.schema}.junos_events`)) await admin.request().batch(statement);
      await admin.request().batch(`INSERT INTO ${place.schema}.junos_events (device, event) VALUES ('ISP-1', 'OLD')`);
      await createTables(place, 1);
      const store = await openAt(place);
      await store.addEvent(newEvent({ hostname: 'HQ-FW01', source: '2001:db8::1' }));
      const { recordset } = await admin
        .request()
        .query(
          `SELECT id, device, event, description, logdate, logtime, source, message FROM ${place.schema}.junos_events ORDER BY id`,
        );
      assert.deepEqual(
        recordset.map(({ device, event, description, source, message }) => [
          device,
          event,
          description,
          source,
          message,
        ]),
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
