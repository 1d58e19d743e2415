/** A word as typed, or a punctuation mark that stood at its edge. */
export interface Token {
  kind: 'word' | 'mark';
  text: string;
  lower: string;
}

/** Characters. Checked before any pattern runs, so that no message can be slow to read. */
export const MAX_TEXT = 200;

/** What clients leave of HTML in a plain text. */
const ENTITIES = new Map([
  ['&amp;', '&'],
  ['&nbsp;', ' '],
  ['&#160;', ' '],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&#39;', "'"],
]);
const ENTITY = /&(?:amp|nbsp|#160|quot|apos|#39);/giu;

/**
 * One spelling for what looks the same: NFKC, straight quotes, single spaces, nothing invisible.
 * Undefined when the text is too long: a text cut short could be a different command.
 */
export function normalise(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT) return undefined;
  const clean = trimmed
    .replace(ENTITY, (entity) => ENTITIES.get(entity.toLowerCase()) ?? entity)
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cs}\p{DI}]/gu, '')
    .replace(/[‘’ʼ′´]/gu, "'")
    .replace(/[“”″]/gu, '"')
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .replace(/ +/gu, ' ')
    .trim();
  // NFKC can make one character into eighteen.
  return clean.length > MAX_TEXT ? undefined : clean;
}

const ENDS_WORD = '.,;:!?';
const SPLITS_WORD = ';&+';
const QUOTES = new Map([
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['(', ')'],
]);

/** Splits a normalised text. Only a pair of quotes or brackets around one word is taken off: `hq-fw*` stays as it is. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const chunk of text.split(' ')) {
    let end = chunk.length;
    while (end > 0 && ENDS_WORD.includes(chunk.charAt(end - 1))) end -= 1;
    let start = 0;
    for (let i = 0; i < end; i += 1) {
      if (!splitsAt(chunk, i)) continue;
      pushWord(tokens, chunk.slice(start, i));
      pushMark(tokens, chunk.charAt(i));
      start = i + 1;
    }
    pushWord(tokens, chunk.slice(start, end));
    for (const mark of chunk.slice(end)) pushMark(tokens, mark);
  }
  return tokens;
}

/** A comma splits `hq-fw01,hq-fw02`, but `1,5` stays whole: nobody can tell whether it is one number or two. */
function splitsAt(chunk: string, at: number): boolean {
  const char = chunk.charAt(at);
  if (char === ',') return !(isDigit(chunk.charAt(at - 1)) && isDigit(chunk.charAt(at + 1)));
  return SPLITS_WORD.includes(char);
}

const isDigit = (char: string) => char >= '0' && char <= '9';

function pushWord(tokens: Token[], text: string): void {
  const close = QUOTES.get(text.charAt(0));
  const isQuoted = text.length > 2 && close !== undefined && text.endsWith(close);
  const word = isQuoted ? text.slice(1, -1) : text;
  if (word !== '') tokens.push({ kind: 'word', text: word, lower: word.toLowerCase() });
}

function pushMark(tokens: Token[], mark: string): void {
  tokens.push({ kind: 'mark', text: mark, lower: mark });
}

/** Whether these words stand at this place, in any case. */
export function wordsAt(tokens: readonly Token[], at: number, words: readonly string[]): boolean {
  return words.every((word, i) => tokens[at + i]?.lower === word);
}

/** How many tokens the longest of these phrases takes at this place; 0 when none of them stands there. */
export function phraseAt(tokens: readonly Token[], at: number, phrases: readonly (readonly string[])[]): number {
  return Math.max(0, ...phrases.filter((phrase) => wordsAt(tokens, at, phrase)).map((phrase) => phrase.length));
}

/** The tokens as a person would have typed them. */
export function textOf(tokens: readonly Token[]): string {
  return tokens
    .map(({ kind, text }, i) =>
      i === 0 || (kind === 'mark' && ENDS_WORD.includes(text)) || text === ';' ? text : ` ${text}`,
    )
    .join('');
}
