/** RFC 6242 section 4.3: base:1.0 ends every message with these six bytes, which cannot occur in well-formed XML. */
export const END_OF_MESSAGE = ']]>]]>';

const MARK = Buffer.from(END_OF_MESSAGE);
/** The most bytes of a terminator that can be left at the end of one packet. */
const CARRY = MARK.length - 1;
/** Larger than any support information seen (100 MB), smaller than what would hurt the process. */
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** One message grew past the limit. Nothing after it can be trusted, so the stream has to be closed. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
}

/**
 * Splits a byte stream at `]]>]]>`. It works on bytes, because a character may be cut in two between packets, and
 * looks at every byte once plus five carried over: searching the whole buffer again for every packet is quadratic,
 * and took 25 s for a reply of 30 MB.
 */
export class MessageSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes, returns the messages they complete, without terminators. Throws `MessageTooLong`. */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let start = 0;
    for (let end = this.#endOfMessage(chunk, start); end !== -1; end = this.#endOfMessage(chunk, start)) {
      this.#append(chunk.subarray(start, end));
      messages.push(this.#take().subarray(0, -MARK.length));
      start = end;
    }
    this.#append(chunk.subarray(start));
    return messages;
  }

  /** What has arrived of a message that is not complete yet. */
  rest(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** The index just behind the next terminator, or -1. One that began in earlier packets comes first. */
  #endOfMessage(chunk: Buffer, start: number): number {
    if (this.#tail.length > 0) {
      const at = Buffer.concat([this.#tail, chunk.subarray(start, start + CARRY)]).indexOf(MARK);
      if (at !== -1) return start + at + MARK.length - this.#tail.length;
    }
    const at = chunk.indexOf(MARK, start);
    return at === -1 ? -1 : at + MARK.length;
  }

  #append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    if (this.#length > this.#maxBytes + MARK.length) {
      this.#take();
      throw new MessageTooLong(`A message is longer than ${this.#maxBytes} bytes.`);
    }
    this.#parts.push(bytes);
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-CARRY)]).subarray(-CARRY);
  }

  #take(): Buffer {
    const message = this.#parts.length === 1 && this.#parts[0] ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#tail = Buffer.alloc(0);
    return message;
  }
}
