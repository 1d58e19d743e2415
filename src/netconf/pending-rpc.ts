import { NetconfError } from './errors.ts';

export interface RpcOptions {
  /** From the request to the whole reply; 60 s when not given. */
  timeoutMs?: number;
  /** Stops waiting for the reply. The device may carry the request out all the same, and the session goes on. */
  signal?: AbortSignal;
}

/** 1500 -> `1.5 s`, and what is left of a limit without its milliseconds: 1999 -> `2 s`. */
export function seconds(ms: number): string {
  return `${ms < 1_000 ? ms / 1_000 : Math.round(ms / 100) / 10} s`;
}

/**
 * One RPC under way. It settles exactly once, and stays expected after its time was up, so that a late reply is not
 * taken for the next one's.
 */
export class PendingRpc<Reply> {
  /** The operation's name, for sentences. */
  readonly rpc: string;
  readonly promise: Promise<Reply>;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #stopListening: () => void;
  #waiting = true;
  #held = false;

  constructor(rpc: string, device: string, options: RpcOptions & { timeoutMs: number; idleMs?: number }) {
    this.rpc = rpc;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeoutMs, idleMs, signal } = options;
    const late = (sentence: string) => this.reject(new NetconfError('timeout', sentence, { sent: true }));
    const whole = `${device} did not answer ${rpc} within ${seconds(timeoutMs)}.`;
    this.#timer = setTimeout(() => late(whole), timeoutMs);
    if (idleMs !== undefined) {
      const silent = `${device} sent nothing more of its answer to ${rpc} for ${seconds(idleMs)}.`;
      this.#idle = setTimeout(() => (this.#held ? this.touch() : late(silent)), idleMs);
    }
    const abort = () => {
      const sentence = `The answer of ${device} to ${rpc} is not waited for, because the work was cancelled. It may have been carried out.`;
      this.reject(new NetconfError('cancelled', sentence, { cause: signal?.reason, sent: true }));
    };
    signal?.addEventListener('abort', abort);
    this.#stopListening = () => signal?.removeEventListener('abort', abort);
  }

  /** Still to be answered to the caller. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Something arrived: the time without a sign of life begins anew. */
  touch(): void {
    if (this.#waiting) this.#idle?.refresh();
  }

  /** While this side does not read, silence is not the device's. */
  hold(isHeld: boolean): void {
    this.#held = isHeld;
    this.touch();
  }

  resolve(reply: Reply): void {
    if (this.#settle()) this.#resolve(reply);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    const first = this.#waiting;
    this.#waiting = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
    this.#stopListening();
    return first;
  }
}
