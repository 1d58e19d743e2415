import type { Outcome } from '../actions/action.ts';
import { actionNamed } from '../actions/index.ts';
import { sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { NetconfError } from '../netconf/errors.ts';
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
  /** Aborted when a stop has waited long enough: it ends sessions; their rows tell the next start how far they came. */
  cutOff: AbortSignal;
}

/**
 * Carries out confirmed jobs: one at a time per device, everything noted before it happens. A job is run once.
 * After a restart nothing is repeated: what was not sent is given up, what was sent is unknown.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #queues = new Map<string, Promise<void>>();
  readonly #tasks = new Set<Promise<void>>();

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
    this.#track(
      mine.finally(() => {
        if (this.#queues.get(device) === mine) this.#queues.delete(device);
      }),
    );
  }

  /** Ends what an earlier process left open, and shows each end that nobody was shown. */
  async recover(): Promise<void> {
    const { store, log } = this.#options;
    for (const job of await store.unfinishedJobs()) {
      log.warn({ job: job.id, status: job.status }, 'job left behind by an earlier run');
      try {
        const ended = job.endedAt === null ? await this.#end(job, leftBehind(job.status)) : job;
        this.#track(this.#report(ended, []));
      } catch (error) {
        // One row that cannot be read or written must not keep the others, and the bot, from starting.
        log.error({ job: job.id, err: error }, 'job of an earlier run cannot be ended');
      }
    }
  }

  /** Resolves when every job has ended and its end is shown, or `cutOff` has ended the wait for that. */
  async stop(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
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
          const connected = await connect(device, this.#options.cutOff);
          session = connected.session;
          return connected;
        },
        sending: async () => {
          this.#options.cutOff.throwIfAborted();
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
      // "sent" is noted before; the session knows when the command never left after all.
      const wasSent = current.sentAt !== null && !(error instanceof NetconfError && !error.sent);
      outcome = failed(device, wasSent, error);
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
