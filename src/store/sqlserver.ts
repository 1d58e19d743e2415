import { AssistantError } from '../errors.ts';
import { intakeKey, type KeyedEvent } from './keyed-event.ts';
import type { SqlServerPlace, SqlServerSettings } from './place.ts';
import { auditOperations } from './sqlserver-audit.ts';
import { type Call, type CallRules, createCalls, sentenceFor } from './sqlserver-calls.ts';
import { openDriver } from './sqlserver-driver.ts';
import { eventOperations } from './sqlserver-events.ts';
import { faultOf } from './sqlserver-fault.ts';
import { groupOperations } from './sqlserver-groups.ts';
import { holdSchema } from './sqlserver-instance.ts';
import { jobOperations } from './sqlserver-jobs.ts';
import { migrate, refuseNewer, storeVersion } from './sqlserver-migrations.ts';
import type { Driver, Sql } from './sqlserver-sql.ts';
import { stateOperations } from './sqlserver-state.ts';
import { type Tables, tablesOf } from './sqlserver-tables.ts';
import type { NewEvent, Store } from './store.ts';

/** Calls that may wait at once. Beyond it a call is refused, so that a server that is slow cannot fill memory. */
const MAX_WAITING = 10_000;
/** Events stored in one transaction: its locks are held for a moment only. */
const EVENTS_AT_ONCE = 500;
/** `db create` may have an original's long table to upgrade. */
const MIGRATION_MS = 60 * 60_000;

export interface SqlServerStore extends Store {
  /** Rejects with `store-in-use` when another bot has taken the schema over; only of a store opened `alone`. */
  lost?: Promise<never>;
  /** Stores an event once under a key of the caller's, who may hand it over again. */
  addEvent(event: NewEvent, key?: Uint8Array): Promise<{ id: number; isDuplicate: boolean }>;
}

/**
 * Opens the store in a SQL Server whose tables `createTables` made. Throws AssistantError `store-unreachable`,
 * `store-not-created` or `store-too-new`. `alone`: for the bot, which no other one may be beside; `store-in-use` when one is.
 */
export async function openSqlServerStore(
  { settings, schema, table }: SqlServerPlace,
  alone?: 'alone',
): Promise<SqlServerStore> {
  const t = tablesOf(schema, table);
  const driver = await opened(settings);
  try {
    const at = await storeVersion(driver, t);
    refuseNewer(at);
    if (at.version < at.newest) {
      const what = at.version === 0 ? 'has no tables of the assistant' : 'has the tables of an earlier version';
      throw new AssistantError('store-not-created', `The database ${what}. Run "network-assistant db create" once.`);
    }
    const held = alone ? await holdSchema(driver, t) : null;
    const store = storeOn(driver, t, held?.release);
    return held ? { ...store, lost: held.lost } : store;
  } catch (error) {
    await driver.close();
    throw sentenceFor(error, faultOf(error), false);
  }
}

/** Makes the tables or brings them up to date. Returns the steps it took; empty when there was nothing to do. */
export async function createTables({ settings, schema, table }: SqlServerPlace, now: number): Promise<number[]> {
  return await withDriver({ ...settings, requestTimeout: MIGRATION_MS }, (driver) =>
    migrate(driver, tablesOf(schema, table), now),
  );
}

/** What is there, for `db status` and `check`. */
export async function tablesStatus({
  settings,
  schema,
  table,
}: SqlServerPlace): Promise<{ version: number; newest: number }> {
  return await withDriver(settings, (driver) => storeVersion(driver, tablesOf(schema, table)));
}

async function withDriver<T>(settings: SqlServerSettings, work: (driver: Driver) => Promise<T>): Promise<T> {
  const driver = await opened(settings);
  try {
    return await work(driver);
  } catch (error) {
    throw sentenceFor(error, faultOf(error), false);
  } finally {
    await driver.close();
  }
}

async function opened(settings: SqlServerSettings): Promise<Driver> {
  try {
    return await openDriver(settings);
  } catch (error) {
    throw sentenceFor(error, faultOf(error), false);
  }
}

interface WaitingEvent extends KeyedEvent {
  resolve: (stored: { id: number; isDuplicate: boolean }) => void;
  reject: (error: unknown) => void;
}

/**
 * The store's methods over a driver. One call at a time, in the order they were asked for; events that wait next to each
 * other share a transaction and its commit.
 */
export function storeOn(driver: Driver, t: Tables, release = async (): Promise<void> => {}): SqlServerStore {
  const { appendAudit, isThere, auditRows, auditHead } = auditOperations(t);
  const events = eventOperations(t);
  const groups = groupOperations(t, appendAudit);
  const jobs = jobOperations(t, appendAudit);
  const state = stateOperations(t);
  const transaction = createCalls(driver, isThere);

  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closing: Promise<void> | undefined;
  let batch: WaitingEvent[] | undefined;

  function queue<T>(work: () => Promise<T>): Promise<T> {
    if (closing) return Promise.reject(new AssistantError('store-closed', 'The store is closed.'));
    if (waiting >= MAX_WAITING) return Promise.reject(overloaded());
    waiting += 1;
    // What comes after this must not be stored before it.
    batch = undefined;
    const done = tail.then(work).finally(() => {
      waiting -= 1;
    });
    tail = done.catch(() => undefined);
    return done;
  }

  /** Changes nothing, so it may be asked again. */
  const read = <A extends unknown[], T>(operation: (sql: Sql, ...args: A) => Promise<T>) => {
    return (...args: A) => queue(() => transaction((call) => operation(call, ...args), { isRepeatable: true }));
  };
  /** Sets what it is given: done twice it is as if it was done once. Its audit is not, and is looked up. */
  const set = <A extends unknown[], T>(operation: (call: Call, ...args: A) => Promise<T>) => {
    const rules = { isRepeatable: true, isUpsert: true };
    return (...args: A) => queue(() => transaction((call) => operation(call, ...args), rules));
  };
  /** Happens once or not at all. */
  const once = <A extends unknown[], T>(operation: (call: Call, ...args: A) => Promise<T>, rules: CallRules = {}) => {
    return (...args: A) => queue(() => transaction((call) => operation(call, ...args), rules));
  };

  async function storeEvents(taken: WaitingEvent[]): Promise<void> {
    const together = { isRepeatable: true, isUpsert: true };
    try {
      const stored = await transaction((call) => events.addEvents(call, taken), together);
      for (const [n, { resolve }] of taken.entries()) resolve(stored[n] as { id: number; isDuplicate: boolean });
    } catch (error) {
      if (taken.length === 1 || !(error instanceof AssistantError) || error.code !== 'store-failed') {
        for (const { reject } of taken) reject(error);
        // One that the server does not take keeps no other out.
      } else for (const each of taken) await storeEvents([each]);
    }
  }

  function addEvent(event: NewEvent, key = intakeKey(event)): Promise<{ id: number; isDuplicate: boolean }> {
    if (closing) return Promise.reject(new AssistantError('store-closed', 'The store is closed.'));
    if (waiting >= MAX_WAITING) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const each = { key, event, resolve, reject };
      if (batch && batch.length < EVENTS_AT_ONCE) {
        batch.push(each);
        waiting += 1;
        return;
      }
      const mine: WaitingEvent[] = [each];
      const stored = queue(async () => {
        if (batch === mine) batch = undefined;
        waiting -= mine.length - 1;
        await storeEvents(mine);
      });
      batch = mine;
      stored.catch(reject);
    });
  }

  return {
    addEvent,
    tryEvent: set(events.tryEvent),
    owedEvents: read(groups.owedEvents),
    liveGroups: read(groups.liveGroups),
    group: read(groups.group),
    saveGrouping: set(groups.saveGrouping),
    groupShown: set(groups.groupShown),
    groupEvents: read(groups.groupEvents),
    mutes: read(groups.mutes),
    backlog: read(groups.backlog),
    setting: read(state.setting),
    setSetting: set(state.setSetting),
    saveConversation: set(state.saveConversation),
    conversation: read(state.conversation),
    addConfirmation: once(jobs.addConfirmation),
    setConfirmationCard: set(jobs.setConfirmationCard),
    confirmation: read(jobs.confirmation),
    openConfirmations: read(jobs.openConfirmations),
    decide: once(jobs.decide),
    jobsOfConfirmation: read(jobs.jobsOfConfirmation),
    job: read(jobs.job),
    unfinishedJobs: read(jobs.unfinishedJobs),
    openJobs: read(jobs.openJobs),
    updateJob: set(jobs.updateJob),
    appendAudit: once(appendAudit),
    auditRows: read(auditRows),
    auditHead: read(auditHead),
    addUnknownPhrase: once(events.addUnknownPhrase),
    unknownPhrases: read(events.unknownPhrases),
    recentEvents: read(events.recentEvents),
    removeEvents: set(events.removeEvents),
    readState: read(state.readState),
    writeState: once(state.writeState, { isUpsert: true }),
    deleteState: set(state.deleteState),
    async close() {
      const last = tail;
      closing ??= last.then(release).then(() => driver.close());
      await closing;
    },
  };
}

const overloaded = () =>
  new AssistantError('store-overloaded', 'The store cannot keep up: too many writes are waiting.');
