import type { Destination } from './destination.ts';
import { seconds } from './pending-rpc.ts';

/** The connection went away, or fell silent, in the middle. Trying again can help. */
export class Cut extends Error {}

/** `off`: the device does not offer this way; `said` is what it answered instead. */
export type AttemptEnd = { end: 'done' } | { end: 'off'; said: string };

export interface AttemptOptions {
  destination: Destination;
  /** The longest silence of the device. Time in which the sink was full does not count. */
  idleMs: number;
  /** Resolves when the connection is gone. */
  closed: Promise<void>;
  /** Rejects when the work is called off. */
  cancelled: Promise<never>;
}

/** One try to read a file over one connection. It ends once, whoever ends it. */
export class Attempt {
  readonly ended: Promise<AttemptEnd>;
  readonly #resolve: (end: AttemptEnd) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor({ destination, idleMs, closed, cancelled }: AttemptOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<AttemptEnd>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const silent = () => {
      if (destination.full) this.#timer.refresh();
      else this.fail(new Cut(`Nothing came for ${seconds(idleMs)}.`));
    };
    this.#timer = setTimeout(silent, idleMs);
    void closed.then(() => this.fail(new Cut('The connection was lost.')));
    destination.broken.catch((error: unknown) => this.fail(error));
    cancelled.catch((error: unknown) => this.fail(error));
  }

  get over(): boolean {
    return this.#over;
  }

  /** The device showed a sign of life. */
  alive(): void {
    if (!this.#over) this.#timer.refresh();
  }

  done(): void {
    if (this.#end()) this.#resolve({ end: 'done' });
  }

  off(said: string): void {
    if (this.#end()) this.#resolve({ end: 'off', said });
  }

  fail(error: unknown): void {
    if (this.#end()) this.#reject(error);
  }

  /** Runs what may throw; then it has failed. */
  guard(action: () => void): void {
    try {
      if (!this.#over) action();
    } catch (error) {
      this.fail(error);
    }
  }

  #end(): boolean {
    const first = !this.#over;
    this.#over = true;
    clearTimeout(this.#timer);
    return first;
  }
}
