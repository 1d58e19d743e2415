import { z } from 'zod';
import { matches } from '../device-pattern.ts';

const pattern = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');

/** Two events of which the second says that the first is over. */
const pairSchema = z.strictObject({
  down: z.string().min(1),
  /** What the message of the first must look like; `*` is any characters. */
  down_when: pattern.optional(),
  up: z.string().min(1),
  up_when: pattern.optional(),
  /** Where the thing is named: `@attribute`, or words of the message with `{}` for the name. The first that is found counts. */
  subject: z.array(pattern).default([]),
});
export const pairsSchema = z.array(pairSchema);
export type Pair = z.output<typeof pairSchema>;

export interface PairEvent {
  event: string;
  message: string;
  attributes: Record<string, string>;
}

/** More of a message than this is not looked at. */
const MOST_MESSAGE = 4_096;

/** Null: of no pair. `down` is the id of the first half; `subject` the thing that is down, '' for the whole device. */
export function pairOf(
  event: PairEvent,
  pairs: readonly Pair[],
): { direction: 'down' | 'up'; down: string; subject: string } | null {
  const id = event.event.toUpperCase();
  const message = event.message.slice(0, MOST_MESSAGE);
  for (const pair of pairs) {
    const down = pair.down.toUpperCase();
    const isMeant = (half: string, when: string | undefined) =>
      half.toUpperCase() === id && (when === undefined || matches(when, message));
    const direction = isMeant(pair.down, pair.down_when) ? 'down' : isMeant(pair.up, pair.up_when) ? 'up' : null;
    if (direction) return { direction, down, subject: subjectOf(pair, message, event.attributes) };
  }
  return null;
}

/** Ids that may say that something is over, upper case: to be looked at even when they are stored only. */
export const upIds = (pairs: readonly Pair[]): Set<string> => new Set(pairs.map(({ up }) => up.toUpperCase()));

function subjectOf({ subject }: Pair, message: string, attributes: Record<string, string>): string {
  for (const where of subject) {
    const found = where.startsWith('@')
      ? Object.hasOwn(attributes, where.slice(1)) && attributes[where.slice(1)]
      : wordAt(where, message);
    if (found) return found.toLowerCase();
  }
  return '';
}

/** The word that stands for `{}`: behind the text before it, and before the text behind it. */
function wordAt(where: string, message: string): string {
  const [before = '', behind = ''] = where.split('{}');
  const lower = message.toLowerCase();
  for (let from = 0; ; ) {
    const at = lower.indexOf(before.toLowerCase(), from);
    if (at < 0) return '';
    const start = at + before.length;
    const word = /^[^\s]+/.exec(message.slice(start, start + 200))?.[0] ?? '';
    const end =
      behind === ''
        ? word.length
        : (word + message.slice(start + word.length)).toLowerCase().indexOf(behind.toLowerCase());
    if (word !== '' && end > 0 && end <= word.length) return trimmed(behind === '' ? word : word.slice(0, end));
    from = at + 1;
  }
}

const trimmed = (word: string) => word.replace(/^["'([]+/, '').replace(/["'.,;:)\]]+$/, '');
