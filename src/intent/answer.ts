import { normalise, tokenise } from './text.ts';
import { whenSpan } from './when-words.ts';

/** True when a text says a time. A command without one means "now"; an answer to "when?" without one means nothing. */
export function saysTime(text: string): boolean {
  const tokens = tokenise(normalise(text) ?? '');
  return tokens.some((_, at) => whenSpan(tokens, at) > 0);
}

/** True when words that were not understood take a request back: asking on would push towards it. */
export const takesBack = (text: string) =>
  /\b(?:not|don['’]?t|do not|no|never|cancel|stop|abort|forget|wrong|fail(?:s|ed|ing)?)\b/i.test(text);
