import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AssistantError } from '../errors.ts';
import { cancelled, TransferError, withLeftover } from './errors.ts';
import { checkName, checkPart, partName } from './names.ts';
import { within } from './wait.ts';

export interface PutOptions {
  /** How many bytes will come, or null when nobody knows. */
  bytes: number | null;
  /** The temporary name, as `partName` makes it; one of its own when not given. */
  part?: string | undefined;
  signal: AbortSignal;
  /** How many bytes the destination has taken so far. */
  onBytes?: ((total: number) => void) | undefined;
}

export interface Stored {
  /** Where the file is, without a password. */
  address: string;
  bytes: number;
}

/** A place for files. */
export interface Destination {
  /** Where it is, without a password. */
  readonly address: string;
  /**
   * Stores a file under a new name: written under a temporary one, its size compared, then renamed. The content is
   * read as fast as the destination takes it, and destroyed in the end. Throws `TransferError`; then neither the file
   * nor a part of it is there, or `left` says what is.
   */
  put(name: string, content: Readable, options: PutOptions): Promise<Stored>;
  /**
   * Removes the temporary file of a `put` whose process ended before it could; fine when there is none. Throws
   * `TransferError`, `bad-name` for what is not the name of such a file.
   */
  removePart(part: string, signal: AbortSignal): Promise<void>;
}

/** One connection to a destination. Its methods throw `TransferError`. */
export interface Session {
  /** Whether it can still be asked for something: not when it is lost, or still owes an answer. */
  readonly usable: boolean;
  /** Makes the directory where it is missing, and sees that there is room for so many bytes where that can be seen. */
  enter(bytes: number | null): Promise<void>;
  /** The size of a file, or null when there is none. */
  size(name: string): Promise<number | null>;
  /** Writes a new file; throws `exists` when there is one. Resolves to the number of bytes written. */
  write(name: string, content: Readable, onBytes: (total: number) => void): Promise<number>;
  /** Throws `exists` when the protocol tells that the new name is taken. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; fine when there is none. */
  remove(name: string): Promise<void>;
  close(): void;
}

/** Opens a session that stops what it does when the signal says so, except renaming and removing. */
export type OpenSession = (signal: AbortSignal) => Promise<Session>;

/** Whoever cancelled waits for it, and a server that hangs does not do it later either. */
const CLEAN_UP_MS = 10_000;

/**
 * What is being stored by this thread. FTP has no way to rename only when the new name is free, so two uploads of one
 * name must not get that far. Those of other threads are of other devices, which is in the name.
 */
const underWay = new Set<string>();

/** A destination out of sessions. `where` is how sentences call it: `the FTP server ftp.example.com`. */
export function destination(address: string, where: string, open: OpenSession): Destination {
  return {
    address,
    async put(name, content, options) {
      // Until somebody reads it, an error of it would end the process.
      content.on('error', () => {});
      const path = `${address}/${name}`;
      let mine = false;
      try {
        checkName(name);
        if (underWay.has(path)) throw alreadyThere(name, where);
        mine = Boolean(underWay.add(path));
        if (options.signal.aborted) throw cancelled(options.signal);
        return { address: path, bytes: await put(open, where, name, content, options) };
      } finally {
        if (mine) underWay.delete(path);
        content.destroy();
      }
    },
    async removePart(part, signal) {
      checkPart(part);
      const session = await open(signal);
      try {
        await session.enter(null);
        await session.remove(part);
      } finally {
        session.close();
      }
    },
  };
}

async function put(
  open: OpenSession,
  where: string,
  name: string,
  content: Readable,
  { bytes, signal, onBytes, part = partName(name, randomBytes(8).toString('hex')) }: PutOptions,
): Promise<number> {
  const session = await open(signal);
  let step: 'before' | 'written' | 'renaming' = 'before';
  let sent = 0;
  try {
    await session.enter(bytes);
    if ((await session.size(name)) !== null) throw alreadyThere(name, where);
    step = 'written';
    sent = await session.write(part, content, onBytes ?? (() => {}));
    checkSize(name, sent, bytes, await session.size(part), where);
    if ((await session.size(name)) !== null) throw alreadyThere(name, where);
    if (signal.aborted) throw cancelled(signal);
    step = 'renaming';
    await session.rename(part, name);
    return sent;
  } catch (thrown) {
    const error = asTransferError(thrown, signal);
    if (step === 'before') throw error;
    const end = await cleanUp(session, open, part, step === 'renaming' ? { name, bytes: sent } : null);
    if (end === 'stored') return sent;
    throw end === 'removed' ? error : withLeftover(error, part, where);
  } finally {
    session.close();
  }
}

function checkSize(name: string, sent: number, expected: number | null, stored: number | null, where: string): void {
  if (expected !== null && sent !== expected) {
    const sentence = `${name} was to have ${expected} bytes, and ${sent} came. It was not stored: collect it again.`;
    throw new TransferError('size-differs', sentence);
  }
  if (stored !== sent) {
    const there = stored === null ? 'none of it is' : `${stored} are`;
    const sentence = `${sent} bytes of ${name} were sent to ${where}, but ${there} there. It was not stored: try again.`;
    throw new TransferError('size-differs', sentence);
  }
}

/**
 * Removes the partial file, over a new connection when the old one cannot be used. When the answer to the renaming was
 * lost, it looks whether it was done: then there is nothing to remove.
 */
async function cleanUp(
  session: Session,
  open: OpenSession,
  part: string,
  renamed: { name: string; bytes: number } | null,
): Promise<'removed' | 'left' | 'stored'> {
  const clean = async (one: Session) => {
    if (renamed && (await one.size(part)) === null) {
      return (await one.size(renamed.name)) === renamed.bytes ? 'stored' : 'removed';
    }
    await one.remove(part);
    return 'removed';
  };
  const soon = (what: Promise<'removed' | 'stored'>) =>
    within(what, CLEAN_UP_MS, () => new TransferError('timeout', 'It was not removed in time.'), null);
  if (session.usable) {
    try {
      return await soon(clean(session));
    } catch {
      // The next one may do better.
    }
  }
  session.close();
  let second: Session | undefined;
  try {
    second = await open(new AbortController().signal);
    await second.enter(null);
    return await soon(clean(second));
  } catch {
    return 'left';
  } finally {
    second?.close();
  }
}

export function alreadyThere(name: string, where: string): TransferError {
  const sentence = `${name} is already at ${where}, and is not overwritten. Collect again, under a new name, or remove it.`;
  return new TransferError('exists', sentence);
}

/** An error of the source keeps its own sentence. */
function asTransferError(error: unknown, signal: AbortSignal): TransferError {
  if (error instanceof TransferError) return error;
  if (signal.aborted) return cancelled(signal);
  const why = error instanceof AssistantError ? error.message : 'What was to be sent could not be read to its end.';
  return new TransferError('source', why, { cause: error });
}
