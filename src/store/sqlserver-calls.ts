import { setTimeout as pause } from 'node:timers/promises';
import { AssistantError } from '../errors.ts';
import { type FaultKind, faultOf } from './sqlserver-fault.ts';
import { CommitError, type Driver, type Sql } from './sqlserver-sql.ts';
import type { AuditHead } from './store.ts';

/** Tries in all, for what the server rolled back. */
const TRIES = 5;
/** And of a server that is gone: another connection may do better, and whoever waits is told soon. */
const CONNECTIONS = 2;
const FIRST_PAUSE_MS = 20;

/** A transaction of the store: its statements, and the audit entry it ended with. */
export interface Call extends Sql {
  /** Set by the audit: with it, whether a commit happened can be looked up afterwards. */
  audited?: AuditHead;
}

export interface CallRules {
  /** Done twice it is as if it was done once: what may have happened may be asked again. */
  isRepeatable?: boolean;
  /** It makes rows that it may find there: made meanwhile by somebody else, it sees them the next time. */
  isUpsert?: boolean;
}

type Outcome<T> =
  | { isDone: true; result: T | undefined; wasThere: boolean }
  | { isDone: false; error: unknown; fault: FaultKind; isInDoubt: boolean; call: Call; result: { result: T } | null };

/**
 * Runs transactions and repeats those that may be: rolled back by the server, never begun, or harmless to repeat. Of a
 * commit without an answer the audit tells whether it happened. What stays unknown is said, and never repeated.
 */
export function createCalls(driver: Driver, isThere: (sql: Sql, head: AuditHead) => Promise<boolean>) {
  async function attempt<T>(work: (call: Call) => Promise<T>, before: Call | null): Promise<Outcome<T>> {
    const call: Call = { ask: () => Promise.reject(new Error('The transaction has not begun.')) };
    let found: { result: T } | null = null;
    try {
      const result = await driver.transaction(async (sql) => {
        // What was in doubt holds the audit's lock until the server has decided on it.
        if (before?.audited && (await isThere(sql, before.audited))) return undefined;
        call.ask = sql.ask;
        found = { result: await work(call) };
        return found.result;
      });
      return { isDone: true, result, wasThere: found === null };
    } catch (error) {
      const fault = faultOf(error);
      const isInDoubt = error instanceof CommitError && (fault === 'lost' || fault === 'timeout' || fault === 'failed');
      return { isDone: false, error, fault, isInDoubt, call, result: found as { result: T } | null };
    }
  }

  return async function transaction<T>(work: (call: Call) => Promise<T>, rules: CallRules = {}): Promise<T> {
    let doubt: { call: Call; result: T } | null = null as { call: Call; result: T } | null;
    for (let tried = 1; ; tried += 1) {
      const outcome: Outcome<T> = await attempt(work, doubt?.call ?? null);
      if (outcome.isDone) {
        if (outcome.wasThere && doubt) return doubt.result;
        return outcome.result as T;
      }
      const { error, fault, isInDoubt, call, result }: Extract<Outcome<T>, { isDone: false }> = outcome;
      if (isInDoubt && result) doubt = { call, result: result.result };
      const isDecidable = doubt === null || doubt.call.audited !== undefined || rules.isRepeatable === true;
      if (
        !isDecidable ||
        tried >= (fault === 'lost' && doubt === null ? CONNECTIONS : TRIES) ||
        !mayRepeat(fault, isInDoubt, rules)
      )
        throw sentenceFor(error, fault, doubt !== null);
      await pause(FIRST_PAUSE_MS * 2 ** tried * (0.5 + Math.random() / 2));
    }
  };
}

function mayRepeat(
  fault: FaultKind,
  isInDoubt: boolean,
  { isUpsert = false, isRepeatable = false }: CallRules,
): boolean {
  // In doubt it was decided before this: the audit tells, or it may be done twice.
  if (isInDoubt || fault === 'deadlock') return true;
  // Without COMMIT a lost connection has changed nothing.
  if (fault === 'lost') return true;
  return (fault === 'duplicate' && isUpsert) || (fault === 'timeout' && isRepeatable);
}

/** The error for whoever asked. Without the server's own words, which may quote values; they stay the cause. */
export function sentenceFor(error: unknown, fault: FaultKind, isInDoubt: boolean): unknown {
  if (error instanceof AssistantError) return error;
  const fail = (code: string, sentence: string) => new AssistantError(code, sentence, { cause: error });
  if (isInDoubt)
    return fail(
      'store-outcome-unknown',
      'The SQL Server did not say whether it stored this. Look before you try again.',
    );
  switch (fault) {
    case 'lost':
      return fail('store-unreachable', 'The SQL Server cannot be reached. Try again when it is back.');
    case 'timeout':
      return fail('store-unreachable', 'The SQL Server does not answer in time. Try again later.');
    case 'login':
      return fail('store-unreachable', 'The SQL Server refuses the login or has no such database. Check MSSQL_URL.');
    case 'deadlock':
      return fail('store-busy', 'The SQL Server is busy with the same rows. Try again.');
    case 'duplicate':
      return fail('store-duplicate', 'The store has an entry of that key already.');
    case 'failed':
      return fail('store-failed', `The store failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
