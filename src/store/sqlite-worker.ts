import { existsSync, realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './sqlite-migrations.ts';
import { operations } from './sqlite-operations.ts';
import type { Store } from './store.ts';

/**
 * The store's own thread. Requests that arrive while the disk is busy are answered by one common
 * commit (group commit): a single fsync makes all of them durable, and the answers leave after it.
 */
export type Request = { id: number; name: string; args: unknown[] };
export type Response = { id: number; result: unknown } | { id: number; error: { message: string; code?: string } };

const port = parentPort;
if (!port) throw new Error('This file is the store worker and runs in a thread only.');
const { file } = workerData as { file: string };
const SQLITE_BUSY = 5;

// A second process on the same file would run every job and post every card twice. The lock is a file of
// its own so that the store can still be read by others; the system frees it when this process dies.
// Beside the real file, so that another name for it (a symbolic link) finds the same lock.
const lock = new DatabaseSync(`${existsSync(file) ? realpathSync(file) : file}.lock`);
try {
  lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
} catch (error) {
  const isBusy = (error as { errcode?: number }).errcode === SQLITE_BUSY;
  throw isBusy ? Object.assign(new Error('store is in use', { cause: error }), { code: 'store-in-use' }) : error;
}

const db = new DatabaseSync(file);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000');
migrate(db, Date.now());
const perform = operations(db) as Record<string, (...args: unknown[]) => unknown>;

/** They change nothing, and are asked for while somebody waits. */
const READS = new Set<string>([
  'openJobs',
  'job',
  'jobsOfConfirmation',
  'confirmation',
  'openConfirmations',
  'conversation',
  'setting',
  'readState',
  'recentEvents',
] satisfies (keyof Store)[]);

let batch: Request[] = [];

port.on('message', (message: Request | 'close') => {
  if (message === 'close') {
    commit();
    db.close();
    lock.close();
    port.close();
    return;
  }
  batch.push(message);
  // Everything already waiting in the port is delivered before this runs, and joins the commit.
  if (batch.length === 1) setImmediate(commit);
});

function commit(): void {
  const requests = batch;
  batch = [];
  // A read that no write is in front of has nothing to wait for, and does not wait for the disk.
  const first = requests.findIndex(({ name }) => !READS.has(name));
  for (const request of requests.splice(0, first < 0 ? requests.length : first)) port?.postMessage(one(request));
  if (requests.length === 0) return;
  let answers: Response[];
  try {
    db.exec('BEGIN IMMEDIATE');
    answers = requests.map(one);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    answers = requests.map(({ id }) => ({ id, error: describe(error) }));
  }
  for (const answer of answers) port?.postMessage(answer);
}

/** One request in a savepoint, so that its failure undoes nothing of its neighbours. */
function one({ id, name, args }: Request): Response {
  db.exec('SAVEPOINT one');
  try {
    const result = perform[name]?.(...args);
    db.exec('RELEASE one');
    return { id, result };
  } catch (error) {
    db.exec('ROLLBACK TO one; RELEASE one');
    return { id, error: describe(error) };
  }
}

function describe(error: unknown): { message: string; code?: string } {
  const { message, code } = error as Error & { code?: string };
  return code === undefined ? { message } : { message, code };
}

port.postMessage({ id: 0, result: 'ready' } satisfies Response);
