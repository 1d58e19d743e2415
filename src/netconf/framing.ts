/** RFC 6242 section 4.3: base:1.0 ends every message with these six bytes, which cannot occur in well-formed XML. */
export const END_OF_MESSAGE = ']]>]]>';

const MARK = Buffer.from(END_OF_MESSAGE);
/** The most bytes of a mark that can be left at the end of one packet. */
const CARRY = MARK.length - 1;
const NOTHING = Buffer.alloc(0);
/** Larger than any support information seen (100 MB), smaller than what would hurt the process. */
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** RFC 6242 section 4.2. */
const LARGEST_CHUNK = 4_294_967_295;

/** One message grew past the limit. Nothing after it can be trusted, so the stream has to be closed. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
}

/** What stands where RFC 6242 section 4.2 wants a chunk header. Where the next message begins is lost with it. */
export class MalformedChunk extends Error {
  override readonly name = 'MalformedChunk';
}

/** What one packet held of one message. */
export interface Step {
  /** Views into the packet: copy what has to stay. */
  pieces: Buffer[];
  /** The message is complete. */
  ended: boolean;
  /** What follows it in the packet: perhaps in another framing, so it is handed back unread. */
  rest: Buffer;
}

export interface Framing {
  /** Reads on, at most to the end of one message. Every byte is looked at once. */
  take(bytes: Buffer): Step;
  /** Bytes that may begin an end mark, or may be part of the message. */
  readonly held: Buffer;
}

/** base:1.0. Works on bytes, because a character may be cut in two between packets. */
export class EndMarkFraming implements Framing {
  held: Buffer = NOTHING;

  take(bytes: Buffer): Step {
    const { held } = this;
    const early = held.length === 0 ? -1 : Buffer.concat([held, bytes.subarray(0, CARRY)]).indexOf(MARK);
    const at = early === -1 ? bytes.indexOf(MARK) : early - held.length;
    if (at !== -1 || early !== -1) {
      this.held = NOTHING;
      const pieces = early === -1 ? [held, bytes.subarray(0, at)] : [held.subarray(0, early)];
      return { pieces, ended: true, rest: bytes.subarray(at + MARK.length) };
    }
    const tail = bytes.length >= CARRY ? bytes.subarray(-CARRY) : Buffer.concat([held, bytes]).subarray(-CARRY);
    let keep = tail.length;
    while (keep > 0 && !MARK.subarray(0, keep).equals(tail.subarray(-keep))) keep--;
    this.held = Buffer.from(tail.subarray(tail.length - keep));
    const passed = held.length + bytes.length - keep;
    const pieces = [held.subarray(0, passed), bytes.subarray(0, Math.max(0, passed - held.length))];
    return { pieces, ended: false, rest: NOTHING };
  }
}

/**
 * base:1.1: chunks of a stated size, then an end of chunks (RFC 6242 section 4.2). White space before a message is
 * passed over, because servers end their hello, which still has the other framing, with a line end. Throws `MalformedChunk`.
 */
export class ChunkedFraming implements Framing {
  readonly held: Buffer = NOTHING;
  /** Still to come of the chunk. */
  #left = 0;
  #header = '';
  /** A chunk of this message has come. */
  #begun = false;

  take(bytes: Buffer): Step {
    const pieces: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left);
        pieces.push(piece);
        at += piece.length;
        this.#left -= piece.length;
      } else if (this.#endsWith(String.fromCharCode(bytes[at++] ?? 0))) {
        return { pieces, ended: true, rest: bytes.subarray(at) };
      }
    }
    return { pieces, ended: false, rest: NOTHING };
  }

  /** Takes one more character of a header; true when it completes the end of chunks. */
  #endsWith(character: string): boolean {
    if (!this.#begun && this.#header.length < 2 && /\s/.test(character)) {
      this.#header = character === '\n' ? '\n' : '';
      return false;
    }
    this.#header += character;
    const header = this.#header;
    if (header === '\n##\n' && this.#begun) {
      this.#header = '';
      this.#begun = false;
      return true;
    }
    const size = /^\n#([1-9]\d{0,9})\n$/.exec(header)?.[1];
    if (size !== undefined && Number(size) <= LARGEST_CHUNK) {
      this.#left = Number(size);
      this.#header = '';
      this.#begun = true;
    } else if (!/^\n(?:#(?:[1-9]\d{0,9})?)?$/.test(header) && !(header === '\n##' && this.#begun)) {
      throw new MalformedChunk(`${JSON.stringify(header)} is not the header of a chunk.`);
    }
    return false;
  }
}

/** One message as bytes for the wire. */
export function framed(xml: string, chunked: boolean): Buffer {
  if (!chunked) return Buffer.from(xml + END_OF_MESSAGE);
  const bytes = Buffer.from(xml);
  return Buffer.concat([Buffer.from(`\n#${bytes.length}\n`), bytes, Buffer.from('\n##\n')]);
}

/**
 * Bytes put together. They are copied: a piece of one byte would keep its whole packet in memory, and a list of
 * such pieces is a hundred times the size of what it holds.
 */
export class Gathered {
  readonly #maxBytes: number;
  #buffer: Buffer = NOTHING;
  #length = 0;

  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Throws `MessageTooLong`. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) {
      this.take();
      throw new MessageTooLong(`A message is longer than ${this.#maxBytes} bytes.`);
    }
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(length, 2 * this.#buffer.length)));
      this.view().copy(larger);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** What there is so far. The next `add` may change it. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Hands it over and begins anew. */
  take(): Buffer {
    const all = this.view();
    this.#buffer = NOTHING;
    this.#length = 0;
    return all;
  }
}

/** Splits a byte stream into messages: at `]]>]]>`, and after `useChunks` by chunks. */
export class MessageSplitter {
  readonly #gathered: Gathered;
  #framing: Framing = new EndMarkFraming();

  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#gathered = new Gathered(maxBytes);
  }

  /** From the next message on. Between two messages of `read`, what follows in the same packet counts as well. */
  useChunks(): void {
    this.#framing = new ChunkedFraming();
  }

  /** Takes the next bytes, yields the messages they complete, bare. Throws `MessageTooLong` or `MalformedChunk`. */
  *read(chunk: Buffer): Generator<Buffer, void> {
    for (let left = chunk; left.length > 0; ) {
      const { pieces, ended, rest } = this.#framing.take(left);
      for (const piece of pieces) this.#gathered.add(piece);
      left = rest;
      if (ended) yield this.#gathered.take();
    }
  }

  /** The same, all at once. */
  push(chunk: Buffer): Buffer[] {
    return [...this.read(chunk)];
  }

  /** What has arrived of a message that is not complete yet. */
  rest(): Buffer {
    return Buffer.concat([this.#gathered.view(), this.#framing.held]);
  }
}
