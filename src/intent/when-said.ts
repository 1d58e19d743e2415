import { type FoundTime, NUMBER_WORDS, timeAt } from './duration.ts';
import type { IntentContext } from './intent.ts';
import { type Token, textOf } from './text.ts';
import { type Clock, clockAt, type DayPart } from './when-clock.ts';
import { type Day, dayAt } from './when-day.ts';
import { is24Hours, isDotted } from './when-locale.ts';
import { recogniseDay } from './when-recogniser.ts';
import { type ZoneReading, zoneAt } from './when-zones.ts';

/** The pieces of a time, as they were said. */
export interface Said {
  delays: FoundTime[];
  days: Day[];
  parts: DayPart[];
  clocks: Clock[];
  /** Each with what it may mean. */
  zones: ZoneReading[][];
  /** Words that are none of these. */
  isMore: boolean;
}

const JOINING = new Set(['at', '@', 'on', ',', 'the', 'of']);

/** Sorts the tokens of a time into its pieces; every token lands in one of them, or in `isMore`. */
export function saidIn(tokens: readonly Token[], { zone, locale }: IntentContext): Said {
  const words = tokens.flatMap(split);
  const dotted = isDotted(locale);
  const is24 = is24Hours(locale) || words.some(({ lower }) => /^(?:\d{4}-\d\d?-\d\d?|utc|z|zulu|\+)$/u.test(lower));
  const said: Said = { delays: [], days: [], parts: [], clocks: [], zones: [], isMore: false };
  /** Words that stand together, for the recogniser. */
  const runs: Token[][] = [];
  let lastInRun = -2;
  for (let at = 0; at < words.length; ) {
    const next = takeAt(said, words, at, { zone, dotted, is24 });
    const word = words[at];
    if (next === at && word) {
      if (lastInRun !== at - 1) runs.push([]);
      runs.at(-1)?.push(word);
      lastInRun = at;
    }
    at = Math.max(next, at + 1);
  }
  for (const run of runs) takeRun(said, run, locale);
  return said;
}

/** Takes the piece that begins here, and goes behind it; stays when none does. */
function takeAt(
  said: Said,
  words: readonly Token[],
  at: number,
  habits: { zone: string; dotted: boolean; is24: boolean },
): number {
  // Only behind a clock: elsewhere "EST" or "west" may be anything.
  const zone = said.clocks.length > 0 ? zoneAt(words, at) : undefined;
  if (zone) {
    said.zones.push(zone.readings(habits.zone));
    return zone.next;
  }
  const found = dayAt(words, at, habits.dotted);
  if (found) {
    if (found.day) said.days.push(found.day);
    if (found.part) said.parts.push(found.part);
    return found.next;
  }
  const delay = timeAt(words, at);
  if (delay) {
    said.delays.push(delay);
    return delay.next;
  }
  const clock = clockAt(words, at, habits.is24);
  if (clock) said.clocks.push(clock.clock);
  return clock?.next ?? at;
}

function takeRun(said: Said, run: readonly Token[], locale: string): void {
  if (run.every(({ lower }) => JOINING.has(lower))) return;
  // "3 in the morning": the part of the day makes a clock of the number.
  const [only, ...more] = run;
  const isHour = only && more.length === 0 && said.parts.length > 0 && said.clocks.length === 0;
  const found = isHour ? hourOf(only) : recogniseDay(textOf(run), locale);
  if (found?.day) said.days.push(found.day);
  if (found?.seconds) said.clocks.push({ seconds: found.seconds, isMidnight: false });
  if (!found) said.isMore = true;
}

function hourOf(token: Token): { day?: undefined; seconds: number[] } | undefined {
  const hour = clockAt([{ kind: 'word', text: 'at', lower: 'at' }, token], 0, false);
  const inWords = NUMBER_WORDS.indexOf(token.lower) + 1;
  if (hour) return { seconds: hour.clock.seconds };
  return inWords >= 1 && inWords <= 12
    ? { seconds: [inWords % 12, (inWords % 12) + 12].map((h) => h * 3_600) }
    : undefined;
}

/** `2026-12-01T03:00:00Z` and `17:00utc` are several words in one. */
function split(token: Token): Token[] {
  const [, date = '', time = '', behind = ''] =
    /^(\d{4}-\d\d-\d\d)t(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(z|[+-]\d\d:?\d\d)?$/u.exec(token.lower) ??
    /^()(\d\d?:\d\d(?::\d\d)?)(z|utc|gmt)$/u.exec(token.lower) ??
    [];
  if (time === '') return [token];
  // "02:00-04:00" is a span; only behind a date and a T is it an offset, and is written so.
  const zone = behind.replace(/^-/u, 'utc-');
  return [date, time, zone].filter((text) => text !== '').map((text) => ({ kind: 'word', text, lower: text }));
}
