import type { Response } from 'restify';
import type { Log } from '../log.ts';
import { RateLimit } from '../rate-limit.ts';

/** What one source may get wrong before it is told to wait, and what all together may write into the log. */
const WRONG = { burst: 300, perSecond: 5 };
const LINES = { burst: 100, perSecond: 1 };

/** Whose requests they are: Teams' and the devices'. */
export type Route = 'messages' | 'events';

export interface Refused {
  route: Route;
  status: number;
  /** What the sender reads. */
  error: string;
  source: string;
  /** The log's line. */
  message: string;
  /** What else it has: the reason, which the sender does not get to hear. */
  fields: Record<string, unknown>;
}

/**
 * Answers requests that were not believed. Only those count: whoever proves who he is, is never turned away because of what
 * somebody else sends from the same address, so every request is looked at first, which costs less than reading it did. Neither
 * the log nor the sender gets more of a flood than there is room for.
 */
export class Refusals {
  readonly #wrong: RateLimit;
  readonly #lines: RateLimit;
  readonly #log: Log;
  readonly #onRefused: (route: Route, status: number) => void;
  #unlogged = 0;

  /** `onRefused` is told what each was answered with. */
  constructor(now: () => number, log: Log, onRefused: (route: Route, status: number) => void) {
    this.#wrong = new RateLimit(WRONG, now);
    this.#lines = new RateLimit(LINES, now);
    this.#log = log;
    this.#onRefused = onRefused;
  }

  send(response: Response, { route, status, error, source, message, fields }: Refused): void {
    const waitSeconds = this.#wrong.take(source);
    this.#onRefused(route, waitSeconds === 0 ? status : 429);
    if (this.#lines.take('') > 0) this.#unlogged += 1;
    else {
      const more = this.#unlogged > 0 ? { unlogged: this.#unlogged } : {};
      this.#log.warn({ source, status, ...fields, ...more }, message);
      this.#unlogged = 0;
    }
    if (waitSeconds === 0) return void response.send(status, { error });
    response.setHeader('Retry-After', String(waitSeconds));
    response.setHeader('Connection', 'close');
    response.send(429, { error: `Too many requests from here were refused. Wait ${waitSeconds} s, and look at why.` });
  }
}
