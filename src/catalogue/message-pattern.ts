/**
 * Patterns over the message of an event. `*` stands for any characters, `{}` for one word, the rest for itself, in any
 * case; a blank stands for any run of blanks. There is no regular expression in it: each piece is looked for from left
 * to right, the first place counts, and nothing is tried twice. A message of any length takes time in its length.
 */

/** Names are shorter. Longer words are none: so a message without blanks is not walked over again and again. */
const LONGEST_WORD = 200;

const AROUND_A_WORD = '"\'';
const AFTER_A_WORD = `${AROUND_A_WORD},.;:)]`;

/** Does the whole message match? Only `*` has a meaning here. */
export function matchesMessage(pattern: string, message: string): boolean {
  const pieces = plain(pattern).split('*');
  const text = plain(message);
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  if (pieces.length === 1) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end;
}

/**
 * The words that stand for the `{}` of a pattern, looked for anywhere in the message; null when it is not there. A word
 * ends at a blank or at the first place where the rest of its piece goes on; it is at least one character. Quotes around
 * it and punctuation after it are no part of it.
 */
export function wordsOf(pattern: string, message: string): string[] | null {
  const text = oneBlank(message);
  const folded = fold(text);
  const words: string[] = [];
  let at = 0;
  for (const piece of plain(pattern).split('*')) {
    const found = find(piece.split('{}'), text, folded, at);
    if (!found) return null;
    words.push(...found.words);
    at = found.end;
  }
  return words;
}

interface Found {
  words: string[];
  end: number;
}

/** The first place of a piece: literals with one word between each two. */
function find(literals: string[], text: string, folded: string, from: number): Found | null {
  const first = literals[0] ?? '';
  for (let at = from; at <= text.length; at += 1) {
    if (first !== '') at = folded.indexOf(first, at);
    if (at < 0) return null;
    // A piece that begins with a word begins where a word does.
    const isMiddle = first === '' && literals.length > 1 && at > 0 && text[at - 1] !== ' ';
    const found = isMiddle ? null : goOn(literals, text, folded, at + first.length);
    if (found) return found;
  }
  return null;
}

/** The words and literals after the first literal, each where the one before ends. */
function goOn(literals: string[], text: string, folded: string, from: number): Found | null {
  const words: string[] = [];
  let at = from;
  for (const literal of literals.slice(1)) {
    const longest = Math.min(text.length, at + LONGEST_WORD);
    let end = at;
    do end += 1;
    while (end < longest && text[end] !== ' ' && (literal === '' || !folded.startsWith(literal, end)));
    const word = bare(text.slice(at, end));
    const isWhole = end === text.length || text[end] === ' ' || literal !== '';
    if (word === '' || !isWhole || !folded.startsWith(literal, end)) return null;
    words.push(word);
    at = end + literal.length;
  }
  return { words, end: at };
}

/** A word without the quotes around it and the punctuation after it; '' when nothing is left, or a blank is in it. */
function bare(word: string): string {
  let [start, end] = [0, word.length];
  while (start < end && AROUND_A_WORD.includes(word.charAt(start))) start += 1;
  while (end > start && AFTER_A_WORD.includes(word.charAt(end - 1))) end -= 1;
  const name = word.slice(start, end);
  return name.includes(' ') ? '' : name;
}

const oneBlank = (text: string) => text.replace(/\s+/g, ' ');

/** Lower case for ASCII alone: the places in the text stay what they are. */
const fold = (text: string) => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

const plain = (text: string) => fold(oneBlank(text));
