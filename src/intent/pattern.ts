import { phraseAt, type Token } from './text.ts';

/** How many tokens something takes at a place; 0 when it does not stand there. */
export type Matcher = (tokens: readonly Token[], at: number) => number;

/**
 * A small grammar in one line: words in a row, `|` between alternatives, `_` between the words of one alternative, `?`
 * behind what may be missing. `cancel|call_off the? reboot|reboots of|on?` Every slot takes its longest alternative.
 */
export function pattern(text: string): Matcher {
  const slots = text.split(' ').map((slot) => ({
    isOptional: slot.endsWith('?'),
    phrases: slot
      .replace(/\?$/, '')
      .split('|')
      .map((phrase) => phrase.split('_')),
  }));
  return (tokens, at) => {
    let next = at;
    for (const { isOptional, phrases } of slots) {
      const taken = phraseAt(tokens, next, phrases);
      if (taken === 0 && !isOptional) return 0;
      next += taken;
    }
    return next - at;
  };
}

/** The longest of several. */
export function anyOf(...matchers: Matcher[]): Matcher {
  return (tokens, at) => Math.max(0, ...matchers.map((match) => match(tokens, at)));
}
