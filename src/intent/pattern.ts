import type { Token } from './text.ts';

/** How many tokens a phrase takes at a place; 0 when it does not stand there. */
export type PhraseAt = (tokens: readonly Token[], at: number) => number;

/**
 * A phrase as a pattern over the lower-case tokens, a space between two of them. It ends where a token ends.
 * Texts are short (see text.ts), so a pattern only has to avoid repeating what repeats itself.
 */
export function phraseOf(pattern: RegExp): PhraseAt {
  const whole = new RegExp(`^(?:${pattern.source})(?= |$)`, 'u');
  return (tokens, at) => {
    const rest = tokens
      .slice(at)
      .map(({ lower }) => lower)
      .join(' ');
    const found = whole.exec(rest)?.[0] ?? '';
    return found === '' ? 0 : found.split(' ').length;
  };
}
