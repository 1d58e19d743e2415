/**
 * How long a regular expression can take on a name that it does not match: JavaScript's engine tries every way through it
 * then. Counted are the ways, from every place of a name of `LONGEST_NAME` characters, as if each character fitted
 * everywhere; that is never too few.
 */
const LONGEST_NAME = 64;
/** Some tenths of a second. */
const MOST_STEPS = 50_000_000;
/** What counting itself takes, so that it comes to an end soon as well. */
const STEPS_OF_COUNTING = 500;

type Node =
  | { kind: 'char'; text: string }
  | { kind: 'start' | 'nothing' }
  | { kind: 'look'; body: Node }
  | { kind: 'all' | 'either'; parts: Node[] }
  | { kind: 'repeat'; body: Node; least: number; most: number };

/** How many ways lead to each place in the name; the last one stands for all behind it. */
type Ways = Float64Array;

/** Whether a source that compiles under the flag `u` can take too long. */
export function isSlow(source: string): boolean {
  const walker = new Walker();
  walker.walk(new Parser(source).either(), new Float64Array(LONGEST_NAME + 1).fill(1));
  return walker.steps > MOST_STEPS;
}

class Walker {
  steps = 0;

  /** Comes to an early end when there are too many steps. */
  walk(node: Node, from: Ways): Ways {
    const count = from.reduce((sum, ways) => sum + ways, 0);
    this.steps += count + STEPS_OF_COUNTING;
    if (count === 0 || this.steps > MOST_STEPS) return from;
    switch (node.kind) {
      case 'nothing':
        return from;
      case 'start':
        return from.map((ways, place) => (place === 0 ? ways : 0));
      case 'look':
        this.walk(node.body, from);
        return from;
      case 'char': {
        const to = new Float64Array(from.length);
        to.set(from.subarray(0, -1), 1);
        to[LONGEST_NAME] = (to[LONGEST_NAME] ?? 0) + (from[LONGEST_NAME] ?? 0);
        return to;
      }
      case 'all':
        return node.parts.reduce((ways, part) => this.walk(part, ways), from);
      case 'either':
        return node.parts.map((part) => this.walk(part, from)).reduce(plus);
      case 'repeat':
        return this.#repeat(node, from);
    }
  }

  #repeat({ body, least, most }: Extract<Node, { kind: 'repeat' }>, from: Ways): Ways {
    const isEndless = most === Number.POSITIVE_INFINITY;
    if (isSeparated(body) || (isEndless && least <= 1 && body.kind === 'char')) return this.#onward(from);
    let at = from;
    for (let n = 0; n < least && this.steps <= MOST_STEPS; n += 1) at = this.walk(body, at);
    if (isEndless && body.kind === 'char') return this.#onward(at);
    // Behind the last place nothing more is counted below: what is slow by itself is found from the first one.
    if (isEndless)
      this.#more(
        body,
        at.map((_, place) => (place === 0 ? 1 : 0)),
        LONGEST_NAME,
        true,
      );
    return this.#more(body, at, Math.min(most - least, LONGEST_NAME), isEndless);
  }

  #more(body: Node, from: Ways, times: number, isEndless: boolean): Ways {
    let [at, reached] = [from, from];
    for (let n = 0; n < times && this.steps <= MOST_STEPS; n += 1) {
      if (isEndless) at = at.map((ways, place) => (place === LONGEST_NAME ? 0 : ways));
      at = this.walk(body, at);
      reached = plus(reached, at);
    }
    return reached;
  }

  /** One way from each place to each behind it. */
  #onward(from: Ways): Ways {
    let sum = 0;
    const to = from.map((ways) => (sum += ways));
    this.steps += to.reduce((all, ways) => all + ways, 0);
    return to;
  }
}

const plus = (a: Ways, b: Ways): Ways => a.map((ways, place) => ways + (b[place] ?? 0));

/**
 * Whether where each round of a repeat ends is certain, as in `(?:-[a-z]+)*` and `([0-9]{1,3}[.]){3}`: a character at one
 * end of it that nothing else in it matches, and at most one thing inside whose length varies.
 */
function isSeparated(body: Node): boolean {
  if (body.kind !== 'all') return false;
  const chars = body.parts.map((part) => (part.kind === 'repeat' ? part.body : part));
  if (!chars.every((part) => part.kind === 'char')) return false;
  if (body.parts.filter((part) => part.kind === 'repeat' && part.least !== part.most).length > 1) return false;
  return [0, chars.length - 1].some((end) => {
    if (body.parts[end]?.kind !== 'char') return false;
    const separator = chars[end];
    return separator !== undefined && chars.every((char, n) => n === end || areApart(separator.text, char.text));
  });
}

/** Whether no character that names have fits both. */
function areApart(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => new RegExp(`^${text}$`, 'iu'));
  return [...NAME_CHARACTERS].every((char) => !(a?.test(char) && b?.test(char)));
}
const NAME_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-';

const PIECE = new RegExp(
  [
    /\\(?:x[\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|p\{[^}]*\}|k<[^>]*>|c[a-z]|[1-9]\d*|[\s\S])/,
    /\[(?:\\[\s\S]|[^\]\\])*\]/,
    /\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?/,
    /(?:[*+?]|\{\d+(?:,\d*)?\})\??/,
    /[\s\S]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'giu',
);

class Parser {
  readonly #pieces: string[];
  #at = 0;

  constructor(source: string) {
    this.#pieces = source.match(PIECE) ?? [];
  }

  either(): Node {
    const parts = [this.#all()];
    for (; this.#pieces[this.#at] === '|'; parts.push(this.#all())) this.#at += 1;
    return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'either', parts };
  }

  #all(): Node {
    const parts: Node[] = [];
    for (let piece = this.#pieces[this.#at]; piece !== undefined && piece !== '|' && piece !== ')'; ) {
      const one = this.#one(piece);
      parts.push(...(one.kind === 'all' ? one.parts : [one]));
      piece = this.#pieces[this.#at];
    }
    return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'all', parts };
  }

  #one(piece: string): Node {
    this.#at += 1;
    const body = piece.startsWith('(') ? this.#group(piece) : single(piece);
    const repeat = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??$/u.exec(this.#pieces[this.#at] ?? '');
    if (!repeat) return body;
    this.#at += 1;
    const [, sign, from, comma, to] = repeat;
    const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const endless = sign === undefined ? comma !== '' && to === '' : sign !== '?';
    const most = endless ? Number.POSITIVE_INFINITY : sign === '?' ? 1 : Number(to || from);
    return { kind: 'repeat', body, least, most };
  }

  #group(head: string): Node {
    const body = this.either();
    this.#at += 1;
    return /[=!]$/u.test(head) ? { kind: 'look', body } : body;
  }
}

const NOTHING: Node = { kind: 'nothing' };

function single(piece: string): Node {
  if (piece === '^') return { kind: 'start' };
  // A reference takes what is certain by then.
  return piece === '$' || /^\\(?:[bB1-9]|k<)/u.test(piece) ? NOTHING : { kind: 'char', text: piece };
}
