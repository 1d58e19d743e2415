import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AssistantError } from '../errors.ts';
import type { KeyedEvent } from './keyed-event.ts';
import type { NewEvent } from './store.ts';

/** Events kept beside a store that is away. Beyond it the sender keeps them: its disk is not less full than this one. */
const MOST_EVENTS = 1_000_000;

/**
 * A queue of events in a SQLite file of its own, in the order they came, each under its key once. Synchronous: while it is
 * in use the program has little else to do.
 */
export class Spool {
  readonly #db: DatabaseSync;
  #count: number;
  #waiting: { event: KeyedEvent; resolve: (isNew: boolean) => void; reject: (error: unknown) => void }[] = [];

  /** Throws AssistantError `store-unusable`. */
  constructor(file: string) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.#db = new DatabaseSync(file);
      this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
        CREATE TABLE IF NOT EXISTS spooled_events (
          n INTEGER PRIMARY KEY AUTOINCREMENT, intake_key BLOB NOT NULL UNIQUE, event TEXT NOT NULL, body BLOB NOT NULL
        ) STRICT`);
      this.#count = Number(this.#db.prepare('SELECT count(*) AS count FROM spooled_events').get()?.count);
    } catch (error) {
      throw new AssistantError('store-unusable', `The spool ${file} cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Durable when it resolves; what comes in the same moment shares a commit. False: it was there already. */
  add(event: KeyedEvent): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    const taken = this.#waiting;
    this.#waiting = [];
    if (this.#count + taken.length > MOST_EVENTS) {
      const full = new AssistantError('store-overloaded', 'The spool is full: the SQL Server has been away for long.');
      for (const { reject } of taken) reject(full);
      return;
    }
    try {
      const insert = this.#db.prepare(
        'INSERT INTO spooled_events (intake_key, event, body) VALUES (?, ?, ?) ON CONFLICT (intake_key) DO NOTHING',
      );
      this.#db.exec('BEGIN IMMEDIATE');
      const isNew = taken.map(({ event: { key, event } }) => {
        const { body, ...rest } = event;
        return insert.run(key, JSON.stringify(rest), body).changes === 1;
      });
      this.#db.exec('COMMIT');
      this.#count += isNew.filter(Boolean).length;
      for (const [n, { resolve }] of taken.entries()) resolve(isNew[n] ?? false);
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      for (const { reject } of taken) reject(error);
    }
  }

  /** The oldest, with the numbers under which they are removed. */
  oldest(limit: number): (KeyedEvent & { n: number })[] {
    const rows = this.#db
      .prepare('SELECT n, intake_key, event, body FROM spooled_events ORDER BY n LIMIT ?')
      .all(limit);
    return rows.map(({ n, intake_key: key, event, body }) => ({
      n: Number(n),
      key: key as Uint8Array,
      event: { ...(JSON.parse(String(event)) as Omit<NewEvent, 'body'>), body: body as Uint8Array },
    }));
  }

  /** Everything up to that number has been stored. */
  removeTo(n: number): void {
    this.#count -= Number(this.#db.prepare('DELETE FROM spooled_events WHERE n <= ?').run(n).changes);
  }

  /** What was added is durable before. */
  close(): void {
    if (!this.#db.isOpen) return;
    this.#commit();
    this.#db.close();
  }
}
