import type { Collection, LogSettings, Outcome } from '../actions/action.ts';
import { sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NetconfSession } from '../netconf/session.ts';
import type { Connect } from './connect.ts';
import { type JobRows, jobLog, Stopping } from './job-rows.ts';
import { Queues, Slots } from './queues.ts';
import { SharedWork } from './shared-work.ts';
import type { DeviceView } from './view.ts';

export interface CollectionsOptions {
  connect: Connect;
  rows: JobRows;
  /** Ends every collection: they begin anew after the next start. */
  stopping: AbortSignal;
  /** Ends what they still do then. */
  cutOff: AbortSignal;
  now: () => number;
  locale: string;
  log: Log;
  /** Collections at once. */
  most: number;
  logs: () => Promise<LogSettings>;
}

/** One device of a request whose action collects something. */
export interface CollectionJob {
  view: DeviceView;
  work: Collection;
  /** Shows where it is. */
  show: () => void;
}

/**
 * Carries out what only reads from devices, for minutes: so many at once, one for each device, and beside the queue of
 * commands, which it must not hold up. Who asks for what is under way takes part in it.
 */
export class Collections {
  readonly #options: CollectionsOptions;
  readonly #shared = new SharedWork<CollectionJob, Outcome>();
  readonly #queues = new Queues();
  readonly #slots: Slots;
  readonly #begun = new WeakSet<CollectionJob>();
  /** What was noted last of each that is under way, from before it is stored on. */
  readonly #noted = new Map<string, string>();
  /** Those that run, and those that wait for their turn. */
  #under = 0;

  constructor(options: CollectionsOptions) {
    this.#options = options;
    this.#slots = new Slots(options.most);
  }

  /** Its end. Throws Stopping when the assistant stops first. */
  async run(job: CollectionJob): Promise<Outcome> {
    const { rows } = this.#options;
    const { view } = job;
    const key = keyOf(job);
    const [first] = this.#shared.members(key);
    if (first) {
      const who = first.view.job.confirmation.decidedBy?.name ?? 'somebody';
      view.steps.push(`Takes part in what ${who} asked for`, ...first.view.steps);
      view.doing = first.view.doing;
    }
    const mine = this.#shared.join(key, job, (signal) => this.#whenItsTurn(key, job, signal));
    // What is on the device has to be known to every job that may be the one that is left.
    const evidence = first ? { evidence: this.#noted.get(key) ?? first.view.job.evidence } : {};
    await rows.changeIfPossible(view, { status: 'running', ...evidence }, []);
    job.show();
    return await mine;
  }

  /** Ends one's part in it; false when it has none any more. */
  cancel(view: DeviceView, by: string): boolean {
    const job = this.#jobOf(view);
    if (!job) return false;
    const isLast = this.#shared.members(keyOf(job)).length === 1;
    const here: Outcome = {
      status: 'cancelled',
      sentence: `${by} cancelled it here. It goes on for others who asked for it.`,
      answer: null,
    };
    const isLeaving = this.#shared.leave(job, here, ({ status, sentence, answer }) =>
      // It may have come to its end in the same moment.
      status === 'done'
        ? { status, sentence, answer }
        : { status: 'cancelled', sentence: `${by} cancelled it. ${sentence}`.trim(), answer },
    );
    if (isLeaving && isLast) {
      view.doing = 'Cancelling, and removing what was made';
      job.show();
    }
    return isLeaving;
  }

  #jobOf(view: DeviceView): CollectionJob | undefined {
    return this.#shared.all().find((job) => job.view === view);
  }

  #whenItsTurn(key: string, job: CollectionJob, signal: AbortSignal): Promise<Outcome> {
    const { device } = job.view.job;
    const { most } = this.#options;
    if (this.#queues.isBusy(device) || this.#under >= most) {
      job.view.doing = this.#queues.isBusy(device)
        ? 'Waiting for the collection before it'
        : `Waiting: ${most} collections are under way`;
    }
    this.#under += 1;
    const turn = new Promise<Outcome>((resolve, reject) => {
      const work = () => this.#slots.run(() => this.#carryOut(key, job, signal)).then(resolve, reject);
      void this.#queues.add(device, work);
      // Who waits is not kept waiting for the end. What an earlier run left on the device still takes its turn.
      signal.addEventListener('abort', () => !this.#begun.has(job) && hasLeftNothing(job) && resolve(notBegun(device)));
    });
    return turn.finally(() => {
      this.#under -= 1;
    });
  }

  async #carryOut(key: string, job: CollectionJob, cancelled: AbortSignal): Promise<Outcome> {
    const { view, work } = job;
    const { connect, rows, stopping, cutOff, logs, now, locale } = this.#options;
    const { device, confirmation, evidence } = view.job;
    const log = jobLog(this.#options.log, view.job);
    const signal = AbortSignal.any([cancelled, stopping]);
    const sessions: NetconfSession[] = [];
    const all = () => this.#shared.members(key);
    if (stopping.aborted) throw new Stopping();
    if (cancelled.aborted && hasLeftNothing(job)) return notBegun(device);
    this.#begun.add(job);
    try {
      log.info('job started');
      const outcome = await work.collect(confirmation.parameters, {
        device,
        readLogs: logs,
        connect: async (of = signal) => {
          const connected = await connect(device, AbortSignal.any([of, cutOff]));
          sessions.push(connected.session);
          return connected;
        },
        signal,
        left: evidence === null ? null : JSON.parse(evidence),
        note: async (left) => {
          const noted = JSON.stringify(left);
          this.#noted.set(key, noted);
          for (const each of all()) await rows.change(each.view, { evidence: noted }, []);
        },
        progress: (done, doing) => {
          for (const each of all()) {
            if (done !== null) each.view.steps.push(done);
            each.view.doing = doing;
            each.show();
          }
        },
        now,
        reader: { zone: confirmation.zone, locale },
      });
      if (stopping.aborted && outcome.status === 'cancelled' && !cancelled.aborted) throw new Stopping();
      return outcome;
    } catch (error) {
      if (stopping.aborted) throw new Stopping();
      log.warn({ err: error }, cancelled.aborted ? 'collection cancelled' : 'collection failed');
      return { status: 'failed', sentence: sentenceOf(error), answer: null };
    } finally {
      this.#noted.delete(key);
      await Promise.all(sessions.map((session) => session.close()));
    }
  }
}

const hasLeftNothing = ({ view }: CollectionJob) => view.job.evidence === null;

const notBegun = (device: string): Outcome => ({
  status: 'cancelled',
  sentence: `Nothing was begun on ${device}.`,
  answer: null,
});

/** The same of the same device is the same work. */
const keyOf = ({ view: { job } }: CollectionJob) =>
  JSON.stringify([job.device, job.confirmation.action, job.confirmation.parameters]);
