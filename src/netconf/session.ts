import type { Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { openChannel } from './channel.ts';
import { NetconfError } from './errors.ts';
import { ChunkedFraming, END_OF_MESSAGE, EndMarkFraming, type Framing, framed } from './framing.ts';
import { Inbox } from './inbox.ts';
import { PendingRpc, type RpcOptions } from './pending-rpc.ts';
import type { RpcReply } from './reply.ts';
import { closedError, noHello, notNetconf, quoted, saidInstead } from './session-errors.ts';
import { DEFAULT_TIMEOUTS } from './ssh-access.ts';
import type { StreamedReply } from './stream.ts';
import { abandoned, logIn, type SessionTarget, type Timeouts, type Transport } from './transport.ts';
import { findAll, parseXml, text, type XmlElement, XmlError } from './xml.ts';

export type { RpcOptions } from './pending-rpc.ts';
export type { StreamedReply } from './stream.ts';
export type { SessionTarget, Timeouts } from './transport.ts';

const DEFAULT_RPC_TIMEOUT_MS = 60_000;

const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0';
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1';
const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const HELLO = `<hello xmlns="${NAMESPACE}"><capabilities><capability>${BASE_1_0}</capability><capability>${BASE_1_1}</capability></capabilities></hello>`;

export interface SessionOptions {
  /** Ends the session, and every RPC waiting in it, for as long as it lives. */
  signal?: AbortSignal;
  timeouts?: Partial<Timeouts>;
  around?: Around;
}

/** Goes around a login, an RPC or a streamed reply, for whoever measures it; `rpc` is the name of the request's element. */
export type Around = <T>(step: 'connect' | 'rpc' | 'stream', rpc: string, work: () => Promise<T>) => Promise<T>;

const nothingAround: Around = (_step, _rpc, work) => work();

export interface StreamOptions extends RpcOptions {
  /** Of the whole reply. Support information takes a device up to 40 minutes. */
  timeoutMs: number;
  /** How long the device may be silent in between. Time in which the sink was full does not count. */
  idleMs?: number;
  /** After each piece: how many bytes the sink has got. */
  progress?(bytes: number): void;
  /** The elements whose text is streamed, by local name; `output` when not given. */
  elements?: readonly string[];
}

/**
 * Connects, logs in and exchanges hellos. Throws `NetconfError`; then nothing stays open.
 * The device's host key has to be in `target.knownHosts`; otherwise nothing, not even the user name, is sent.
 */
export async function openSession(target: SessionTarget, options: SessionOptions = {}): Promise<NetconfSession> {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const { signal, around = nothingAround } = options;
  return await around('connect', '', async () => {
    const transport = await logIn(target, timeouts, signal);
    return await NetconfSession.start(target, transport, timeouts, { signal, around });
  });
}

/** One NETCONF session (RFC 6241 over RFC 6242): base:1.1 when the device offers it as well, else base:1.0. */
export class NetconfSession {
  readonly target: SessionTarget;
  readonly port: number;
  readonly #timeouts: Timeouts;
  readonly #transport: Transport;
  readonly #around: Around;
  readonly #hello = Promise.withResolvers<XmlElement>();
  readonly #inbox: Inbox;
  #framing: Framing = new EndMarkFraming();
  #channel: ClientChannel | undefined;
  #greeted = false;
  #stderr = '';
  #lastId = 0;
  /** The sink that is full; nothing is read until it has room. */
  #fullSink: Writable | undefined;
  /** The connection is gone, but not everything that came through it has been read. */
  #endedWith: NetconfError | undefined;
  #lost: NetconfError | undefined;
  #closing: Promise<void> | undefined;
  /** As in the device's hello. */
  capabilities: readonly string[] = [];

  private constructor(
    target: SessionTarget,
    transport: Transport,
    timeouts: Timeouts,
    { signal, around }: { signal: AbortSignal | undefined; around: Around },
  ) {
    this.target = target;
    this.#around = around;
    this.port = transport.port;
    this.#timeouts = timeouts;
    this.#transport = transport;
    this.#inbox = new Inbox(target.name, (sink) => this.#pauseFor(sink));
    // A hello that fails after openSession gave up has nobody waiting for it.
    this.#hello.promise.catch(() => {});
    transport.client.on('error', (error) => this.#end(this.#closedError(error)));
    transport.client.on('close', () => this.#end(this.#closedError()));
    const abort = () => signal && this.#lose(abandoned(target, signal));
    signal?.addEventListener('abort', abort);
    void transport.closed.then(() => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
  }

  static async start(
    target: SessionTarget,
    transport: Transport,
    timeouts: Timeouts,
    options: { signal: AbortSignal | undefined; around: Around },
  ) {
    const session = new NetconfSession(target, transport, timeouts, options);
    const timer = setTimeout(() => session.#lose(session.#noHelloYet()), timeouts.helloMs);
    session.#openChannel();
    try {
      await session.#hello.promise;
      return session;
    } finally {
      clearTimeout(timer);
    }
  }

  /** True once nothing can be sent any more. */
  get closed(): boolean {
    return this.#lost !== undefined || this.#closing !== undefined;
  }

  /**
   * Sends one operation, e.g. `<get-software-information/>`, and returns its reply, rpc-errors included: what they
   * mean is the caller's to decide. Several may be under way at once. Throws `NetconfError` (its `sent` tells whether
   * the device may have the request) and, for a reply that is not XML, `XmlError`.
   */
  async rpc(xml: string, options: RpcOptions = {}): Promise<RpcReply> {
    this.#mustBeOpen();
    return this.#around('rpc', nameOf(xml), () => this.#send(xml, options));
  }

  /**
   * Sends one operation and writes the text of its `<output>` to the sink as it arrives, references decoded, as fast
   * as the sink takes it; the rest of the reply comes back. Several such elements follow one another. The sink is not
   * ended. A reply of rpc-errors writes nothing. Throws like `rpc`, and the sink's own error when it fails; what was
   * written until then is only a part.
   */
  async stream(xml: string, sink: Writable, options: StreamOptions): Promise<StreamedReply> {
    this.#mustBeOpen();
    return this.#around('stream', nameOf(xml), () => this.#stream(xml, sink, options));
  }

  async #stream(xml: string, sink: Writable, options: StreamOptions): Promise<StreamedReply> {
    const { rpc, id, pending } = this.#prepare<StreamedReply>(xml, options);
    const fail = (error?: Error | null) =>
      pending.reject(error ?? new Error(`The sink of ${rpc} was closed before everything was in it.`));
    const onClose = () => fail();
    sink.on('error', fail).on('close', onClose);
    if (sink.destroyed) fail(sink.errored);
    const { elements = ['output'], progress } = options;
    this.#inbox.expect(id, { pending, sink, elements, ...(progress ? { progress } : {}) });
    this.#write(xml, id);
    try {
      return await pending.promise;
    } finally {
      sink.off('error', fail).off('close', onClose);
      this.#resumeAfter(sink);
    }
  }

  /** Says goodbye to the device, briefly, and frees the connection in any case. Never throws. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    // The answer does not matter; a rebooting device gives none.
    await this.#send('<close-session/>', { timeoutMs: this.#timeouts.closeMs }).catch(() => {});
    this.#transport.client.end();
    const timer = setTimeout(() => this.#transport.destroy(), this.#timeouts.closeMs);
    await this.#transport.closed;
    clearTimeout(timer);
    this.#lose(this.#closedError());
  }

  #mustBeOpen(): void {
    if (this.#closing) throw this.#closedError();
  }

  async #send(xml: string, options: RpcOptions): Promise<RpcReply> {
    const { id, pending } = this.#prepare<RpcReply>(xml, options);
    this.#inbox.expect(id, { pending });
    this.#write(xml, id);
    return pending.promise;
  }

  #prepare<Reply>(xml: string, options: RpcOptions & { idleMs?: number }) {
    const rpc = nameOf(xml);
    if (this.#lost || this.#endedWith || !this.#channel) throw this.#lost ?? this.#endedWith ?? this.#closedError();
    if (xml.includes(END_OF_MESSAGE)) throw new TypeError(`${rpc} contains the end-of-message mark.`);
    if (options.signal?.aborted) {
      const sentence = `${rpc} was not sent to ${this.target.name}, because the work was cancelled.`;
      throw new NetconfError('cancelled', sentence, { cause: options.signal.reason });
    }
    const timeoutMs = options.timeoutMs ?? DEFAULT_RPC_TIMEOUT_MS;
    const pending = new PendingRpc<Reply>(rpc, this.target.name, { ...options, timeoutMs });
    return { rpc, id: String(++this.#lastId), pending };
  }

  #write(xml: string, id: string): void {
    const message = `<rpc xmlns="${NAMESPACE}" message-id="${id}">${xml}</rpc>`;
    const chunked = this.#framing instanceof ChunkedFraming;
    // In front, not behind: a line end after our hello would stand before the first chunk.
    this.#channel?.write(framed(chunked ? message : `\n${message}`, chunked));
  }

  #openChannel(): void {
    openChannel(this.#transport.client, (error, channel) => {
      if (channel) this.#attach(channel);
      else this.#lose(this.#notNetconf('It offers neither the netconf subsystem nor xml-mode.', error));
    });
  }

  #attach(channel: ClientChannel): void {
    this.#channel = channel;
    channel.on('data', (bytes: Buffer) => this.#receive(bytes));
    channel.stderr.on('data', (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString('utf8')).slice(0, 500);
    });
    channel.on('error', (error: Error) => this.#end(this.#closedError(error)));
    // A device can end the session and keep the SSH connection: without this, RPCs would wait for their time-out.
    channel.on('end', () => this.#greeted && this.#end(this.#closedError()));
    channel.on('close', () =>
      this.#end(
        this.#greeted
          ? this.#closedError()
          : this.#notNetconf(this.#said() || 'It closed the session without a hello.'),
      ),
    );
    channel.write(framed(HELLO, false));
  }

  #receive(bytes: Buffer): void {
    try {
      for (let left = bytes; left.length > 0 && !this.#lost; ) {
        const { pieces, ended, rest } = this.#framing.take(left);
        for (const piece of pieces) this.#inbox.add(piece);
        left = rest;
        if (!ended) continue;
        if (this.#greeted) this.#inbox.endOfReply();
        else this.#receiveHello(this.#inbox.takeRaw());
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : '';
      const sentence = `What ${this.target.name} sends cannot be read as NETCONF messages, so the connection was closed. ${reason}`;
      this.#lose(new NetconfError('framing', sentence, { cause: error }));
    }
  }

  #receiveHello(raw: string): void {
    if (raw.trim() === '') return;
    try {
      const root = parseXml(raw);
      if (root.name !== 'hello') throw new XmlError(`The first message is ${root.name}.`, raw);
      this.#greeted = true;
      this.capabilities = findAll(root, 'capability').map(text);
      if (this.capabilities.includes(BASE_1_1)) this.#framing = new ChunkedFraming();
      this.#hello.resolve(root);
    } catch (error) {
      this.#lose(this.#notNetconf(quoted(raw), error));
    }
  }

  #pauseFor(sink: Writable): void {
    if (this.#fullSink) return;
    this.#fullSink = sink;
    this.#channel?.pause();
    this.#inbox.hold(true);
    sink.once('drain', () => this.#resumeAfter(sink));
  }

  #resumeAfter(sink: Writable): void {
    const channel = this.#channel;
    if (this.#fullSink !== sink || !channel) return;
    this.#fullSink = undefined;
    this.#inbox.hold(false);
    if (!this.#endedWith) {
      channel.resume();
      return;
    }
    // The connection ended meanwhile: what had come before is still in the channel.
    while (!this.#fullSink && !this.#lost && channel.read() !== null);
    if (!this.#fullSink) this.#lose(this.#endedWith);
  }

  /** Nothing more will come. Everyone is told as soon as what has come is read. */
  #end(error: NetconfError): void {
    this.#endedWith ??= error;
    if (!this.#fullSink) this.#lose(this.#endedWith);
  }

  /** The one place where a session ends: everyone who waits is told, and the connection is freed. */
  #lose(error: NetconfError): void {
    if (this.#lost) return;
    this.#lost = error;
    this.#hello.reject(error);
    this.#inbox.lose(error, this.#greeted ? this.#framing.held : Buffer.alloc(0));
    this.#transport.destroy();
  }

  #closedError(cause?: unknown): NetconfError {
    return closedError(this.target, this.#greeted, cause);
  }

  #noHelloYet(): NetconfError {
    const said = this.#said();
    return said ? this.#notNetconf(said) : noHello(this.target, this.#timeouts.helloMs);
  }

  #said(): string {
    return saidInstead(this.#inbox.beginning(), this.#stderr);
  }

  #notNetconf(fact: string, cause?: unknown): NetconfError {
    return notNetconf(this.target, this.port, fact, cause);
  }
}

/** The name of a request's element, as it stands in sentences too. */
const nameOf = (xml: string) => /<\s*([^\s/>]+)/.exec(xml)?.[1] ?? 'the request';
