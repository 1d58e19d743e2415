import { syslogTime } from './clock.ts';
import type { Device } from './device.ts';
import { CHASSIS_SHOWS } from './show-chassis.ts';
import { SYSTEM_SHOWS } from './show-system.ts';

/** A megabyte of log in pieces that fit an SSH packet's window well. */
const PIECE_LINES = 500;
/** What makes the natural text as long as a quiet device's. */
const NATURAL_LINES = 500;

/**
 * The text of `request support information`, in pieces: a real one has 100 MB and must not stand in memory. With
 * `bytes` it is exactly that long (one byte per character); the same pieces come again and again.
 */
export function* supportText(device: Device, user: string, bytes: number): Generator<string> {
  const sections = [...SYSTEM_SHOWS, ...CHASSIS_SHOWS]
    .filter(({ rpc }) => rpc !== 'get-chassis-cluster-status' || device.platform === 'srx-cluster')
    .filter(({ rpc }) => rpc !== 'get-virtual-chassis-information' || device.platform === 'ex-vc')
    .map(
      ({ command, text }) => `${user}@${device.hostname}> ${command} | no-more\n\n${text(device, device.engine)}\n\n`,
    );
  if (device.configured !== '') {
    sections.push(`${user}@${device.hostname}> show configuration | no-more\n\n${device.configured}\n\n`);
  }
  const head = `${sections.join('')}${user}@${device.hostname}> show log messages | no-more\n\n`;
  const log = logLines(device, bytes === 0 ? NATURAL_LINES : PIECE_LINES);
  if (bytes === 0) {
    yield head + log;
    return;
  }
  yield head.slice(0, bytes);
  for (let left = bytes - head.length; left > 0; left -= log.length) yield left < log.length ? log.slice(0, left) : log;
}

function logLines(device: Device, count: number): string {
  const from = device.engine.bootedAt.getTime();
  let lines = '';
  for (let line = 0; line < count; line++) {
    const at = syslogTime(device.clock(new Date(from + line * 17_000)), device.zone);
    lines += `${at}  ${device.hostname} rpd[2170]: RPD_SCHED_TASK_LOGFILE: task ${line} ran for ${(line * 37) % 1000} ms\n`;
  }
  return lines;
}
