import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwnName, isOwnPart } from './names.ts';

const DAY_MS = 86_400_000;

export interface Retention {
  /** Files older than so many days go; null keeps them whatever their age. */
  days: number | null;
  /** Only so many of the newest stay; null keeps them whatever their number. */
  most: number | null;
}

export interface Removal {
  removed: string[];
  /** Names that should have gone and could not be removed. */
  kept: string[];
}

/**
 * Removes what is too old or too many of this program's own files in a folder, and partial files of a day ago, which a
 * crash has left. Whatever has another name, is a link or no plain file stays. Throws what reading the folder throws,
 * except that a folder that is not there has nothing to remove.
 */
export async function removeOld(folder: string, { days, most }: Retention, now: Date): Promise<Removal> {
  const files: { name: string; atMs: number }[] = [];
  const parts: { name: string; atMs: number }[] = [];
  for (const name of await namesIn(folder)) {
    const list = isOwnName(name) ? files : isOwnPart(name) ? parts : undefined;
    const stats = list && (await lstat(join(folder, name)).catch(() => undefined));
    if (list && stats?.isFile()) list.push({ name, atMs: stats.mtimeMs });
  }
  files.sort((a, b) => b.atMs - a.atMs || (a.name < b.name ? 1 : -1));
  const isOlder = (atMs: number, thanDays: number) => now.getTime() - atMs > thanDays * DAY_MS;
  const old = files.filter(
    ({ atMs }, index) => (days !== null && isOlder(atMs, days)) || (most !== null && index >= most),
  );
  const result: Removal = { removed: [], kept: [] };
  for (const { name } of [...old, ...parts.filter(({ atMs }) => isOlder(atMs, 1))]) {
    // rm() takes the name itself, so a link that has come in between is removed and not followed.
    const gone = await rm(join(folder, name)).then(
      () => true,
      () => false,
    );
    (gone ? result.removed : result.kept).push(name);
  }
  return result;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
