import type { Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { NetconfError } from './errors.ts';
import { END_OF_MESSAGE, MessageSplitter } from './framing.ts';
import { folded, parseReply, type RpcReply } from './reply.ts';
import { abandoned, logIn, place, type SessionTarget, seconds, type Timeouts, type Transport } from './transport.ts';
import { findAll, looseText, parseXml, text, type XmlElement, XmlError } from './xml.ts';

export type { SessionTarget, Timeouts } from './transport.ts';

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, loginMs: 30_000, helloMs: 30_000, closeMs: 3_000 };
const DEFAULT_RPC_TIMEOUT_MS = 60_000;

/** What Junos runs when the NETCONF subsystem is not configured. */
const FALLBACK_COMMAND = 'xml-mode netconf need-trailer';

const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0';
const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const HELLO = `<hello xmlns="${NAMESPACE}"><capabilities><capability>${BASE_1_0}</capability></capabilities></hello>`;

export interface SessionOptions {
  /** Ends the session, and every RPC waiting in it, for as long as it lives. */
  signal?: AbortSignal;
  timeouts?: Partial<Timeouts>;
}

interface Outstanding {
  rpc: string;
  /** Still to be answered to the caller; false once its time was up. */
  waiting: boolean;
  resolve(reply: RpcReply): void;
  reject(error: unknown): void;
  timer: NodeJS.Timeout;
}

/**
 * Connects, logs in and exchanges hellos. Throws `NetconfError`; then nothing stays open.
 * The device's host key has to be in `target.knownHosts`; otherwise nothing, not even the user name, is sent.
 */
export async function openSession(target: SessionTarget, options: SessionOptions = {}): Promise<NetconfSession> {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const transport = await logIn(target, timeouts, options.signal);
  return NetconfSession.start(target, transport, timeouts, options.signal);
}

/** One NETCONF session (RFC 6241 over RFC 6242, base:1.0). */
export class NetconfSession {
  readonly target: SessionTarget;
  readonly port: number;
  readonly #timeouts: Timeouts;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #splitter = new MessageSplitter();
  readonly #hello = Promise.withResolvers<XmlElement>();
  /** In the order sent. RPCs whose time was up stay, so that a late reply is not taken for the next one's. */
  readonly #outstanding = new Map<string, Outstanding>();
  #channel: ClientChannel | undefined;
  #greeted = false;
  #stderr = '';
  #lastId = 0;
  #lost: NetconfError | undefined;
  #closing: Promise<void> | undefined;
  /** As in the device's hello. */
  capabilities: readonly string[] = [];

  private constructor(target: SessionTarget, transport: Transport, timeouts: Timeouts, signal?: AbortSignal) {
    this.target = target;
    this.port = transport.port;
    this.#timeouts = timeouts;
    this.#client = transport.client;
    this.#socket = transport.socket;
    // A hello that fails after openSession gave up has nobody waiting for it.
    this.#hello.promise.catch(() => {});
    this.#client.on('error', (error) => this.#lose(this.#closedError(error)));
    this.#client.on('close', () => this.#lose(this.#closedError()));
    const abort = () => signal && this.#lose(abandoned(target, signal));
    signal?.addEventListener('abort', abort);
    this.#socket.once('close', () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
  }

  static async start(target: SessionTarget, transport: Transport, timeouts: Timeouts, signal?: AbortSignal) {
    const session = new NetconfSession(target, transport, timeouts, signal);
    const timer = setTimeout(() => session.#lose(session.#noHelloYet()), timeouts.helloMs);
    session.#openChannel();
    try {
      const hello = await session.#hello.promise;
      session.capabilities = findAll(hello, 'capability').map(text);
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
  rpc(xml: string, options: { timeoutMs?: number } = {}): Promise<RpcReply> {
    if (this.#closing) return Promise.reject(this.#closedError());
    return this.#send(xml, options.timeoutMs ?? DEFAULT_RPC_TIMEOUT_MS);
  }

  /** Says goodbye to the device, briefly, and frees the connection in any case. Never throws. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    // The answer does not matter; a rebooting device gives none.
    await this.#send('<close-session/>', this.#timeouts.closeMs).catch(() => {});
    this.#client.end();
    const timer = setTimeout(() => this.#socket.destroy(), this.#timeouts.closeMs);
    if (!this.#socket.closed) await new Promise((resolve) => this.#socket.once('close', resolve));
    clearTimeout(timer);
    this.#lose(this.#closedError());
  }

  #send(xml: string, timeoutMs: number): Promise<RpcReply> {
    const rpc = /<\s*([^\s/>]+)/.exec(xml)?.[1] ?? 'the request';
    if (this.#lost || !this.#channel) return Promise.reject(this.#lost ?? this.#closedError());
    if (xml.includes(END_OF_MESSAGE)) return Promise.reject(new TypeError(`${rpc} contains the end-of-message mark.`));
    const id = String(++this.#lastId);
    const { promise, resolve, reject } = Promise.withResolvers<RpcReply>();
    const entry: Outstanding = { rpc, waiting: true, resolve, reject, timer: setTimeout(() => late(), timeoutMs) };
    const late = () => {
      entry.waiting = false;
      const sentence = `${this.target.name} did not answer ${rpc} within ${seconds(timeoutMs)}.`;
      reject(new NetconfError('timeout', sentence, { sent: true }));
    };
    this.#outstanding.set(id, entry);
    this.#channel.write(`<rpc xmlns="${NAMESPACE}" message-id="${id}">${xml}</rpc>${END_OF_MESSAGE}\n`);
    return promise;
  }

  #openChannel(): void {
    this.#client.subsys('netconf', (refusal, channel) => {
      if (!refusal) return this.#attach(channel);
      if (this.#lost) return;
      this.#client.exec(FALLBACK_COMMAND, (error, fallback) => {
        if (!error) return this.#attach(fallback);
        this.#lose(this.#notNetconf('It offers neither the netconf subsystem nor xml-mode.', error));
      });
    });
  }

  #attach(channel: ClientChannel): void {
    this.#channel = channel;
    channel.on('data', (bytes: Buffer) => this.#receive(bytes));
    channel.stderr.on('data', (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString('utf8')).slice(0, 500);
    });
    channel.on('error', (error: Error) => this.#lose(this.#closedError(error)));
    // A device can end the session and keep the SSH connection: without this, RPCs would wait for their time-out.
    channel.on('close', () =>
      this.#lose(
        this.#greeted
          ? this.#closedError()
          : this.#notNetconf(this.#said() || 'It closed the session without a hello.'),
      ),
    );
    channel.write(`${HELLO}${END_OF_MESSAGE}\n`);
  }

  #receive(bytes: Buffer): void {
    if (this.#lost) return;
    try {
      for (const message of this.#splitter.push(bytes)) {
        const raw = message.toString('utf8');
        if (raw.trim() === '') continue;
        if (this.#greeted) this.#receiveReply(raw);
        else this.#receiveHello(raw);
      }
    } catch (error) {
      this.#lose(this.#closedError(error));
    }
  }

  #receiveHello(raw: string): void {
    try {
      const root = parseXml(raw);
      if (root.name !== 'hello') throw new XmlError(`The first message is ${root.name}.`, raw);
      this.#greeted = true;
      this.#hello.resolve(root);
    } catch (error) {
      this.#lose(this.#notNetconf(quoted(raw), error));
    }
  }

  #receiveReply(raw: string): void {
    try {
      const reply = parseReply(raw);
      if (reply.root.name === 'notification') return;
      this.#take(reply.root.attributes['message-id'])?.resolve(reply);
    } catch (error) {
      const entry = this.#take(/<[^<>]*\smessage-id\s*=\s*["']([^"']*)["']/.exec(raw)?.[1]);
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : '';
      entry?.reject(
        new XmlError(`${this.target.name} answered ${entry.rpc} with XML that cannot be read (${reason}).`, raw),
      );
    }
  }

  /** RFC 6241 section 4.1: replies come in the order of the requests; one without an id belongs to the oldest. */
  #take(id: string | undefined): Outstanding | undefined {
    const key = id ?? this.#outstanding.keys().next().value;
    const entry = key === undefined ? undefined : this.#outstanding.get(key);
    if (key === undefined || !entry) return undefined;
    this.#outstanding.delete(key);
    clearTimeout(entry.timer);
    return entry.waiting ? entry : undefined;
  }

  /** The one place where a session ends: everyone who waits is told, and the connection is freed. */
  #lose(error: NetconfError): void {
    if (this.#lost) return;
    this.#lost = error;
    this.#hello.reject(error);
    let partial = this.#greeted ? folded(looseText(this.#splitter.rest().toString('utf8'))) : '';
    for (const entry of this.#outstanding.values()) {
      clearTimeout(entry.timer);
      const sentence = `The connection to ${this.target.name} was lost before it answered ${entry.rpc}.`;
      if (entry.waiting) entry.reject(new NetconfError('closed', sentence, { cause: error, sent: true, partial }));
      // Only the oldest request can have a part of its reply.
      partial = '';
    }
    this.#outstanding.clear();
    this.#socket.destroy();
  }

  #closedError(cause?: unknown): NetconfError {
    const fact = this.#greeted ? 'is closed' : 'was closed before NETCONF had started';
    return new NetconfError('closed', `The connection to ${this.target.name} ${fact}.`, { cause });
  }

  #noHelloYet(): NetconfError {
    const said = this.#said();
    if (said) return this.#notNetconf(said);
    const within = seconds(this.#timeouts.helloMs);
    return new NetconfError(
      'timeout',
      `${place(this.target)} accepted the login, but sent no NETCONF hello within ${within}.`,
    );
  }

  /** What came instead of a hello: a shell's complaint, a banner. The beginning of XML is only a slow hello. */
  #said(): string {
    const rest = this.#splitter.rest().toString('utf8').trim();
    return rest === '' || rest.startsWith('<') ? quoted(this.#stderr) : quoted(`${rest} ${this.#stderr}`);
  }

  #notNetconf(fact: string, cause?: unknown): NetconfError {
    return new NetconfError(
      'not-netconf',
      `${place(this.target)} accepted the login, but does not speak NETCONF on port ${this.port}. ${fact}`,
      { cause },
    );
  }
}

function quoted(said: string): string {
  const line = folded(looseText(said));
  return line === '' ? '' : `It said: "${line.slice(0, 200)}"`;
}
