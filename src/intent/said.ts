import type { Command } from './grammar.ts';
import type { Unresolved, When } from './intent.ts';
import { KINDS, QUANTITIES } from './words.ts';

/** For what happens at once: a time is given back only when another one was said, so that it is not lost. */
export const laterOnly = (when: When) => (when.kind === 'now' ? null : when);

/** For what means all devices when none is named. A name that is none must not become all: it is asked about. */
export function listed({ devices, unresolved }: Command): {
  devices: string[];
  unresolved: Unresolved[];
  ask: 'device' | null;
} {
  const missing = unresolved.filter(({ text }) => !isAll(text));
  // "events of all devices and hq-fw01" is all of them as well, but nobody says so: asked about.
  const isSimple = devices.length === 0 && missing.length === 0;
  return { devices, unresolved: isSimple ? [] : unresolved, ask: devices.length === 0 && !isSimple ? 'device' : null };
}

const isAll = (text: string) =>
  text
    .toLowerCase()
    .split(' ')
    .every((word) => QUANTITIES.has(word) || KINDS.has(word) || ['of', 'the', 'our'].includes(word)) &&
  !/switch|router|firewall/iu.test(text);
