import { StringDecoder } from 'node:string_decoder';

/** RFC 6242 section 4.3. */
export const END = ']]>]]>';

/**
 * Takes apart what a client sends: at `]]>]]>`, or in the chunks of RFC 6242 section 4.2 once `isChunked` is set.
 * Requests are short, so it keeps them as text. Throws for a chunk header that is none: such a stream has no rest.
 */
export class Requests {
  isChunked = false;
  #text = '';
  #message = '';
  readonly #decoder = new StringDecoder('latin1');

  push(bytes: Buffer): void {
    this.#text += this.#decoder.write(bytes);
  }

  /** The next complete message. After the hello the framing may change, so they are handed out one by one. */
  next(): string | undefined {
    return this.isChunked ? this.#nextChunked() : this.#nextMarked();
  }

  #nextMarked(): string | undefined {
    const end = this.#text.indexOf(END);
    if (end === -1) return undefined;
    const message = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + END.length);
    return utf8(message);
  }

  #nextChunked(): string | undefined {
    for (;;) {
      if (this.#text.startsWith('\n##\n')) {
        const message = this.#message;
        this.#message = '';
        this.#text = this.#text.slice(4);
        return utf8(message);
      }
      const header = /^\n#([1-9]\d{0,9})\n/.exec(this.#text);
      if (!header) {
        // White space after the hello's mark is no chunk, and no error either.
        if (/^\s*\n?(?:#(?:#|[1-9]\d*)?)?$/.test(this.#text)) return undefined;
        const trimmed = this.#text.replace(/^\s+(?=\n#)/, '');
        if (trimmed === this.#text) throw new Error('That is not a chunk.');
        this.#text = trimmed;
        continue;
      }
      const end = header[0].length + Number(header[1]);
      if (this.#text.length < end) return undefined;
      this.#message += this.#text.slice(header[0].length, end);
      this.#text = this.#text.slice(end);
    }
  }
}

/** One character stands for one byte until here, so that lengths count bytes. */
function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Below this, pieces share a packet; a packet of SSH has 32 kB. */
const WORTH_A_PACKET = 16_384;

/** A reply's pieces as they go on the wire. */
export function* framed(pieces: Iterable<string | Buffer>, isChunked: boolean): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (bytes.length === 0) continue;
    if (isChunked) waiting.push(Buffer.from(`\n#${bytes.length}\n`));
    waiting.push(bytes);
    length += bytes.length;
    if (length < WORTH_A_PACKET) continue;
    yield* waiting;
    waiting = [];
    length = 0;
  }
  yield Buffer.concat([...waiting, Buffer.from(isChunked ? '\n##\n' : `${END}\n`)]);
}
