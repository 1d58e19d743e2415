import { setMaxListeners } from 'node:events';
import type { AnyAction, Command, Connected, Outcome, Pending, Worked } from '../actions/action.ts';
import type { JobVerb } from '../actions/confirmations.ts';
import { actionNamed } from '../actions/index.ts';
import { sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { NetconfError } from '../netconf/errors.ts';
import type { RpcSession } from '../netconf/operation.ts';
import type { NetconfSession } from '../netconf/session.ts';
import type { AuditEntry, Confirmation, Job, JobChange, Store } from '../store/store.ts';
import { Collections, type CollectionsOptions } from './collections.ts';
import type { Connect } from './connect.ts';
import { isTaken, JobRows, jobLog, Stopping } from './job-rows.ts';
import { Nudges } from './nudges.ts';
import { Queues, Slots } from './queues.ts';
import { type DeviceView, type RequestButton, type RequestView, stateOf } from './view.ts';

export interface RunnerOptions {
  store: Pick<Store, 'updateJob' | 'unfinishedJobs' | 'jobsOfConfirmation' | 'job'>;
  connect: Connect;
  /** Shows a moment of the request; may skip moments when they come too fast. */
  show: (view: RequestView) => void;
  /** Shows the end. Resolves when the card has it, or when it can never have it. */
  report: (view: RequestView) => Promise<void>;
  now: () => number;
  locale: string;
  log: Log;
  /** How long a device may take to come back. Milliseconds. */
  limitMs: number;
  /** How long after its click a job that was not sent yet still goes on after a restart. Milliseconds. */
  freshMs: number;
  /** Collections at once. */
  collections: number;
  logs: CollectionsOptions['logs'];
  /** Counted for whoever watches. */
  onEnd?: (action: string, result: string) => void;
  /** Around the work on a device, and around following it. */
  around?: <T>(step: 'job' | 'follow', job: Job, work: () => Promise<T>) => Promise<T>;
  /** Aborted when a stop has waited long enough: it ends sessions; their rows tell the next start how far they came. */
  cutOff: AbortSignal;
}

/** Devices that are worked on at once, and those that are looked at at once. */
const PARALLEL = 10;
/** A look at a device that is on its way up. */
const LOOK_MS = 45_000;

interface Request {
  confirmation: Confirmation;
  action: AnyAction;
  devices: DeviceView[];
  /** Its end is being shown. */
  isReporting: boolean;
}

/**
 * Carries out confirmed jobs: one at a time per device, everything noted before it happens, a command sent once.
 * A job whose command is with the device is followed until its end is known. After a restart what was not sent goes
 * on, and what was sent is looked at on the device.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #requests = new Map<string, Request>();
  readonly #queues = new Queues();
  readonly #working = new Slots(PARALLEL);
  readonly #looking = new Slots(PARALLEL);
  readonly #tasks = new Set<Promise<void>>();
  /** Ends every wait for a device: they go on after the next start. */
  readonly #stopping = new AbortController();
  /** Jobs that another process has carried out or ended. */
  readonly #taken = new Set<DeviceView>();
  readonly #nudges = new Nudges();
  readonly #rows: JobRows;
  readonly #collections: Collections;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const stopping = this.#stopping.signal;
    this.#rows = new JobRows({ ...options, stopping });
    this.#collections = new Collections({ ...options, rows: this.#rows, stopping, most: options.collections });
    // Each device that is waited for listens to it.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Takes the stored jobs of one confirmation and shows them. */
  start(jobs: Job[]): RequestView | null {
    const request = this.#take(jobs);
    if (!request) return null;
    for (const view of request.devices) this.#enqueue(request, view);
    return this.#viewOf(request);
  }

  /** Goes on where an earlier process stopped, and shows each end that nobody was shown. */
  async recover(): Promise<void> {
    const { store, log } = this.#options;
    const left = new Set((await store.unfinishedJobs()).map(({ confirmation }) => confirmation.id));
    for (const id of left) {
      try {
        const request = this.#take(await store.jobsOfConfirmation(id));
        if (request) await this.#goOn(request);
      } catch (error) {
        // One row that cannot be read or written must not keep the others, and the bot, from starting.
        log.error({ confirmation: id, err: error }, 'request of an earlier run cannot go on');
      }
    }
  }

  /** Looks once more at a device whose job ended without a known or a good end. Null when there is nothing to look at. */
  async lookAgain(jobId: string): Promise<RequestView | null> {
    const { store } = this.#options;
    const job = await store.job(jobId);
    if (!job || !canLookAgain(job)) return null;
    const jobs = await store.jobsOfConfirmation(job.confirmation.id);
    // From here to the change in one breath: whoever clicks twice looks once.
    const request = this.#requests.get(job.confirmation.id) ?? this.#take(jobs);
    const view = request?.devices.find((each) => each.job.id === jobId);
    if (!request || !view) return null;
    if (canLookAgain(view.job)) await this.#begin(request, view);
    return this.#viewOf(request);
  }

  /** Ends a collection that is under way, for the person who says so. Null when there is nothing to end any more. */
  cancel(jobId: string, by: string): RequestView | null {
    for (const request of this.#requests.values()) {
      const view = request.devices.find(({ job }) => job.id === jobId);
      if (view && this.#collections.cancel(view, by)) return this.#viewOf(request);
    }
    return null;
  }

  /** As if no answer had come: it asks what is known no more. */
  async #begin(request: Request, view: DeviceView): Promise<void> {
    const ended = view.job;
    const again = { status: 'sent' as const, sentence: null, endedAt: null, reportedAt: null };
    view.job = { ...ended, ...again };
    try {
      await this.#options.store.updateJob(ended.id, again);
    } catch (error) {
      view.job = ended;
      // Whatever ended meanwhile waited for this one.
      this.#settle(request);
      throw error;
    }
    this.#track(this.#follow(request, view));
  }

  /** The jobs that have not ended. */
  get open(): { action: string; status: string }[] {
    return [...this.#requests.values()].flatMap(({ action, devices }) =>
      devices.filter(({ job }) => job.endedAt === null).map(({ job }) => ({ action: action.name, status: job.status })),
    );
  }

  /** Something happened to this device: whoever waits for it looks again. */
  nudge(device: string): void {
    this.#nudges.nudge(device);
  }

  /** Resolves when what talks to a device has ended, or `cutOff` has ended it. What only waits is left to the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Stopping());
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #take(jobs: Job[]): Request | null {
    const [first] = jobs;
    if (!first) return null;
    const { confirmation } = first;
    const request: Request = {
      confirmation,
      action: actionNamed(confirmation.action),
      devices: jobs.map((job) => ({ job, steps: [], doing: job.endedAt === null ? 'Starting' : null })),
      isReporting: false,
    };
    this.#requests.set(confirmation.id, request);
    return request;
  }

  async #goOn(request: Request): Promise<void> {
    const { log } = this.#options;
    const open = request.devices.filter(({ job }) => job.endedAt === null);
    for (const view of open) {
      const { device, status } = view.job;
      jobLog(log, view.job).warn({ status }, 'job left behind by an earlier run');
      if (request.action.work.kind === 'collection') {
        view.steps.push('The assistant was restarted');
        this.#enqueue(request, view);
      } else if (status !== 'queued' && status !== 'running') {
        view.steps.push('Sent before the assistant was restarted');
        this.#track(this.#follow(request, view, true));
      } else if (this.#isFresh(request)) {
        view.steps.push('The assistant was restarted before anything was sent, and goes on');
        this.#enqueue(request, view);
      } else {
        await this.#end(request, view, tooLate(device));
      }
    }
    this.#settle(request);
  }

  /** A job goes on after a restart while its click is recent, or the time that was chosen for it is still to come. */
  #isFresh({ confirmation, action }: Request): boolean {
    const { now, freshMs } = this.#options;
    const notAfter = action.notAfter(confirmation.parameters);
    return now() - (confirmation.decidedAt ?? 0) <= freshMs || (notAfter !== null && notAfter > now());
  }

  #enqueue(request: Request, view: DeviceView): void {
    const kind = request.action.work;
    if (kind.kind === 'collection') {
      const collected = this.#around('job', view.job, () =>
        this.#collections.run({ view, work: kind, show: () => this.#show(request) }),
      );
      this.#track(collected.then((outcome) => this.#end(request, view, outcome)));
      return;
    }
    const work = () =>
      this.#working.run(() => this.#around('job', view.job, () => this.#carryOut(request, view, kind)));
    if (this.#queues.isBusy(view.job.device)) view.doing = 'Waiting for the request before it';
    this.#track(this.#queues.add(view.job.device, work));
  }

  #track(task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => {
        if (!(error instanceof Stopping)) this.#options.log.error({ err: error }, 'job lost');
      })
      .finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  /** Never rejects: the jobs behind it in the queue are not to suffer. */
  async #carryOut(request: Request, view: DeviceView, work: Command): Promise<void> {
    // The row still says that nothing was sent; the next start goes on with it.
    if (this.#stopping.signal.aborted) return;
    const { connect, now, locale } = this.#options;
    const { confirmation } = request;
    const { device } = view.job;
    const log = jobLog(this.#options.log, view.job);
    let session: NetconfSession | undefined;
    let result: Outcome | Pending;
    try {
      await this.#change(view, { status: 'running', sentAt: null }, []);
      log.info('job started');
      view.doing = `Connecting to ${device}`;
      this.#show(request);
      result = await work.run(confirmation.parameters, {
        device,
        connect: async () => {
          const connected = await connect(device, this.#options.cutOff);
          session = connected.session;
          return connected;
        },
        command: (on, evidence) => this.#noting(view, on, evidence),
        progress: (done, doing) => this.#progress(request, view, done, doing),
        now,
        reader: { zone: confirmation.zone, locale },
      });
    } catch (error) {
      log.warn({ err: error }, 'job failed');
      // "sent" is noted before; the session knows when the command never left after all.
      const wasSent = view.job.sentAt !== null && !(error instanceof NetconfError && !error.sent);
      if (!wasSent && this.#options.cutOff.aborted) return await this.#leave(view, session);
      result = failed(device, wasSent, error);
      if (!wasSent) view.job = { ...view.job, sentAt: null };
    }
    await session?.close();
    if (this.#taken.delete(view)) return this.#keepOut(request, view);
    if (!isPending(result)) {
      await this.#end(request, view, result);
      return;
    }
    const answer = this.#rows.auditOf(view, 'answer', { result: result.status, detail: said(result) });
    await this.#rows.changeIfPossible(view, result, [answer]);
    log.info(result, 'command is with the device');
    this.#show(request);
    this.#track(this.#follow(request, view));
  }

  /** A change that only whoever sends the command may make. */
  async #change(view: DeviceView, change: JobChange, audit: AuditEntry[]): Promise<void> {
    try {
      await this.#rows.change(view, change, audit, 'open');
    } catch (error) {
      if (isTaken(error)) this.#taken.add(view);
      throw error;
    }
  }

  /** Its end is to be told by the other process; a word of this one would be about nothing. */
  #keepOut(request: Request, view: DeviceView): void {
    jobLog(this.#options.log, view.job).error('another process has carried this job out: this one keeps out');
    if (request.devices.length === 1) this.#requests.delete(request.confirmation.id);
  }

  /** The stop came before the command: the row says that nothing was sent, and the next start goes on with it. */
  async #leave(view: DeviceView, session: NetconfSession | undefined): Promise<void> {
    await session?.close();
    if (view.job.sentAt === null) return;
    await this.#rows.changeIfPossible(view, { status: 'running', sentAt: null, evidence: null }, []);
  }

  /** The session with which the one command is sent: its first RPC is durably noted before it leaves. */
  #noting(view: DeviceView, session: RpcSession, evidence: object | undefined): RpcSession {
    let isNoted = false;
    return {
      target: session.target,
      rpc: async (xml, options) => {
        if (!isNoted) await this.#noteSending(view, xml, evidence);
        isNoted = true;
        return await session.rpc(xml, options);
      },
    };
  }

  async #noteSending(view: DeviceView, rpc: string, evidence: object | undefined): Promise<void> {
    const { now, log, cutOff } = this.#options;
    const change = {
      status: 'sent' as const,
      sentAt: now(),
      evidence: evidence === undefined ? null : JSON.stringify(evidence),
    };
    try {
      cutOff.throwIfAborted();
      await this.#change(view, change, [this.#rows.auditOf(view, 'sending', { rpc })]);
    } catch (error) {
      // Said in the session's own way, so that the operation knows that nothing left.
      throw new NetconfError('cancelled', sentenceOf(error), { cause: error, sent: false });
    }
    jobLog(log, view.job).info({ rpc }, 'command is being sent');
  }

  #around<T>(step: 'job' | 'follow', job: Job, work: () => Promise<T>): Promise<T> {
    const { around } = this.#options;
    return around ? around(step, job, work) : work();
  }

  /** Sees a job through whose command is with the device. */
  #follow(request: Request, view: DeviceView, isResumed = false): Promise<void> {
    return this.#around('follow', view.job, () => this.#seeThrough(request, view, isResumed));
  }

  async #seeThrough(request: Request, view: DeviceView, isResumed: boolean): Promise<void> {
    const { now, locale, limitMs } = this.#options;
    const { confirmation, action } = request;
    const { device, status, sentAt, answer, evidence } = view.job;
    const log = jobLog(this.#options.log, view.job);
    const { work } = action;
    if (work.kind !== 'command') throw new Error('Only what was sent is followed.');
    const watch = this.#nudges.watch(device);
    // What happened to a schedule while nobody was there is asked at once.
    if (status === 'scheduled' && isResumed) watch.nudge();
    let isCut = false;
    let outcome: Outcome;
    try {
      outcome = await work.follow(confirmation.parameters, {
        device,
        evidence: evidence === null ? null : JSON.parse(evidence),
        sentAt: sentAt ?? now(),
        isAnswered: status !== 'sent',
        answer,
        limitMs,
        ask: async (questions) => {
          try {
            return await this.#ask(device, questions);
          } finally {
            isCut ||= this.#stopping.signal.aborted;
          }
        },
        wait: (ms) => watch.wait(ms, this.#stopping.signal),
        phase: async (next) => {
          // What was said of the phase before does not hold any more.
          if (view.job.status !== next) await this.#rows.changeIfPossible(view, { status: next, sentence: null }, []);
          this.#show(request);
        },
        progress: (done, doing) => this.#progress(request, view, done, doing),
        now,
        reader: { zone: confirmation.zone, locale },
      });
    } catch (error) {
      if (error instanceof Stopping || this.#stopping.signal.aborted) throw new Stopping();
      log.error({ err: error }, 'job cannot be followed');
      const sentence = `The command was sent to ${device}, but what came of it is unknown: ${sentenceOf(error)} Look at the device before asking again.`;
      outcome = { status: 'unknown', sentence, answer };
    } finally {
      watch.end();
    }
    // A question that the stop cut off says nothing about the device.
    if (isCut) throw new Stopping();
    await this.#end(request, view, outcome);
  }

  async #ask<T>(device: string, questions: (connected: Connected) => Promise<T>): Promise<T> {
    return await this.#looking.run(async () => {
      const limit = AbortSignal.timeout(LOOK_MS);
      let session: NetconfSession | undefined;
      try {
        const connected = await this.#options.connect(device, AbortSignal.any([this.#stopping.signal, limit]));
        session = connected.session;
        return await questions(connected);
      } catch (error) {
        if (!limit.aborted) throw error;
        const sentence = `${device} did not answer within ${LOOK_MS / 1_000} s.`;
        throw new NetconfError('timeout', sentence, { cause: error });
      } finally {
        await session?.close();
      }
    });
  }

  async #end(request: Request, view: DeviceView, { status, sentence, answer }: Outcome): Promise<void> {
    const { now, log } = this.#options;
    const end = { status, sentence, answer, endedAt: now(), sentAt: view.job.sentAt };
    view.doing = null;
    const audit = [this.#rows.auditOf(view, 'ended', { result: status, detail: said(end) })];
    try {
      // What was not sent here must not be said of what was sent elsewhere.
      await this.#rows.changeAtLast(view, end, audit, end.sentAt === null ? 'unsent' : undefined);
    } catch (error) {
      if (!isTaken(error)) throw error;
      return this.#keepOut(request, view);
    }
    jobLog(log, view.job).info({ status, sentence, answer }, 'job ended');
    this.#options.onEnd?.(request.action.name, status);
    if (request.action.name === 'cancel-reboot' && status === 'done') this.nudge(view.job.device);
    this.#settle(request);
  }

  /** The end when every device has one, else where they are. */
  #settle(request: Request): void {
    if (request.devices.every(({ job }) => job.endedAt !== null)) this.#track(this.#report(request));
    else this.#show(request);
  }

  #progress(request: Request, view: DeviceView, done: string | null, doing: string | null): void {
    if (done !== null) view.steps.push(done);
    view.doing = doing;
    this.#show(request);
  }

  #show(request: Request): void {
    try {
      this.#options.show(this.#viewOf(request));
    } catch (error) {
      // A picture that cannot be drawn says nothing about the device.
      this.#options.log.error({ confirmation: request.confirmation.id, err: error }, 'progress cannot be shown');
    }
  }

  async #report(request: Request): Promise<void> {
    // Of two ends the one that is being shown goes first; it looks then whether there is a newer one.
    if (request.isReporting) return;
    request.isReporting = true;
    const { store, report, now, log } = this.#options;
    const { id } = request.confirmation;
    const reported = request.devices.map(({ job }) => job);
    try {
      await report(this.#viewOf(request));
      for (const [n, { job }] of request.devices.entries())
        if (job === reported[n]) await store.updateJob(job.id, { reportedAt: now() });
    } catch (error) {
      log.error({ confirmation: id, err: error }, 'the result could not be shown; it is tried again at the next start');
    }
    request.isReporting = false;
    if (request.devices.every(({ job }, n) => job === reported[n])) this.#requests.delete(id);
    else this.#settle(request);
  }

  #viewOf({ confirmation, action, devices }: Request): RequestView {
    const state = stateOf(devices.map(({ job }) => job.status));
    const names = devices.map(({ job }) => job.device);
    return {
      confirmation,
      headline: action.headline(confirmation.parameters, names, state),
      devices: devices.map((view) => ({ ...view, steps: [...view.steps] })),
      buttons: [...this.#jobButtons(action, devices), ...action.next(confirmation.parameters, devices.map(workedOf))],
    };
  }

  #jobButtons(action: AnyAction, devices: readonly DeviceView[]): RequestButton[] {
    const isCollection = action.work.kind === 'collection';
    const [first] = devices.filter(({ job }) => isCollection && job.status === 'done');
    const links = devices.every(({ job }) => job.endedAt !== null) && first ? first.job.id : null;
    const own = devices.flatMap(({ job }): RequestButton[] => {
      const of = (verb: JobVerb, one: string, several: string) => [
        { verb, title: devices.length === 1 ? one : several, jobId: job.id },
      ];
      if (canLookAgain(job)) return of('look-again', 'Look again', `Look again at ${job.device}`);
      return isCollection && job.endedAt === null ? of('stop', 'Cancel', `Cancel ${job.device}`) : [];
    });
    return links === null ? own : [...own, { verb: 'link', title: 'Send the link on', jobId: links }];
  }
}

const isPending = (result: Outcome | Pending): result is Pending =>
  result.status === 'scheduled' || result.status === 'waiting' || result.status === 'sent';

/** What was sent and has no known or no good end. */
const canLookAgain = ({ sentAt, status }: Job): boolean =>
  sentAt !== null && (status === 'failed' || status === 'unknown');

function workedOf({ job: { device, status, endedAt } }: DeviceView): Worked {
  return { device, ended: endedAt === null ? null : (status as Outcome['status']) };
}

/** What was said, by us and by the device. */
function said({ sentence, answer }: { sentence: string; answer: string | null }): string {
  return answer === null || answer === '' ? sentence : `${sentence}\n${answer}`;
}

function failed(device: string, wasSent: boolean, error: unknown): Outcome | Pending {
  const why = sentenceOf(error);
  if (wasSent) {
    return {
      status: 'sent',
      sentence: `The command was sent to ${device}, and no clear answer came: ${why}`,
      answer: null,
    };
  }
  const sentence = why.includes('Nothing was sent') ? why : `${why} Nothing was sent to ${device}.`;
  return { status: 'failed', sentence, answer: null };
}

function tooLate(device: string): Outcome {
  const sentence = `The assistant was stopped before the command was sent, and started again too late to go on. Nothing was sent to ${device}. Ask again if it is still wanted.`;
  return { status: 'failed', sentence, answer: null };
}

/** The words of an end, for a notification and for a card that cannot be shown. */
export function endInWords({ headline, devices }: RequestView): string {
  const several = devices.length > 1;
  const lines = devices.map(({ job }) => (several ? `${job.device}: ${job.sentence ?? ''}` : (job.sentence ?? '')));
  return [`${headline}.`, ...lines].join(several ? '\n' : ' ');
}
