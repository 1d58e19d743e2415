import type { Inventory } from '../inventory.ts';
import { NOW_WORDS } from './duration.ts';
import { phraseAt, type Token } from './text.ts';
import { BEFORE_TIME, DATE_LIKE, NUMBER_LIKE, SPAN_LIKE, TIME_WORDS } from './when-words.ts';

/**
 * The vocabulary of commands. A word that is in no list is never skipped: see command.ts for what happens to it.
 */

const phrases = (...list: string[]) => list.map((phrase) => phrase.split(' '));
const words = (list: string) => new Set(list.split(' '));

/** Makes a question a request: "can you reboot …?". "can I", "should you", "did you" are not here on purpose. */
export const POLITE = phrases(
  'please',
  'pls',
  'plz',
  'kindly',
  'can you',
  'can u',
  'could u',
  'could you',
  'would you',
  'would u',
  'would you be so kind as to',
  'do me a favour and',
  'do me a favor and',
  'will you',
  'i want you to',
  'i need you to',
  "i'd like you to",
  'i would like you to',
  'i want to',
  "i'd like to",
  'i would like to',
  'i need to',
  'i have to',
  'i wanna',
  'need to',
  'go ahead and',
  "let's",
  'lets',
  'let us',
);

export const GREETINGS = phrases(
  'hi',
  'hello',
  'hey',
  'hiya',
  'hi there',
  'hi all',
  'hi team',
  'hello there',
  'hey there',
  'good day',
  'good morning',
  'good afternoon',
  'good evening',
);

/** Says nothing in front of a verb. */
export const OPENING = [
  ...GREETINGS,
  ...phrases('ok', 'okay', 'so', 'just', 'bot', 'assistant', 'network assistant', 'thanks', 'yo', 'morning', 'right'),
  ...phrases('well', 'urgent'),
];

/** Says nothing behind a verb. */
const FILLER = phrases(
  'please',
  'pls',
  'plz',
  'kindly',
  'just',
  'the',
  'ok',
  'okay',
  'thanks',
  'thank you',
  'thx',
  'cheers',
  'for me',
  'whole',
  'entire',
  'my',
  'our',
  'bot',
  'assistant',
  'network assistant',
  'and thanks',
  'and thx',
  '& thanks',
  '& thx',
  'ty',
  'mate',
  'again',
  'urgent',
  'urgently',
);

/** Says as little: "🙏", "👍🏽". */
const FRIENDLY = /^(?:(?:🙏|👍|🙂|😊|😀|😅)[\u{1f3fb}-\u{1f3ff}]?)+$/u;

export const isFriendly = (word: string) => FRIENDLY.test(word);

/** How many tokens of courtesy stand at this place. */
export const fillerAt = (tokens: readonly Token[], at: number) =>
  phraseAt(tokens, at, FILLER) || (isFriendly(tokens[at]?.text ?? '') ? 1 : 0);

/** A part of a device, not a device. */
export const INTERFACE = /^[a-z]{2,4}-\d+\/\d+(?:\/\d+)?/u;

/** Joins two names. A comma does too; "or" and "then" do not. */
export const AND = words('and & + plus');

/** Skipped beside a name ("the router hq-rtr01"), and only there. */
export const KINDS = words('device devices router routers switch switches firewall firewalls box boxes');

/** More than the names typed: for a person to spell out. */
export const QUANTITIES = words('all everything every each');

/** Stands for a name without being one. */
export const PRONOUNS = words('it them that those');

/** Directly behind the verb these make a noun of it: "reboot history", "reboot of hq-fw01 failed". */
export const MAKES_NOUN = words(
  'of was is are were has had will did does failed requested status history log logs reason count pending scheduled schedule',
);

/** Something smaller than a device, or no device at all: "reload the routing process", "reboot hq-fw01 fpc 2". */
export const OTHER_THINGS = words(
  'process processes daemon daemons service services configuration config policy policies rules engine engines ' +
    'fpc pic card linecard interface interfaces port ports session sessions peer peers tunnel tunnels vpn bgp ospf ' +
    'member protocol protocols config',
);

/** Before a name: "logs for hq-fw01". */
export const LINKS = words('on of for from at in');

/** "schedule a reboot for 17:00": what follows "for" is a time, not a name. */
export const PLANS = words('schedule plan set arrange book');

/** Begins a second command when joined to the first. */
export const OTHER_VERBS = words(
  'reboot reload restart bounce cycle power-cycle collect gather fetch grab pull download get send show list turn clear mute unmute silence snooze',
);

/** What the assistant never does: a sentence with one of these is not understood at all. */
export const FORBIDDEN = words(
  'shutdown shut halt poweroff power-off zeroize zeroise format wipe erase upgrade downgrade rollback commit delete uninstall install',
);

/** Turns what was listed into a choice or a statement: "hq-fw01 or hq-fw02", "hq-fw01 is needed". Nothing listed counts. */
export const UNDOES = words(
  'or either and/or neither is are was were has have had does did will would should must can could needs',
);

/** Behind a name it tells what became of a reboot: "reboot hq-fw01 failed". */
export const ENDINGS = words('failed done complete completed finished worked succeeded successful');

/** Right beside two names, and only there. */
export const LOOSE = words('both');

/** What never is the name of a device by itself; most of these stop the list. */
const NEVER_A_NAME = words(
  'reboot reload restart power cycle power-cycle powercycle cancel stop abort show list help collect get send wait no not never ' +
    "don't dont do but except excluding without besides apart unless if when while once because then instead rather only again " +
    'off until since though although whenever whether maybe perhaps so to with ' +
    'i you we they he she me my our your who what which why how where there here yes also even too for as like than tell let',
);

const VOCABULARY = new Set([
  ...[...POLITE, ...OPENING, ...FILLER, NOW_WORDS].flat(),
  ...[
    AND,
    KINDS,
    PRONOUNS,
    QUANTITIES,
    MAKES_NOUN,
    OTHER_THINGS,
    UNDOES,
    LOOSE,
    LINKS,
    OTHER_VERBS,
    FORBIDDEN,
    NEVER_A_NAME,
    TIME_WORDS,
    BEFORE_TIME,
  ].flatMap((set) => [...set]),
]);

/**
 * Whether this word has a meaning of its own. A device called so ("now", "5m") cannot be named in a
 * sentence, only picked from the list: otherwise "reboot now" would name it.
 */
export const isVocabulary = (word: string) => VOCABULARY.has(word) || NUMBER_LIKE.test(word);

/** Whether this looks like a device's name, in the inventory or not: starts and ends like one, with a digit or a joint. */
export const looksLikeDevice = (word: string) =>
  /^[a-z0-9]/u.test(word) && /[\d._-]/u.test(word) && !DATE_LIKE.test(word) && !SPAN_LIKE.test(word);

/** How many tokens the name of a site takes at this place; 0 when none stands there. */
export function siteAt(tokens: readonly Token[], at: number, inventory: Inventory): number {
  return phraseAt(
    tokens,
    at,
    inventory.sites().map((site) => site.toLowerCase().split(' ')),
  );
}
