import { distance } from 'fastest-levenshtein';

/** Slips of the fingers between two words in lower case: letters wrong, missing or too many. Swapped letters are one. */
export function slipsBetween(a: string, b: string): number {
  const isSwapped = a !== b && a.length === b.length && sorted(a) === sorted(b);
  return isSwapped ? 1 : distance(a, b);
}

const sorted = (word: string) => [...word].sort().join('');
