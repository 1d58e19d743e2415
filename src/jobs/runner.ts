import type { Outcome } from '../actions/action.ts';
import { actionNamed } from '../actions/index.ts';
import { AssistantError, sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NetconfSession } from '../netconf/session.ts';
import type { Job, JobStatus, Store } from '../store/store.ts';
import type { Connect } from './connect.ts';
import type { JobView } from './view.ts';

export interface RunnerOptions {
  store: Pick<Store, 'updateJob' | 'unfinishedJobs'>;
  connect: Connect;
  /** Shows a moment of the job; may skip moments when they come too fast. */
  show: (view: JobView) => void;
  /** Shows the end. Resolves when the card has it, or when it can never have it. */
  report: (view: JobView) => Promise<void>;
  now: () => number;
  locale: string;
  log: Log;
  /** How long a stop waits for jobs that are under way. Milliseconds. */
  stopMs: number;
  /** Aborted when that time is over: it ends sessions and the waits of `report`. */
  cutOff: AbortController;
}

/**
 * Carries out confirmed jobs: one at a time per device, everything noted before it happens. A job is run once.
 * After a restart nothing is repeated: what was not sent is given up, what was sent is unknown.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #queues = new Map<string, Promise<void>>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Takes a stored job; the one before it on the same device ends first. */
  start(job: Job): void {
    const action = actionNamed(job.confirmation.action);
    const device = action.device(job.confirmation.parameters);
    const earlier = this.#queues.get(device) ?? Promise.resolve();
    const mine = earlier.then(() => this.#carryOut(job));
    this.#queues.set(device, mine);
    void mine.finally(() => {
      if (this.#queues.get(device) === mine) this.#queues.delete(device);
    });
  }

  /** Ends what an earlier process left open, and shows each end that nobody was shown. */
  async recover(): Promise<void> {
    for (const job of await this.#options.store.unfinishedJobs()) {
      this.#options.log.warn({ job: job.id, status: job.status }, 'job left behind by an earlier run');
      const ended = job.endedAt === null ? await this.#end(job, leftBehind(job.status)) : job;
      void this.#report(ended, []);
    }
  }

  /** Waits for jobs under way, then cuts their sessions; their rows tell the next start how far they came. */
  async stop(): Promise<void> {
    const all = Promise.all(this.#queues.values());
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, this.#options.stopMs);
    });
    await Promise.race([all, limit]);
    clearTimeout(timer);
    this.#options.cutOff.abort(new AssistantError('stopping', 'The assistant is stopping.'));
    await all;
  }

  async #carryOut(job: Job): Promise<void> {
    const { store, connect, show, now, locale, log } = this.#options;
    const { action: name, parameters, zone } = job.confirmation;
    const action = actionNamed(name);
    const device = action.device(parameters);
    const steps: string[] = [];
    let session: NetconfSession | undefined;
    let current: Job = job;
    const view = (doing: string | null): JobView => ({
      job: current,
      headline: action.headline(parameters, 'running'),
      steps: [...steps],
      doing,
    });
    const note = async (status: JobStatus, sentAt: number | null) => {
      await store.updateJob(job.id, { status, sentAt });
      current = { ...current, status, sentAt };
    };

    let outcome: Outcome;
    try {
      await note('running', null);
      log.info({ job: job.id, action: name, device, by: job.confirmation.decidedBy?.name }, 'job started');
      show(view(`Connecting to ${device}`));
      outcome = await action.run(parameters, {
        connect: async () => {
          const connected = await connect(device, this.#options.cutOff.signal);
          session = connected.session;
          return connected;
        },
        sending: async () => {
          this.#options.cutOff.signal.throwIfAborted();
          await note('sent', now());
          log.info({ job: job.id, action: name, device }, 'command is being sent');
        },
        progress: (done, doing) => {
          steps.push(done);
          show(view(doing));
        },
        now,
        reader: { zone, locale },
      });
    } catch (error) {
      log.warn({ job: job.id, device, err: error }, 'job failed');
      outcome = failed(device, current.sentAt !== null, error);
    }
    await session?.close();
    const ended = await this.#end(current, outcome).catch((error: unknown) => {
      log.error({ job: job.id, device, outcome, err: error }, 'the end of the job could not be stored');
      return { ...current, ...outcome, endedAt: now() };
    });
    await this.#report(ended, steps);
  }

  async #end(job: Job, { status, sentence, answer }: Outcome): Promise<Job> {
    const { store, now, log } = this.#options;
    const endedAt = now();
    await store.updateJob(job.id, { status, sentence, answer, endedAt });
    log.info({ job: job.id, status, sentence, answer }, 'job ended');
    return { ...job, status, sentence, answer, endedAt };
  }

  async #report(job: Job, steps: string[]): Promise<void> {
    const { store, report, now, log } = this.#options;
    const { action, parameters } = job.confirmation;
    try {
      // Inside: a job that a later version left behind may be of an action this one does not know.
      const headline = actionNamed(action).headline(parameters, job.status as Outcome['status']);
      await report({ job, headline, steps, doing: null });
      await store.updateJob(job.id, { reportedAt: now() });
    } catch (error) {
      log.error({ job: job.id, err: error }, 'the result could not be shown; it is tried again at the next start');
    }
  }
}

function failed(device: string, wasSent: boolean, error: unknown): Outcome {
  const why = sentenceOf(error);
  if (wasSent) {
    const sentence = `The command was sent to ${device}, but what came of it is unknown: ${why} Look at the device before asking again.`;
    return { status: 'unknown', sentence, answer: null };
  }
  const sentence = why.includes('Nothing was sent') ? why : `${why} Nothing was sent to ${device}.`;
  return { status: 'failed', sentence, answer: null };
}

function leftBehind(status: JobStatus): Outcome {
  return status === 'sent'
    ? {
        status: 'unknown',
        sentence:
          'The assistant was restarted after the command was sent and before the answer came. It was not sent again. Look at the device (show system uptime, show system reboot) before asking again.',
        answer: null,
      }
    : {
        status: 'failed',
        sentence:
          'The assistant was restarted before the command was sent. Nothing was sent to the device. Ask again if it is still wanted.',
        answer: null,
      };
}
