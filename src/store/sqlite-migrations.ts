import type { DatabaseSync } from 'node:sqlite';

/**
 * The tables, one numbered step each. A step that has been released is never edited: a change is a new step.
 * `events` keeps the column names of the original's table (id, device, event, description, logdate, logtime,
 * source, message), because reports read them; dates and times in them are UTC.
 */
const MIGRATIONS: string[] = [
  `CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     device TEXT NOT NULL,
     event TEXT NOT NULL,
     description TEXT NOT NULL,
     logdate TEXT NOT NULL,
     logtime TEXT NOT NULL,
     source TEXT NOT NULL,
     message TEXT,
     received_at INTEGER NOT NULL,
     priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
     process TEXT NOT NULL,
     detail TEXT NOT NULL,
     body BLOB NOT NULL,
     webhook_id TEXT UNIQUE
   ) STRICT;
   CREATE INDEX events_device ON events (device, received_at);

   CREATE TABLE deliveries (
     event_id INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
     priority INTEGER NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('pending', 'posting', 'posted', 'dropped')),
     attempts INTEGER NOT NULL DEFAULT 0,
     updated_at INTEGER NOT NULL,
     reason TEXT,
     conversation_id TEXT,
     activity_id TEXT
   ) STRICT;
   CREATE INDEX deliveries_due ON deliveries (priority, event_id) WHERE state IN ('pending', 'posting');

   CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

   CREATE TABLE conversations (id TEXT PRIMARY KEY, reference TEXT NOT NULL, seen_at INTEGER NOT NULL) STRICT;

   CREATE TABLE confirmations (
     id TEXT PRIMARY KEY,
     action TEXT NOT NULL,
     device TEXT NOT NULL,
     parameters TEXT NOT NULL,
     asked_by TEXT NOT NULL,
     asked_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     zone TEXT NOT NULL,
     conversation_id TEXT NOT NULL,
     activity_id TEXT,
     status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'cancelled')),
     decided_by TEXT,
     decided_at INTEGER
   ) STRICT;
   CREATE INDEX confirmations_open ON confirmations (conversation_id) WHERE status = 'pending';
   CREATE INDEX confirmations_device ON confirmations (device, decided_at) WHERE status = 'confirmed';

   CREATE TABLE jobs (
     id TEXT PRIMARY KEY,
     confirmation_id TEXT NOT NULL UNIQUE REFERENCES confirmations (id),
     status TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     sent_at INTEGER,
     ended_at INTEGER,
     reported_at INTEGER,
     sentence TEXT,
     answer TEXT
   ) STRICT;
   CREATE INDEX jobs_unfinished ON jobs (created_at) WHERE reported_at IS NULL;

   CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL, etag INTEGER NOT NULL) STRICT;`,
];

/** Brings the tables to the newest step, each step in a transaction of its own. */
export function migrate(db: DatabaseSync, now: number): void {
  db.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT');
  const row = db.prepare('SELECT coalesce(max(version), 0) AS version FROM migrations').get();
  const version = Number(row?.version ?? 0);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      db.prepare('INSERT INTO migrations (version, applied_at) VALUES (?, ?)').run(index + 1, now);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
  if (version > MIGRATIONS.length) {
    throw new Error(`The store was written by a newer version (step ${version}, this one knows ${MIGRATIONS.length}).`);
  }
}
