import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_CATALOGUE } from '../catalogue/catalogue.ts';
import { OWN_PAIRS } from '../catalogue/pairs.ts';

const FILES = [
  'assistant.yaml',
  'devices.yaml',
  'entities.yaml',
  'junos-config.yaml',
  'secrets.yaml',
  'show-commands.yaml',
  OWN_CATALOGUE,
  OWN_PAIRS,
];

/** What tells whether the files of a folder changed: by name, empty for one that is not there. */
export type Stamp = ReadonlyMap<string, string>;

export async function stampOf(dir: string): Promise<Stamp> {
  const stamps = FILES.map(async (file) => {
    const found = await stat(join(dir, file), { bigint: true }).catch(() => null);
    return [file, found ? `${found.ino} ${found.size} ${found.mtimeNs}` : ''] as const;
  });
  return new Map(await Promise.all(stamps));
}

export const isSameStamp = (a: Stamp, b: Stamp): boolean => FILES.every((file) => a.get(file) === b.get(file));
