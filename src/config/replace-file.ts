import { randomUUID } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
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

/** What a file holds before it is replaced. A new one is for its owner alone. */
export async function readOriginal(file: string): Promise<Original> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { text: '', mode: 0o600, owner: null, stamp: '', path: file };
    throw new AssistantError('file-unreadable', `${file} cannot be read (${code ?? 'unknown reason'}).`, {
      cause: error,
    });
  }
  try {
    const { mode, uid, gid } = await handle.stat();
    const stamp = await stampOf(file);
    return {
      text: await handle.readFile('utf8'),
      mode: mode & 0o777,
      owner: { uid, gid },
      stamp,
      path: await realpath(file),
    };
  } finally {
    await handle.close();
  }
}

/**
 * Puts a text in the place of a file, whole or not at all, with the same mode and owner; durable when it resolves.
 * Throws `file-changed` when somebody else changed it meanwhile, `file-not-written` with the reason otherwise.
 */
export async function replaceFile(file: string, original: Original, text: string): Promise<void> {
  const { path, mode, owner, stamp } = original;
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
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
