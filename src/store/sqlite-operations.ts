import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Confirmation, DueEvent, Job, JobChange, Person, Store, StoredConversation } from './store.ts';

/** The store's methods as they run inside the worker: synchronous, one open transaction around a batch of them. */
export type Operations = {
  [Name in Exclude<keyof Store, 'close'>]: (...args: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>;
};

type Row = Record<string, SQLOutputValue>;

/** A conflict the caller asked to be told about; its code crosses the thread. */
export class StateConflict extends Error {
  readonly code = 'state-conflict';
}

/** Every statement of the SQLite store. Parameters only; no SQL is built from values. */
export function operations(db: DatabaseSync): Operations {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const run = (sql: string, ...values: SQLInputValue[]) => Number(statement(sql).run(...values).changes);
  const row = (sql: string, ...values: SQLInputValue[]): Row | undefined => statement(sql).get(...values);
  const rows = (sql: string, ...values: SQLInputValue[]): Row[] => statement(sql).all(...values);
  const forEach = (ids: number[], sql: string, ...values: SQLInputValue[]) => {
    for (const id of ids) run(sql, ...values, id);
  };
  const jobs = (where: string, ...values: SQLInputValue[]): Job[] =>
    rows(
      `SELECT jobs.id AS job_id, jobs.status AS job_status, jobs.created_at, jobs.sent_at, jobs.ended_at, jobs.reported_at,
                 jobs.sentence, jobs.answer, confirmations.*
          FROM jobs JOIN confirmations ON confirmations.id = jobs.confirmation_id WHERE ${where}`,
      ...values,
    ).map(toJob);

  const confirmation = (id: string): Confirmation | null => {
    const found = row('SELECT * FROM confirmations WHERE id = ?', id);
    return found ? toConfirmation(found) : null;
  };

  return {
    addEvent(event) {
      if (event.webhookId !== null) {
        const earlier = row('SELECT id FROM events WHERE webhook_id = ?', event.webhookId);
        if (earlier) return { id: Number(earlier.id), isDuplicate: true };
      }
      const at = new Date(event.receivedAt).toISOString();
      const { lastInsertRowid } = statement(
        `INSERT INTO events (device, event, description, logdate, logtime, source, received_at, priority, process, detail, body, webhook_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        event.hostname,
        event.event,
        event.message,
        at.slice(0, 10),
        at.slice(11, 19),
        event.source,
        event.receivedAt,
        event.priority,
        event.process,
        event.detail,
        event.body,
        event.webhookId,
      );
      if (event.priority <= 2) {
        run(
          `INSERT INTO deliveries (event_id, priority, state, updated_at) VALUES (?, ?, 'pending', ?)`,
          lastInsertRowid,
          event.priority,
          event.receivedAt,
        );
      }
      return { id: Number(lastInsertRowid), isDuplicate: false };
    },
    dueDeliveries(limit) {
      return [1, 2].flatMap((priority) =>
        rows(
          `SELECT events.* FROM deliveries JOIN events ON events.id = deliveries.event_id
           WHERE deliveries.state IN ('pending', 'posting') AND deliveries.priority = ?
           ORDER BY deliveries.event_id LIMIT ?`,
          priority,
          limit,
        ).map(toDueEvent),
      );
    },
    startDelivery(ids, now) {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'posting', attempts = attempts + 1, updated_at = ? WHERE event_id = ?`,
        now,
      );
    },
    finishDelivery(ids, posted) {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'posted', updated_at = ?, reason = ?, conversation_id = ?, activity_id = ? WHERE event_id = ?`,
        posted.at,
        posted.reason,
        posted.conversationId,
        posted.activityId,
      );
      forEach(ids, 'UPDATE events SET message = ? WHERE id = ?', posted.activityId);
    },
    retryDelivery(ids, reason) {
      forEach(ids, `UPDATE deliveries SET state = 'pending', reason = ? WHERE event_id = ?`, reason);
    },
    dropDelivery(ids, now, reason) {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'dropped', updated_at = ?, reason = ? WHERE event_id = ?`,
        now,
        reason,
      );
    },
    backlog() {
      const found = row(
        `SELECT count(*) AS waiting, min(events.received_at) AS oldest FROM deliveries
         JOIN events ON events.id = deliveries.event_id WHERE deliveries.state IN ('pending', 'posting')`,
      );
      return { waiting: Number(found?.waiting ?? 0), oldestAt: nullableNumber(found?.oldest) };
    },

    setting: (key) => nullableText(row('SELECT value FROM settings WHERE key = ?', key)?.value),
    setSetting(key, value) {
      run(
        'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        key,
        value,
      );
    },

    saveConversation({ id, reference, seenAt }) {
      run(
        `INSERT INTO conversations (id, reference, seen_at) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET reference = excluded.reference, seen_at = excluded.seen_at`,
        id,
        reference,
        seenAt,
      );
    },
    conversation(id): StoredConversation | null {
      const found = row('SELECT * FROM conversations WHERE id = ?', id);
      return found ? { id: text(found.id), reference: text(found.reference), seenAt: Number(found.seen_at) } : null;
    },

    addConfirmation(c) {
      run(
        `INSERT INTO confirmations (id, action, device, parameters, asked_by, asked_at, expires_at, zone, conversation_id, activity_id, status)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        c.id,
        c.action,
        c.device,
        c.parameters,
        JSON.stringify(c.askedBy),
        c.askedAt,
        c.expiresAt,
        c.zone,
        c.conversationId,
        c.activityId,
        c.status,
      );
    },
    setConfirmationCard(id, activityId) {
      run('UPDATE confirmations SET activity_id = ? WHERE id = ?', activityId, id);
    },
    confirmation,
    openConfirmations: (conversationId, now) =>
      rows(
        `SELECT * FROM confirmations WHERE conversation_id = ? AND status = 'pending' AND expires_at > ? ORDER BY asked_at`,
        conversationId,
        now,
      ).map(toConfirmation),
    decide({ id, status, by, at, job }) {
      // A job that ended without anything sent does not count: nothing happened to the device.
      const other = job
        ? row(
            `SELECT other.* FROM confirmations AS mine
               JOIN confirmations AS other ON other.device = mine.device AND other.id <> mine.id
               JOIN jobs ON jobs.confirmation_id = other.id AND jobs.status NOT IN ('refused', 'failed')
             WHERE mine.id = ? AND mine.status = 'pending' AND other.decided_at >= mine.asked_at
             ORDER BY other.decided_at DESC LIMIT 1`,
            id,
          )
        : undefined;
      if (other)
        return { isTaken: false, confirmation: confirmation(id), job: null, supersededBy: toConfirmation(other) };
      const taken = run(
        `UPDATE confirmations SET status = ?, decided_by = ?, decided_at = ? WHERE id = ? AND status = 'pending' AND expires_at > ?`,
        status,
        JSON.stringify(by),
        at,
        id,
        at,
      );
      if (taken === 1 && job) {
        run(`INSERT INTO jobs (id, confirmation_id, status, created_at) VALUES (?, ?, 'queued', ?)`, job.id, id, at);
      }
      const made = taken === 1 && job ? (jobs('jobs.id = ?', job.id)[0] ?? null) : null;
      return { isTaken: taken === 1, confirmation: confirmation(id), job: made, supersededBy: null };
    },

    jobOfConfirmation: (id) => jobs('jobs.confirmation_id = ?', id)[0] ?? null,
    unfinishedJobs: () => jobs('jobs.reported_at IS NULL ORDER BY jobs.created_at'),
    updateJob(id, change) {
      for (const [key, value] of Object.entries(change) as [keyof JobChange, string | number | null][]) {
        run(JOB_UPDATES[key], value, id);
      }
    },

    readState(keys) {
      return keys.flatMap((key) => {
        const found = row('SELECT value, etag FROM state WHERE key = ?', key);
        return found ? [{ key, value: text(found.value), eTag: String(found.etag) }] : [];
      });
    },
    writeState(items) {
      for (const { key, value, eTag } of items) {
        const stored = row('SELECT etag FROM state WHERE key = ?', key)?.etag;
        if (eTag !== null && eTag !== '*' && String(stored ?? '') !== eTag) throw new StateConflict(key);
        // Drawn, not counted: a value that was deleted and written again must not get an old eTag back.
        run(
          `INSERT INTO state (key, value, etag) VALUES (?, ?, abs(random() % 9007199254740991))
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, etag = excluded.etag`,
          key,
          value,
        );
      }
    },
    deleteState(keys) {
      for (const key of keys) run('DELETE FROM state WHERE key = ?', key);
    },
  };
}

const JOB_UPDATES: Record<keyof JobChange, string> = {
  status: 'UPDATE jobs SET status = ? WHERE id = ?',
  sentAt: 'UPDATE jobs SET sent_at = ? WHERE id = ?',
  endedAt: 'UPDATE jobs SET ended_at = ? WHERE id = ?',
  reportedAt: 'UPDATE jobs SET reported_at = ? WHERE id = ?',
  sentence: 'UPDATE jobs SET sentence = ? WHERE id = ?',
  answer: 'UPDATE jobs SET answer = ? WHERE id = ?',
};

const text = (value: SQLOutputValue | undefined) => String(value ?? '');
const nullableText = (value: SQLOutputValue | undefined) =>
  value === null || value === undefined ? null : String(value);
const nullableNumber = (value: SQLOutputValue | undefined) =>
  value === null || value === undefined ? null : Number(value);
const person = (value: SQLOutputValue | undefined) => JSON.parse(text(value)) as Person;

function toDueEvent(found: Row): DueEvent {
  return {
    id: Number(found.id),
    receivedAt: Number(found.received_at),
    event: text(found.event),
    process: text(found.process),
    message: text(found.description),
    hostname: text(found.device),
    detail: text(found.detail),
    priority: Number(found.priority) as DueEvent['priority'],
  };
}

function toConfirmation(found: Row): Confirmation {
  return {
    id: text(found.id),
    action: text(found.action),
    device: text(found.device),
    parameters: text(found.parameters),
    askedBy: person(found.asked_by),
    askedAt: Number(found.asked_at),
    expiresAt: Number(found.expires_at),
    zone: text(found.zone),
    conversationId: text(found.conversation_id),
    activityId: nullableText(found.activity_id),
    status: text(found.status) as Confirmation['status'],
    decidedBy: found.decided_by === null ? null : person(found.decided_by),
    decidedAt: nullableNumber(found.decided_at),
  };
}

function toJob(found: Row): Job {
  return {
    id: text(found.job_id),
    confirmation: toConfirmation(found),
    status: text(found.job_status) as Job['status'],
    createdAt: Number(found.created_at),
    sentAt: nullableNumber(found.sent_at),
    endedAt: nullableNumber(found.ended_at),
    reportedAt: nullableNumber(found.reported_at),
    sentence: nullableText(found.sentence),
    answer: nullableText(found.answer),
  };
}
