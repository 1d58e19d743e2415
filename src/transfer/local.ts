import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { TransferError, type TransferErrorCode } from './errors.ts';
import { alreadyThere, type Destination, destination, type Session } from './put.ts';
import { capital } from './server-errors.ts';
import { chunksOf } from './wait.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A folder of this machine, absolute. Files are readable by this user alone and on the disk before they get their name. */
export function localFolder(folder: string): Destination {
  const where = `the folder ${folder}`;
  return destination(folder, where, async (signal) => session(folder, where, signal));
}

function session(folder: string, where: string, signal: AbortSignal): Session {
  const failed = (error: unknown) => localError(error, where);
  const path = (name: string) => join(folder, name);
  return {
    usable: true,
    async enter(bytes) {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
        throw failed(error);
      });
      if (bytes !== null) await checkRoom(folder, bytes, where);
    },
    async size(name) {
      try {
        return (await lstat(path(name))).size;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw failed(error);
      }
    },
    async write(name, content, onBytes) {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = await open(path(name), flags, FILE_MODE).catch((error) => {
        throw failed(error);
      });
      try {
        return await fill(file, content, signal, onBytes, failed);
      } finally {
        await file.close();
      }
    },
    async rename(from, to) {
      try {
        await nameOnce(path(from), path(to));
        await syncFolder(folder);
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(to, where) : failed(error);
      }
    },
    remove: (name) =>
      rm(path(name), { force: true }).catch((error) => {
        throw failed(error);
      }),
    close() {},
  };
}

async function fill(
  file: FileHandle,
  content: Readable,
  signal: AbortSignal,
  onBytes: (total: number) => void,
  failed: (error: unknown) => TransferError,
): Promise<number> {
  let total = 0;
  for await (const chunk of chunksOf(content, signal)) {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done).catch((error) => {
        throw failed(error);
      });
      done += bytesWritten;
    }
    total += chunk.length;
    onBytes(total);
  }
  await file.sync().catch((error) => {
    throw failed(error);
  });
  return total;
}

/**
 * Gives a file its name only when that is free, whoever else tries. A link does that at once; where the file system has
 * none, an empty file takes the name first.
 */
async function nameOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
    await (await open(to, 'wx', FILE_MODE)).close();
    await rename(from, to);
    return;
  }
  await rm(from, { force: true });
}

/** The new name itself is on the disk only with its folder. Some file systems cannot sync one. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().catch(() => {});
  await handle.close();
}

async function checkRoom(folder: string, bytes: number, where: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((error) => {
    throw localError(error, where);
  });
  const free = bavail * bsize;
  if (free >= bytes) return;
  const sentence = `${where} has ${free} bytes free, and ${bytes} are needed: ${bytes - free} are missing. Make room there, or choose another folder.`;
  throw new TransferError('disk-full', capital(sentence));
}

function localError(error: unknown, where: string): TransferError {
  if (error instanceof TransferError) return error;
  const [code, what]: [TransferErrorCode, string] = (() => {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOSPC':
      case 'EDQUOT':
        return ['disk-full', 'is full. Make room there, or choose another folder.'];
      case 'EFBIG':
        return ['disk-full', 'does not take a file of that size. Choose another folder.'];
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return ['permission', 'cannot be written to. Check who owns it, and its permissions.'];
      case 'ENOENT':
      case 'ENOTDIR':
      case 'EEXIST':
      case 'ELOOP':
        return ['no-such-directory', 'is not a folder, or part of its path is not. Check the path.'];
      default:
        return ['rejected', `could not be used (${(error as NodeJS.ErrnoException).code ?? 'no reason given'}).`];
    }
  })();
  return new TransferError(code, capital(`${where} ${what}`), { cause: error });
}
