import { phraseOf } from './pattern.ts';
import { phraseAt, type Token, wordsAt } from './text.ts';
import { AND, fillerAt, isVocabulary, looksLikeDevice, MAKES_NOUN, OPENING, POLITE } from './words.ts';

/** A sentence with the devices inside its verb: "give hq-fw01 a reboot". */
interface Frame {
  head: RegExp;
  tail: RegExp;
  /** What it says with the verb in front. */
  verb: string;
  /** Whether nothing but names may stand between. */
  isStrict?: boolean;
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
  {
    head: /(?:tell me )?when (?:will|is|are|does|do)/,
    tail: /(?:(?:scheduled|planned|due|going) to )?(?:reboot|be rebooted|rebooting)/,
    verb: 'pending reboots',
    isStrict: true,
  },
  {
    head: /(?:cancel|abort|stop|call off|undo|unschedule)(?: (?:the|that|this))?/,
    tail: /(?:(?:scheduled|pending|planned) )?reboots?/,
    verb: 'cancel the reboot of',
    isStrict: true,
  },
];

const MATCHERS = FRAMES.map(({ head, tail, verb, isStrict = false }) => ({
  head: phraseOf(head),
  tail: phraseOf(tail),
  verb,
  isStrict,
}));
const MAY_I = phraseOf(/(?:can|could|may) (?:i|we) (?:get|have)/);
/** What is asked for with nothing but names before it; "hq-fw01 reboot" may as well tell what it does. */
const NOUN = phraseOf(
  /(?:(?:extensive|full|junos|support|jtac|recent|latest|last|pending|scheduled) )*(?:logs|rsi|events|alerts|alarms|reboots)/,
);
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
  const behind = tokens[colon + 2]?.lower ?? '';
  if (areNames(names) && tokens[colon + 1]?.lower === 'reboot' && !MAKES_NOUN.has(behind)) {
    return [...tokens.slice(0, at), ...wordTokens('reboot'), ...names, ...tokens.slice(colon + 2)];
  }
  const noun = nounBehindNames(tokens, at);
  if (noun) return noun;
  for (const { head, tail, verb, isStrict } of MATCHERS) {
    const start = at + head(tokens, at);
    if (start === at) continue;
    for (let end = start; end < tokens.length; end += 1) {
      const token = tokens[end];
      if (!token || '.!?;'.includes(token.text) || TURNS_OVER.has(token.lower)) break;
      const taken = tail(tokens, end);
      if (taken === 0) continue;
      const between = isStrict ? tokens.slice(start, end).map(withoutOwning) : tokens.slice(start, end);
      if (isStrict && !areNames(between)) break;
      return [...tokens.slice(0, at), ...wordTokens(verb), ...between, ...tokens.slice(end + taken)];
    }
  }
  const asked = MAY_I(tokens, at);
  return asked > 0 ? [...tokens.slice(0, at), ...wordTokens('please get'), ...tokens.slice(at + asked)] : tokens;
}

const areNames = (tokens: readonly Token[]) =>
  tokens.length > 0 && tokens.every((token) => isName(token) || AND.has(token.lower) || token.text === ',');

/** "hq-fw01's logs" are the logs of hq-fw01. */
const withoutOwning = (token: Token): Token => {
  const [, text] = /^(.+)'s$/iu.exec(token.text) ?? [];
  return text === undefined ? token : { ...token, text, lower: text.toLowerCase() };
};

const isName = ({ lower }: Token) => looksLikeDevice(lower) && !isVocabulary(lower);

/** "hq-fw01 logs", "hq-fw01 and hq-fw02 events?": nothing else is in the sentence. */
function nounBehindNames(tokens: readonly Token[], at: number): readonly Token[] | undefined {
  let end = at;
  while (end < tokens.length && areNames(tokens.slice(end, end + 1))) end += 1;
  const taken = end > at ? NOUN(tokens, end) : 0;
  if (taken === 0) return undefined;
  let rest = end + taken;
  while (rest < tokens.length && tokens[rest]?.kind === 'mark') rest += 1;
  for (let filler = fillerAt(tokens, rest); filler > 0; filler = fillerAt(tokens, rest)) rest += filler;
  if (rest < tokens.length && tokens.slice(rest).some(({ kind }) => kind === 'word')) return undefined;
  return [
    ...tokens.slice(0, at),
    ...tokens.slice(end, end + taken),
    ...tokens.slice(at, end).map(withoutOwning),
    ...tokens.slice(end + taken),
  ];
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
