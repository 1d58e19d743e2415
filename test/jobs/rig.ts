import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { RequestView } from '../../src/jobs/view.ts';
import { createLog } from '../../src/log.ts';
import type { AuditEntry, Job, JobChange } from '../../src/store/store.ts';
import { alex, pending } from '../store/samples.ts';

/** Lets everything run that waits for no timer. */
export const settle = async () => {
  for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

export const CONFIRMED_AT = 1_000;

/** A job of a request of its own, for a reboot now. */
export function job(id: string, device = 'hq-fw01', change: Partial<Job> = {}): Job {
  return {
    id,
    confirmation: pending({
      id: `c-${id}`,
      action: 'reboot',
      devices: [device],
      parameters: JSON.stringify({ at: null }),
      status: 'confirmed',
      decidedBy: alex,
      decidedAt: CONFIRMED_AT,
    }),
    device,
    status: 'queued',
    createdAt: CONFIRMED_AT,
    sentAt: null,
    endedAt: null,
    reportedAt: null,
    sentence: null,
    answer: null,
    evidence: null,
    ...change,
  };
}

/** One request for several devices. */
export function jobsFor(...devices: string[]): Job[] {
  const { confirmation } = job('many');
  return devices.map((device, n) => ({
    ...job(`j${n + 1}`, device),
    confirmation: { ...confirmation, id: 'c-many', devices },
  }));
}

interface RigOptions {
  left?: Job[];
  failOn?: (change: JobChange) => boolean;
  /** A change that comes too late: another process has carried this job out. */
  takenOn?: (change: JobChange) => boolean;
  /** When a change is durable. */
  until?: (change: JobChange) => Promise<void>;
  report?: () => unknown;
  show?: () => void;
  now?: () => number;
}

/**
 * A runner over a store in memory. `log` holds every durable step in order, with what the device was asked between;
 * `audit` the entries that were written with them.
 */
export function rig(connect: Connect, options: RigOptions = {}) {
  const log: string[] = [];
  const audit: AuditEntry[] = [];
  const ended: RequestView[] = [];
  const shown: RequestView[] = [];
  const rows = new Map((options.left ?? []).map((each) => [each.id, each]));
  const cutOff = new AbortController();
  const runner = new Runner({
    store: {
      updateJob: async (id, change, entries = [], only) => {
        if (only && options.takenOn?.(change)) throw new AssistantError('job-taken', 'taken');
        if (options.failOn?.(change)) throw new AssistantError('store-failed', 'The store failed: disk full');
        await options.until?.(change);
        const row = rows.get(id);
        if (row) rows.set(id, { ...row, ...change });
        audit.push(...entries);
        log.push(`${id} ${change.status ?? (change.reportedAt === undefined ? '?' : 'reported')}`);
      },
      unfinishedJobs: async () => [...rows.values()].filter(({ reportedAt }) => reportedAt === null),
      jobsOfConfirmation: async (id) => [...rows.values()].filter(({ confirmation }) => confirmation.id === id),
      job: async (id) => rows.get(id) ?? null,
    },
    connect,
    show: (view) => {
      shown.push(view);
      options.show?.();
    },
    report: async (view) => {
      ended.push(view);
      await options.report?.();
    },
    now: options.now ?? (() => 5_000),
    locale: 'en-gb',
    log: createLog('silent'),
    limitMs: 20 * 60_000,
    freshMs: 10 * 60_000,
    collections: 3,
    logs: () => Promise.reject(new Error('no logs are collected here')),
    cutOff: cutOff.signal,
  });
  const start = (...jobs: Job[]) => {
    for (const each of jobs) rows.set(each.id, each);
    return runner.start(jobs);
  };
  return { runner, start, rows, log, audit, ended, shown, cutOff };
}
