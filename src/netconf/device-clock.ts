import { secondsOf } from './engines.ts';
import { folded } from './reply.ts';
import { find, text, type XmlElement } from './xml.ts';

/** A device's clock: what time it believes it is, and how it writes it. */
export interface DeviceClock {
  /** The device's own instant when it was asked. */
  now: Date;
  /** As written (`PDT`, `UTC`). Only a label: `IST` and `CST` name several zones. */
  zone: string | null;
  /** Minutes east of UTC at that moment; null when the written time does not fit the epoch seconds. */
  offsetMinutes: number | null;
  /** How far the device's clock is ahead of ours, network delay included; null when nobody measured it. */
  skewMs: number | null;
}

const MINUTE_MS = 60_000;

/**
 * Reads `current-time`, e.g. `<date-time junos:seconds="1498780787">2017-06-29 16:59:47 PDT</date-time>`. The offset is
 * the written time less the epoch seconds, because abbreviations of zones are ambiguous. `receivedAt` is our own clock.
 */
export function readClock(root: XmlElement, receivedAt: number | null = null): DeviceClock | null {
  const current = find(root, 'current-time');
  const written = current && find(current, 'date-time');
  const seconds = secondsOf(written);
  if (seconds === null) return null;
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?: (\S+))?$/.exec(folded(text(written)));
  const wall = match ? fields(match.slice(1, 7).map(Number)) : null;
  const difference = wall === null ? null : wall - seconds * 1000;
  return {
    now: new Date(seconds * 1000),
    zone: match?.[7] ?? null,
    offsetMinutes: difference !== null && isOffset(difference) ? difference / MINUTE_MS : null,
    skewMs: receivedAt === null ? null : seconds * 1000 - receivedAt,
  };
}

/** Real offsets are quarters of an hour from UTC-12 to UTC+14. Anything else is a clock that was misread. */
function isOffset(ms: number): boolean {
  return ms % (15 * MINUTE_MS) === 0 && ms >= -12 * 60 * MINUTE_MS && ms <= 14 * 60 * MINUTE_MS;
}

function fields([year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0]: number[]): number | null {
  const ms = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  const valid = new Date(ms).getUTCDate() === day && hours < 24 && minutes < 60 && seconds <= 60;
  return valid ? ms : null;
}

/**
 * An instant as the device's wall clock writes it in `<at>`: `yymmddhhmm`, rounded to the minute. A device whose clock
 * is wrong is told the time that its clock will show at that instant. Null without an offset, and after 2099.
 */
export function wallClock(clock: DeviceClock, at: Date): string | null {
  if (clock.offsetMinutes === null) return null;
  const shown = at.getTime() + (clock.skewMs ?? 0) + clock.offsetMinutes * MINUTE_MS;
  const wall = new Date(Math.round(shown / MINUTE_MS) * MINUTE_MS);
  const year = wall.getUTCFullYear();
  if (!(year >= 2000 && year < 2100)) return null;
  const two = (value: number) => String(value).padStart(2, '0');
  const parts = [year - 2000, wall.getUTCMonth() + 1, wall.getUTCDate(), wall.getUTCHours(), wall.getUTCMinutes()];
  return parts.map(two).join('');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** C's ctime(), in which `show system reboot` and `Shutdown at` speak: `Wed Jul  9 18:15:00 2014`. */
const CTIME =
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?: [A-Z]{2,5})? (\d{4})\b/;

/**
 * The instant of the first such time in a text, by our clock. Null when there is none, and when it is not sure which
 * instant is meant: the text has no zone, so the device's offset has to be known and the same then as now.
 */
export function writtenInstant(clock: DeviceClock, said: string): Date | null {
  const match = CTIME.exec(said);
  if (!match || clock.offsetMinutes === null) return null;
  const [, month = '', day, hours, minutes, seconds, year] = match;
  const wall = fields([Number(year), MONTHS.indexOf(month) + 1, ...[day, hours, minutes, seconds].map(Number)]);
  if (wall === null) return null;
  const deviceMs = wall - clock.offsetMinutes * MINUTE_MS;
  // Written with another offset, it would be up to two hours from here: no zone changes by more.
  if (offsetMayChange(clock, [deviceMs - CHANGE_MS, deviceMs, deviceMs + CHANGE_MS])) return null;
  return ourInstant(clock, deviceMs);
}

/** An instant of the device's clock, epoch ms, as our clock has it. */
export function ourInstant(clock: DeviceClock, deviceMs: number): Date {
  return new Date(deviceMs - (clock.skewMs ?? 0));
}

const CHANGE_MS = 2 * 60 * MINUTE_MS;

/**
 * Whether the device may have changed its clock, as for summer time, at one of these instants (epoch ms). Its zone is
 * not known, only its offset, so any zone with that offset counts: a needless yes costs nothing.
 */
export function offsetMayChange(clock: DeviceClock, instants: readonly number[]): boolean {
  const { offsetMinutes, now } = clock;
  if (offsetMinutes === null) return true;
  if (offsetMinutes === 0 && clock.zone === 'UTC') return false;
  const year = now.getUTCFullYear();
  if (instants.some((at) => Math.abs(new Date(at).getUTCFullYear() - year) > 1)) return true;
  return changingZones(year).some(
    (zone) =>
      offsetIn(zone, now.getTime()) === offsetMinutes && instants.some((at) => offsetIn(zone, at) !== offsetMinutes),
  );
}

/** Looking at all 400 zones of the world costs 70 ms, so those that change are kept. Per year, for long runs. */
const zonesOfYear = new Map<number, Intl.DateTimeFormat[]>();

/** The zones with more than one offset in the year and those beside it. */
function changingZones(year: number): Intl.DateTimeFormat[] {
  const known = zonesOfYear.get(year);
  if (known) return known;
  // The shortest change, Morocco's for Ramadan, is five weeks long, so it holds the middle of a month.
  const middles = Array.from({ length: 36 }, (_, month) => Date.UTC(year - 1, month, 15));
  const changing = Intl.supportedValuesOf('timeZone')
    .map((zone) => new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }))
    .filter((zone) => new Set(middles.map((at) => offsetIn(zone, at))).size > 1);
  zonesOfYear.clear();
  zonesOfYear.set(year, changing);
  return changing;
}

/** Minutes east of UTC; the format writes `GMT+05:30`, and `GMT` alone for zero. */
function offsetIn(format: Intl.DateTimeFormat, at: number): number {
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(format.format(at)) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
