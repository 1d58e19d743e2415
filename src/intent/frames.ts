import { phraseOf } from './pattern.ts';
import { phraseAt, type Token, wordsAt } from './text.ts';
import { AND, looksLikeDevice, MAKES_NOUN, OPENING, POLITE } from './words.ts';

/** A sentence with the devices inside its verb: "give hq-fw01 a reboot". */
interface Frame {
  head: RegExp;
  tail: RegExp;
  /** What it says with the verb in front. */
  verb: string;
}

const WISH = /(?:i'd like|i would like|i want|i need|(?:can|could) (?:i|we) (?:get|have)|get)/;

const FRAMES: readonly Frame[] = [
  { head: /give/, tail: /a (?:quick )?(?:reboot|reload|power cycle)/, verb: 'reboot' },
  { head: /(?:turn|switch|power)/, tail: /off and (?:back )?on(?: again)?/, verb: 'reboot' },
  {
    head: WISH,
    tail: /(?:to be )?(?:rebooted|reloaded|power cycled|power-cycled)/,
    verb: 'please reboot',
  },
  { head: WISH, tail: /(?:to be )?restarted/, verb: 'please restart' },
  { head: /(?:schedule|plan)/, tail: /(?:for a reboot|to reboot|to be rebooted)/, verb: 'reboot' },
  {
    head: /(?:is|are)/,
    tail: /(?:(?:scheduled|planned|due) (?:to reboot|to be rebooted|for (?:a )?reboot)|going to (?:reboot|be rebooted))/,
    verb: 'pending reboots',
  },
  {
    head: /(?:does|do)/,
    tail: /have (?:(?:a|any) )?(?:(?:scheduled|pending|planned) reboots?|reboots? (?:scheduled|pending|planned))/,
    verb: 'pending reboots',
  },
];

const MATCHERS = FRAMES.map(({ head, tail, verb }) => ({ head: phraseOf(head), tail: phraseOf(tail), verb }));
const TURNS_OVER = new Set(['not', 'no', 'never', "don't", 'dont', "isn't", 'but', 'if', 'unless', 'anything']);

const GERUNDS: Readonly<Record<string, string>> = {
  rebooting: 'reboot',
  reloading: 'reload',
  restarting: 'restart',
  bouncing: 'bounce',
  cancelling: 'cancel',
  canceling: 'cancel',
  collecting: 'collect',
  getting: 'get',
  fetching: 'fetch',
  showing: 'show',
  listing: 'list',
};

/**
 * The same sentence with its verb in front, the way command.ts reads it: "give hq-fw01 a reboot", "would you mind
 * rebooting hq-fw01", "hq-fw01: reboot". Any other sentence comes back as it is. No word gets lost.
 */
export function verbFirst(tokens: readonly Token[]): readonly Token[] {
  const at = openingEnd(tokens);
  const mind = mindAt(tokens, at);
  const base = mind === undefined ? undefined : GERUNDS[tokens[mind + 1]?.lower ?? ''];
  if (mind !== undefined && base) return [...wordTokens(`please ${base}`), ...tokens.slice(mind + 2)];
  const colon = tokens.findIndex(({ text }) => text === ':');
  const names = tokens.slice(at, Math.max(at, colon));
  const isAddressed = names.every(({ lower }) => looksLikeDevice(lower) || AND.has(lower) || lower === ',');
  const behind = tokens[colon + 2]?.lower ?? '';
  if (names.length > 0 && isAddressed && tokens[colon + 1]?.lower === 'reboot' && !MAKES_NOUN.has(behind)) {
    return [...tokens.slice(0, at), ...wordTokens('reboot'), ...names, ...tokens.slice(colon + 2)];
  }
  for (const { head, tail, verb } of MATCHERS) {
    const start = at + head(tokens, at);
    if (start === at) continue;
    for (let end = start; end < tokens.length; end += 1) {
      const token = tokens[end];
      if (!token || '.!?;'.includes(token.text) || TURNS_OVER.has(token.lower)) break;
      const taken = tail(tokens, end);
      if (taken === 0) continue;
      const between = tokens.slice(start, end);
      return [...tokens.slice(0, at), ...wordTokens(verb), ...between, ...tokens.slice(end + taken)];
    }
  }
  return tokens;
}

function openingEnd(tokens: readonly Token[]): number {
  let at = 0;
  for (let taken = 1; taken > 0; at += taken) {
    const isMark = tokens[at]?.kind === 'mark' && tokens[at]?.text !== '?';
    taken = phraseAt(tokens, at, POLITE) || phraseAt(tokens, at, OPENING) || (isMark ? 1 : 0);
  }
  return at;
}

/** The place of "mind" in "would you mind"; its "would you" is a courtesy and skipped already. */
function mindAt(tokens: readonly Token[], at: number): number | undefined {
  const isAsked = tokens[at]?.lower === 'mind' && tokens[at - 1]?.lower === 'you';
  return isAsked ? at : wordsAt(tokens, at, ['do', 'you', 'mind']) ? at + 2 : undefined;
}

const wordTokens = (text: string): Token[] =>
  text.split(' ').map((word) => ({ kind: 'word', text: word, lower: word }));
