import { setTimeout as delay } from 'node:timers/promises';
import { AssistantError } from '../errors.ts';
import { lock } from './sqlserver-lock.ts';
import type { Driver } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';

/** How often the connection that holds the lock is asked whether it is still there. */
const BEAT_MS = 10_000;
/** How long a start waits for the one before it to end. */
const START_MS = 15_000;
/** A server notices after half a minute or so that a connection is gone without a word, and lets its lock go. */
const GHOST_MS = 60_000;
/** One wait for the lock; shorter than the driver's limit for a statement. */
const WAIT_MS = 5_000;
const AGAIN_MS = 2_000;

export interface Held {
  /** Another process has the schema now. Rejects with AssistantError `store-in-use`; otherwise it stays pending. */
  lost: Promise<never>;
  release(): Promise<void>;
}

/**
 * Holds the schema for this process, in a transaction of its own that lasts as long as the program: a second bot would
 * go on with the jobs of the first one. When the connection breaks the lock is taken again. Throws AssistantError
 * `store-in-use` when somebody else keeps it.
 */
export async function holdSchema(
  driver: Driver,
  t: Tables,
  { startMs = START_MS, ghostMs = GHOST_MS, beatMs = BEAT_MS, againMs = AGAIN_MS } = {},
): Promise<Held> {
  const ending = new AbortController();
  const { signal } = ending;
  const held = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  /** Until then, or until it ends. */
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {});

  async function taken(until: number): Promise<void> {
    await driver.transaction(async (sql) => {
      for (;;) {
        try {
          await lock(sql, `assistant bot ${t.schema}`, WAIT_MS);
          break;
        } catch (error) {
          if (!isBusy(error) || signal.aborted) throw error;
          if (Date.now() > until) throw inUse(t);
        }
      }
      held.resolve();
      while (!signal.aborted) {
        await pause(beatMs);
        if (!signal.aborted) await sql.ask('SELECT 1 AS held');
      }
    });
  }

  async function keep(): Promise<void> {
    for (let patienceMs = startMs; ; patienceMs = ghostMs) {
      try {
        await taken(Date.now() + patienceMs);
        return;
      } catch (error) {
        if (signal.aborted) return;
        held.reject(error);
        if (isInUse(error)) return lost.reject(error);
        await pause(againMs);
      }
    }
  }

  const kept = keep();
  try {
    await held.promise;
  } catch (error) {
    ending.abort();
    await kept;
    throw error;
  }
  return {
    lost: lost.promise,
    release: async () => {
      ending.abort();
      await kept;
    },
  };
}

const isBusy = (error: unknown) => error instanceof AssistantError && error.code === 'store-busy';
const isInUse = (error: unknown) => error instanceof AssistantError && error.code === 'store-in-use';

const inUse = ({ schema }: Tables) =>
  new AssistantError(
    'store-in-use',
    `Another process is using the store: schema ${schema} of the SQL Server. Stop it first: two would run every job twice.`,
  );
