import { type Token, wordsAt } from './text.ts';

/** How many tokens something takes at a place; 0 when it does not stand there. */
export type Matcher = (tokens: readonly Token[], at: number) => number;

/**
 * A small grammar in one line: words in a row, `|` between alternatives, `_` between the words of one alternative, `?`
 * behind what may be missing: `cancel|call_off the? reboot|reboots of|on?`. It takes as many words as it can.
 */
export function pattern(text: string): Matcher {
  const slots = text.split(' ').map((slot) => ({
    isOptional: slot.endsWith('?'),
    phrases: slot
      .replace(/\?$/, '')
      .split('|')
      .map((phrase) => phrase.split('_')),
  }));
  /** The longest way through the slots from this one on; -1 when there is none. */
  const longest = (tokens: readonly Token[], at: number, slot: number): number => {
    const current = slots[slot];
    if (!current) return at;
    const ways = current.phrases.filter((words) => wordsAt(tokens, at, words)).map(({ length }) => at + length);
    if (current.isOptional) ways.push(at);
    return Math.max(-1, ...ways.map((next) => longest(tokens, next, slot + 1)));
  };
  return (tokens, at) => Math.max(0, longest(tokens, at, 0) - at);
}

/** The longest of several. */
export function anyOf(...matchers: Matcher[]): Matcher {
  return (tokens, at) => Math.max(0, ...matchers.map((match) => match(tokens, at)));
}
