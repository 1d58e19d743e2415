import { isSlow } from './pattern-cost.ts';

/**
 * NAME in secrets.yaml is a regular expression in Python's spelling. It is searched in a device's name, so
 * JavaScript's engine has to read it the same way, or not at all.
 */

const LONGEST = 200;

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
  if (isSlow(source)) throw new Error('repeats or chooses in so many ways that it can take for ever on some names');
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
