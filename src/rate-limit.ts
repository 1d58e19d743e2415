/** Those that were not heard of for longest are forgotten first; forgotten is as good as new. */
const MOST_KEYS = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/** So many at once for each key, and then so many a second. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ burst, perSecond }: { burst: number; perSecond: number }, now: () => number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes one. 0, or how many seconds later there will be one again: then nothing was taken. */
  take(key: string): number {
    const at = this.#now();
    const before = this.#buckets.get(key) ?? { left: this.#burst, at };
    // A clock that was set back gives nothing, and takes nothing either.
    const grown = (Math.max(0, at - before.at) / 1_000) * this.#perSecond;
    const left = Math.min(this.#burst, before.left + grown);
    const isFree = left >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: isFree ? left - 1 : left, at });
    if (this.#buckets.size > MOST_KEYS) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    return isFree ? 0 : Math.ceil((1 - left) / this.#perSecond);
  }
}
