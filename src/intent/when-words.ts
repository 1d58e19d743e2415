import { durationAt, NUMBER_WORDS, timeAt, UNIT_WORDS } from './duration.ts';
import { phraseAt, type Token } from './text.ts';
import { zoneAt } from './when-zones.ts';

/** Which words of a sentence tell a time. What the time is, is read in when.ts. */

const words = (list: string) => new Set(list.split(' '));

export const MONTHS = words(
  'january february march april may june july august september october november december ' +
    'jan feb mar apr jun jul aug sep sept oct nov dec',
);

/** Days of a month in words: part of a time only beside a month. */
export const ORDINALS = words(
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth ' +
    'sixteenth seventeenth eighteenth nineteenth twentieth thirtieth',
);

export const TIME_WORDS = words(
  'today tomorrow tmrw yesterday tonight noon midday midnight morning afternoon evening night am pm utc gmt cet cest bst est edt ' +
    "pst pdt o'clock oclock monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun " +
    'mondays tuesdays wednesdays thursdays fridays saturdays sundays weekend weekends weekday weekdays month ' +
    'next later soon time daily weekly hourly nightly monthly half quarter eod cob few ago sometime fortnight',
);
for (const word of [...MONTHS, ...NUMBER_WORDS, ...UNIT_WORDS]) TIME_WORDS.add(word);

/** Part of a time only when a time follows: "at 17:00" is, "at hq" is not. */
export const BEFORE_TIME = words(
  'at @ on in by around about approximately roughly between from until till after before since within during past to ' +
    'this last coming every each the a an of',
);

/** Joins two times, and two names as well: part of a time only between two times. */
const BETWEEN_TIMES = words('and or , - –');

const PHRASES = ['end of day', 'end of the day', 'end of business', 'close of business'].map((phrase) =>
  phrase.split(' '),
);

/** Also the shape of no device: see `isVocabulary`. */
export const NUMBER_LIKE = /^\d+(?:[.,:]\d+)?(?:am|pm|[smhdwz]|min|mins|hr|hrs|sec|secs|st|nd|rd|th)?$/u;
export const DATE_LIKE = /^\d{1,4}(?:[-/.:]\d{1,4}){1,2}(?:t[\d:.]+)?(?:z|am|pm|[+-]\d\d:?\d\d)?$/u;
/** `3a.m`, `17h30`, `17:00utc`: what else clocks write. */
const CLOCK_LIKE = /^(?:\d{1,2}(?:[:.]\d\d)?[ap]\.m|\d{1,2}h\d\d|\d{1,2}:\d\d(?::\d\d)?(?:utc|gmt)|[ap]\.m)$/u;
/** `2-4am`, `14:00-16:00`. */
export const SPAN_LIKE = /^\d{1,4}(?::\d\d)?(?:[ap]m)?[-–—]\d{1,4}(?::\d\d)?(?:[ap]m)?$/u;

/**
 * How many tokens from this place on tell a time: 0 when none does. Longest run: "on 3 december at 17:00 CET" is
 * one. It knows words only; whether they make sense together is for `readWhen` to say.
 */
export function whenSpan(tokens: readonly Token[], at: number): number {
  let sure = at;
  for (let next = at; next < tokens.length; ) {
    const taken = pieceAt(tokens, next, sure > at);
    const word = tokens[next]?.lower ?? '';
    if (taken > 0) {
      next += taken;
      sure = next;
    } else if (BEFORE_TIME.has(word) || (sure > at && BETWEEN_TIMES.has(word))) next += 1;
    else break;
  }
  return sure - at;
}

function pieceAt(tokens: readonly Token[], at: number, follows: boolean): number {
  const duration = timeAt(tokens, at) ?? durationAt(tokens, at);
  if (duration) return duration.next - at;
  const phrase = phraseAt(tokens, at, PHRASES);
  if (phrase > 0) return phrase;
  // "BST" behind a time is a zone, and so is "New York time"; elsewhere they are names of something else.
  const zone = follows ? zoneAt(tokens, at) : undefined;
  if (zone) return zone.next - at;
  const word = tokens[at]?.lower ?? '';
  if (/[ap]\.m$/u.test(word) && CLOCK_LIKE.test(word)) return tokens[at + 1]?.text === '.' ? 2 : 1;
  return isTimeWord(word) || isDayOfMonth(tokens, at) ? 1 : 0;
}

/** "the third of december", "december the third". "second" is a unit too, and known already. */
function isDayOfMonth(tokens: readonly Token[], at: number): boolean {
  const isMonth = (place: number) => MONTHS.has(tokens[place]?.lower ?? '');
  const before = tokens[at - 1]?.lower === 'the' ? at - 2 : at - 1;
  const after = tokens[at + 1]?.lower === 'of' ? at + 2 : at + 1;
  return ORDINALS.has(tokens[at]?.lower ?? '') && (isMonth(before) || isMonth(after));
}

const isTimeWord = (word: string) =>
  TIME_WORDS.has(word) || [NUMBER_LIKE, DATE_LIKE, CLOCK_LIKE, SPAN_LIKE].some((shape) => shape.test(word));
