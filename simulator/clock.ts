import { DateTime } from 'luxon';

/** ICU knows an abbreviation only in locales of the region, the zone database on a device knows them all. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];

/** `PDT`, `CET`; a zone without letters is `+03` or `+0530`, as in the zone database. */
function abbreviation(local: DateTime): string {
  for (const locale of LOCALES) {
    const name = local.setLocale(locale).offsetNameShort;
    if (name && /^[A-Z]{2,5}$/.test(name)) return name;
  }
  return local.offset % 60 === 0 ? local.toFormat('ZZZ').slice(0, 3) : local.toFormat('ZZZ');
}

/** `2017-06-29 16:59:47 PDT` */
export function dateTime(instant: Date, zone: string): string {
  const local = DateTime.fromJSDate(instant, { zone });
  return `${local.toFormat('yyyy-MM-dd HH:mm:ss')} ${abbreviation(local)}`;
}

/** C's ctime(), which pads the day with a space: `Wed Jul  9 18:15:00 2014`. */
export function ctime(instant: Date, zone: string): string {
  const local = DateTime.fromJSDate(instant, { zone }).setLocale('en-US');
  return `${local.toFormat('ccc LLL')} ${String(local.day).padStart(2)} ${local.toFormat('HH:mm:ss yyyy')}`;
}

/** The beginning of a syslog line: `Nov  3 10:05:00`. */
export function syslogTime(instant: Date, zone: string): string {
  const local = DateTime.fromJSDate(instant, { zone }).setLocale('en-US');
  return `${local.toFormat('LLL')} ${String(local.day).padStart(2)} ${local.toFormat('HH:mm:ss')}`;
}

/** `12:52AM`, as `show system uptime` begins its last line. */
export function wallClock(instant: Date, zone: string): string {
  return DateTime.fromJSDate(instant, { zone }).setLocale('en-US').toFormat('h:mma');
}

export function epoch(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** `03:57:14` below a day, `2d 09:23` from a day on. */
export function timeLength(seconds: number): string {
  const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
  const days = Math.floor(seconds / 86_400);
  return days === 0 ? clock : `${days}d ${clock.slice(0, 5)}`;
}

/** `1 day, 7 hours, 59 minutes, 40 seconds`, as the Routing Engine counts. */
export function longLength(seconds: number): string {
  const parts: [count: number, unit: string][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3_600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first);
  return shown.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(', ');
}

/**
 * What `at` means on a device's own clock: `yymmddhhmm`, or `hh:mm` of today, in the device's zone. Undefined for
 * anything else, and for a wall-clock time that does not exist there. The result is by the device's clock.
 */
export function readAt(value: string, deviceNow: Date, zone: string): Date | undefined {
  const today = DateTime.fromJSDate(deviceNow, { zone });
  const long = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value);
  const short = /^(\d{1,2}):(\d\d)$/.exec(value);
  if (!long && !short) return undefined;
  const [year, month, day, hour, minute] = long
    ? long.slice(1).map(Number)
    : [today.year - 2000, today.month, today.day, Number(short?.[1]), Number(short?.[2])];
  const local = DateTime.fromObject({ year: 2000 + (year ?? 0), month, day, hour, minute }, { zone });
  // Luxon moves a time in the hour that daylight saving skips; a device's mktime() does not believe in it.
  return local.isValid && local.hour === hour && local.minute === minute ? local.toJSDate() : undefined;
}
