import type { Facts } from '../netconf/junos.ts';
import { clock, duration, type Reader, readsAsUtc } from '../time.ts';
import { type DeviceLook, NOT_LOOKED_AT, type Summary } from './action.ts';

const MINUTE_MS = 60_000;
const CLOCK_ERROR_MS = 5_000;

/** `SRX345 · Junos 22.4R3 · up 41 days`. */
export function aboutDevice({ model, version, uptimeSeconds }: Facts): string {
  return [
    model.toUpperCase(),
    version === '' ? '' : `Junos ${version}`,
    uptimeSeconds === null ? '' : `up ${duration(uptimeSeconds * 1_000)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Each device's line on the confirmation card. */
export function deviceLines(looks: readonly DeviceLook[]): Summary['devices'] {
  return looks.map((look) =>
    look.state === 'ok'
      ? { name: look.device, about: aboutDevice(look.facts), state: look.state }
      : { name: look.device, about: look.sentence, state: look.state },
  );
}

/** What a look found that whoever confirms should know, one sentence each. */
export function lookWarnings(looks: readonly DeviceLook[]): string[] {
  const unseen = looks
    .filter((look) => look.state !== 'ok' && look.sentence !== NOT_LOOKED_AT)
    .map(({ device }) => device);
  if (unseen.length === 0) return [];
  const names =
    unseen.length > 3 ? `${unseen.slice(0, 3).join(', ')} and ${unseen.length - 3} more` : unseen.join(', ');
  return [
    `Could not look at ${names}. It is tried again when you confirm; nothing is sent to a device that does not answer.`,
  ];
}

/** More than one device at a time is worth a second look. */
export function manyWarning(looks: readonly DeviceLook[], what: string): string[] {
  return looks.length < 2 ? [] : [`${looks.length} devices ${what}.`];
}

/** When it happens, in the person's zone, by the devices' own clocks where those show another time, and in UTC. */
export function whenFacts(at: number, looks: readonly DeviceLook[], now: number, reader: Reader): Summary['facts'] {
  const inMs = Math.max(1, Math.round((at - now) / MINUTE_MS)) * MINUTE_MS;
  const theirs = looks.flatMap((look) => (look.state === 'ok' ? (deviceTime(look.facts, at) ?? []) : []));
  const distinct = [...new Set(theirs)];
  const shown = distinct.slice(0, 2).map((text) => `device clock ${text}`);
  if (distinct.length > 2) shown.push(`${distinct.length - 2} more device clocks`);
  const utc = clock(at, now, { ...reader, zone: 'UTC' });
  // A device whose clock is UTC says it already.
  if (!readsAsUtc(at, reader.zone) && !distinct.some((theirs) => utc.endsWith(theirs))) shown.push(utc);
  return [
    { label: 'When', value: `${clock(at, now, reader)} (in ${duration(inMs)})` },
    ...(shown.length > 0 ? [{ label: 'That is', value: shown.join(' · ') }] : []),
  ];
}

/** `03:00 CET` as the device's clock will show it; undefined when it does not tell its offset. */
function deviceTime({ clock: own }: Facts, at: number): string | undefined {
  if (own === null || own.offsetMinutes === null) return undefined;
  // A clock is read in whole seconds, some of them late; one that is a little off shows the same minute as ours.
  const measuredMs = Math.round((own.skewMs ?? 0) / CLOCK_ERROR_MS) * CLOCK_ERROR_MS;
  const skewMs = Math.abs(measuredMs) < MINUTE_MS ? 0 : measuredMs;
  const wall = new Date(at + skewMs + own.offsetMinutes * MINUTE_MS);
  return `${wall.toISOString().slice(11, 16)}${own.zone === null ? '' : ` ${own.zone}`}`;
}
