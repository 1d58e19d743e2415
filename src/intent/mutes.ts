import { durationAt } from './duration.ts';
import { type IntentContext, intentOf, type OtherIntent, type When } from './intent.ts';
import { phraseAt, type Token, textOf, tokenise } from './text.ts';
import { readWhen } from './when.ts';
import { AND, fillerAt, isVocabulary, OPENING, POLITE } from './words.ts';

const VERB = /^(un-?)?(?:mute|silence|snooze)$/;
/** Says nothing about what is meant; what else is not known is never skipped. */
const NOUNS = new Set(
  'alerts alert events event cards the of from for on device devices all everything now'.split(' '),
);
/** Event ids are written with underscores; a device's name hardly ever. */
const EVENT_ID = /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+$/;
/** Unknown names that get suggestions; looking through the whole inventory is the one costly step here. */
const MOST_SUGGESTED = 10;

/**
 * "mute hq-fw01 for 8 hours", "mute SNMP_TRAP_LINK_DOWN until 06:00", "unmute hq-fw01". What is meant is one device or
 * one event id; anything else stays unresolved. Without a time `when` is null: the caller has a default.
 */
export function readMute(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const { start, isPolite } = openingOf(tokens);
  const verb = VERB.exec(tokens[start]?.lower ?? '');
  if (!verb) return undefined;
  const words = withoutEnding(tokens.slice(start + 1), isPolite);
  if (words.some(({ text }) => text === '?')) return undefined;
  const isMute = verb[1] === undefined;
  const { target, when } = isMute ? splitTime(words, context) : { target: words, when: null };
  const { devices, event, unresolved } = readTarget(target, context);
  return { ...intentOf(isMute ? 'mute' : 'unmute', { devices, unresolved, when }), event };
}

function openingOf(tokens: readonly Token[]): { start: number; isPolite: boolean } {
  let [start, isPolite] = [0, false];
  for (let taken = 1; taken > 0; start += taken) {
    const politeness = phraseAt(tokens, start, POLITE);
    if (politeness > 0) isPolite = true;
    taken = politeness || phraseAt(tokens, start, OPENING) || (isMark(tokens[start], ',.!:') ? 1 : 0);
  }
  return { start, isPolite };
}

/** Without "please", "thanks" and the full stop behind it; a question mark is one of those only behind "can you". */
function withoutEnding(tokens: readonly Token[], isPolite: boolean): readonly Token[] {
  let end = tokens.length;
  for (let at = end - 1; at >= 0 && at >= end - MOST_ENDING; at -= 1) {
    const isEnd = at === end - 1 && isMark(tokens[at], isPolite ? '.!,?' : '.!,');
    if (isEnd || at + fillerAt(tokens, at) === end) end = at;
  }
  return tokens.slice(0, end);
}

/** Words of the longest courtesy. */
const MOST_ENDING = 4;

const isMark = (token: Token | undefined, marks: string) => token?.kind === 'mark' && marks.includes(token.text);

function readTarget(target: readonly Token[], { inventory }: IntentContext) {
  const devices = new Set<string>();
  const unresolved: OtherIntent['unresolved'][number][] = [];
  let event: string | null = null;
  for (const token of target) {
    if (NOUNS.has(token.lower) || AND.has(token.lower) || isMark(token, ',')) continue;
    const text = token.text.replace(/'s$/iu, '');
    const device = isVocabulary(text.toLowerCase()) ? undefined : inventory.find(text);
    if (device) {
      devices.add(device.name);
      continue;
    }
    const suggestions = unresolved.length < MOST_SUGGESTED ? inventory.suggest(text) : [];
    // What is near the name of a device is rather that, misspelt, than an event nobody has heard of.
    if (EVENT_ID.test(text) && suggestions.length === 0 && event === null) event = text.toUpperCase();
    else unresolved.push({ text, suggestions });
  }
  return { devices: [...devices], event, unresolved };
}

/** The target in front of "for 8 hours" or "until 06:00", and that time. */
function splitTime(words: readonly Token[], context: IntentContext): { target: readonly Token[]; when: When | null } {
  const at = (start: number, time: string) => {
    const when = readWhen(tokenise(time), context);
    const text = textOf(words.slice(start));
    return { target: words.slice(0, start), when: when.kind === 'unclear' ? { ...when, text } : when };
  };
  for (const [start, { lower }] of words.entries()) {
    if (lower === 'until' || lower === 'till') return at(start, `at ${textOf(words.slice(start + 1))}`);
    let from = lower === 'for' ? start + 1 : start;
    while (from > start && ['the', 'next'].includes(words[from]?.lower ?? '')) from += 1;
    if (durationAt(words, from)?.next === words.length) return at(start, `in ${textOf(words.slice(from))}`);
  }
  return { target: words, when: null };
}
