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

  // Several devices in one request, a job for each; the audit; phrases nobody understood.
  `CREATE TABLE confirmation_devices (
     confirmation_id TEXT NOT NULL REFERENCES confirmations (id),
     position INTEGER NOT NULL,
     device TEXT NOT NULL,
     PRIMARY KEY (confirmation_id, device),
     UNIQUE (confirmation_id, position)
   ) STRICT;
   INSERT INTO confirmation_devices (confirmation_id, position, device) SELECT id, 0, device FROM confirmations;

   CREATE TABLE jobs_of_devices (
     id TEXT PRIMARY KEY,
     confirmation_id TEXT NOT NULL,
     device TEXT NOT NULL,
     status TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     sent_at INTEGER,
     ended_at INTEGER,
     reported_at INTEGER,
     sentence TEXT,
     answer TEXT,
     evidence TEXT,
     UNIQUE (confirmation_id, device),
     FOREIGN KEY (confirmation_id, device) REFERENCES confirmation_devices (confirmation_id, device)
   ) STRICT;
   INSERT INTO jobs_of_devices
       (id, confirmation_id, device, status, created_at, sent_at, ended_at, reported_at, sentence, answer)
     SELECT jobs.id, confirmation_id, device, jobs.status, created_at, sent_at, ended_at, reported_at, sentence, answer
     FROM jobs JOIN confirmations ON confirmations.id = jobs.confirmation_id;
   DROP TABLE jobs;
   ALTER TABLE jobs_of_devices RENAME TO jobs;
   CREATE INDEX jobs_unfinished ON jobs (created_at) WHERE reported_at IS NULL OR ended_at IS NULL;
   CREATE INDEX jobs_device ON jobs (device, created_at);

   DROP INDEX confirmations_device;
   ALTER TABLE confirmations DROP COLUMN device;
   UPDATE confirmations SET parameters = json_remove(parameters, '$.device');

   -- Host names are the same in any case, as in the inventory.
   DROP INDEX events_device;
   CREATE INDEX events_device ON events (device COLLATE NOCASE, id);

   CREATE TABLE audit (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
   -- The newest entry once more, so that rows missing at the end are noticed.
   CREATE TABLE audit_head (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     seq INTEGER NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;
   INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
   -- Against a mistake only: who owns the file can drop a trigger. The chain of hashes shows it then.
   CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
     BEGIN SELECT raise(ABORT, 'an audit entry is never changed'); END;
   CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
     WHEN EXISTS (SELECT 1 FROM audit WHERE seq = new.seq)
     BEGIN SELECT raise(ABORT, 'an audit entry is never changed'); END;
   CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
     BEGIN SELECT raise(ABORT, 'an audit entry is never deleted'); END;

   CREATE TABLE unknown_phrases (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     text TEXT NOT NULL,
     locale TEXT,
     conversation_kind TEXT NOT NULL
   ) STRICT;`,

  // One card for events that belong together. What was owed a card is owed one still.
  `ALTER TABLE events ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE events ADD COLUMN group_id TEXT;
   ALTER TABLE events ADD COLUMN skew_ms INTEGER;
   UPDATE events SET owed = 1
     WHERE id IN (SELECT event_id FROM deliveries WHERE state IN ('pending', 'posting'));
   DROP TABLE deliveries;
   CREATE INDEX events_owed ON events (id) WHERE owed = 1;
   CREATE INDEX events_group ON events (group_id, id) WHERE group_id IS NOT NULL;

   CREATE TABLE event_groups (
     id TEXT PRIMARY KEY,
     key TEXT NOT NULL,
     priority INTEGER NOT NULL,
     opened_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     closed_at INTEGER,
     content TEXT NOT NULL,
     revision INTEGER NOT NULL,
     shown_revision INTEGER NOT NULL DEFAULT 0,
     shown_at INTEGER,
     conversation_id TEXT,
     activity_id TEXT
   ) STRICT;
   CREATE INDEX event_groups_live ON event_groups (opened_at) WHERE closed_at IS NULL OR shown_revision < revision;

   CREATE TABLE mutes (
     id TEXT PRIMARY KEY,
     scope TEXT NOT NULL,
     key TEXT NOT NULL,
     name TEXT NOT NULL,
     event TEXT,
     by_name TEXT NOT NULL,
     from_at INTEGER NOT NULL,
     until_at INTEGER NOT NULL,
     hidden TEXT NOT NULL,
     ended_at INTEGER
   ) STRICT;`,

  // Old events are removed; a thousand at a time must not read the whole table.
  `CREATE INDEX events_age ON events (received_at) WHERE owed = 0;`,
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
