import { setTimeout as delay } from 'node:timers/promises';
import { sentenceOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CanaryCard } from './canary-card.ts';
import { type CanaryPathOptions, type Failure, walk } from './canary-path.ts';

export interface CanaryOptions extends CanaryPathOptions {
  /** 0: never. */
  everyMs: number;
  /** From the start to the first one. */
  firstMs: number;
  /** One that takes longer has failed where it is. */
  limitMs: number;
  /** Null: the way ends with the card that is drawn. */
  card: Pick<CanaryCard, 'show'> | null;
  /** An instant as people read it. */
  clock: (at: number) => string;
  onEnd: (failedAt: Failure['stage'] | null, ms: number) => void;
  log: Log;
}

export interface CanaryState {
  result: 'off' | 'not-yet' | 'passed' | 'failed';
  /** When the last one ended, ISO 8601. */
  at: string | null;
  stage: Failure['stage'] | null;
  reason: string | null;
}

/** What is under way when the assistant stops may come to its end: a message that was posted is to be found again. */
const STOP_MS = 3_000;

/** A self-test every few minutes: is an event that comes now stored and shown? */
export class Canary {
  readonly #options: CanaryOptions;
  readonly #stopping = new AbortController();
  #state: CanaryState;
  #succeededAt: number | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: CanaryOptions) {
    this.#options = options;
    this.#state = { result: options.everyMs === 0 ? 'off' : 'not-yet', at: null, stage: null, reason: null };
  }

  get state(): CanaryState {
    return this.#state;
  }

  /** Epoch ms; null: not since the start. */
  get succeededAt(): number | null {
    return this.#succeededAt;
  }

  start(): void {
    if (this.#options.everyMs > 0) this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { firstMs, everyMs } = this.#options;
    const { signal } = this.#stopping;
    for (let ms = firstMs; !signal.aborted; ms = everyMs) {
      await delay(ms, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.once();
    }
  }

  /** One self-test; it never throws. */
  async once(): Promise<void> {
    const { now, onEnd, limitMs, log } = this.#options;
    const { signal } = this.#stopping;
    const begunAt = performance.now();
    const limit = new AbortController();
    const at: { stage: Failure['stage'] } = { stage: 'intake' };
    const late = () => ({ ...at, reason: `It did not end within ${limitMs / 1_000} s.` });
    const walking = this.#walk(at);
    const failure = await Promise.race([
      walking,
      delay(limitMs, undefined, { signal: AbortSignal.any([signal, limit.signal]) }).then(late, late),
    ]);
    limit.abort();
    if (signal.aborted) return await Promise.race([walking, delay(STOP_MS, undefined, { ref: false })]).then(() => {});
    const ms = performance.now() - begunAt;
    const endedAt = new Date(now()).toISOString();
    onEnd(failure?.stage ?? null, ms);
    if (failure) {
      log.error(failure, 'self-test failed');
      this.#state = { result: 'failed', at: endedAt, ...failure };
      return;
    }
    if (this.#state.result === 'failed') log.info('self-test passes again');
    this.#succeededAt = now();
    this.#state = { result: 'passed', at: endedAt, stage: null, reason: null };
  }

  async #walk(at: { stage: Failure['stage'] }): Promise<Failure | null> {
    const { card, clock, everyMs, now } = this.#options;
    const failure = await walk(this.#options, at);
    if (!card) return failure;
    at.stage = 'card';
    const minutes = Math.round(everyMs / 60_000);
    const words = failure
      ? `Self-test failed at ${clock(now())}, in the stage ${failure.stage}: ${failure.reason} See GET /readyz and the log.`
      : `Self-test passed at ${clock(now())}: an event that comes now is stored and shown. This message is updated every ${minutes === 1 ? 'minute' : `${minutes} minutes`}; when its time is older than that, see whether the assistant runs.`;
    const reason = await card.show(words).catch(sentenceOf);
    return failure ?? (reason === null ? null : { stage: 'card', reason });
  }
}
