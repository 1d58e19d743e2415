/** No wait is longer: a clock that is set must not leave somebody waiting for yesterday. */
const LONGEST_WAIT_MS = 60_000;

/** Whoever follows a device hears that something happened to it, also between two waits. */
export class Nudges {
  readonly #watches = new Map<string, Set<Watch>>();

  /** Hears of everything from now on, until it is ended. */
  watch(device: string): Watch {
    const watches = this.#watches.get(device) ?? new Set();
    const watch: Watch = new Watch(() => {
      watches.delete(watch);
      if (watches.size === 0 && this.#watches.get(device) === watches) this.#watches.delete(device);
    });
    this.#watches.set(device, watches.add(watch));
    return watch;
  }

  nudge(device: string): void {
    for (const watch of this.#watches.get(device) ?? []) watch.nudge();
  }
}

class Watch {
  readonly end: () => void;
  #isNudged = false;
  #wake: (() => void) | null = null;

  constructor(end: () => void) {
    this.end = end;
  }

  nudge(): void {
    this.#isNudged = true;
    this.#wake?.();
  }

  /** Resolves after the time, or at once with true when something happened since the last wait. Rejects with the signal's reason. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (!this.#isNudged) await this.#sleep(ms, signal);
    const wasNudged = this.#isNudged;
    this.#isNudged = false;
    return wasNudged;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = () => reject(signal.reason);
    const timer = setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_WAIT_MS));
    this.#wake = resolve;
    signal.addEventListener('abort', stop);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#wake = null;
      signal.removeEventListener('abort', stop);
    }
  }
}
