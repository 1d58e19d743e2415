import { AssistantError } from '../errors.ts';
import { row, type Sql } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';

/** The columns of the original's own script. */
const ORIGINAL = ['id', 'device', 'event', 'description', 'logdate', 'logtime', 'source', 'message'];

/**
 * Upgrades the original's table in place. Its columns of type `text` cannot be compared, sorted or indexed; they become
 * nvarchar(max) under the same names. Added, copied and renamed, because not every server alters a column's type. Rows
 * stay. Throws AssistantError `not-the-original` for a table that is another one.
 */
export async function upgradeOriginal(sql: Sql, t: Tables, types: ReadonlyMap<string, string>): Promise<void> {
  const missing = ORIGINAL.filter((name) => !types.has(name));
  if (missing.length > 0) {
    throw new AssistantError(
      'not-the-original',
      `The table ${t.events} has no column ${missing.join(', ')}: it is not the original's. Choose another sql_table in junos-config.yaml.`,
    );
  }
  const isText = (name: string) => types.get(name) !== 'nvarchar(max)';
  if (isText('device')) {
    await sql.ask(`ALTER TABLE ${t.events} ADD new_device nvarchar(max) NULL`);
    await sql.ask(`UPDATE ${t.events} SET new_device = CONVERT(nvarchar(max), device)`);
    await sql.ask(`ALTER TABLE ${t.events} DROP COLUMN device`);
    await rename(sql, t, 'device');
  }
  if (isText('event')) {
    await sql.ask(`ALTER TABLE ${t.events} ADD new_event nvarchar(max) NULL`);
    await sql.ask(`UPDATE ${t.events} SET new_event = CONVERT(nvarchar(max), event)`);
    await sql.ask(`ALTER TABLE ${t.events} DROP COLUMN event`);
    await rename(sql, t, 'event');
  }
  if (isText('description')) {
    await sql.ask(`ALTER TABLE ${t.events} ADD new_description nvarchar(max) NULL`);
    await sql.ask(`UPDATE ${t.events} SET new_description = CONVERT(nvarchar(max), description)`);
    await sql.ask(`ALTER TABLE ${t.events} DROP COLUMN description`);
    await rename(sql, t, 'description');
  }
  if (isText('source')) {
    await sql.ask(`ALTER TABLE ${t.events} ADD new_source nvarchar(max) NULL`);
    await sql.ask(`UPDATE ${t.events} SET new_source = CONVERT(nvarchar(max), source)`);
    await sql.ask(`ALTER TABLE ${t.events} DROP COLUMN source`);
    await rename(sql, t, 'source');
  }
  if (isText('message')) {
    await sql.ask(`ALTER TABLE ${t.events} ADD new_message nvarchar(max) NULL`);
    await sql.ask(`UPDATE ${t.events} SET new_message = CONVERT(nvarchar(max), message)`);
    await sql.ask(`ALTER TABLE ${t.events} DROP COLUMN message`);
    await rename(sql, t, 'message');
  }
  const primary = row(
    await sql.ask(
      `SELECT COUNT(*) AS keys FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS
         WHERE TABLE_SCHEMA = @schema AND TABLE_NAME = @table AND CONSTRAINT_TYPE = 'PRIMARY KEY'`,
      { schema: t.schema, table: t.eventsName },
    ),
  );
  if (Number(primary?.keys) === 0) await sql.ask(`CREATE UNIQUE INDEX assistant_events_id ON ${t.events} (id)`);
}

/** The new column takes the place of the one that was dropped. */
async function rename(sql: Sql, t: Tables, name: string): Promise<void> {
  await sql.ask("EXEC sp_rename @from, @to, 'COLUMN'", { from: `${t.schema}.${t.eventsName}.new_${name}`, to: name });
}
