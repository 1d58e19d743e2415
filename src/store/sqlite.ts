import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AssistantError } from '../errors.ts';
import type { Request, Response } from './sqlite-worker.ts';
import type { Store } from './store.ts';

/** Calls that may wait for the disk at once. Beyond it a call is refused, so that a dead disk cannot fill memory. */
const MAX_WAITING = 10_000;

const METHODS = [
  'addEvent',
  'tryEvent',
  'owedEvents',
  'liveGroups',
  'group',
  'saveGrouping',
  'groupShown',
  'groupEvents',
  'mutes',
  'backlog',
  'setting',
  'setSetting',
  'saveConversation',
  'conversation',
  'addConfirmation',
  'setConfirmationCard',
  'confirmation',
  'openConfirmations',
  'decide',
  'jobsOfConfirmation',
  'job',
  'unfinishedJobs',
  'openJobs',
  'updateJob',
  'appendAudit',
  'auditRows',
  'auditHead',
  'addUnknownPhrase',
  'unknownPhrases',
  'recentEvents',
  'removeEvents',
  'readState',
  'writeState',
  'deleteState',
] as const satisfies (keyof Store)[];

type Waiting = { resolve: (value: never) => void; reject: (error: Error) => void };

/**
 * Opens the SQLite store at `file`, making the folder and the tables when they are missing.
 * Throws AssistantError `store-in-use` (another process has it) or `store-unusable`.
 */
export async function openSqliteStore(file: string): Promise<Store> {
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
    throw new AssistantError('store-unusable', `The folder of the store ${file} cannot be made.`, { cause: error });
  });
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    workerData: { file },
    // What comes and goes is small: freed early, it does not pile up to tens of megabytes.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let broken: Error | undefined;

  const ready = new Promise<void>((resolve, reject) => waiting.set(0, { resolve: () => resolve(), reject }));
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const fail = (error: Error) => {
    broken = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', (error: Error & { code?: string }) => {
    const sentence =
      error.code === 'store-in-use'
        ? `Another process is using the store ${file}. Stop it first: two would run every job twice.`
        : `The store ${file} cannot be used: ${error.message}`;
    fail(new AssistantError(error.code === 'store-in-use' ? error.code : 'store-unusable', sentence, { cause: error }));
  });
  worker.on('exit', () => fail(broken ?? new AssistantError('store-closed', 'The store is closed.')));
  worker.on('message', (answer: Response) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) {
      const { code, message } = answer.error;
      call?.reject(new AssistantError(code ?? 'store-failed', `The store failed: ${message}`));
    } else call?.resolve(answer.result as never);
  });

  const call = (name: string, args: unknown[]) =>
    new Promise<never>((resolve, reject) => {
      if (broken) return reject(broken);
      if (waiting.size >= MAX_WAITING) {
        return reject(new AssistantError('store-overloaded', 'The store cannot keep up: too many writes are waiting.'));
      }
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      worker.postMessage({ id: lastId, name, args } satisfies Request);
    });

  await ready.catch(async (error: unknown) => {
    // The error arrives while the thread still has the file open; who is told may try again at once.
    await exited;
    throw error;
  });
  const methods = Object.fromEntries(METHODS.map((name) => [name, (...args: unknown[]) => call(name, args)]));
  const close = async () => {
    if (!broken) worker.postMessage('close');
    await exited;
  };
  return { ...(methods as unknown as Omit<Store, 'close'>), close };
}
