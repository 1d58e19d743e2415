import { type Token, wordsAt } from './text.ts';

/** A duration found at some place: the place after it, its length, and its smallest unit in seconds. */
export interface Duration {
  next: number;
  seconds: number;
  unit: number;
}

/** A time found at some place, as how long from now. 0 seconds is said as "now". */
export interface FoundTime extends Duration {
  isNow: boolean;
}

const UNITS = new Map<string, number>([
  ...['s', 'sec', 'secs', 'second', 'seconds'].map((word): [string, number] => [word, 1]),
  ...['m', 'min', 'mins', 'minute', 'minutes'].map((word): [string, number] => [word, 60]),
  ...['h', 'hr', 'hrs', 'hour', 'hours'].map((word): [string, number] => [word, 3600]),
  ...['d', 'day', 'days'].map((word): [string, number] => [word, 86_400]),
  ...['w', 'week', 'weeks'].map((word): [string, number] => [word, 604_800]),
]);

const TO_NINETEEN =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const ONES = new Map(TO_NINETEEN.split(' ').map((word, i) => [word, i + 1]));
const TENS = new Map(['twenty', 'thirty', 'forty', 'fifty', 'sixty'].map((word, i) => [word, (i + 2) * 10]));
export const NUMBER_WORDS: readonly string[] = [...ONES.keys(), ...TENS.keys()];
export const UNIT_WORDS: readonly string[] = [...UNITS.keys()];

const NOW = [
  'now',
  'right now',
  'immediately',
  'straight away',
  'straightaway',
  'right away',
  'at once',
  'asap',
  'as soon as possible',
].map((phrase) => phrase.split(' '));

export const NOW_WORDS: readonly string[] = NOW.flat();

/**
 * A time this grammar is sure of, starting at this place: "now" and its like, "in DURATION" or "DURATION from
 * now". Whatever follows the time is the caller's to account for, so half a duration is never taken for a whole one.
 */
export function timeAt(tokens: readonly Token[], at: number): FoundTime | undefined {
  const now = NOW.find((words) => wordsAt(tokens, at, words));
  if (now) return { next: at + now.length, seconds: 0, unit: 1, isNow: true };
  const hasIn = wordsAt(tokens, at, ['in']);
  const found = durationAt(tokens, hasIn ? at + 1 : at) ?? (hasIn ? hoursAt(tokens, at + 1) : undefined);
  if (!found) return undefined;
  const hasFromNow = wordsAt(tokens, found.next, ['from', 'now']);
  if (!hasIn && !hasFromNow) return undefined;
  const tail = hasFromNow ? 2 : wordsAt(tokens, found.next, ['time']) ? 1 : 0;
  return { ...found, next: found.next + tail, isNow: false };
}

/** `1h30` behind "in"; by itself it is half past one in some languages. */
function hoursAt(tokens: readonly Token[], at: number): Duration | undefined {
  const [, hours, minutes] = /^(\d{1,2})h([0-5]\d)$/u.exec(tokens[at]?.lower ?? '') ?? [];
  return hours === undefined
    ? undefined
    : { next: at + 1, seconds: Number(hours) * 3600 + Number(minutes) * 60, unit: 60 };
}

/** Parts from the largest unit down ("1 hour and 30 minutes"); a unit said twice ends the duration. */
export function durationAt(tokens: readonly Token[], at: number): Duration | undefined {
  const first = partAt(tokens, at);
  if (!first) return undefined;
  let { next, seconds, unit } = first;
  for (;;) {
    const joined = wordsAt(tokens, next, ['and']) || wordsAt(tokens, next, [',']) ? next + 1 : next;
    const part = partAt(tokens, joined);
    if (!part || largestUnit(tokens, joined, part) >= unit) return { next, seconds, unit };
    next = part.next;
    seconds += part.seconds;
    unit = part.unit;
  }
}

/** `1h30m` is one part whose last unit is a minute, but it must not follow hours. */
function largestUnit(tokens: readonly Token[], at: number, part: Duration): number {
  const letters = /^\d+(?:\.\d+)?([a-z]+)/u.exec(tokens[at]?.lower ?? '')?.[1];
  return (letters ? UNITS.get(letters) : undefined) ?? part.unit;
}

function partAt(tokens: readonly Token[], at: number): Duration | undefined {
  return compactAt(tokens, at) ?? halfAt(tokens, at) ?? amountAt(tokens, at);
}

/** `5m`, `90s`, `1h30m`: units going down, nothing left over. */
function compactAt(tokens: readonly Token[], at: number): Duration | undefined {
  const text = tokens[at]?.lower ?? '';
  const piece = /(\d{1,5}(?:\.\d{1,3})?)([a-z]+)/uy;
  let seconds = 0;
  let unit = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let match = piece.exec(text); match; match = piece.exec(text)) {
    const size = UNITS.get(match[2] ?? '');
    if (size === undefined || size >= unit) return undefined;
    seconds += Number(match[1]) * size;
    unit = size;
    end = piece.lastIndex;
  }
  return end > 0 && end === text.length ? { next: at + 1, seconds, unit } : undefined;
}

/** "half an hour", "half hour", "a half hour". */
function halfAt(tokens: readonly Token[], at: number): Duration | undefined {
  let next = isArticle(tokens[at]) ? at + 1 : at;
  if (!wordsAt(tokens, next, ['half'])) return undefined;
  next += 1;
  if (isArticle(tokens[next])) next += 1;
  const unit = unitOf(tokens[next]);
  return unit ? { next: next + 1, seconds: unit / 2, unit } : undefined;
}

/** "30 minutes", "an hour", "twenty five min", "an hour and a half", "two and a half hours". */
function amountAt(tokens: readonly Token[], at: number): Duration | undefined {
  const number = numberAt(tokens, at);
  if (!number) return undefined;
  const halfBefore = wordsAt(tokens, number.next, ['and', 'a', 'half']);
  const unitAt = halfBefore ? number.next + 3 : number.next;
  const unit = unitOf(tokens[unitAt]);
  if (!unit) return undefined;
  const halfAfter = !halfBefore && wordsAt(tokens, unitAt + 1, ['and', 'a', 'half']);
  const amount = number.value + (halfBefore || halfAfter ? 0.5 : 0);
  return { next: unitAt + (halfAfter ? 4 : 1), seconds: amount * unit, unit };
}

/** A number in digits or words; an article is one, a couple is two. */
function numberAt(tokens: readonly Token[], at: number): { next: number; value: number } | undefined {
  const word = tokens[at]?.lower;
  if (word === undefined) return undefined;
  const couple = isArticle(tokens[at]) ? at + 1 : at;
  if (wordsAt(tokens, couple, ['couple', 'of'])) return { next: couple + 2, value: 2 };
  if (isArticle(tokens[at])) return { next: at + 1, value: 1 };
  if (/^\d{1,5}(?:\.\d{1,3})?$/u.test(word)) return { next: at + 1, value: Number(word) };
  const [ten = '', one, more] = word.split('-');
  const tens = TENS.get(ten);
  if (tens === undefined) {
    const ones = ONES.get(word);
    return ones === undefined ? undefined : { next: at + 1, value: ones };
  }
  const isSplit = one === undefined;
  const ones = ONES.get(one ?? tokens[at + 1]?.lower ?? '') ?? 0;
  if (more !== undefined || (!isSplit && (ones === 0 || ones > 9 || tens === 60))) return undefined;
  const takesNext = isSplit && tens < 60 && ones > 0 && ones < 10;
  return { next: at + (takesNext ? 2 : 1), value: tens + (isSplit && !takesNext ? 0 : ones) };
}

const isArticle = (token: Token | undefined) => token?.lower === 'a' || token?.lower === 'an';
/** "in 30 minutes' time" writes an apostrophe. */
const unitOf = (token: Token | undefined) => UNITS.get(token?.lower.replace(/'$/u, '') ?? '');
