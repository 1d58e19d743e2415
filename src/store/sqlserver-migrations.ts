import { AssistantError } from '../errors.ts';
import { deviceKey } from './sqlserver-events.ts';
import { lock } from './sqlserver-lock.ts';
import { upgradeOriginal } from './sqlserver-original.ts';
import { type Driver, nullableNumber, number, row, rows, type Sql, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';

/** How long one instance waits while another brings the tables up: an original's table may be long. */
const LOCK_MS = 10 * 60_000;

/** The original's table takes a name of any length; no device has one of this. */
const MOST_KEY_BYTES = 1_000;

type Step = (sql: Sql, t: Tables) => Promise<void>;

/**
 * The tables, one numbered step each. A step that has been released is never edited: a change is a new step. Each
 * statement is sent alone, because a server checks all of a text before it runs any of it. Ids are bytes (UTF-8), so
 * that no collation takes two of them for one; `CONVERT(varchar(253), device)` shows them.
 */
const STEPS: Step[] = [
  async (sql, t) => {
    await sql.ask(`CREATE TABLE ${t.settings} (
      name nvarchar(100) NOT NULL PRIMARY KEY, value nvarchar(max) NOT NULL)`);
    await sql.ask(`CREATE TABLE ${t.conversations} (
      id_hash varbinary(32) NOT NULL PRIMARY KEY, id nvarchar(max) NOT NULL, reference nvarchar(max) NOT NULL,
      seen_at bigint NOT NULL)`);
    await sql.ask(`CREATE TABLE ${t.confirmations} (
      id varbinary(200) NOT NULL PRIMARY KEY, action nvarchar(100) NOT NULL, parameters nvarchar(max) NOT NULL,
      asked_by nvarchar(max) NOT NULL, asked_at bigint NOT NULL, expires_at bigint NOT NULL,
      zone nvarchar(100) NOT NULL, conversation_id varbinary(1000) NOT NULL, activity_id nvarchar(max) NULL,
      status nvarchar(20) NOT NULL CHECK (status IN ('pending', 'confirmed', 'cancelled')),
      decided_by nvarchar(max) NULL, decided_at bigint NULL)`);
    await sql.ask(
      `CREATE INDEX assistant_confirmations_open ON ${t.confirmations} (conversation_id) WHERE status = 'pending'`,
    );
    await sql.ask(`CREATE TABLE ${t.confirmation_devices} (
      confirmation_id varbinary(200) NOT NULL REFERENCES ${t.confirmations} (id), position int NOT NULL,
      device varbinary(600) NOT NULL, PRIMARY KEY (confirmation_id, device), UNIQUE (confirmation_id, position))`);
    await sql.ask(`CREATE TABLE ${t.jobs} (
      id varbinary(200) NOT NULL PRIMARY KEY, n int IDENTITY(1, 1) NOT NULL, confirmation_id varbinary(200) NOT NULL,
      device varbinary(600) NOT NULL, status nvarchar(20) NOT NULL, created_at bigint NOT NULL, sent_at bigint NULL,
      ended_at bigint NULL, reported_at bigint NULL, sentence nvarchar(max) NULL, answer nvarchar(max) NULL,
      evidence nvarchar(max) NULL, UNIQUE (confirmation_id, device),
      FOREIGN KEY (confirmation_id, device) REFERENCES ${t.confirmation_devices} (confirmation_id, device))`);
    await sql.ask(`CREATE INDEX assistant_jobs_device ON ${t.jobs} (device, created_at)`);
    await sql.ask(`CREATE INDEX assistant_jobs_open ON ${t.jobs} (ended_at, created_at)`);
    await sql.ask(`CREATE TABLE ${t.state} (
      key_hash varbinary(32) NOT NULL PRIMARY KEY, state_key nvarchar(max) NOT NULL, value nvarchar(max) NOT NULL,
      etag nvarchar(40) NOT NULL)`);
    await sql.ask(`CREATE TABLE ${t.audit} (
      seq bigint NOT NULL PRIMARY KEY, entry nvarchar(max) NOT NULL, hash nvarchar(64) NOT NULL)`);
    await sql.ask(`CREATE TABLE ${t.audit_head} (
      id int NOT NULL PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, hash nvarchar(64) NOT NULL)`);
    await sql.ask(`INSERT INTO ${t.audit_head} (id, seq, hash) VALUES (1, 0, '')`);
    await sql.ask(`CREATE TABLE ${t.unknown_phrases} (
      id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, at bigint NOT NULL, text nvarchar(max) NOT NULL,
      locale nvarchar(max) NULL, conversation_kind nvarchar(20) NOT NULL)`);
    await sql.ask(`CREATE TABLE ${t.event_groups} (
      id varbinary(200) NOT NULL PRIMARY KEY, group_key nvarchar(max) NOT NULL, priority int NOT NULL,
      opened_at bigint NOT NULL, last_at bigint NOT NULL, closed_at bigint NULL, content nvarchar(max) NOT NULL,
      revision int NOT NULL, shown_revision int NOT NULL, shown_at bigint NULL, conversation_id nvarchar(max) NULL,
      activity_id nvarchar(max) NULL)`);
    await sql.ask(`CREATE INDEX assistant_event_groups_live ON ${t.event_groups} (last_at)`);
    await sql.ask(`CREATE TABLE ${t.mutes} (
      id varbinary(200) NOT NULL PRIMARY KEY, scope nvarchar(20) NOT NULL, mute_key nvarchar(max) NOT NULL,
      name nvarchar(max) NOT NULL, event nvarchar(max) NULL, by_name nvarchar(max) NOT NULL, from_at bigint NOT NULL,
      until_at bigint NOT NULL, hidden nvarchar(max) NOT NULL, ended_at bigint NULL)`);
  },

  // Events, under the original's names, because reports read them; dates and times are UTC.
  async (sql, t) => {
    const names = await columnsOf(sql, t);
    if (names.size === 0) {
      await sql.ask(`CREATE TABLE ${t.events} (
        id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, device nvarchar(253) NOT NULL, event nvarchar(200) NOT NULL,
        description nvarchar(max) NOT NULL, logdate date NOT NULL, logtime time(0) NOT NULL,
        source nvarchar(64) NOT NULL, message nvarchar(max) NULL)`);
    } else await upgradeOriginal(sql, t, names);
    await sql.ask(`ALTER TABLE ${t.events} ADD received_at datetime2(3) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD priority int NOT NULL DEFAULT 3`);
    await sql.ask(`ALTER TABLE ${t.events} ADD process nvarchar(max) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD detail nvarchar(max) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD body varbinary(max) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD webhook_id nvarchar(max) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD skew_ms bigint NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD owed int NOT NULL DEFAULT 0`);
    await sql.ask(`ALTER TABLE ${t.events} ADD group_id varbinary(200) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD device_key varbinary(1000) NULL`);
    await sql.ask(`ALTER TABLE ${t.events} ADD intake_key varbinary(32) NULL`);
    if (names.size > 0) {
      // As the original wrote them, in its server's own time: it did not keep which that was.
      await sql.ask(`UPDATE ${t.events} SET
        received_at = DATEADD(second, DATEDIFF(second, CONVERT(time(0), '00:00:00'), logtime), CONVERT(datetime2(3), logdate))`);
      await keyDevices(sql, t);
    }
    await sql.ask(
      `CREATE UNIQUE INDEX assistant_events_intake ON ${t.events} (intake_key) WHERE intake_key IS NOT NULL`,
    );
    await sql.ask(`CREATE INDEX assistant_events_owed ON ${t.events} (id) WHERE owed = 1`);
    await sql.ask(`CREATE INDEX assistant_events_device ON ${t.events} (device_key, id)`);
    await sql.ask(`CREATE INDEX assistant_events_group ON ${t.events} (group_id, id) WHERE group_id IS NOT NULL`);
    await sql.ask(`CREATE INDEX assistant_events_age ON ${t.events} (received_at) WHERE owed = 0`);
  },
];

/** The keys of an original's rows. Made here, as those of new events are: a Turkish server's LOWER makes another i. */
async function keyDevices(sql: Sql, t: Tables): Promise<void> {
  const found = await sql.ask(`SELECT DISTINCT device FROM ${t.events} WHERE device IS NOT NULL`);
  for (const device of rows(found).map((each) => text(each.device))) {
    const { bytes } = deviceKey(device);
    await sql.ask(`UPDATE ${t.events} SET device_key = @key WHERE device = @device`, {
      key: { bytes: bytes?.subarray(0, MOST_KEY_BYTES) ?? null },
      device,
    });
  }
}

async function columnsOf(sql: Sql, t: Tables): Promise<Map<string, string>> {
  const found = await sql.ask(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, CHARACTER_MAXIMUM_LENGTH AS length FROM INFORMATION_SCHEMA.COLUMNS
       WHERE TABLE_SCHEMA = @schema AND TABLE_NAME = @table`,
    { schema: t.schema, table: t.eventsName },
  );
  return new Map(
    rows(found).map(({ name, type, length }) => [
      text(name).toLowerCase(),
      number(length) === -1 ? `${text(type)}(max)` : text(type),
    ]),
  );
}

/** The step the tables are at, 0 without any; `newest` is what this program knows. Changes nothing. */
export async function storeVersion(sql: Sql, t: Tables): Promise<{ version: number; newest: number }> {
  const table = row(await sql.ask('SELECT OBJECT_ID(@name) AS id', { name: t.migrations }));
  if (nullableNumber(table?.id) === null) return { version: 0, newest: STEPS.length };
  const found = row(await sql.ask(`SELECT MAX(version) AS version FROM ${t.migrations}`));
  return { version: nullableNumber(found?.version) ?? 0, newest: STEPS.length };
}

/** Throws AssistantError `store-too-new`: an older program would not know what it reads. */
export function refuseNewer({ version, newest }: { version: number; newest: number }): void {
  if (version <= newest) return;
  throw new AssistantError(
    'store-too-new',
    `The tables were made by a newer version (step ${version}, this one knows ${newest}). Install that version.`,
  );
}

/**
 * Brings the tables to the newest step, each step in a transaction of its own. Of several instances one does it and the
 * others wait. Returns the numbers of the steps it took.
 */
export async function migrate(driver: Driver, t: Tables, now: number): Promise<number[]> {
  const taken: number[] = [];
  for (;;) {
    const isMore = await driver.transaction(async (sql) => {
      await lock(sql, `assistant migrations ${t.schema}`, LOCK_MS);
      const at = await storeVersion(sql, t);
      refuseNewer(at);
      const step = STEPS[at.version];
      if (!step) return false;
      if (at.version === 0)
        await sql.ask(`CREATE TABLE ${t.migrations} (version int NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)`);
      await step(sql, t);
      await sql.ask(`INSERT INTO ${t.migrations} (version, applied_at) VALUES (@version, @now)`, {
        version: number(at.version + 1),
        now,
      });
      taken.push(at.version + 1);
      return true;
    });
    if (!isMore) return taken;
  }
}
