import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { Client, enterPassiveModeIPv6, FTPError, type FTPResponse } from 'basic-ftp';
import { cancelled, TransferError } from './errors.ts';
import { ftpError } from './ftp-errors.ts';
import { type Destination, destination, type Session } from './put.ts';
import { lost, type Server, tooLate } from './server-errors.ts';
import { chunksOf, type Limits, within } from './wait.ts';

export interface FtpServer extends Server {
  protocol: 'ftp' | 'ftps' | 'ftpes';
  /** Absolute, or relative to where the login leads; `''` is there. */
  directory: string;
  /** PEM certificates to trust instead of the public ones. */
  ca?: string | undefined;
  /** Asked for each connection, so that the password is not kept. */
  login: () => Promise<{ user: string; password: string }>;
}

/** How long the server may take to say what it thinks of a file whose data connection is gone. */
const LAST_WORD_MS = 5_000;

/** What the socket is given ahead of what it has sent: it sends many pieces at once, and is never out of work. */
const MOST_WAITING = 512 * 1024;

/** FTP (RFC 959), FTPS from the first byte, or after AUTH TLS (RFC 4217). Always passive, with the server's own address. */
export function ftpServer(address: string, server: FtpServer, limits: Limits): Destination {
  return destination(address, server.where, (signal) => open(server, limits, signal));
}

async function open(server: FtpServer, limits: Limits, signal: AbortSignal): Promise<Session> {
  const { user, password } = await server.login();
  const client = new Client(limits.idleMs);
  let step: 'connect' | 'tls' | 'login' = 'connect';
  const logIn = async () => {
    const secure = { host: server.host, ...(server.ca === undefined ? {} : { ca: server.ca }) };
    if (server.protocol === 'ftps') await client.connectImplicitTLS(server.host, server.port, secure);
    else await client.connect(server.host, server.port);
    step = 'tls';
    if (server.protocol === 'ftpes') await client.useTLS(secure);
    step = 'login';
    await client.login(user, password);
    await client.useDefaultSettings();
  };
  try {
    const late = () => tooLate(server.where, 'let us log in', limits.connectMs);
    await within(logIn(), limits.connectMs, late, signal);
    return new FtpSession(client, server, password, limits, signal);
  } catch (error) {
    client.close();
    throw ftpError(error, server, step, password);
  }
}

class FtpSession implements Session {
  readonly #client: Client;
  readonly #server: FtpServer;
  readonly #password: string;
  readonly #limits: Limits;
  readonly #signal: AbortSignal;
  /** Commands without an answer. */
  #owed = 0;

  constructor(client: Client, server: FtpServer, password: string, limits: Limits, signal: AbortSignal) {
    this.#client = client;
    this.#server = server;
    this.#password = password;
    this.#limits = limits;
    this.#signal = signal;
  }

  get usable(): boolean {
    return !this.#client.closed && this.#owed === 0;
  }

  /** The directory becomes the working directory, so that names alone are sent from then on. */
  async enter(): Promise<void> {
    const { directory } = this.#server;
    const names = directory.split('/').filter((name) => name !== '');
    for (const name of directory.startsWith('/') ? ['/', ...names] : names) {
      if (!(await this.#refusalOf(`CWD ${name}`))) continue;
      // Somebody else may make it meanwhile, so only the second look decides.
      const made = await this.#refusalOf(`MKD ${name}`);
      const second = await this.#refusalOf(`CWD ${name}`);
      if (second) throw made ?? second;
    }
  }

  async size(name: string): Promise<number | null> {
    const answer = await this.#try(`SIZE ${name}`);
    if (answer.code === 213) {
      const size = /^213[ -](\d{1,16})/.exec(answer.message)?.[1];
      if (size !== undefined) return Number(size);
    }
    // 550 is what servers answer for what is not there; another code means that they do not know SIZE.
    if (answer.code === 550) return null;
    const listed = await this.#during(this.#client.list()).catch((error) => this.#fail(error, 'directory'));
    return listed.find((file) => file.name === name)?.size ?? null;
  }

  async write(name: string, content: Readable, onBytes: (total: number) => void): Promise<number> {
    await this.#during(passive(this.#client)).catch((error) => this.#fail(error, 'data'));
    const data = this.#client.ftp.dataSocket;
    if (!data) throw lost(this.#server.where);
    // What the server says of it is worth more than that the data connection broke, so that must not close both.
    for (const event of ['error', 'close', 'timeout']) data.removeAllListeners(event);
    const secured = data instanceof TLSSocket ? once(data, 'secureConnect') : Promise.resolve([]);
    secured.catch(() => {});
    const stop = new AbortController();
    const halt = (error: TransferError) => stop.abort(error);
    const called = () => halt(cancelled(this.#signal));
    this.#signal.addEventListener('abort', called);
    if (this.#signal.aborted) called();
    data.on('error', (error) => halt(lost(this.#server.where, error)));
    const began = Promise.withResolvers<void>();
    const ended = this.#store(name, () => began.resolve());
    ended.catch((error) => {
      began.reject(error);
      halt(error);
    });
    try {
      await within(began.promise, this.#limits.idleMs, () => this.#tooSlow(), stop.signal);
      // An end before the handshake would go out as plain text, and Node tells of it before its own last message is out.
      await within(secured, this.#limits.idleMs, () => this.#tooSlow(), stop.signal);
      await setImmediate();
      const total = await this.#pump(content, data, stop.signal, onBytes);
      data.end();
      await within(ended, this.#limits.idleMs, () => this.#tooSlow(), stop.signal);
      return total;
    } catch (error) {
      data.destroy();
      content.destroy();
      // A refusal explains why the data connection broke. And only after the answer is the control connection free again.
      const word = await within(ended, LAST_WORD_MS, () => this.#tooSlow(), null).then(
        () => undefined,
        (reason) => (reason instanceof TransferError && reason.code !== 'timeout' ? reason : undefined),
      );
      throw error instanceof TransferError && error.code === 'closed' ? (word ?? error) : error;
    } finally {
      this.#signal.removeEventListener('abort', called);
      data.destroy();
      // Setting it is how basic-ftp is told that there is none any more.
      if (!this.#client.closed) this.#client.ftp.dataSocket = undefined;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask(`RNFR ${from}`, 'rename', null);
    await this.#ask(`RNTO ${to}`, 'rename', null);
  }

  async remove(name: string): Promise<void> {
    const answer = await this.#try(`DELE ${name}`, null);
    if (answer.code < 400) return;
    if ((await this.size(name)) !== null) throw this.#error(new FTPError(answer), 'write');
  }

  close(): void {
    this.#client.close();
  }

  /** Sends STOR; resolves when the server has the whole file. `ready` is called when it wants the data. */
  #store(name: string, ready: () => void): Promise<void> {
    const answer = this.#client.ftp.handle(`STOR ${name}`, (response, task) => {
      if (response instanceof Error) task.reject(response);
      else if (response.code === 125 || response.code === 150) ready();
      else if (response.code >= 200 && response.code < 300) task.resolve(response);
      else if (response.code >= 300) task.reject(new FTPError(response));
    });
    // The control connection is silent while data flows.
    this.#client.ftp.socket.setTimeout(0);
    this.#owed++;
    return answer
      .finally(() => this.#owed--)
      .catch((error: unknown) => {
        throw this.#error(error, 'write');
      });
  }

  async #pump(
    content: Readable,
    data: NonNullable<Client['ftp']['dataSocket']>,
    stop: AbortSignal,
    onBytes: (total: number) => void,
  ): Promise<number> {
    let total = 0;
    for await (const chunk of chunksOf(content, stop)) {
      const isFull = !data.write(chunk) && data.writableLength > MOST_WAITING;
      if (isFull) await within(once(data, 'drain'), this.#limits.idleMs, () => this.#tooSlow(), stop);
      total += chunk.length;
      onBytes(total);
    }
    return total;
  }

  /** What the server has against a command about a directory; what ends the connection is thrown. */
  async #refusalOf(command: string): Promise<TransferError | undefined> {
    try {
      await this.#ask(command, 'directory');
      return undefined;
    } catch (error) {
      if (error instanceof TransferError && REFUSALS.has(error.code)) return error;
      throw error;
    }
  }

  async #ask(command: string, step: Step, signal: AbortSignal | null = this.#signal): Promise<FTPResponse> {
    try {
      return await this.#during(this.#client.send(command), signal);
    } catch (error) {
      return this.#fail(error, step);
    }
  }

  /** As `#ask`, but a refusal is an answer like any other. */
  async #try(command: string, signal: AbortSignal | null = this.#signal): Promise<FTPResponse> {
    try {
      return await this.#during(this.#client.sendIgnoringError(command), signal);
    } catch (error) {
      return this.#fail(error, 'directory');
    }
  }

  async #during<T>(answer: Promise<T>, signal: AbortSignal | null = this.#signal): Promise<T> {
    this.#owed++;
    const counted = answer.finally(() => this.#owed--);
    return within(counted, this.#limits.idleMs, () => this.#tooSlow(), signal);
  }

  #tooSlow(): TransferError {
    return tooLate(this.#server.where, 'go on', this.#limits.idleMs);
  }

  #error(error: unknown, step: Step): TransferError {
    return ftpError(error, this.#server, step, this.#password);
  }

  #fail(error: unknown, step: Step): never {
    throw this.#error(error, step);
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['no-such-directory', 'permission', 'rejected', 'server-full']);

type Step = 'directory' | 'data' | 'write' | 'rename';

/** Opens a data connection to the server's own address: EPSV (RFC 2428), or PASV where that is not known. */
async function passive(client: Client): Promise<void> {
  try {
    await enterPassiveModeIPv6(client.ftp);
  } catch (error) {
    if (!(error instanceof FTPError) || error.code < 500) throw error;
    // basic-ftp's own way has PASV with the check of the address, but hides what the server has against it.
    await client.prepareTransfer(client.ftp).catch((second) => {
      throw client.closed ? second : error;
    });
  }
}
