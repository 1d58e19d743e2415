import { createRequire } from 'node:module';
import type { recognizeDateTime } from '@microsoft/recognizers-text-date-time';
import { NUMBER_WORDS } from './duration.ts';
import { calendarDay, type Day, onWeekday, yearless } from './when-day.ts';
import { culturesOf } from './when-locale.ts';
import { MONTHS, ORDINALS } from './when-words.ts';

/** What the recogniser found in a piece of text: a day, a time of day (seconds since midnight), or both. */
interface Recognised {
  day?: Day;
  seconds?: number[];
}

const MAX_TEXT = 200;
/** Nothing it is shown is counted from today; by default it would look at the clock. */
const REFERENCE = new Date(2000, 0, 1, 12);
/**
 * The words it is shown. It knows many more, and takes liberties with them: "in a few minutes" is three, "eod" 23:59,
 * "in sixty five minutes" five.
 */
const SHOWN = new Set([...MONTHS, ...ORDINALS, ...NUMBER_WORDS, 'at', '@', 'on', 'the', 'of', 'am', 'pm', ',']);
const DIGITS = /^(?:\d{1,2}(?:st|nd|rd|th)?|\d{4}|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?)$/u;
/** Words that say nothing beside a date. */
const JOINING = new Set(['at', '@', 'on', 'the', 'of', ',', '']);

let recognize: typeof recognizeDateTime | undefined;

/** Loading takes 200 ms and the first call 600: once, at the first need or at `warmUp`. */
function recogniser(): typeof recognizeDateTime {
  if (!recognize) {
    const require = createRequire(import.meta.url);
    const library = require('@microsoft/recognizers-text-date-time') as { recognizeDateTime: typeof recognizeDateTime };
    recognize = library.recognizeDateTime;
  }
  return recognize;
}

/** Called once at start, so that nobody's first message waits for it. */
export function warmUp(): void {
  for (const locale of ['en-us', 'en-gb']) recogniseDay('3 december at five pm', locale);
}

/**
 * The only place that knows @microsoft/recognizers-text-date-time. It reads names of months, dates in digits in the
 * order of the person's country, and times in words. Undefined unless every word was understood as a day or a time
 * of day. Its instants are in the process's zone and are not looked at: only the TIMEX is, which has no zone.
 */
export function recogniseDay(text: string, locale: string): Recognised | undefined {
  const clean = text.replace(/\s+/gu, ' ').trim();
  const words = clean.toLowerCase().split(/ |(?=,)|-(?=[a-z])/u);
  if (clean.length > MAX_TEXT || !words.every((word) => SHOWN.has(word) || DIGITS.test(word))) return undefined;
  const all = culturesOf(locale).map((culture) => inCulture(clean, culture));
  const known = all.flatMap((found) => found ?? []);
  const days = known.flatMap(({ day }) => day ?? []);
  const [first] = known;
  if (known.length < all.length || !first) return undefined;
  return days.length > 1 ? { ...first, day: (from) => days.flatMap((day) => day(from)) } : first;
}

function inCulture(text: string, culture: string): Recognised | undefined {
  const dates = new Set<string>();
  const seconds = new Set<number>();
  let rest = text;
  for (const { start, end, typeName, resolution } of recogniser()(text, culture, undefined, REFERENCE)) {
    rest = rest.slice(0, start) + ' '.repeat(end + 1 - start) + rest.slice(end + 1);
    if (!/^datetimeV2\.(?:date|time|datetime)$/u.test(typeName)) return undefined;
    for (const { timex = '', Mod } of (resolution?.values ?? []) as { timex?: string; Mod?: string }[]) {
      const [, date, hour, minute = '0'] = /^([^T]*)(?:T(\d\d)(?::(\d\d))?(?::00)?)?$/u.exec(timex) ?? [];
      if (Mod || date === undefined) return undefined;
      if (date !== '') dates.add(date);
      if (hour) seconds.add(Number(hour) * 3_600 + Number(minute) * 60);
    }
  }
  // "33/12" is found as "3/12": what it left over counts.
  const isAll = rest.split(' ').every((word) => JOINING.has(word.toLowerCase()));
  const [date] = dates;
  const day = date ? dayOf(date) : undefined;
  // Values repeat one date for several years; two dates are two days.
  if (!isAll || dates.size > 1 || (date && !day) || !(day || seconds.size > 0)) return undefined;
  if (seconds.size > 0 && !isWordedClock(text, seconds)) return undefined;
  return { ...(day ? { day } : {}), ...(seconds.size > 0 ? { seconds: [...seconds] } : {}) };
}

/**
 * "at five", "five thirty pm". Not "twenty five", found as 20:05, nor "2026 am", found as 08:26: digits are read in
 * when-clock.ts, and who means 20:05 says "oh five".
 */
function isWordedClock(text: string, seconds: ReadonlySet<number>): boolean {
  const words = text.toLowerCase().split(' ');
  const isSaid = words.some((word) => ['at', '@', 'am', 'pm'].includes(word));
  const hasWords = words.some((word) => NUMBER_WORDS.includes(word.split('-')[0] ?? ''));
  return isSaid && hasWords && [...seconds].every((second) => second % 3_600 === 0 || second % 3_600 >= 600);
}

/** The date of a TIMEX: `2026-12-03`, `XXXX-12-03`, `XXXX-WXX-5`. Undefined for moving feasts and spans. */
function dayOf(date: string): Day | undefined {
  const [, year, month, day] = /^(\d{4}|XXXX)-(\d\d)-(\d\d)$/u.exec(date) ?? [];
  if (year === 'XXXX') return yearless(Number(month), Number(day));
  if (year) return calendarDay(Number(year), Number(month), Number(day));
  const [, weekday] = /^XXXX-WXX-([1-7])$/u.exec(date) ?? [];
  return weekday ? onWeekday(Number(weekday) - 1) : undefined;
}
