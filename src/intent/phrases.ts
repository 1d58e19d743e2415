import { type Intent, type IntentContext, type IntentName, plainIntent } from './intent.ts';
import { phraseAt, type Token } from './text.ts';
import { FILLER, GREETINGS, OPENING, POLITE } from './words.ts';

/** An intent that whole sentences ask for, and nothing but them: one word more and it is not understood. */
interface Phrases {
  intent: IntentName;
  isPhrase: (words: readonly string[]) => boolean;
  /** Whether it may end in a question mark without a "can you". */
  mayAsk: boolean;
}

const anyOf = (...phrases: string[]) => {
  const known = new Set(phrases);
  return (words: readonly string[]) => known.has(words.join(' '));
};

const LISTS = new Set([
  'devices',
  'list devices',
  'show devices',
  'show me devices',
  'device list',
  'show device list',
]);
const ABOUT_DEVICES = new Set(
  'are there do you know have we can i see manage reboot here about is available'.split(' '),
);

/** Courtesy words are gone already; "all" and "my" change nothing in a list of everything. */
function asksForDevices(words: readonly string[]): boolean {
  const [question = '', noun = '', ...rest] = words;
  if (['what', 'which'].includes(question) && noun === 'devices') return rest.every((word) => ABOUT_DEVICES.has(word));
  return LISTS.has(words.filter((word) => !['all', 'my', 'our', 'of'].includes(word)).join(' '));
}

const HELP = new Set([
  'help',
  'help me',
  'i need help',
  'need help',
  'usage',
  'commands',
  'list commands',
  'show commands',
  'menu',
  'options',
  'what can you do',
  'what can i do',
  'what can i ask',
  'what do you do',
  'what are you',
  'who are you',
  'what may i do',
  'what am i allowed',
]);

/** "how do I reboot a device?" is answered with the examples, and nothing is done. */
function asksForHelp(words: readonly string[]): boolean {
  const text = words.join(' ');
  return HELP.has(text) || /^(?:how (?:do|can|would|should) (?:i|we|you)|how to|how does|what can)\b/.test(text);
}

const THANKS =
  /^(?:(?:ok|okay|great|perfect|super|nice|cool|awesome|excellent|brilliant|good|well done|good job|all good|many|lovely) )*(?:thanks|thank you|thx|ty|cheers|much appreciated|merci|danke|great|perfect|nice|well done|good job|awesome|excellent|brilliant|cool)(?: (?:so much|very much|a lot|you|a million|mate|again|for that|for your help))*$/;

/** To add one: its intent in intent.ts, its line here. */
const TABLE: readonly Phrases[] = [
  { intent: 'greeting', isPhrase: anyOf(...GREETINGS.map((words) => words.join(' '))), mayAsk: true },
  {
    intent: 'help',
    isPhrase: asksForHelp,
    mayAsk: true,
  },
  { intent: 'devices', isPhrase: asksForDevices, mayAsk: true },
  { intent: 'thanks', isPhrase: (words) => THANKS.test(words.join(' ')), mayAsk: false },
  {
    intent: 'cancel',
    isPhrase: anyOf(
      'cancel',
      'cancel that',
      'cancel it',
      'stop',
      'abort',
      'never mind',
      'nevermind',
      'forget it',
      'forget that',
    ),
    mayAsk: false,
  },
  {
    intent: 'alerts-here',
    isPhrase: anyOf('alerts here', 'send alerts here', 'post alerts here', 'send me alerts here'),
    mayAsk: false,
  },
];

/** The intents that are whole sentences: help, greeting, devices, cancel, alerts here. */
export function readPhrase(tokens: readonly Token[], _context: IntentContext): Intent | undefined {
  const isQuestion = tokens.some(({ text }) => text === '?');
  // As it stands, for "hi bot": a greeting is a courtesy itself and would be skipped.
  const words = tokens.map(({ kind, lower }) =>
    kind === 'word' && !['bot', 'assistant'].includes(lower) ? lower : '',
  );
  const core = withoutCourtesy(tokens);
  for (const { intent, isPhrase, mayAsk } of TABLE) {
    if (isQuestion && !mayAsk && !core.polite) continue;
    if (isPhrase(words.filter((word) => word !== '')) || isPhrase(core.words)) return plainIntent(intent);
  }
  return undefined;
}

function withoutCourtesy(tokens: readonly Token[]): { words: string[]; polite: boolean } {
  const words: string[] = [];
  let polite = false;
  for (let at = 0; at < tokens.length; ) {
    const politeness = phraseAt(tokens, at, POLITE);
    if (politeness > 0) polite = true;
    const opening = words.length === 0 ? politeness || phraseAt(tokens, at, OPENING) : 0;
    const skipped = opening || phraseAt(tokens, at, FILLER);
    const token = tokens[at];
    if (skipped === 0 && token?.kind === 'word') words.push(token.lower);
    at += Math.max(1, skipped);
  }
  return { words, polite };
}
