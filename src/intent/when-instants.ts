import { DateTime, FixedOffsetZone } from 'luxon';
import type { DayPart } from './when-clock.ts';
import type { Day, EpochDay } from './when-day.ts';
import type { ZoneReading } from './when-zones.ts';

/** A wall-clock time as said, with everything that is open in it. */
export interface WallTime {
  day: Day | undefined;
  part: DayPart | undefined;
  /** Since midnight; each is a reading. */
  seconds: readonly number[];
  isMidnight: boolean;
  zones: readonly ZoneReading[];
}

/** An instant that may be meant, in epoch ms. */
export interface Instant {
  at: number;
  zone: string;
}

export interface Instants {
  /** Ahead and within the limit, soonest first, each once. */
  ahead: Instant[];
  /** Whether a reading has passed, is beyond the limit, or falls into an hour that clocks skip. */
  isPast: boolean;
  isTooFar: boolean;
  isSkipped: boolean;
}

/**
 * Half a year: a device takes any date, but from there on a date is more likely a slip. A date without a year that
 * is further ahead than that has only just gone by.
 */
export const MOST_DAYS = 183;

const DAY_MS = 86_400_000;
const DAWN = 5;

/** Every instant that a wall-clock time may mean, seen from now. */
export function instantsOf(wall: WallTime, now: number, personZone: string): Instants {
  const found: Instants = { ahead: [], isPast: false, isTooFar: false, isSkipped: false };
  for (const reading of wall.zones) {
    for (const seconds of wall.seconds) {
      for (const days of daysOf(wall, seconds, reading.zone, now, personZone))
        addFirst(found, days, seconds, reading, now);
    }
  }
  found.ahead.sort((a, b) => a.at - b.at);
  found.ahead = found.ahead.filter(({ at }, i, all) => at !== all[i - 1]?.at);
  return found;
}

/** The day that clocks in this zone show. */
export function todayIn(zone: string, now: number): EpochDay {
  const local = DateTime.fromMillis(now, { zone });
  return Date.UTC(local.year, local.month - 1, local.day) / DAY_MS;
}

/** The days that may be meant, as alternatives; within one the first whose time is still ahead counts. */
function daysOf(wall: WallTime, seconds: number, zone: string, now: number, personZone: string): EpochDay[][] {
  // "tomorrow at 02:00 UTC": by the person's calendar or by UTC's, where they differ.
  const todays = new Set([todayIn(zone, now), ...(wall.day ? [todayIn(personZone, now)] : [])]);
  return [...todays].flatMap((today) => {
    const days = wall.day?.(today) ?? [[today, today + 1]];
    const isEarly = wall.isMidnight || (wall.part === 'night' && seconds < 12 * 3_600);
    if (!wall.day || !isEarly) return days;
    const after = days.map((list) => list.map((day) => day + 1));
    if (days.length > 1 || days[0]?.length !== 1 || days[0][0] !== today) return [...days, ...after];
    // "tonight at 2am" is the coming night, and before dawn perhaps the one that is passing.
    const isNight = DateTime.fromMillis(now, { zone: personZone }).hour < DAWN && !wall.isMidnight;
    return isNight ? [[today, today + 1], [today + 1]] : after;
  });
}

function addFirst(found: Instants, days: EpochDay[], seconds: number, reading: ZoneReading, now: number): void {
  for (const [tries, day] of days.entries()) {
    const { instants, skippedTo } = onDay(day, seconds, reading);
    const ahead = instants.filter((at) => at > now);
    if (skippedTo !== undefined && skippedTo > now) found.isSkipped = true;
    else if (ahead.length === 0) continue;
    const near = ahead.filter((at) => at - now <= MOST_DAYS * DAY_MS);
    // A yearly date that has just gone by has passed; it is not "too far".
    if (near.length < ahead.length) found[tries > 0 ? 'isPast' : 'isTooFar'] = true;
    found.ahead.push(...near.map((at) => ({ at, zone: reading.zone })));
    return;
  }
  // No days at all: 31 February.
  if (days.length > 0) found.isPast = true;
}

/** The instants at which clocks show that time: none when they skip it, two when they are set back over it. */
function onDay(
  day: EpochDay,
  seconds: number,
  { zone, literal }: ZoneReading,
): { instants: number[]; skippedTo?: number } {
  const wall = new Date(day * DAY_MS + seconds * 1_000);
  const fields = {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
  const local = DateTime.fromObject(fields, { zone });
  const isSkipped = local.hour !== fields.hour || local.minute !== fields.minute;
  const shown = isSkipped ? [] : local.getPossibleOffsets().map((time) => time.toMillis());
  const skipped = isSkipped ? { skippedTo: local.toMillis() } : {};
  if (literal === undefined) return { instants: shown, ...skipped };
  const said = DateTime.fromObject(fields, { zone: FixedOffsetZone.instance(literal) }).toMillis();
  // "01:30 BST" says which of the two; "02:30 CET" in summer is either what it says or what clocks show.
  if (shown.includes(said)) return { instants: [said] };
  return { instants: [...shown, said], ...skipped };
}
