/**
 * What went wrong between here and the server, as far as it decides what may be done next. Numbers are SQL Server's
 * (sys.messages), codes are tedious' and mssql's.
 */
export type FaultKind =
  /** Rolled back by the server for somebody else's sake: the same may be asked again. */
  | 'deadlock'
  /** A row of that key is there already. */
  | 'duplicate'
  /** The connection is gone or was never made. What was under way may have happened. */
  | 'lost'
  /** No answer in time. What was under way may still happen. */
  | 'timeout'
  /** The server refuses this login, or has no such database for it. */
  | 'login'
  /** The server refuses the statement. */
  | 'failed';

/** Deadlock, lock time-out, update conflict of snapshot isolation; serialization failure and lock as Babelfish says them. */
const DEADLOCKS = new Set([1205, 1222, 3960]);
const DUPLICATES = new Set([2601, 2627]);
/** Shutting down, not open yet, moved to another node, over its limits for the moment. */
const GONE = new Set([
  ...[233, 596, 921, 983, 6005, 10053, 10054, 10060, 10928, 10929, 17142, 40197, 40501, 40613, 49918],
  // Out of memory, locks, disk or log; a database that is read-only or not open; a replica. Nothing was stored.
  ...[701, 802, 8645, 8651, 1204, 1105, 9002, 3906, 922, 924, 927, 942, 945, 952, 976, 978, 979, 10936, 49919, 49920],
]);
const LOST = new Set([
  'ESOCKET',
  'ECONNCLOSED',
  'ENOTOPEN',
  'ENOCONN',
  'EINSTLOOKUP',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECLOSE',
  'EINVALIDSTATE',
]);
const LOGINS = new Set([4060, 18452, 18456, 18470, 18486, 18487, 18488]);

interface DriverError {
  name?: unknown;
  code?: unknown;
  number?: unknown;
  cause?: unknown;
  originalError?: unknown;
}

export function faultOf(error: unknown): FaultKind {
  for (let each = error as DriverError | undefined, depth = 0; each && depth < 5; depth += 1) {
    const { code, number, name } = each;
    // No connection of the pool came free in time.
    if (name === 'TimeoutError') return 'lost';
    if (typeof number === 'number') {
      if (DEADLOCKS.has(number)) return 'deadlock';
      if (DUPLICATES.has(number)) return 'duplicate';
      if (GONE.has(number)) return 'lost';
      if (LOGINS.has(number)) return 'login';
    }
    if (code === 'ETIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
    if (code === 'ELOGIN') return 'login';
    if (typeof code === 'string' && LOST.has(code)) return 'lost';
    each = (each.originalError ?? each.cause) as DriverError | undefined;
  }
  return 'failed';
}
