import type { Inventory } from '../inventory.ts';
import { takesBack } from './answer.ts';
import type { Intent } from './intent.ts';
import { sentencesIn } from './mended.ts';
import { processAt } from './processes.ts';
import { slipsBetween } from './slips.ts';
import { normalise, type Token, textOf, tokenise } from './text.ts';
import { whenSpan } from './when-words.ts';
import { FORBIDDEN, isVocabulary, looksLikeDevice } from './words.ts';

interface Said {
  devices: string;
  process: string;
  time: string;
}

interface Command {
  intent: Intent['intent'];
  /** Words that point to it, mistyped ones included. */
  words: readonly string[];
  say: (said: Said) => string;
  /** True when it does something to a device. */
  acts: boolean;
}

const list = (text: string) => text.split(' ');

const COMMANDS: readonly Command[] = [
  {
    intent: 'cancel-reboot',
    words: list('cancel abort undo unschedule cancelled'),
    say: ({ devices }) => `cancel the reboot of ${devices}`,
    acts: true,
  },
  {
    // Before the reboot: "restart" is the command of it.
    intent: 'restart-process',
    words: list('restart process daemon service kill bounce'),
    // Without a process it asks for one.
    say: ({ devices, process }) => (process === '' ? `restart ${devices}` : `restart ${process} on ${devices}`),
    acts: true,
  },
  {
    intent: 'reboot',
    words: list('reboot restart reload rebooting power cycle boot bounce'),
    say: ({ devices, time }) => `reboot ${devices} ${time}`.trimEnd(),
    acts: true,
  },
  {
    intent: 'show-reboot',
    words: list('reboots scheduled pending when schedule rebooted'),
    say: ({ devices }) => `show reboots of ${devices}`,
    acts: false,
  },
  {
    intent: 'collect-logs',
    words: list('logs log rsi support bundle syslog'),
    say: ({ devices }) => `get the junos logs for ${devices}`,
    acts: true,
  },
  {
    intent: 'events',
    words: list('events event alarms alerts happened happening recent why rebooted status down'),
    say: ({ devices }) => `events ${devices}`,
    acts: false,
  },
  {
    intent: 'devices',
    words: list('devices device list inventory routers switches firewalls sites'),
    say: () => 'devices',
    acts: false,
  },
];

const MOST = 3;
const MOST_DEVICES = 5;
/** Who asks this wants to know something, not to have it done. */
const ASKS = new Set(list('why when did has have was were who what how is are does which where will'));
/** A name behind one of these is not what something is to be done to. */
const CONDITIONS = new Set(list('if unless except but excluding without when while because than like instead'));
/** For a device and nothing else that is understood. */
const LOOKS = new Set<Intent['intent']>(['events', 'show-reboot']);

export interface Vocabulary {
  inventory: Inventory;
  processes: readonly string[];
  /** What this person may do at all. */
  intents: ReadonlySet<string>;
  /** A device to speak of when the text names none. */
  device: string | null;
}

/**
 * What somebody may have meant whose words were not understood: up to three sentences that would be. They are offered,
 * never carried out; after words that take something back, and in answer to a question, nothing is offered that
 * would do it. Names and times are those of the text.
 */
export function nearest(text: string, { inventory, processes, intents, device }: Vocabulary): string[] {
  const tokens = tokenise(normalise(text) ?? '');
  const words = tokens.flatMap(({ kind, lower }) => (kind === 'word' ? [lower] : []));
  const isNo = takesBack(text);
  const mayAct = !isNo && !ASKS.has(words[0] ?? '') && !words.some((word) => FORBIDDEN.has(word));
  const meant = mayAct ? sentencesIn(tokens, { inventory, processes }) : [];
  const allowed = meant.filter(({ intent }) => intents.has(intent)).map((sentence) => sentence.text);
  if (meant.length > 0) return [...new Set(allowed)].slice(0, MOST);

  const stop = words.findIndex((word) => CONDITIONS.has(word));
  const named = devicesIn(stop < 0 ? words : words.slice(0, stop), inventory);
  const found = new Set(tokens.flatMap((_, at) => processAt(tokens, at, processes)?.name ?? []));
  const [process = ''] = found;
  const ranked = COMMANDS.filter(({ intent, acts }) => !acts || mayAct || (isNo && intent === 'cancel-reboot'))
    // "rpd on hq-rtr01, snmpd on hq-sw01": which on which is not for us to say.
    .filter(({ intent }) => intent !== 'restart-process' || found.size < 2)
    .map((command) => ({ command, score: scoreOf(command, words, { isNo, hasProcess: process !== '' }) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ command }) => command);
  const likely = ranked.length > 0 || named.length === 0 ? ranked : COMMANDS.filter(({ intent }) => LOOKS.has(intent));
  // Somebody who typed a name that is none means that one, and not the device of a minute ago.
  const other = words.some((word) => looksLikeDevice(word) && !isVocabulary(word)) ? null : device;
  const devices = named.slice(0, MOST_DEVICES).join(', ') || other;
  return likely
    .filter(({ intent }) => intents.has(intent) && (devices !== null || intent === 'devices'))
    .map(({ say }) => say({ devices: devices ?? '', process, time: timeOf(tokens) }))
    .slice(0, MOST);
}

const devicesIn = (words: readonly string[], inventory: Inventory) => [
  ...new Set(words.flatMap((word) => (isVocabulary(word) ? [] : (inventory.find(word)?.name ?? [])))),
];

/** Who writes "don't reboot" may want to cancel one. Who names a process does not mean the device. */
function scoreOf(
  { intent, words: known }: Command,
  words: readonly string[],
  { isNo, hasProcess }: { isNo: boolean; hasProcess: boolean },
): number {
  const cancels = intent === 'cancel-reboot' && isNo ? ['reboot', 'reload', 'rebooting'] : [];
  const points = intent === 'reboot' && hasProcess ? known.filter((word) => word !== 'restart') : known;
  return Math.max(0, ...words.map((word) => likeness(word, [...points, ...cancels])));
}

/** 1 for the word itself, less for one that is a slip of the finger away, 0 for anything else. */
function likeness(word: string, known: readonly string[]): number {
  if (word.length < 3 || word.length > 20) return 0;
  return Math.max(
    0,
    ...known.map((each) => {
      const far = slipsBetween(word, each);
      return far <= Math.floor(Math.min(word.length, each.length) / 3) ? 1 - far / each.length : 0;
    }),
  );
}

function timeOf(tokens: readonly Token[]): string {
  const at = tokens.findIndex((_, i) => whenSpan(tokens, i) > 0);
  return at < 0 ? '' : textOf(tokens.slice(at, at + whenSpan(tokens, at)));
}
