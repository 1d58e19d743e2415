import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Device } from '../../simulator/device.ts';
import type { Folder } from '../fakes/folder.ts';

/** What a collection has made on a device and not taken away, of every engine: `node1:/var/tmp/x`. */
export function leftOnDevice(device: Device): string[] {
  return [...device.engineFiles].flatMap(([engine, files]) =>
    files.paths().flatMap((path) => (/Support-/.test(path) ? [`${engine}:${path}`] : [])),
  );
}

/** Spools of the bot: those that have a name, and those without one that this process still has open. */
export function spoolsOf(folder: Folder): string[] {
  const dir = dirname(folder.storeFile);
  const named = readdirSync(dir).filter((name) => name.startsWith('.spool-'));
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(`${dir}/.spool-`) ? [file] : [];
    } catch {
      // Closed meanwhile, as the one that this list was read with.
      return [];
    }
  });
  return [...named, ...open];
}

/** The sentence of the one job of a device, which the card has to say and the audit has to have as its one end. */
export function endInAudit(folder: Folder, device: string, card: string): string {
  const jobs = folder.rows('SELECT id, status, sentence FROM jobs WHERE device = ?', device);
  assert.equal(jobs.length, 1);
  const sentence = String(jobs[0]?.sentence);
  assert.ok(card.includes(sentence), `The card does not say: ${sentence}\n${card}`);
  const ends = folder
    .rows('SELECT entry FROM audit')
    .map(({ entry }) => JSON.parse(String(entry)) as Record<string, unknown>)
    .filter(({ kind, jobId }) => kind === 'ended' && jobId === jobs[0]?.id);
  assert.deepEqual(
    ends.map(({ result }) => result),
    [jobs[0]?.status],
  );
  assert.ok(String(ends[0]?.detail).startsWith(sentence), String(ends[0]?.detail));
  return sentence;
}
