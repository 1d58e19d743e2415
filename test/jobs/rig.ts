import { AssistantError } from '../../src/errors.ts';
import type { Connect } from '../../src/jobs/connect.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { JobView } from '../../src/jobs/view.ts';
import { createLog } from '../../src/log.ts';
import type { Job, JobChange } from '../../src/store/store.ts';
import { alex, pending } from '../store/samples.ts';

/** Lets everything run that waits for no timer. */
export const settle = async () => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

export function job(id: string, device = 'hq-fw01', change: Partial<Job> = {}): Job {
  return {
    id,
    confirmation: pending({
      id: `c-${id}`,
      parameters: JSON.stringify({ device, at: null }),
      status: 'confirmed',
      decidedBy: alex,
      decidedAt: 1_000,
    }),
    status: 'queued',
    createdAt: 1_000,
    sentAt: null,
    endedAt: null,
    reportedAt: null,
    sentence: null,
    answer: null,
    ...change,
  };
}

interface RigOptions {
  left?: Job[];
  failOn?: (change: JobChange) => boolean;
  /** When a change is durable. */
  until?: (change: JobChange) => Promise<void>;
  report?: () => unknown;
}

/** A runner over a store in memory. `log` holds every durable step in order, with what the device was asked between. */
export function rig(connect: Connect, options: RigOptions = {}) {
  const log: string[] = [];
  const ended: JobView[] = [];
  const shown: JobView[] = [];
  const cutOff = new AbortController();
  const runner = new Runner({
    store: {
      updateJob: async (id, change) => {
        if (options.failOn?.(change)) throw new AssistantError('store-failed', 'The store failed: disk full');
        await options.until?.(change);
        log.push(`${id} ${change.status ?? (change.reportedAt === undefined ? '?' : 'reported')}`);
      },
      unfinishedJobs: async () => options.left ?? [],
    },
    connect,
    show: (view) => shown.push(view),
    report: async (view) => {
      ended.push(view);
      await options.report?.();
    },
    now: () => 5_000,
    locale: 'en-gb',
    log: createLog('silent'),
    cutOff: cutOff.signal,
  });
  return { runner, log, ended, shown, cutOff };
}
