import { durationAt } from './duration.ts';
import { type Token, wordsAt } from './text.ts';
import type { DayPart } from './when-clock.ts';
import { MONTHS } from './when-words.ts';

/** Days since 1970-01-01: calendar arithmetic without zones. */
export type EpochDay = number;

/**
 * A day as said, seen from today: alternatives, each the days in the order in which they are tried. "on friday" is one
 * alternative, this week's and then next week's; "next friday" is two.
 */
export type Day = (today: EpochDay) => EpochDay[][];

interface FoundDay {
  next: number;
  day?: Day;
  part?: DayPart;
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const SHORT = new Map<string, number>([
  ...WEEKDAYS.flatMap((name, i): [string, number][] => [
    [name, i],
    [name.slice(0, 3), i],
  ]),
  ['tues', 1],
  ['thur', 3],
  ['thurs', 3],
]);
const PARTS: readonly DayPart[] = ['morning', 'afternoon', 'evening', 'night'];

export const inDays =
  (days: number): Day =>
  (today) => [[today + days]];

export function epochDay(year: number, month: number, day: number): EpochDay | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 86_400_000 : undefined;
}

const yearOf = (day: EpochDay) => new Date(day * 86_400_000).getUTCFullYear();

/** 1970-01-01 was a Thursday. Monday is 0. */
const weekdayOf = (day: EpochDay) => (((day + 3) % 7) + 7) % 7;

/** That date in this year, else in the next. */
export function yearless(month: number, day: number): Day {
  return (today) => [[0, 1].flatMap((years) => epochDay(yearOf(today) + years, month, day) ?? [])];
}

export function calendarDay(year: number, month: number, day: number): Day {
  return () => [[epochDay(year, month, day) ?? []].flat()];
}

/** The coming one, today included. */
export function onWeekday(weekday: number): Day {
  return (today) => {
    const first = today + ((weekday - weekdayOf(today) + 7) % 7);
    return [[first, first + 7]];
  };
}

/**
 * "next friday": the first one after today for some, next week's for others, and weeks begin on Sunday or Monday.
 * Where they all agree there is one reading.
 */
function nextWeekday(weekday: number): Day {
  return (today) => {
    const coming = today + 1 + ((weekday - weekdayOf(today) + 6) % 7);
    const monday = today - weekdayOf(today) + 7 + weekday;
    const sunday = today - ((weekdayOf(today) + 1) % 7) + 7 + ((weekday + 1) % 7);
    return [...new Set([coming, monday, sunday])].map((day) => [day]);
  };
}

const inNextWeek =
  (weekday: number): Day =>
  (today) => [[today - weekdayOf(today) + 7 + weekday]];

/** "the 3rd": of this month, else of the next that has one. */
function dayOfMonth(day: number): Day {
  return (today) => {
    const now = new Date(today * 86_400_000);
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
    const days = [0, 1, 2].flatMap((more) => {
      const of = new Date(Date.UTC(year, month + more, 1));
      return epochDay(of.getUTCFullYear(), of.getUTCMonth() + 1, day) ?? [];
    });
    return [days.slice(0, 2)];
  };
}

/** "tomorrow, 3 december": the days that both of them name. */
export function bothDays(one: Day, other: Day): Day {
  return (today) => {
    const known = new Set(other(today).flat());
    return one(today)
      .map((days) => days.filter((day) => known.has(day)))
      .filter((days) => days.length > 0);
  };
}

/** A day in words or ISO form, or a part of one. `isDotted`: dates are written 3.12. where the person is. */
export function dayAt(tokens: readonly Token[], at: number, isDotted: boolean): FoundDay | undefined {
  const from = tokens[at]?.lower === 'on' ? at + 1 : at;
  return (
    namedAt(tokens, from) ??
    partAt(tokens, at) ??
    laterAt(tokens, at) ??
    weekdayAt(tokens, from) ??
    writtenAt(tokens, from, isDotted) ??
    ordinalAt(tokens, from)
  );
}

function namedAt(tokens: readonly Token[], at: number): FoundDay | undefined {
  const word = tokens[at]?.lower ?? '';
  if (word === 'today') return { next: at + 1, day: inDays(0) };
  if (word === 'tomorrow' || word === 'tmrw') return { next: at + 1, day: inDays(1) };
  if (word === 'tonight') return { next: at + 1, day: inDays(0), part: 'night' };
  const from = word === 'the' ? at + 1 : at;
  return wordsAt(tokens, from, ['day', 'after', 'tomorrow']) ? { next: from + 3, day: inDays(2) } : undefined;
}

/** "this evening", "in the morning", "at night", or "morning" behind a day. */
function partAt(tokens: readonly Token[], at: number): FoundDay | undefined {
  const isThis = wordsAt(tokens, at, ['this']);
  const before = isThis ? 1 : wordsAt(tokens, at, ['in', 'the']) ? 2 : wordsAt(tokens, at, ['at']) ? 1 : 0;
  const part = PARTS.find((name) => name === tokens[at + before]?.lower);
  if (!part) return undefined;
  return { next: at + before + 1, part, ...(isThis ? { day: inDays(0) } : {}) };
}

/** "a week from today", "two days from tomorrow", "a week today", "a week on friday". */
function laterAt(tokens: readonly Token[], at: number): FoundDay | undefined {
  const from = wordsAt(tokens, at, ['in']) ? at + 1 : at;
  const duration = durationAt(tokens, from);
  if (!duration || duration.unit < 86_400 || duration.seconds % 86_400 !== 0) return undefined;
  const isJoined = ['from', 'on'].includes(tokens[duration.next]?.lower ?? '');
  const baseAt = isJoined ? duration.next + 1 : duration.next;
  const base = namedAt(tokens, baseAt) ?? (isJoined ? weekdayAt(tokens, baseAt) : undefined);
  if (!base?.day || base.part) return undefined;
  const { day } = base;
  const days = duration.seconds / 86_400;
  return { next: base.next, day: (today) => day(today + days) };
}

function weekdayAt(tokens: readonly Token[], at: number): FoundDay | undefined {
  const [first = '', second = ''] = [tokens[at]?.lower, tokens[at + 1]?.lower];
  const isLed = ['next', 'this', 'coming'].includes(first) || (first === 'the' && second === 'coming');
  const nameAt = first === 'the' ? at + 2 : isLed ? at + 1 : at;
  if (wordsAt(tokens, at, ['next', 'week'])) {
    const weekday = SHORT.get(tokens[tokens[at + 2]?.lower === 'on' ? at + 3 : at + 2]?.lower ?? '');
    const next = tokens[at + 2]?.lower === 'on' ? at + 4 : at + 3;
    return weekday === undefined ? undefined : { next, day: inNextWeek(weekday) };
  }
  const weekday = SHORT.get(tokens[nameAt]?.lower ?? '');
  if (weekday === undefined) return undefined;
  const next = nameAt + 1;
  if (first === 'next') return { next, day: nextWeekday(weekday) };
  if (wordsAt(tokens, next, ['next', 'week'])) return { next: next + 2, day: inNextWeek(weekday) };
  // "friday week" is a week after friday; "friday next week" was above.
  if (wordsAt(tokens, next, ['week'])) return { next: next + 1, day: (today) => onWeekday(weekday)(today + 7) };
  return { next, day: onWeekday(weekday) };
}

/** `2026-12-01`, and `3.12.` where that is how dates are written. The recogniser does the others. */
function writtenAt(tokens: readonly Token[], at: number, isDotted: boolean): FoundDay | undefined {
  const word = tokens[at]?.lower ?? '';
  const [, year, month, day] = /^(\d{4})[-/](\d\d?)[-/](\d\d?)$/u.exec(word) ?? [];
  if (year) return { next: at + 1, day: calendarDay(Number(year), Number(month), Number(day)) };
  const [, dayFirst, monthSecond] = /^(\d\d?)\.(\d\d?)$/u.exec(word) ?? [];
  if (!isDotted || !dayFirst) return undefined;
  const next = tokens[at + 1]?.text === '.' ? at + 2 : at + 1;
  return { next, day: yearless(Number(monthSecond), Number(dayFirst)) };
}

/** "the 3rd"; beside a month the recogniser reads it. */
function ordinalAt(tokens: readonly Token[], at: number): FoundDay | undefined {
  const numberAt = wordsAt(tokens, at, ['the']) ? at + 1 : at;
  const [, day] = /^(\d\d?)(?:st|nd|rd|th)$/u.exec(tokens[numberAt]?.lower ?? '') ?? [];
  const beside = [at - 1, numberAt + 1, numberAt + 2].map((place) => tokens[place]?.lower ?? '');
  if (!day || beside.some((word) => MONTHS.has(word))) return undefined;
  return { next: numberAt + 1, day: dayOfMonth(Number(day)) };
}
