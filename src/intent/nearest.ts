import { distance } from 'fastest-levenshtein';
import type { Inventory } from '../inventory.ts';
import { takesBack } from './answer.ts';
import type { Intent } from './intent.ts';
import { normalise, tokenise } from './text.ts';

interface Command {
  intent: Intent['intent'];
  /** Words that point to it, mistyped ones included. */
  words: readonly string[];
  say: (device: string, process: string) => string;
  /** True when it does something to a device. */
  acts: boolean;
}

const list = (text: string) => text.split(' ');

const COMMANDS: readonly Command[] = [
  {
    intent: 'cancel-reboot',
    words: list('cancel abort undo unschedule cancelled'),
    say: (device) => `cancel the reboot of ${device}`,
    acts: true,
  },
  {
    intent: 'reboot',
    words: list('reboot restart reload rebooting reboots power cycle boot bounce'),
    say: (device) => `reboot ${device}`,
    acts: true,
  },
  {
    intent: 'restart-process',
    words: list('restart process daemon service kill routing bounce'),
    say: (device, process) => `restart ${process} on ${device}`,
    acts: true,
  },
  {
    intent: 'show-reboot',
    words: list('reboots scheduled pending when schedule rebooted'),
    say: (device) => `show reboots of ${device}`,
    acts: false,
  },
  {
    intent: 'collect-logs',
    words: list('logs log rsi support bundle syslog'),
    say: (device) => `get the junos logs for ${device}`,
    acts: true,
  },
  {
    intent: 'events',
    words: list('events event alarms alerts happened happening recent why'),
    say: (device) => `events ${device}`,
    acts: false,
  },
  {
    intent: 'devices',
    words: list('devices device list inventory routers switches sites'),
    say: () => 'devices',
    acts: false,
  },
];

const MOST = 3;

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
 * never carried out; after words that take something back, nothing is offered that would do it.
 */
export function nearest(text: string, { inventory, processes, intents, device }: Vocabulary): string[] {
  const words = tokenise(normalise(text) ?? '').flatMap(({ kind, lower }) => (kind === 'word' ? [lower] : []));
  const named = words.map((word) => inventory.find(word)?.name).find((name) => name !== undefined) ?? device;
  const process = processes.find((name) => words.includes(name)) ?? 'routing';
  const isNo = takesBack(text);
  return COMMANDS.filter(({ intent, acts }) => intents.has(intent) && !(isNo && acts && intent !== 'cancel-reboot'))
    .map((command) => ({ command, score: Math.max(0, ...words.map((word) => likeness(word, command.words))) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST)
    .flatMap(({ command }) => (named === null ? [] : [command.say(named, process)]));
}

/** 1 for the word itself, less for one that is a slip of the finger away, 0 for anything else. */
function likeness(word: string, known: readonly string[]): number {
  if (word.length < 3 || word.length > 20) return 0;
  return Math.max(
    0,
    ...known.map((each) => {
      const far = distance(word, each);
      return far <= Math.floor(Math.min(word.length, each.length) / 3) ? 1 - far / each.length : 0;
    }),
  );
}
