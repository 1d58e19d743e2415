/**
 * NAME in secrets.yaml is a regular expression in Python's spelling. It is searched in a device's name, so
 * JavaScript's engine has to read it the same way, or not at all.
 */

const LONGEST = 200;
/** Each unbounded repeat multiplies the work on a name that does not match. */
const MOST_REPEATS = 4;
const MOST_COUNT = 255;

/** Throws an Error whose message completes "NAME …" when the pattern is none we can run safely. */
export function compilePattern(name: string): RegExp {
  if (name.length > LONGEST) throw new Error(`is longer than ${LONGEST} characters`);
  const { source, flags } = translate(name);
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, flags);
  } catch {
    throw new Error('is not a regular expression that can be searched in a name');
  }
  refuseSlow(source);
  return pattern;
}

/** Python's spellings: `(?i)` in front, `(?P<name>`, `\A` and `\Z`, and a backslash before any punctuation. */
function translate(name: string): { source: string; flags: string } {
  const ignoresCase = name.startsWith('(?i)');
  const source = (ignoresCase ? name.slice(4) : name).replaceAll(
    /\\([\s\S])|\(\?P</gu,
    (whole, escaped: string | undefined) => {
      if (escaped === undefined) return '(?<';
      if (escaped === 'A') return '^';
      if (escaped === 'Z') return '$';
      if (/[\w^$.*+?()[\]{}|\\/]/u.test(escaped)) return whole;
      return escaped === '-' ? '\\x2d' : escaped;
    },
  );
  return { source, flags: ignoresCase ? 'iu' : 'u' };
}

/**
 * Refuses what can take exponential time: a repeated group that repeats or chooses inside, such as `(a+)+` or
 * `(a|ab)*`. Stricter than needed, and simple enough to be right; no sensible device name needs one.
 */
function refuseSlow(source: string): void {
  const groups: { repeats: boolean; chooses: boolean }[] = [];
  let closed: { repeats: boolean; chooses: boolean } | undefined;
  let unbounded = 0;
  for (let at = 0; at < source.length; ) {
    const piece = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[<:=!]*|[*+?]|\{\d+(?:,\d*)?\}|[\s\S]/uy;
    piece.lastIndex = at;
    const text = piece.exec(source)?.[0] ?? '';
    at += Math.max(1, text.length);
    const outer = groups.at(-1);
    if (text.startsWith('(')) {
      groups.push({ repeats: false, chooses: false });
      closed = undefined;
    } else if (text === ')') {
      closed = groups.pop();
      // What is slow inside a group is slow inside the group around it.
      const around = groups.at(-1);
      if (around && closed?.repeats) around.repeats = true;
      if (around && closed?.chooses) around.chooses = true;
    } else if (isRepeat(text)) {
      if (text.match(/\d+/gu)?.some((count) => Number(count) > MOST_COUNT))
        throw new Error(`repeats more than ${MOST_COUNT} times`);
      if (isUnbounded(text)) unbounded += 1;
      if (closed && text !== '?' && (closed.repeats || closed.chooses)) {
        throw new Error('repeats a group that repeats or chooses inside: that can take for ever');
      }
      if (outer) outer.repeats = true;
      closed = undefined;
    } else {
      if (text === '|' && outer) outer.chooses = true;
      closed = undefined;
    }
  }
  if (unbounded > MOST_REPEATS) throw new Error(`has more than ${MOST_REPEATS} unbounded repeats`);
}

const isRepeat = (text: string) => /^(?:[*+?]|\{\d)/u.test(text);
const isUnbounded = (text: string) => text === '*' || text === '+' || /^\{\d+,\}$/u.test(text);
