import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import mssql from 'mssql';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';
import type { SqlServerPlace } from '../../src/store/place.ts';

/** A real server is asked only where there is one: MSSQL_URL names an empty database and a login that owns it. */
export const serverUrl = process.env.MSSQL_URL;

const TABLES = [
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

/** The server of that URL, with schemas of the test's own, which `close` removes with all that is in them. */
export async function testServer(url: string) {
  const { value: settings, problems } = readSqlServerSettings({ MSSQL_URL: url });
  if (!settings) throw new Error(problems.map(({ path, what }) => `${path}: ${what}`).join('\n'));
  const admin = await new mssql.ConnectionPool(settings as mssql.config).connect();
  admin.on('error', () => {});
  const schemas: string[] = [];
  return {
    settings,
    batch: (statement: string) => admin.request().batch(statement),
    rows: async (query: string) => (await admin.request().query(query)).recordset as Record<string, unknown>[],
    async newPlace(): Promise<SqlServerPlace> {
      const schema = `assistant_test_${randomBytes(4).toString('hex')}`;
      await admin.request().batch(`CREATE SCHEMA ${schema}`);
      schemas.push(schema);
      return { settings, schema, table: 'junos_events' };
    },
    async close(): Promise<void> {
      const failures: unknown[] = [];
      for (const schema of schemas) {
        const drops = [
          ...TABLES.map((name) => `DROP TABLE IF EXISTS ${schema}.assistant_${name}`),
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
    },
  };
}
