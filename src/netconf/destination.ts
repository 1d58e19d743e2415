import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { TransferError } from './transfer-error.ts';

export interface DestinationOptions {
  /** For sentences: the device and the path on it. */
  device: string;
  path: string;
  open(): Writable | Promise<Writable>;
  /** False: a sink cannot be thrown away and begun anew. */
  restartable: boolean;
  progress(bytes: number, totalBytes: number): void;
}

/** What is known of a file before its bytes come. */
export interface FileSize {
  bytes: number;
  /** Epoch seconds of the last change, where the protocol tells. */
  modified?: number;
}

/** Where the bytes of one file go: into the caller's sink, in order, counted and hashed on the way. */
export class Destination {
  readonly device: string;
  readonly path: string;
  readonly #options: DestinationOptions;
  /** Rejects when the sink fails; there may be nobody to hear it. */
  readonly broken: Promise<never>;
  readonly #fail: (error: TransferError) => void;
  #sink: Writable | undefined;
  #hash = createHash('sha256');
  #known: FileSize | undefined;
  #full = false;
  /** Nothing is wanted any more. */
  #over = false;
  #onDrain: (() => void) | undefined;
  /** How many bytes the present sink got. */
  bytes = 0;

  constructor(options: DestinationOptions) {
    this.#options = options;
    this.device = options.device;
    this.path = options.path;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.broken = promise;
    this.#fail = reject;
  }

  /** The size once it is known. */
  get totalBytes(): number {
    return this.#known?.bytes ?? 0;
  }

  /** The sink has no room at the moment. */
  get full(): boolean {
    return this.#full;
  }

  /** Notes what the file is; throws `file-changed` when it was something else before. */
  expect(size: FileSize): void {
    const before = this.#known;
    this.#known = { ...before, ...size };
    if (!before) return;
    const sameTime = before.modified === undefined || size.modified === undefined || before.modified === size.modified;
    if (before.bytes !== size.bytes)
      throw this.changed(`It had ${before.bytes} bytes before and has ${size.bytes} now.`);
    if (!sameTime) throw this.changed('The time of its last change is another one.');
  }

  changed(fact: string): TransferError {
    return new TransferError('file-changed', `${this.path} of ${this.device} changed while it was read. ${fact}`);
  }

  /** Opens the sink; with `fromZero`, one that has bytes already is thrown away for a new one. */
  async open(fromZero: boolean): Promise<void> {
    if (this.#sink && (!fromZero || this.bytes === 0)) return;
    if (this.#sink && !this.#options.restartable) {
      const sentence = `${this.path} of ${this.device} came up to byte ${this.bytes} of ${this.totalBytes}, where the connection was cut. Without SFTP it cannot go on from there: allow it on the device (set system services ssh sftp-server), and try again.`;
      throw new TransferError('transfer-lost', sentence);
    }
    this.#discard();
    this.bytes = 0;
    this.#hash = createHash('sha256');
    let sink: Writable;
    try {
      sink = await this.#options.open();
    } catch (error) {
      throw this.#sinkFailed(error);
    }
    this.#sink = sink;
    const lost = (cause?: unknown) => sink === this.#sink && this.#fail(this.#sinkFailed(cause));
    sink.on('error', lost);
    sink.on('close', () => sink.writableFinished || lost(sink.errored));
    if (sink.destroyed) lost(sink.errored);
    // The work was called off while it opened.
    if (this.#over) this.#discard();
    sink.on('drain', () => {
      if (sink === this.#sink) this.#drained();
    });
  }

  /** Takes the next bytes. When `full` after that, no more should come before `whenDrained`. */
  write(bytes: Buffer): void {
    if (!this.#sink || this.#sink.destroyed) return;
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    this.#full = !this.#sink.write(bytes);
    this.#options.progress(this.bytes, this.totalBytes);
  }

  whenDrained(callback: () => void): void {
    this.#onDrain = callback;
  }

  #drained(): void {
    this.#full = false;
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
  }

  /** 64 lower-case hex digits. Only once, when everything is in. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** Ends the sink and waits until it has taken everything. */
  async finish(): Promise<void> {
    const sink = this.#sink;
    if (!sink) return;
    sink.end();
    try {
      await Promise.race([finished(sink, { readable: false }), this.broken]);
    } catch (error) {
      throw error instanceof TransferError ? error : this.#sinkFailed(error);
    }
  }

  /** The end of all work: throws the sink away with what is in it, and one that is still to open as well. */
  destroy(error: unknown): void {
    this.#over = true;
    this.#discard(error);
  }

  #discard(error?: unknown): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#full = false;
    this.#onDrain = undefined;
    // Its own word on this would otherwise end the process.
    sink?.on('error', () => {});
    sink?.destroy(error instanceof Error ? error : undefined);
  }

  #sinkFailed(cause: unknown): TransferError {
    const reason = (cause as NodeJS.ErrnoException | null | undefined)?.code;
    const why =
      reason === 'ENOSPC'
        ? 'there is no space left for it on this server'
        : `where it goes to failed${reason ? ` (${reason})` : ''}`;
    return new TransferError('sink-failed', `${this.path} of ${this.device} could not be taken in: ${why}.`, cause);
  }
}
