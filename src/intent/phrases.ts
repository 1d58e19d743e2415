import { type IntentContext, type OtherIntent, plainIntent } from './intent.ts';
import { phraseAt, type Token } from './text.ts';
import { fillerAt, GREETINGS, isFriendly, OPENING, POLITE } from './words.ts';

/** An intent that whole sentences ask for, and nothing but them: one word more and it is not understood. */
interface Phrases {
  intent: OtherIntent['intent'];
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
  'inventory',
  'show inventory',
  'show me inventory',
  'sites',
  'list sites',
  'show sites',
  'show me sites',
]);
const ABOUT_DEVICES = new Set(
  'are there do you know have we can i see manage reboot here about is available'.split(' '),
);

/** Courtesy words are gone already; "all" and "my" change nothing in a list of everything. */
function asksForDevices(words: readonly string[]): boolean {
  const [question = '', noun = '', ...rest] = words;
  if (['what', 'which'].includes(question) && ['devices', 'sites'].includes(noun))
    return rest.every((word) => ABOUT_DEVICES.has(word));
  return LISTS.has(words.filter((word) => !['all', 'my', 'our', 'of'].includes(word)).join(' '));
}

const HELP = anyOf(
  'help',
  'help me',
  'i need help',
  'commands',
  'list commands',
  'show commands',
  'what can you do',
  'what can u do',
  'what else can you do',
  'what can i do',
  'what can i ask',
  'what can i say',
  'what do you do',
  'what do you know',
  'what do you understand',
  'what commands are there',
  'how does this work',
  'how do you work',
  'who are you',
  'what are you',
);

/** "how do I reboot a device?" asks for instructions, whatever it names. "how did it reboot" does not. */
const HOW =
  /^how (?:(?:do|can|would|should|could) (?:i|we|you|one)|to) (?:use|mute|unmute|silence|reboot|reload|restart|schedule|cancel|collect|get|fetch|see|show|list|ask|find)\b/u;

const THANKS =
  /^(?:ok |okay |great |perfect |nice |awesome |good |cool |excellent |many )?(?:thanks|thank you|thx|ty|ta|cheers)(?: (?:for (?:the|your|that)(?: help)?|for everything|a lot|so much|very much|again|bot|all|everyone|mate|a million))?$|^(?:perfect|great|awesome|excellent|nice|well done|good job|great job|good bot|much appreciated|[👍🙏]+)$/u;

/** Of what is being asked; a reboot is cancelled by its name. */
const CANCEL =
  /^(?:(?:no|wait|yes|oops|sorry) )*(?:(?:cancel|stop|forget|scrap)(?: (?:it|this|that))?|abort(?: abort| it| this| that)?|forget about (?:it|this|that)|never ?mind|nvm)$/u;

/** Also "why is hq-fw01 muted": the list tells by whom, and until when. */
const MUTED =
  /^(?:(?:(?:show|list)(?: me)? )?(?:muted|mutes|muted (?:devices|events|alerts)|(?:what is|what's|whats) muted|(?:what|which) (?:devices|events|alerts) are muted)|(?:(?:why|until when|how long) )?(?:is|are) \S+ (?:still )?muted|who (?:has )?muted \S+)$/u;

const ITS_NAME = new Set(['network', 'assistant', 'bot']);

/** To add one: its intent in intent.ts, its line here. */
const TABLE: readonly Phrases[] = [
  { intent: 'greeting', isPhrase: anyOf(...GREETINGS.map((words) => words.join(' '))), mayAsk: true },
  {
    intent: 'help',
    isPhrase: (words) => HELP(words) || HOW.test(words.join(' ')),
    mayAsk: true,
  },
  { intent: 'thanks', isPhrase: (words) => THANKS.test(words.join(' ')), mayAsk: false },
  { intent: 'devices', isPhrase: asksForDevices, mayAsk: true },
  {
    intent: 'cancel',
    isPhrase: (words) => CANCEL.test(words.join(' ')),
    mayAsk: false,
  },
  {
    intent: 'alerts-here',
    isPhrase: anyOf('alerts here', 'send alerts here', 'post alerts here', 'send me alerts here'),
    mayAsk: false,
  },
  {
    intent: 'alerts-off',
    isPhrase: anyOf('alerts off', 'turn alerts off', 'turn off alerts', 'stop alerts', 'no alerts here'),
    mayAsk: false,
  },
  {
    intent: 'muted',
    isPhrase: (words) => MUTED.test(words.join(' ')),
    mayAsk: true,
  },
];

/** The intents that are whole sentences: help, greeting, devices, cancel, alerts here. */
export function readPhrase(tokens: readonly Token[], _context: IntentContext): OtherIntent | undefined {
  const isQuestion = tokens.some(({ text }) => text === '?');
  // As it stands, for "hi bot": a greeting is a courtesy itself and would be skipped.
  const words = tokens.map(({ kind, lower }, at) =>
    kind === 'word' && !ITS_NAME.has(lower) && !(at > 0 && isFriendly(lower)) ? lower : '',
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
    const skipped = opening || fillerAt(tokens, at);
    const token = tokens[at];
    if (skipped === 0 && token?.kind === 'word') words.push(token.lower);
    at += Math.max(1, skipped);
  }
  return { words, polite };
}
