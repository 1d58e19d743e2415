import { setTimeout as delay } from 'node:timers/promises';
import { type Printed, runCliLine } from './command-line.ts';
import type { Device } from './device.ts';
import { resolvePath } from './file-system.ts';
import { supportText } from './support-information.ts';
import { homeOf, may, type User } from './users.ts';

const SAVE = /request support information\b[^|]*(?:\|\s*no-more\s*)?\|\s*save\s+([^\s'"|]+)/;
const ARCHIVE = /^file archive .*destination (\S+)/;
const STEPS = 20;

/**
 * `request support information | save FILE` or `file archive`, when the device is told to take its time over it, or to
 * break off; undefined for everything else. `signal` is Ctrl-C, or the terminal's end, and leaves a part of the file.
 */
export function longCommand(
  device: Device,
  user: User,
  line: string,
  signal: AbortSignal,
): Promise<Printed> | undefined {
  const archive = ARCHIVE.exec(line)?.[1];
  if (archive !== undefined && device.archiveMs > 0) return slowArchive(device, user, line, archive, signal);
  const name = SAVE.exec(line)?.[1];
  if (name === undefined || (device.supportMs === 0 && device.supportEndsAt === null)) return undefined;
  return save(device, user, name, signal);
}

async function save(device: Device, user: User, name: string, signal: AbortSignal): Promise<Printed> {
  if (!may(user, 'maintenance')) return { text: 'error: permission denied', exitCode: 1 };
  const path = resolvePath(name, homeOf(user));
  const text = [...supportText(device, user.name, device.supportBytes)].join('');
  device.busy.add(name);
  try {
    for (let step = 1; step <= STEPS; step++) {
      await delay(device.supportMs / STEPS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return { text: '', exitCode: 130 };
      const part = step / STEPS;
      const data = Buffer.from(text.slice(0, Math.ceil(text.length * part)));
      const problem = device.files.write(path, data, user.name, device.now());
      if (problem !== null) return { text: `error: could not write to file '${name}': ${problem}`, exitCode: 1 };
      if (device.supportEndsAt !== null && part >= device.supportEndsAt) return { text: '', exitCode: 1 };
    }
  } finally {
    device.busy.delete(name);
  }
  return { text: `Wrote ${text.split('\n').length} lines of output to '${name}'`, exitCode: 0 };
}

async function slowArchive(
  device: Device,
  user: User,
  line: string,
  path: string,
  signal: AbortSignal,
): Promise<Printed> {
  return (await beginArchive(device, user, path, signal))
    ? runCliLine(device, user, line)
    : { text: '', exitCode: 130 };
}

/** A part of an archive, and then the time it takes; false when that was cut short. */
export async function beginArchive(device: Device, user: User, path: string, signal: AbortSignal): Promise<boolean> {
  device.busy.add(path);
  device.files.write(path, Buffer.from('a part'), user.name, device.now());
  await delay(device.archiveMs, undefined, { signal }).catch(() => {});
  device.busy.delete(path);
  return !signal.aborted;
}
