import type { Readable } from 'node:stream';
import ssh2, { type Client, type SFTPWrapper, type Stats } from 'ssh2';
import { cancelled, TransferError } from './errors.ts';
import { type HostKeys, hostKeyError, offeredHostKeys } from './host-keys.ts';
import { alreadyThere, type Destination, destination, type Session } from './put.ts';
import { lost, type Server, tooLate } from './server-errors.ts';
import { loginError, sftpError } from './sftp-errors.ts';
import { chunksOf, type Limits, within } from './wait.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
const FILE_MODE = 0o600;
/** What every server takes in one packet (draft-ietf-secsh-filexfer-02, section 3). */
const PACKET_BYTES = 32 * 1024;
/** Packets without an answer: 2 MiB on the way fill a path of 100 ms with 160 Mbit/s. */
const MOST_PACKETS = 64;
/** How long the server may take to answer what is on the way when all of it is given up. */
const LAST_WORD_MS = 5_000;

export interface SftpServer extends Server {
  /** Absolute, or relative to the home folder; `''` is there. */
  directory: string;
  hostKeys: HostKeys;
  /** Asked for each connection, so that the password is not kept. */
  login: () => Promise<{ user: string; password: string }>;
}

/** SFTP version 3 over SSH, with a password and a host key that is known. */
export function sftpServer(address: string, server: SftpServer, limits: Limits): Destination {
  return destination(address, server.where, (signal) => open(server, limits, signal));
}

async function open(server: SftpServer, limits: Limits, signal: AbortSignal): Promise<Session> {
  const login = await server.login();
  const client = new ssh2.Client();
  try {
    const opened = logIn(client, server, login);
    const late = () => tooLate(server.where, 'let us log in', limits.connectMs);
    const sftp = await within(opened, limits.connectMs, late, signal);
    return new SftpSession(client, sftp, server, limits, signal);
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function logIn(client: Client, server: SftpServer, login: { user: string; password: string }): Promise<SFTPWrapper> {
  const { promise, resolve, reject } = Promise.withResolvers<SFTPWrapper>();
  let keyError: TransferError | undefined;
  let answered = false;
  // Stays for the client's life: ssh2 reports late socket errors here, and an unheard 'error' ends the process.
  client.on('error', (error) => reject(keyError ?? loginError(error, server)));
  client.on('close', () => reject(keyError ?? lost(server.where)));
  client.on('keyboard-interactive', (_name, _instructions, _lang, prompts, finish) => {
    // One hidden prompt gets the password, once: a second one asks for something else, such as a new password.
    const answers = prompts.map((prompt) => {
      if (prompt.echo || answered) return '';
      answered = true;
      return login.password;
    });
    finish(answers);
  });
  client.on('ready', () => {
    client.sftp((error, sftp) => {
      if (!error) return resolve(sftp);
      const sentence = `The login at ${server.where} works, but it does not speak SFTP. Turn SFTP on there.`;
      reject(new TransferError('no-sftp', sentence, { cause: error }));
    });
  });
  client.connect({
    host: server.host,
    port: server.port,
    username: login.user,
    password: login.password,
    tryKeyboard: true,
    readyTimeout: 0,
    algorithms: { serverHostKey: offeredHostKeys(server) },
    hostVerifier: (key: Buffer) => {
      keyError = hostKeyError(server, key);
      return keyError === undefined;
    },
  });
  return promise;
}

type Done = (error?: Error | null) => void;
type StatsDone = (error: Error | undefined, stats: Stats) => void;

class SftpSession implements Session {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  readonly #server: SftpServer;
  readonly #limits: Limits;
  readonly #signal: AbortSignal;
  readonly #closed = Promise.withResolvers<never>();
  #isClosed = false;

  constructor(client: Client, sftp: SFTPWrapper, server: SftpServer, limits: Limits, signal: AbortSignal) {
    this.#client = client;
    this.#sftp = sftp;
    this.#server = server;
    this.#limits = limits;
    this.#signal = signal;
    this.#closed.promise.catch(() => {});
    const closed = () => {
      this.#isClosed = true;
      this.#closed.reject(lost(server.where));
    };
    sftp.on('close', closed);
    sftp.on('error', closed);
    client.on('close', closed);
  }

  /** Requests have numbers, so one that is not answered yet does not stand in the way of another. */
  get usable(): boolean {
    return !this.#isClosed;
  }

  async enter(): Promise<void> {
    const { directory } = this.#server;
    const names = directory.split('/').filter((name) => name !== '');
    let path = directory.startsWith('/') ? '' : '.';
    for (const name of names) {
      path = `${path}/${name}`;
      if (await this.#isFolder(path)) continue;
      // Somebody else may make it meanwhile, so only the second look decides.
      const refused = await this.#ask((done) => this.#sftp.mkdir(path, done)).then(
        () => undefined,
        (error: unknown) => this.#error(error, 'directory'),
      );
      if (!(await this.#isFolder(path))) throw refused ?? this.#error({ code: STATUS_CODE.NO_SUCH_FILE }, 'directory');
    }
  }

  async #isFolder(path: string): Promise<boolean> {
    try {
      return (await this.#answer<Stats>((done) => this.#sftp.stat(path, done as StatsDone))).isDirectory();
    } catch (error) {
      if (codeOf(error) === STATUS_CODE.NO_SUCH_FILE) return false;
      throw this.#error(error, 'directory');
    }
  }

  async size(name: string): Promise<number | null> {
    try {
      return (await this.#answer<Stats>((done) => this.#sftp.lstat(this.#path(name), done as StatsDone), null)).size;
    } catch (error) {
      if (codeOf(error) === STATUS_CODE.NO_SUCH_FILE) return null;
      throw this.#error(error, 'directory');
    }
  }

  async write(name: string, content: Readable, onBytes: (total: number) => void): Promise<number> {
    const open = this.#answer<Buffer>((done) => this.#sftp.open(this.#path(name), 'wx', FILE_MODE, done), null);
    const handle = await open.catch((error) => {
      throw this.#error(error, 'write');
    });
    let written: number;
    try {
      written = await this.#fill(handle, content, onBytes);
    } catch (error) {
      const isOurs = error instanceof TransferError || codeOf(error) === undefined;
      await this.#ask((done) => this.#sftp.close(handle, done), null).catch(() => {});
      throw isOurs ? error : await this.#whyNotWritten(error);
    }
    await this.#ask((done) => this.#sftp.close(handle, done), null).catch(async (error) => {
      throw await this.#whyNotWritten(error);
    });
    return written;
  }

  /** Several packets are on the way at a time; what they hold is all that is in memory. */
  async #fill(handle: Buffer, content: Readable, onBytes: (total: number) => void): Promise<number> {
    const stop = new AbortController();
    const called = () => stop.abort(cancelled(this.#signal));
    this.#signal.addEventListener('abort', called);
    if (this.#signal.aborted) called();
    const onTheWay = new Set<Promise<void>>();
    let failure: { error: unknown } | undefined;
    let sent = 0;
    let written = 0;
    const send = (bytes: Buffer) => {
      const position = sent;
      sent += bytes.length;
      const answered = this.#ask((done) => this.#sftp.write(handle, bytes, 0, bytes.length, position, done), null);
      const one = answered
        .then(() => {
          written += bytes.length;
          onBytes(written);
        })
        .catch((error: unknown) => {
          failure ??= { error };
          // The source may be silent for long: reading it must end now.
          stop.abort(this.#error(error, 'write'));
        })
        .finally(() => onTheWay.delete(one));
      onTheWay.add(one);
    };
    try {
      for await (const chunk of chunksOf(content, stop.signal)) {
        for (let at = 0; at < chunk.length; at += PACKET_BYTES) {
          while (onTheWay.size >= MOST_PACKETS) await Promise.race(onTheWay);
          if (stop.signal.aborted) throw cancelled(stop.signal);
          send(chunk.subarray(at, at + PACKET_BYTES));
        }
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      this.#signal.removeEventListener('abort', called);
    }
    const all = Promise.all(onTheWay);
    if (!failure) await all;
    // A server that does not answer any more must not hold up who calls it off.
    else await within(all, LAST_WORD_MS, () => lost(this.#server.where), null).catch(() => this.#client.destroy());
    if (failure) throw failure.error;
    return sent;
  }

  /** Version 3 has no word for a full disk; OpenSSH's servers can be asked how much room there is. */
  async #whyNotWritten(error: unknown): Promise<TransferError> {
    if (codeOf(error) === STATUS_CODE.FAILURE) {
      const room = await this.#answer((done) => this.#sftp.ext_openssh_statvfs(this.#path('.'), done), null).catch(
        () => undefined,
      );
      const left = room as { f_bavail?: number; f_bfree?: number } | undefined;
      if (left?.f_bavail === 0) {
        const { where } = this.#server;
        const sentence = `${where.charAt(0).toUpperCase()}${where.slice(1)} has no room for the file. Make room there.`;
        return new TransferError('server-full', sentence, { cause: error });
      }
    }
    return this.#error(error, 'write');
  }

  /** In version 3 a new name that is taken is refused; OpenSSH sees to it with a link, so nothing can come between. */
  async rename(from: string, to: string): Promise<void> {
    try {
      await this.#ask((done) => this.#sftp.rename(this.#path(from), this.#path(to), done), null);
    } catch (error) {
      const isTaken = codeOf(error) === STATUS_CODE.FAILURE && (await this.size(to)) !== null;
      throw isTaken ? alreadyThere(to, this.#server.where) : this.#error(error, 'rename');
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#ask((done) => this.#sftp.unlink(this.#path(name), done), null);
    } catch (error) {
      if (codeOf(error) !== STATUS_CODE.NO_SUCH_FILE) throw this.#error(error, 'write');
    }
  }

  close(): void {
    this.#client.end();
    // A server that does not hang up would keep the socket for ever.
    setTimeout(() => this.#client.destroy(), 1_000).unref();
  }

  #path(name: string): string {
    const { directory } = this.#server;
    return directory === '' ? name : directory === '/' ? `/${name}` : `${directory}/${name}`;
  }

  #ask(request: (done: Done) => void, signal: AbortSignal | null = this.#signal): Promise<void> {
    return this.#answer<undefined>((done) => request((error) => done(error ?? undefined, undefined)), signal);
  }

  #answer<T>(
    request: (done: (error: Error | undefined, value: T) => void) => void,
    signal: AbortSignal | null = this.#signal,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    try {
      request((error, value) => (error ? reject(error) : resolve(value)));
    } catch (error) {
      reject(error);
    }
    const late = () => tooLate(this.#server.where, 'answer', this.#limits.idleMs);
    return within(Promise.race([promise, this.#closed.promise]), this.#limits.idleMs, late, signal);
  }

  #error(error: unknown, step: 'directory' | 'write' | 'rename'): TransferError {
    return sftpError(error, this.#server, step);
  }
}

function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}
