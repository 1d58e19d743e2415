import { setTimeout as delay } from 'node:timers/promises';
import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuditEntry, Job, JobChange, JobCondition, Store } from '../store/store.ts';
import type { DeviceView } from './view.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

/** The assistant stops: what is stored is what the next start goes on from. */
export class Stopping extends AssistantError {
  constructor() {
    super('stopping', 'The assistant is stopping.');
  }
}

/** The log of one job: which it is, and for whom. */
export function jobLog(log: Log, { id, device, confirmation }: Job): Log {
  const { action, conversationId, askedBy, decidedBy } = confirmation;
  const person = (decidedBy ?? askedBy).name;
  return log.child({ job: id, confirmation: confirmation.id, action, device, conversation: conversationId, person });
}

/** Another process has carried this job out, or ended it; it is that one's. */
export const isTaken = (error: unknown): boolean => error instanceof AssistantError && error.code === 'job-taken';

export interface JobRowsOptions {
  store: Pick<Store, 'updateJob'>;
  now: () => number;
  log: Log;
  /** Ends the tries to store something. */
  stopping: AbortSignal;
}

/** What is stored of the jobs under way: each change with its entry in the audit, in three strengths. */
export class JobRows {
  readonly #options: JobRowsOptions;

  constructor(options: JobRowsOptions) {
    this.#options = options;
  }

  /**
   * Before something happens: it throws when it cannot be stored, and then nothing may happen. With `only` it
   * throws AssistantError `job-taken` as well, when another process was before.
   */
  async change(view: DeviceView, change: JobChange, audit: AuditEntry[], only?: JobCondition): Promise<void> {
    await this.#options.store.updateJob(view.job.id, change, audit, only);
    view.job = { ...view.job, ...change };
  }

  /**
   * Tries until it is stored: an end that is told and not stored would be taken for a job that goes on by the next
   * start. Throws Stopping when the assistant stops before that; then nobody was told. With `only`, `job-taken`.
   */
  async changeAtLast(view: DeviceView, change: JobChange, audit: AuditEntry[], only?: JobCondition): Promise<void> {
    const { log, stopping } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.change(view, change, audit, only);
      } catch (error) {
        if (isTaken(error)) throw error;
        jobLog(log, view.job).error({ ...change, err: error }, 'the end cannot be stored, trying again');
        const ms = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
        await delay(ms, undefined, { signal: stopping }).catch(() => {
          throw new Stopping();
        });
      }
    }
  }

  /** For what has happened already: a store that fails does not undo it, and the person is told all the same. */
  async changeIfPossible(view: DeviceView, change: JobChange, audit: AuditEntry[]): Promise<void> {
    try {
      await this.change(view, change, audit);
    } catch (error) {
      jobLog(this.#options.log, view.job).error(
        { ...change, err: error },
        'what became of the job could not be stored',
      );
      view.job = { ...view.job, ...change };
    }
  }

  /** An entry about a job; `of` adds what is special about it. */
  auditOf({ job }: DeviceView, kind: AuditEntry['kind'], of: Partial<AuditEntry>): AuditEntry {
    const { confirmation, device, id } = job;
    return {
      at: this.#options.now(),
      kind,
      person: null,
      conversationId: confirmation.conversationId,
      text: null,
      intent: null,
      action: confirmation.action,
      devices: [device],
      confirmationId: confirmation.id,
      jobId: id,
      rpc: null,
      result: null,
      detail: null,
      ...of,
    };
  }
}
