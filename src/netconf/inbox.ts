import type { Writable } from 'node:stream';
import { NetconfError } from './errors.ts';
import { Gathered } from './framing.ts';
import type { PendingRpc } from './pending-rpc.ts';
import { folded, parseReply, type RpcReply } from './reply.ts';
import { ReplyStream, type StreamedReply } from './stream.ts';
import { looseText, type XmlElement, XmlError } from './xml.ts';

/** A reply that is collected, or one that is streamed. */
type Expected =
  | { pending: PendingRpc<RpcReply>; sink?: undefined }
  | { pending: PendingRpc<StreamedReply>; sink: Writable; elements: readonly string[]; progress?(bytes: number): void };

/** How much of a reply that broke off is told. */
const PARTIAL_BYTES = 64 * 1024;

/** Brings what arrives to the RPC it answers. Knows nothing of SSH or framing. */
export class Inbox {
  readonly #device: string;
  readonly #onFull: (sink: Writable) => void;
  /** In the order sent. */
  readonly #expected = new Map<string, Expected>();
  readonly #gathered = new Gathered();
  /** Reads the message under way, when it may be one that is streamed. */
  #reader: ReplyStream | undefined;
  /** The streamed reply under way. */
  #streaming: { id: string; expected: Expected } | undefined;
  #begun = false;

  /** `onFull` is told when a sink has taken all it can for now. */
  constructor(device: string, onFull: (sink: Writable) => void) {
    this.#device = device;
    this.#onFull = onFull;
  }

  expect(id: string, expected: Expected): void {
    this.#expected.set(id, expected);
    // What has come since the last message, a line break or a comment, belongs to the one that answers this.
    if (expected.sink !== undefined && this.#begun && !this.#reader) {
      this.#reader = this.#newReader();
      this.#advance(Buffer.from(this.#gathered.view()));
    }
  }

  /** Nothing is read for now, or again: it is not the device that is silent. */
  hold(isHeld: boolean): void {
    for (const { pending } of this.#expected.values()) pending.hold(isHeld);
  }

  /** Takes the next bytes of a message. Throws `MessageTooLong`. */
  add(piece: Buffer): void {
    if (piece.length === 0) return;
    for (const { pending } of this.#expected.values()) pending.touch();
    if (!this.#begun) {
      this.#begun = true;
      const isOne = [...this.#expected.values()].some(({ sink }) => sink !== undefined);
      this.#reader = isOne ? this.#newReader() : undefined;
    }
    if (this.#reader?.decided !== 'streamed') this.#gathered.add(piece);
    this.#advance(piece);
  }

  /** Reads on; what is being streamed need not be kept, and a reply that is not needs no reader. */
  #advance(piece: Buffer): void {
    this.#read(piece);
    if (this.#reader?.decided === 'streamed' && this.#gathered.view().length > 0) this.#gathered.take();
    if (this.#reader?.decided === 'not streamed') this.#reader = undefined;
  }

  #read(piece: Buffer): void {
    try {
      this.#reader?.write(piece);
    } catch (error) {
      // Refused XML; the rest of it is only passed over. A message that is too long ends the session.
      if (!(error instanceof XmlError)) throw error;
      this.#fail(this.#streaming?.expected.pending, error);
      if (!this.#streaming) this.#reader = undefined;
    }
  }

  /** The message is complete: whoever asked gets it. Whose it is, is in its message-id. */
  endOfReply(): void {
    const reader = this.#reader;
    const streaming = this.#streaming;
    const raw = this.takeRaw();
    if (streaming && reader) {
      this.#expected.delete(streaming.id);
      const { pending, sink } = streaming.expected;
      if (sink === undefined || !pending.waiting) return;
      try {
        pending.resolve(reader.end());
      } catch (error) {
        this.#fail(pending, error);
      }
    } else if (raw.trim() !== '') {
      this.#deliver(raw);
    }
  }

  #deliver(raw: string): void {
    try {
      const reply = parseReply(raw);
      if (reply.root.name === 'notification') return;
      const expected = this.#take(reply.root.attributes['message-id']);
      if (expected?.sink === undefined) expected?.pending.resolve(reply);
      // A bare xnm:error has no rpc-reply around it: nothing of it is for the sink.
      else expected.pending.resolve({ ...reply, bytes: 0, complete: true, malformed: null });
    } catch (error) {
      const id = /<[^<>]*\smessage-id\s*=\s*["']([^"']*)["']/.exec(raw.slice(0, PARTIAL_BYTES))?.[1];
      this.#fail(this.#take(id)?.pending, error, raw);
    }
  }

  #fail(pending: PendingRpc<RpcReply> | PendingRpc<StreamedReply> | undefined, error: unknown, raw = ''): void {
    if (!pending) return;
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : '';
    const sentence = `${this.#device} answered ${pending.rpc} with XML that cannot be read (${reason}).`;
    pending.reject(new XmlError(sentence, raw));
  }

  /** RFC 6241 section 4.1: replies come in the order of the requests; one without an id belongs to the oldest. */
  #take(id: string | undefined): Expected | undefined {
    const key = id ?? this.#expected.keys().next().value;
    const expected = key === undefined ? undefined : this.#expected.get(key);
    if (key !== undefined) this.#expected.delete(key);
    return expected;
  }

  #newReader(): ReplyStream {
    const elements = [...this.#expected.values()].flatMap((each) => (each.sink === undefined ? [] : each.elements));
    return new ReplyStream({ elements, sinkFor: (root) => this.#sinkFor(root) });
  }

  #sinkFor(root: XmlElement): ((bytes: Buffer) => void) | undefined {
    const id = root.attributes['message-id'] ?? this.#expected.keys().next().value;
    const expected = id === undefined ? undefined : this.#expected.get(id);
    if (root.name !== 'rpc-reply' || id === undefined || expected?.sink === undefined) return undefined;
    this.#streaming = { id, expected };
    const { sink, pending, progress } = expected;
    let sent = 0;
    return (bytes) => {
      // After its time was up, the rest is only passed over.
      if (!pending.waiting) return;
      if (!sink.write(bytes)) this.#onFull(sink);
      sent += bytes.length;
      progress?.(sent);
    };
  }

  /** The message as it came, for the hello; the next one begins. */
  takeRaw(): string {
    this.#reader = undefined;
    this.#streaming = undefined;
    this.#begun = false;
    return this.#gathered.take().toString('utf8');
  }

  /** The beginning of a message that is not complete. */
  beginning(held: Buffer = Buffer.alloc(0)): string {
    const gathered = this.#gathered.view().subarray(0, PARTIAL_BYTES);
    return Buffer.concat([gathered, held]).toString('utf8');
  }

  /** Nothing more will come. */
  lose(error: NetconfError, held: Buffer): void {
    let partial = folded(looseText(this.beginning(held)));
    for (const { pending } of this.#expected.values()) {
      const { code } = error.code === 'framing' ? error : { code: 'closed' as const };
      const why = error.code === 'framing' ? ` ${error.message}` : '';
      const sentence = `The connection to ${this.#device} was lost before it answered ${pending.rpc}.${why}`;
      pending.reject(new NetconfError(code, sentence, { cause: error, sent: true, partial }));
      // Only the oldest request can have a part of its reply.
      partial = '';
    }
    this.#expected.clear();
  }
}
