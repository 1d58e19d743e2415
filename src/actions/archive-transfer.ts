import { createHash, type Hash } from 'node:crypto';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fetchFile, type TransferWay } from '../netconf/fetch.ts';
import type { RpcSession } from '../netconf/operation.ts';
import type { SessionTarget } from '../netconf/session.ts';
import { TransferError } from '../netconf/transfer-error.ts';
import { TransferError as DestinationError } from '../transfer/errors.ts';
import type { Destination } from '../transfer/put.ts';
import { type AddedFile, type RedactionReport, redactArchive } from '../transfer/redact-archive.ts';
import { seldom } from './seldom.ts';

/** Between the device and what comes next. */
const WAITING_BYTES = 512 * 1024;
/** How long the end waits for what is on the disk to be gone. */
const CLOSE_MS = 5_000;
/** Least time between two moments of one transfer: each is drawn as a card. */
export const PROGRESS_MS = 500;

export interface ArchiveTransfer {
  target: SessionTarget;
  /** Of the archive on the device. */
  path: string;
  /** What the device says its size is. */
  bytes: number;
  /** What the device says, or will say, its SHA-256 is. */
  sha256: string | Promise<string>;
  /** For devices that hand out files over NETCONF alone. */
  session?: RpcSession;
  /** How it is called at the destination. */
  name: string;
  destination: Destination;
  /** Its name there until it is whole. */
  part: string;
  /** Nothing of that name is left there, however it ended. */
  partGone(): void;
  /** Whether secrets are made unreadable on the way. */
  redact: boolean;
  /** Where files without a name lie for a while. */
  spoolFolder: string;
  /** Put behind the files of the archive. */
  added: readonly AddedFile[];
  signal: AbortSignal;
  /** Twice a second at most. */
  progress(bytes: number, totalBytes: number): void;
  now(): number;
}

export interface TransferredArchive {
  address: string;
  /** Of what was stored. */
  bytes: number;
  /** Of what was stored, 64 lower-case hex digits. */
  sha256: string;
  via: TransferWay;
  /** What was made unreadable; null when the archive was stored as it is. */
  report: RedactionReport | null;
}

/**
 * An archive from the device to the destination in one stream, with flat memory. It is stored only when the device's
 * checksum is that of what came. Throws what `fetchFile` and `put` throw; then nothing is stored.
 */
export async function transferArchive({
  target,
  path,
  session,
  sha256,
  signal,
  progress,
  now,
  ...to
}: ArchiveTransfer): Promise<TransferredArchive> {
  // Each piece by itself on the other side: joining them would copy every byte.
  const raw = new PassThrough({ writableHighWaterMark: WAITING_BYTES, readableObjectMode: true });
  const isAsItIs = !to.redact && to.added.length === 0;
  const repacked = isAsItIs
    ? null
    : redactArchive(raw, { spoolFolder: to.spoolFolder, redact: to.redact, add: () => [...to.added] });
  const changed = repacked ? hashed(repacked.stream) : null;
  const fetched = fetchFile(target, path, {
    open: () => raw,
    restartable: false,
    ...(session ? { session } : {}),
    sha256,
    signal,
    progress: seldom(progress, PROGRESS_MS, now),
  });
  // One that failed before it had anything has not touched what the destination waits for.
  fetched.catch((error: Error) => raw.destroy(error));
  const put = to.destination.put(to.name, changed?.stream ?? raw, {
    part: to.part,
    bytes: isAsItIs ? to.bytes : null,
    signal,
  });
  const [got, stored] = await Promise.allSettled([fetched, put]);
  // This thread ends with what is thrown or returned: a spool that is just being made would keep its name.
  if (repacked) await Promise.race([repacked.closed, delay(CLOSE_MS, undefined, { ref: false })]);
  const isLeft = stored.status === 'rejected' && stored.reason instanceof DestinationError && stored.reason.left;
  if (!isLeft) to.partGone();
  if (got.status === 'rejected') {
    const isOthers = got.reason instanceof TransferError && got.reason.code === 'sink-failed';
    throw isOthers && stored.status === 'rejected' ? stored.reason : got.reason;
  }
  if (stored.status === 'rejected') throw stored.reason;
  const { address, bytes } = stored.value;
  return {
    address,
    bytes,
    sha256: changed?.hash.digest('hex') ?? got.value.sha256,
    via: got.value.via,
    report: repacked?.report ?? null,
  };
}

function hashed(source: Readable): { stream: Readable; hash: Hash } {
  const hash = createHash('sha256');
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  source.once('error', (error) => stream.destroy(error));
  stream.once('close', () => source.destroy());
  return { stream: source.pipe(stream), hash };
}
