import { randomUUID } from 'node:crypto';
import { open, readdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AssistantError } from '../errors.ts';

export interface Original {
  /** `''` when there is no file yet. */
  text: string;
  mode: number;
  owner: { uid: number; gid: number } | null;
  /** Tells whether somebody else changed it since. */
  stamp: string;
  /** Behind every symbolic link. */
  path: string;
}

/** What a file holds before it is replaced. A new one is for its owner alone. Throws `file-unreadable`. */
export async function readOriginal(file: string): Promise<Original> {
  try {
    const handle = await open(file, 'r');
    try {
      const { mode, uid, gid, ino, size, mtimeNs } = await handle.stat({ bigint: true });
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile());
      return {
        text,
        mode: Number(mode) & 0o777,
        owner: { uid: Number(uid), gid: Number(gid) },
        stamp: `${ino} ${size} ${mtimeNs}`,
        path: await realpath(file),
      };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { text: '', mode: 0o600, owner: null, stamp: '', path: file };
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : (code ?? 'unknown reason');
    throw new AssistantError('file-unreadable', `${file} cannot be read (${why}). Nothing was changed.`, {
      cause: error,
    });
  }
}

/**
 * Holds every other run off a file while `work` changes it, and removes what a run that was killed left beside it. An
 * editor is not held off; what it writes meanwhile is noticed by `replaceFile`. Throws `file-busy`.
 */
export async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  const path = await realpath(file).catch(() => file);
  const lock = `${path}.lock`;
  for (let tries = 2; ; tries -= 1) {
    try {
      // A link is there with its text or not at all; a file could be left empty, and nobody would know whose it was.
      await symlink(String(process.pid), lock);
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isLeft = code === 'EEXIST' && !(await isRunning(lock));
      if (isLeft && tries > 0) await rm(lock, { force: true });
      else if (code === 'EEXIST') {
        throw new AssistantError('file-busy', `Another run is changing ${file}. Nothing was changed. Try again.`);
      } else {
        const sentence = `${file} cannot be written (${code ?? 'unknown reason'}). It is as it was.`;
        throw new AssistantError('file-not-written', sentence, { cause: error });
      }
    }
  }
  try {
    await removeParts(path);
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Whether the process that made the lock is still there; of one that cannot be read it is taken to be. */
async function isRunning(lock: string): Promise<boolean> {
  const pid = Number(await readlink(lock).catch(() => ''));
  if (!(pid > 0)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of the temporary files; what follows is a UUID. */
const partPrefix = (path: string) => `.${basename(path)}.`;

async function removeParts(path: string): Promise<void> {
  const prefix = partPrefix(path);
  const names = await readdir(dirname(path)).catch(() => []);
  const parts = names.filter((name) => name.startsWith(prefix) && UUID.test(name.slice(prefix.length)));
  // One that cannot be removed does not keep the file from being changed.
  for (const name of parts) await rm(join(dirname(path), name)).catch(() => {});
}

/**
 * Puts a text in the place of a file, whole or not at all, with the same mode and owner; durable when it resolves.
 * Throws `file-changed` when somebody else changed it meanwhile, `file-not-written` with the reason otherwise.
 */
export async function replaceFile(file: string, original: Original, text: string): Promise<void> {
  const { path, mode, owner, stamp } = original;
  const part = join(dirname(path), `${partPrefix(path)}${randomUUID()}`);
  try {
    const handle = await open(part, 'wx', mode);
    try {
      await handle.chmod(mode);
      if (owner && (owner.uid !== process.getuid?.() || owner.gid !== process.getgid?.())) {
        await handle.chown(owner.uid, owner.gid);
      }
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await stampOf(file)) !== stamp) {
      throw new AssistantError(
        'file-changed',
        `${file} was changed by somebody else meanwhile. Nothing was written. Try again.`,
      );
    }
    await rename(part, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof AssistantError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const sentence = `${file} cannot be written (${code ?? 'unknown reason'}). It is as it was.`;
    throw new AssistantError('file-not-written', sentence, { cause: error });
  }
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : '';
}
