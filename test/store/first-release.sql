-- A store as the first release wrote it. It never changes: that release's files have to be read for ever.
CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
CREATE TABLE events (
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

CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL, etag INTEGER NOT NULL) STRICT;

INSERT INTO migrations (version, applied_at) VALUES (1, 1);
INSERT INTO events (id, device, event, description, logdate, logtime, source, message, received_at, priority, process, detail, body, webhook_id)
  VALUES (7, 'hq-fw01', 'UI_COMMIT', 'committed', '2026-11-23', '10:00:00', '192.0.2.1', 'card-1', 1795428000000, 1, 'mgd', '""', x'7b7d', 'msg_1');
INSERT INTO deliveries (event_id, priority, state, updated_at) VALUES (7, 1, 'pending', 1);
INSERT INTO settings (key, value) VALUES ('alert-conversation', 'a:1');
INSERT INTO conversations (id, reference, seen_at) VALUES ('a:1', '{"x":1}', 1);
INSERT INTO confirmations (id, action, device, parameters, asked_by, asked_at, expires_at, zone, conversation_id, activity_id, status, decided_by, decided_at) VALUES
  ('open', 'reboot', 'hq-fw01', '{"device":"hq-fw01","at":1795428000000}', '{"id":"29:a","objectId":"o-a","name":"Alex"}', 2000, 602000, 'Europe/London', 'a:1', 'card-2', 'pending', NULL, NULL),
  ('done', 'reboot', 'hq-fw02', '{"device":"hq-fw02","at":null}', '{"id":"29:a","objectId":null,"name":"O''Hara"}', 1000, 601000, 'UTC', 'a:1', NULL, 'confirmed', '{"id":"29:a","objectId":null,"name":"O''Hara"}', 1500),
  ('sent', 'reboot', 'hq-fw01', '{"device":"hq-fw01","at":null}', '{"id":"29:a","objectId":null,"name":"Alex"}', 1000, 601000, 'UTC', 'a:1', NULL, 'confirmed', '{"id":"29:a","objectId":null,"name":"Alex"}', 1600);
INSERT INTO jobs (id, confirmation_id, status, created_at, sent_at, ended_at, reported_at, sentence, answer) VALUES
  ('j-done', 'done', 'done', 1500, 1510, 1520, 1530, 'It reboots.', 'Shutdown NOW!'),
  ('j-sent', 'sent', 'sent', 1600, 1610, NULL, NULL, NULL, NULL);
INSERT INTO state (key, value, etag) VALUES ('k', 'v', 5);
