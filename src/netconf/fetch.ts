import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { Attempt, type AttemptEnd, Cut } from './attempt.ts';
import { Destination } from './destination.ts';
import { devicePath } from './device-path.ts';
import { NetconfError, RpcError } from './errors.ts';
import { getFile, listFiles } from './files.ts';
import type { RpcSession } from './operation.ts';
import { readOverScp } from './scp-read.ts';
import { fileMissing, filePermission, readOverSftp } from './sftp-read.ts';
import { DEFAULT_TIMEOUTS, forFiles } from './ssh-access.ts';
import { abandoned, type SessionTarget, type Timeouts } from './target.ts';
import { TransferError } from './transfer-error.ts';
import { logIn } from './transport.ts';

export type TransferWay = 'sftp' | 'scp' | 'file-get';

export interface FetchOptions {
  /**
   * Where the bytes go. Called once; without SFTP, after a cut, once more: the former sink was destroyed then, and the
   * file comes from its beginning again.
   */
  open(): Writable | Promise<Writable>;
  /** False when a sink cannot be begun anew: a cut without SFTP is the end then. True when not given. */
  restartable?: boolean;
  /** For `file-get`, where both SFTP and SCP are off. */
  session?: RpcSession;
  /** What the device says the SHA-256 is, in hex, or will say: asked beside the transfer, it costs no time. */
  sha256?: string | Promise<string>;
  /** Ends the transfer at any moment; the sink is destroyed. */
  signal?: AbortSignal;
  /** After each piece that the sink got. A restart from zero goes back to small numbers. */
  progress?(bytes: number, totalBytes: number): void;
  /** The longest silence of the device before the connection counts as cut; 60 s. */
  idleMs?: number;
  /** How often to connect again after a cut; 5. */
  resumes?: number;
  /** Before each of them; 2 s. */
  pauseMs?: number;
  /** The largest file for `file-get`, which has to be in memory; 16 MiB. */
  fileGetBytes?: number;
  timeouts?: Partial<Timeouts>;
}

export interface FetchedFile {
  via: TransferWay;
  bytes: number;
  /** Of the bytes that the sink got, 64 lower-case hex digits. */
  sha256: string;
}

const IDLE_MS = 60_000;
const RESUMES = 5;
const PAUSE_MS = 2_000;
const FILE_GET_BYTES = 16 * 1024 * 1024;
const FILE_GET_TIMEOUT_MS = 5 * 60_000;

/** What a connection that was there before may answer while the device, or the way to it, recovers. */
const MAY_RECOVER = new Set(['refused', 'timeout', 'unreachable', 'closed']);

/**
 * Copies one file from the device into a sink, with flat memory: over SFTP, else SCP, on an SSH connection of its own
 * with the same login and host key check as a session; else with `file-get`. A cut is resumed where it was (SFTP) or
 * begun anew (SCP). When everything is in and the checksum is the device's, the sink is ended; on any error it is
 * destroyed, and nothing of it must be used. Throws `InvalidPath`, `TransferError`, `NetconfError` (no connection, or
 * `cancelled`), and what `sha256` rejects with.
 */
export async function fetchFile(target: SessionTarget, path: string, options: FetchOptions): Promise<FetchedFile> {
  devicePath(path, 'one');
  const { signal, sha256 } = options;
  const cancelled = Promise.withResolvers<never>();
  cancelled.promise.catch(() => {});
  Promise.resolve(sha256).catch(() => {});
  const abort = () => signal && cancelled.reject(abandoned(target, signal));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  const destination = new Destination({
    device: target.name,
    path,
    open: options.open,
    restartable: options.restartable ?? true,
    progress: options.progress ?? (() => {}),
  });
  try {
    const transfer = new Transfer(target, destination, cancelled.promise, options);
    const via = await Promise.race([transfer.run(), cancelled.promise]);
    const found = destination.sha256();
    const expected = await Promise.race([sha256, cancelled.promise]);
    if (expected !== undefined && expected.toLowerCase() !== found) throw differs(destination, expected, found);
    await Promise.race([destination.finish(), cancelled.promise]);
    return { via, bytes: destination.bytes, sha256: found };
  } catch (error) {
    destination.destroy(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

class Transfer {
  readonly #target: SessionTarget;
  readonly #destination: Destination;
  readonly #cancelled: Promise<never>;
  readonly #options: FetchOptions;

  constructor(target: SessionTarget, destination: Destination, cancelled: Promise<never>, options: FetchOptions) {
    this.#target = target;
    this.#destination = destination;
    this.#cancelled = cancelled;
    this.#options = options;
  }

  async run(): Promise<TransferWay> {
    const { resumes = RESUMES, pauseMs = PAUSE_MS, signal } = this.#options;
    for (let cuts = 0; ; cuts++) {
      try {
        return await this.#overOneConnection();
      } catch (error) {
        const recovers =
          error instanceof Cut || (cuts > 0 && error instanceof NetconfError && MAY_RECOVER.has(error.code));
        if (!recovers) throw error;
        if (cuts === resumes) throw lost(this.#destination, resumes, error as Error);
      }
      await Promise.race([delay(pauseMs, undefined, signal ? { signal } : {}), this.#cancelled]).catch(
        (error: unknown) => {
          throw signal ? abandoned(this.#target, signal) : error;
        },
      );
    }
  }

  async #overOneConnection(): Promise<TransferWay> {
    const { timeouts, signal } = this.#options;
    const transport = await logIn(forFiles(this.#target), { ...DEFAULT_TIMEOUTS, ...timeouts }, signal);
    const said: string[] = [];
    try {
      for (const [way, read] of WAYS) {
        const end = await this.#attempt(transport.closed, (attempt) =>
          read(transport.client, this.#destination.path, this.#destination, attempt),
        );
        if (end.end === 'done') return way;
        if (end.said !== '') said.push(`${way.toUpperCase()}: ${end.said.replace(/\.$/, '')}`);
      }
    } finally {
      transport.destroy();
    }
    await this.#overNetconf(transport.port, said);
    return 'file-get';
  }

  #attempt(closed: Promise<void>, begin: (attempt: Attempt) => void): Promise<AttemptEnd> {
    const idleMs = this.#options.idleMs ?? IDLE_MS;
    const attempt = new Attempt({ destination: this.#destination, idleMs, closed, cancelled: this.#cancelled });
    begin(attempt);
    return attempt.ended;
  }

  async #overNetconf(port: number, said: string[]): Promise<void> {
    const { session, signal, fileGetBytes = FILE_GET_BYTES } = this.#options;
    const destination = this.#destination;
    const { device, path } = destination;
    const facts = `${device} offers neither SFTP nor SCP${said.length > 0 ? ` (${said.join('; ')})` : ''}.`;
    const advice =
      port === 830
        ? 'Port 830 is for NETCONF alone: give port 22 as well in devices.yaml.'
        : 'Allow SFTP on it (set system services ssh sftp-server).';
    if (!session) throw new TransferError('no-transfer', `${facts} ${advice}`);
    const options = { timeoutMs: FILE_GET_TIMEOUT_MS, ...(signal ? { signal } : {}) };
    const found = await listFiles(session, path, options);
    const [file] = found.found ? found.files : [];
    if (!file) throw fileMissing(device, path);
    if (file.sizeBytes === null || file.sizeBytes > fileGetBytes) {
      const size = file.sizeBytes === null ? 'does not tell its size' : `has ${file.sizeBytes} bytes`;
      const sentence = `${facts} ${path} ${size}, and only files of up to ${fileGetBytes} bytes can be had over NETCONF. ${advice}`;
      throw new TransferError('no-transfer', sentence);
    }
    destination.expect({ bytes: file.sizeBytes });
    await destination.open(true);
    const content = await getFile(session, path, options).catch((error: unknown) => {
      if (error instanceof RpcError && /permission denied/i.test(error.message))
        throw filePermission(device, path, error);
      throw error;
    });
    destination.expect({ bytes: content.length });
    destination.write(content);
  }
}

type Read = (client: Client, path: string, destination: Destination, attempt: Attempt) => void;
const WAYS: readonly [way: TransferWay, read: Read][] = [
  ['sftp', readOverSftp],
  ['scp', readOverScp],
];

function lost({ device, path, bytes, totalBytes }: Destination, resumes: number, cause: Error): TransferError {
  const percent = totalBytes === 0 ? 0 : Math.floor((bytes / totalBytes) * 100);
  const tries = resumes === 0 ? 'It is not tried again' : `Trying ${resumes} more times did not bring the rest`;
  const sentence = `The transfer of ${path} from ${device} was cut at ${percent} % (${bytes} of ${totalBytes} bytes). ${tries}. ${cause.message}`;
  return new TransferError('transfer-lost', sentence, cause);
}

function differs({ device, path }: Destination, expected: string, found: string): TransferError {
  const sentence = `What came of ${path} is not what ${device} has: its SHA-256 is ${expected}, that of the copy ${found}.`;
  return new TransferError('checksum-differs', sentence);
}
