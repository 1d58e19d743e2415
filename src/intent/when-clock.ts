import { NUMBER_WORDS } from './duration.ts';
import { type Token, wordsAt } from './text.ts';

/** A time of day as said: the seconds since midnight that it may mean. Empty when no clock shows it ("25:00"). */
export interface Clock {
  seconds: number[];
  /** "midnight" belongs to two days; 00:00 belongs to one. */
  isMidnight: boolean;
}

/** A part of a day: tells which of two readings of a clock is meant. */
export type DayPart = 'morning' | 'afternoon' | 'evening' | 'night';

const HOUR = 3_600;
const DAY = 24 * HOUR;

const exactly = (seconds: number): Clock => ({ seconds: [seconds], isMidnight: false });
const IMPOSSIBLE: Clock = { seconds: [], isMidnight: false };

/**
 * A clock time in digits, or "noon" and "midnight", or "half past three". `is24`: two-digit hours are those of a
 * 24-hour clock. A leading zero is in every country: whoever means the afternoon writes 5:00.
 */
export function clockAt(
  tokens: readonly Token[],
  at: number,
  is24: boolean,
): { next: number; clock: Clock } | undefined {
  const hasAt = ['at', '@'].includes(tokens[at]?.lower ?? '');
  const from = hasAt ? at + 1 : at;
  return wordAt(tokens, from) ?? pastAt(tokens, from) ?? digitsAt(tokens, from, hasAt, is24);
}

function wordAt(tokens: readonly Token[], at: number): { next: number; clock: Clock } | undefined {
  const from = wordsAt(tokens, at, ['12']) ? at + 1 : at;
  const word = tokens[from]?.lower ?? '';
  if (word === 'noon' || word === 'midday') return { next: from + 1, clock: exactly(12 * HOUR) };
  if (word === 'midnight') return { next: from + 1, clock: { seconds: [0], isMidnight: true } };
  return undefined;
}

const FRACTIONS = new Map([
  ['half', 30],
  ['quarter', 15],
  ['five', 5],
  ['ten', 10],
  ['twenty', 20],
  ['twenty-five', 25],
]);

/** "half past 3", "a quarter to five", "10 minutes to 4 pm". "2 to 4" is a span. */
function pastAt(tokens: readonly Token[], at: number): { next: number; clock: Clock } | undefined {
  const start = wordsAt(tokens, at, ['a', 'quarter']) ? at + 1 : at;
  const word = tokens[start]?.lower ?? '';
  const minutes = FRACTIONS.get(word) ?? (/^[1-5]?\d$/u.test(word) ? Number(word) : undefined);
  if (minutes === undefined) return undefined;
  const side = ['minutes', 'mins'].includes(tokens[start + 1]?.lower ?? '') ? start + 2 : start + 1;
  const isPast = wordsAt(tokens, side, ['past']);
  if (!isPast && !wordsAt(tokens, side, ['to'])) return undefined;
  if (!isPast && (word === 'half' || (/^\d/u.test(word) && side === start + 1))) return undefined;
  const hour = hourAt(tokens, side + 1);
  if (!hour) return undefined;
  const shift = (isPast ? minutes : -minutes) * 60;
  const seconds = hour.clock.seconds.map((second) => (second + shift + DAY) % DAY);
  return { next: hour.next, clock: { seconds, isMidnight: false } };
}

function hourAt(tokens: readonly Token[], at: number): { next: number; clock: Clock } | undefined {
  const named = wordAt(tokens, at);
  if (named) return { next: named.next, clock: exactly(named.clock.seconds[0] ?? 0) };
  const word = tokens[at]?.lower ?? '';
  const inWords = NUMBER_WORDS.indexOf(word) + 1;
  if (inWords === 0 || inWords > 12) return digitsAt(tokens, at, true, false);
  const half = halfOfDayAt(tokens, at + 1);
  return { next: half?.next ?? at + 1, clock: onClock(inWords, 0, half?.half) };
}

type Half = 'am' | 'pm';

/** "pm", "p.m.", "o'clock pm". A dot behind the letters is theirs. */
function halfOfDayAt(tokens: readonly Token[], at: number): { next: number; half: Half | undefined } | undefined {
  const isClock = ["o'clock", 'oclock'].includes(tokens[at]?.lower ?? '');
  const from = isClock ? at + 1 : at;
  const [, letter] = /^([ap])\.?m$/u.exec(tokens[from]?.lower ?? '') ?? [];
  if (!letter) return isClock ? { next: from, half: undefined } : undefined;
  return { next: pastDot(tokens, from), half: letter === 'a' ? 'am' : 'pm' };
}

function pastDot(tokens: readonly Token[], at: number): number {
  const isDotted = tokens[at]?.lower.endsWith('.m') && tokens[at + 1]?.text === '.';
  return at + (isDotted ? 2 : 1);
}

const DIGITS = /^(\d{1,2})(?:([:.h])(\d\d))?(?::(\d\d))?([ap]\.?m)?$/u;

function digitsAt(
  tokens: readonly Token[],
  at: number,
  hasAt: boolean,
  is24: boolean,
): { next: number; clock: Clock } | undefined {
  const word = tokens[at]?.lower ?? '';
  const [, military = ''] = /^(\d{4})$/u.exec(word) ?? [];
  if (military) return militaryAt(tokens, at, hasAt);
  const [, french = ''] = /^(\d\d?)h$/u.exec(word) ?? [];
  const [, hours = french, mark = french && 'h', minutes = '00', seconds = '00', letters] = DIGITS.exec(word) ?? [];
  if (hours === '') return undefined;
  const behind = letters ? undefined : halfOfDayAt(tokens, at + 1);
  const next = letters ? pastDot(tokens, at) : (behind?.next ?? at + 1);
  const half = letters ? (letters.startsWith('a') ? 'am' : 'pm') : behind?.half;
  const hour = Number(hours);
  const isExact = hours.startsWith('0') || hour > 12;
  // "3.12" may be a date, "5h" and "1h30" a duration, "5" anything.
  const isSure = mark === ':' || behind !== undefined || half !== undefined || hasAt || (mark === 'h' && isExact);
  if (!isSure) return undefined;
  if (Number(minutes) > 59 || Number(seconds) > 59) return { next, clock: IMPOSSIBLE };
  const rest = Number(minutes) * 60 + Number(seconds);
  const as24 = half === undefined && (isExact || (is24 && mark !== '' && hours.length === 2));
  return { next, clock: as24 ? on24(hour, rest) : onClock(hour, rest, half) };
}

/** "1700", "at 0500", "1700 hours". A bare 2026 is a year. */
function militaryAt(tokens: readonly Token[], at: number, hasAt: boolean): { next: number; clock: Clock } | undefined {
  const value = Number(tokens[at]?.lower);
  const hasHours = ['hours', 'hrs', 'h'].includes(tokens[at + 1]?.lower ?? '');
  if (!hasAt && !hasHours && value >= 2000 && value < 2060) return undefined;
  const next = hasHours ? at + 2 : at + 1;
  if (value % 100 > 59) return { next, clock: IMPOSSIBLE };
  return { next, clock: on24(Math.floor(value / 100), (value % 100) * 60) };
}

/** 24:00 is the end of the day. */
const on24 = (hour: number, rest: number) =>
  hour < 24 || (hour === 24 && rest === 0) ? exactly(hour * HOUR + rest) : IMPOSSIBLE;

function onClock(hour: number, rest: number, half: Half | undefined): Clock {
  if (hour < 1 || hour > 12) return IMPOSSIBLE;
  const morning = (hour % 12) * HOUR + rest;
  const all = { am: [morning], pm: [morning + DAY / 2] };
  return { seconds: half ? all[half] : [...all.am, ...all.pm], isMidnight: false };
}

const PARTS: Record<DayPart, (hour: number) => boolean> = {
  morning: (hour) => hour < 12,
  afternoon: (hour) => hour >= 12 && hour < 19,
  evening: (hour) => hour >= 16,
  // "tonight at 5" is either edge of the night, and asked.
  night: (hour) => hour >= 17 || hour < 6,
};

/** The readings of a clock that lie in that part of the day. */
export function within(clock: Clock, part: DayPart): Clock {
  return { ...clock, seconds: clock.seconds.filter((second) => PARTS[part]((second / HOUR) % 24)) };
}
