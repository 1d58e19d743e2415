import type { Intent, IntentContext } from './intent.ts';
import { processAt } from './processes.ts';
import { slipsBetween } from './slips.ts';
import { type Token, textOf } from './text.ts';
import { understand } from './understand.ts';
import { whenSpan } from './when-words.ts';
import { AND, isVocabulary, looksLikeDevice, OTHER_VERBS } from './words.ts';

/** What is often typed, and so mistyped. */
const WORDS =
  'reboot reload restart bounce cancel collect fetch download gather schedule please show list get give logs extensive support ' +
  'events alerts alarms devices reboots pending scheduled happened routers switches firewalls tomorrow tonight minutes';

export interface Sentence {
  text: string;
  intent: Intent['intent'];
}

/**
 * Sentences that are understood, in one that is not: the same with its mistyped words put right, or each of several
 * commands. To be offered, not to be done: only the person knows. Empty when there is nothing to put right, or when
 * it helps nothing.
 */
export function sentencesIn(
  tokens: readonly Token[],
  { inventory, processes }: Pick<IntentContext, 'inventory' | 'processes'>,
): Sentence[] {
  // What it asks for does not depend on the time of day.
  const context: IntentContext = { now: new Date(0), zone: 'UTC', locale: 'en', inventory, processes };
  const fixed = tokens.map((token, at) => (isMeant(tokens, at, context) ? token : fixedWord(token)));
  const parts = partsOf(fixed);
  if (parts.length === 1 && fixed.every((token, at) => token === tokens[at])) return [];
  return parts.flatMap((part) => {
    const text = textOf(part);
    const { intent, devices, unresolved } = understand(text, context);
    // "… and reboot it": half a sentence names nothing.
    const isWhole = parts.length === 1 || devices.length + unresolved.length > 0;
    return intent === 'unknown' || !isWhole ? [] : [{ text, intent }];
  });
}

function isMeant(tokens: readonly Token[], at: number, { inventory, processes }: IntentContext): boolean {
  const token = tokens[at];
  if (!token || token.kind === 'mark' || isVocabulary(token.lower) || looksLikeDevice(token.lower)) return true;
  if (inventory.find(token.lower) || whenSpan(tokens, at) > 0) return true;
  return processAt(tokens, at, processes) !== undefined;
}

function fixedWord(token: Token): Token {
  const [nearest] = WORDS.split(' ')
    .map((word) => ({ word, slips: slipsBetween(token.lower, word) }))
    .filter(({ word, slips }) => slips <= Math.min(2, Math.floor(Math.min(word.length, token.lower.length) / 3)))
    .sort((a, b) => a.slips - b.slips);
  return nearest ? { ...token, text: nearest.word, lower: nearest.word } : token;
}

/** "reboot hq-fw01 and restart routing on hq-rtr01", cut before each verb. */
function partsOf(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    const isNext = OTHER_VERBS.has(token.lower) && before !== undefined && isJoint(before);
    if (isNext) parts.push([]);
    parts.at(-1)?.push(token);
  }
  return parts.map(withoutEnd).filter((part) => part.length > 0);
}

const isJoint = ({ lower, kind }: Token) => kind === 'mark' || AND.has(lower) || lower === 'then';

function withoutEnd(part: Token[]): Token[] {
  const last = part.findLastIndex((token) => !isJoint(token));
  return part.slice(0, last + 1);
}
