import { Transform, type TransformCallback } from 'node:stream';
import { type Carried, findSecrets, type SecretKind } from './secrets.ts';

/** How many secrets of each kind were made unreadable. */
export type SecretCounts = Partial<Record<SecretKind, number>>;

/** Longest line that is looked at in one piece; a longer one is looked at in pieces that overlap. */
const WINDOW = 256 * 1024;
/** More than any secret with its keyword. */
const OVERLAP = 32 * 1024;
const NEWLINE = 0x0a;
const X = 0x78;

/**
 * Makes secrets in text unreadable, however the text is cut into chunks: every byte of one becomes an `x`, so that the
 * length stays. The text can be in any encoding that has ASCII in it; bytes that are none are left as they are.
 */
export class TextRedactor {
  readonly counts: SecretCounts;
  readonly #carried: Carried = { keyBytes: 0, snmpIndent: -1, snmpEnd: 0 };
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  /** `counts` are added to. */
  constructor(counts: SecretCounts = {}) {
    this.counts = counts;
  }

  /** What of the text is finished with this chunk. Chunks are not changed; what comes back may share their memory. */
  push(chunk: Buffer): Buffer[] {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes < WINDOW && !chunk.includes(NEWLINE)) return [];
    return this.#take(false);
  }

  end(): Buffer[] {
    return this.#take(true);
  }

  #take(isLast: boolean): Buffer[] {
    let rest = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
    const done: Buffer[] = [];
    for (;;) {
      const lines = rest.lastIndexOf(NEWLINE, WINDOW - 1) + 1;
      if (lines > 0) {
        done.push(this.#redacted(rest, lines, lines).subarray(0, lines));
        rest = rest.subarray(lines);
      } else if (rest.length >= WINDOW) {
        const piece = this.#redacted(rest, WINDOW, WINDOW - OVERLAP);
        done.push(piece);
        rest = rest.subarray(piece.length);
      } else break;
    }
    if (isLast && rest.length > 0) {
      done.push(this.#redacted(rest, rest.length, rest.length));
      rest = rest.subarray(rest.length);
    }
    // A copy, so that a few bytes do not keep a large chunk.
    this.#waiting = rest.length === 0 ? [] : [Buffer.from(rest)];
    this.#waitingBytes = rest.length;
    return done;
  }

  /** The beginning of some bytes: `until`, or as far as the last secret that begins before reaches. */
  #redacted(bytes: Buffer, length: number, until: number): Buffer {
    const found = findSecrets(bytes.toString('latin1', 0, length), this.#carried, 0, until);
    const end = Math.max(until, found.at(-1)?.to ?? 0);
    if (found.length === 0) return bytes.subarray(0, end);
    const copy = Buffer.from(bytes.subarray(0, end));
    for (const { kind, from, to } of found) {
      copy.fill(X, from, to);
      // A private key is many runs of bytes, behind one without any.
      if (kind !== 'private-key' || from === to) this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    }
    return copy;
  }
}

/** The same as a stream. */
export class RedactText extends Transform {
  readonly #redactor: TextRedactor;

  constructor(counts: SecretCounts = {}) {
    super();
    this.#redactor = new TextRedactor(counts);
  }

  get counts(): SecretCounts {
    return this.#redactor.counts;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (const piece of this.#redactor.push(chunk)) this.push(piece);
    done();
  }

  override _flush(done: TransformCallback): void {
    for (const piece of this.#redactor.end()) this.push(piece);
    done();
  }
}
