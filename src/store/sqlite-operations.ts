import type { DatabaseSync } from 'node:sqlite';
import { auditOperations } from './sqlite-audit.ts';
import { eventOperations } from './sqlite-events.ts';
import { groupOperations } from './sqlite-groups.ts';
import { jobOperations } from './sqlite-jobs.ts';
import { nullableText, sqlOf, text } from './sqlite-sql.ts';
import type { Store } from './store.ts';

/** The store's methods as they run inside the worker: synchronous, one open transaction around a batch of them. */
export type Operations = {
  [Name in Exclude<keyof Store, 'close'>]: (...args: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>;
};

/** A conflict the caller asked to be told about; its code crosses the thread. */
export class StateConflict extends Error {
  readonly code = 'state-conflict';
}

/** Every statement of the SQLite store. Parameters only; no SQL is built from values. */
export function operations(db: DatabaseSync): Operations {
  const sql = sqlOf(db);
  const { run, row } = sql;
  const { appendAudit, auditRows, auditHead } = auditOperations(sql);
  return {
    ...eventOperations(sql),
    ...groupOperations(sql, appendAudit),
    ...jobOperations(sql, appendAudit),
    appendAudit,
    auditRows,
    auditHead,

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
    conversation(id) {
      const found = row('SELECT * FROM conversations WHERE id = ?', id);
      return found ? { id: text(found.id), reference: text(found.reference), seenAt: Number(found.seen_at) } : null;
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
