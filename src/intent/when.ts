import { isTimeZone } from '../time.ts';
import type { FoundTime } from './duration.ts';
import type { IntentContext, UnclearReason, UnclearWhen, When } from './intent.ts';
import { type Token, textOf } from './text.ts';
import { within } from './when-clock.ts';
import { bothDays, type Day, inDays } from './when-day.ts';
import { instantsOf, MOST_DAYS, todayIn, type WallTime } from './when-instants.ts';
import { type Said, saidIn } from './when-said.ts';

export { warmUp } from './when-recogniser.ts';

/** A delay is for "in a moment"; who plans further ahead names a date. */
const MOST_DELAY_MINUTES = 7 * 24 * 60;
const MOST_CHOICES = 4;
/** No time takes more words than this; a hundred numbers would only keep the recogniser busy. */
const MOST_TOKENS = 24;
const DAY_SECONDS = 86_400;

/**
 * When something shall happen, from the words of a sentence that tell a time, in their order (see `whenSpan`).
 * Pure apart from loading the recogniser once; never throws. Every word is accounted for: one that is not makes
 * it unclear, and so does everything that has two readings.
 */
export function readWhen(tokens: readonly Token[], context: IntentContext): When {
  if (tokens.length === 0) return { kind: 'now' };
  const unclear = (reason: UnclearReason, choices: number[] = []): UnclearWhen => ({
    kind: 'unclear',
    text: textOf(tokens),
    choices: [...new Set(choices)].slice(0, MOST_CHOICES).map(utc),
    reason,
  });
  if (tokens.length > MOST_TOKENS || !isTimeZone(context.zone)) return unclear('unknown');
  const about = tokens.findIndex(({ lower }) => !ABOUT.has(lower));
  if (about > 0) {
    const exact = readWhen(tokens.slice(about), context);
    return unclear('range', exact.kind === 'at' ? [Date.parse(exact.utc)] : []);
  }
  const now = context.now.getTime();
  const said = saidIn(tokens, context);
  if (said.isMore) return unclear(reasonOf(tokens));
  const only = said.delays.length > 0 && isEmpty({ ...said, delays: [] });
  if (only) return afterDelays(said.delays, now) ?? unclear(isLong(said.delays) ? 'too-far' : 'unknown');
  const wall = wallTimeOf(said, context.zone);
  if (!wall) return unclear(isSpan(said) ? 'range' : reasonOf(tokens));
  const { ahead, isPast, isSkipped, isTooFar } = instantsOf(wall, now, context.zone);
  const choices = ahead.map(({ at }) => at);
  const [first] = ahead;
  if (isSkipped) return unclear('nonexistent', choices);
  if (isTooFar) return unclear('too-far', choices);
  if (ahead.length > 1) return unclear('several', choices);
  if (first && !isPast) return { kind: 'at', utc: utc(first.at), zone: first.zone };
  return unclear(isPast ? 'past' : 'unknown', first ? choices : sameTomorrow(wall, now, context.zone));
}

const ABOUT = new Set(['about', 'around', 'approximately', 'roughly']);

const utc = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

const isEmpty = ({ delays, days, parts, clocks, zones }: Said) =>
  [delays, days, parts, clocks, zones].every((list) => list.length === 0);

/** "tomorrow morning", "friday": a day is no time. */
const isSpan = ({ clocks, delays, zones, days, parts }: Said) =>
  clocks.length + delays.length + zones.length === 0 && days.length + parts.length > 0;

// Milliseconds first: 1.1 hours are 66 minutes, not 66.00000000000001.
const minutesOf = ({ seconds }: FoundTime) => Math.ceil(Math.round(seconds * 1_000) / 60_000);

const isLong = (delays: readonly FoundTime[]) =>
  new Set(delays.map(minutesOf)).size === 1 && delays.every((delay) => minutesOf(delay) > MOST_DELAY_MINUTES);

/** "in 5 minutes, in five minutes" is one delay said twice. Elapsed time: it runs through a change of the clocks. */
function afterDelays(delays: readonly FoundTime[], now: number): When | undefined {
  const [minutes = 0, ...others] = new Set(delays.map(minutesOf));
  if (others.length > 0 || minutes > MOST_DELAY_MINUTES) return undefined;
  if (delays.every(({ isNow }) => isNow)) return { kind: 'now' };
  return minutes >= 1 ? { kind: 'in', minutes, utc: utc(now + minutes * 60_000) } : undefined;
}

/** One clock time, at most one day. Undefined when the pieces are no such thing. */
function wallTimeOf({ delays, days, parts, clocks, zones }: Said, personZone: string): WallTime | undefined {
  const [clock, ...moreClocks] = clocks;
  const [part, ...moreParts] = new Set(parts);
  const [zone = [{ zone: personZone }], ...moreZones] = zones;
  if (!clock || [...moreClocks, ...moreParts, ...moreZones].length > 0) return undefined;
  const allDays = [...days, ...delays.flatMap((delay) => dayOf(delay) ?? [])];
  if (allDays.length < days.length + delays.length) return undefined;
  const { seconds, isMidnight } = part ? within(clock, part) : clock;
  const day = allDays.length > 0 ? allDays.reduce(bothDays) : undefined;
  return seconds.length > 0 ? { day, part, seconds, isMidnight, zones: zone } : undefined;
}

/** "in two days at 1am": the delay names a day. "in 48 hours at 1am" does not. */
function dayOf({ seconds, unit, isNow }: FoundTime): Day | undefined {
  const isDays = !isNow && unit >= DAY_SECONDS && seconds % DAY_SECONDS === 0 && seconds > 0;
  return isDays ? inDays(seconds / DAY_SECONDS) : undefined;
}

/** For "today at 17:00" in the evening: an offer, never the answer. */
function sameTomorrow(wall: WallTime, now: number, zone: string): number[] {
  const today = todayIn(zone, now);
  const days = wall.day?.(today).flat() ?? [];
  if (days.length === 0 || days.some((day) => day !== today)) return [];
  return instantsOf({ ...wall, day: inDays(1) }, now, zone).ahead.map(({ at }) => at);
}

const REASONS: readonly (readonly [UnclearReason, RegExp])[] = [
  [
    'repeating',
    /^(?:every|each|daily|nightly|weekly|hourly|monthly|weekdays|weekends|(?:mon|tues|wednes|thurs|fri|satur|sun)days)$/u,
  ],
  ['past', /^(?:yesterday|ago|last)$/u],
  [
    'range',
    /^(?:between|until|till|before|after|by|within|since|during|from|week|weekend|month|\d+(?::\d\d)?(?:[ap]m)?[-–—]\d+(?::\d\d)?(?:[ap]m)?)$/u,
  ],
];

/** Why words that are no point in time are none. */
function reasonOf(tokens: readonly Token[]): UnclearReason {
  const found = REASONS.find(([, word]) => tokens.some(({ lower }) => word.test(lower)));
  return found?.[0] ?? (/\d\S* (?:to|-|–) \d/u.test(textOf(tokens)) ? 'range' : 'unknown');
}

/** One plain sentence for the person who said it. Holds what was typed: escape it like any text from a person. */
export function whyUnclear({ text, reason }: UnclearWhen): string {
  switch (reason) {
    case 'several':
      return `"${text}" can mean more than one time.`;
    case 'past':
      return `"${text}" has passed.`;
    case 'range':
      return `"${text}" is a span of time. Say one time, such as 02:00.`;
    case 'repeating':
      return `"${text}" repeats. Only one time can be planned.`;
    case 'too-far':
      return `"${text}" is too far ahead. A delay can be 7 days long, a date ${MOST_DAYS} days away.`;
    case 'nonexistent':
      return `"${text}" does not exist that night: clocks go forward.`;
    case 'unknown':
      return `"${text}" is not a time I understand.`;
  }
}
