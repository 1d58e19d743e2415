import type { Readable } from 'node:stream';
import { cancelled, type TransferError } from './errors.ts';

/** How long to wait for a server. */
export interface Limits {
  /** To connect and log in. */
  connectMs: number;
  /** For one answer, or for the server to take another byte. What the source takes its time for does not count. */
  idleMs: number;
}

export const LIMITS: Limits = { connectMs: 15_000, idleMs: 60_000 };

/**
 * Waits for a promise until it is called off, or the time is over. Rejects with `cancelled` or the error given; the
 * promise itself goes on, and what becomes of it later is nobody's business.
 */
export function within<T>(
  promise: Promise<T>,
  ms: number,
  late: () => TransferError,
  signal: AbortSignal | null,
): Promise<T> {
  const { promise: early, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  const abort = () => signal && reject(cancelled(signal));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  promise.catch(() => {});
  return Promise.race([promise, early]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

/** `15 seconds`, `90 ms`. */
export function inWords(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} seconds` : `${ms} ms`;
}

/** The chunks of a stream until it ends or fails, or the signal says stop: then it throws `cancelled` or the signal's own error. */
export async function* chunksOf(content: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => content.destroy(cancelled(signal));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of content) {
      if (signal.aborted) throw cancelled(signal);
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    }
  } catch (error) {
    throw signal.aborted ? cancelled(signal) : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
