import type { DueEvent } from '../store/store.ts';

/** `single` shows one event; `digest` a list of many; `plain` is words only, for what Teams refused as a card. */
export type CardForm = 'single' | 'digest' | 'plain';

export type NextCard =
  | { kind: 'post'; events: DueEvent[]; form: CardForm; reason: 'room' | 'more-than-room' }
  /** Nothing may be posted before `until` (epoch ms; null: nothing is due). */
  | { kind: 'wait'; until: number | null };

/** Cards that were posted lately, to keep the pace. */
export interface PostedAt {
  priority: number;
  at: number;
}

/** A person reads six cards a minute at best; what is more than that comes as one list. */
const CARDS_PER_MINUTE = 6;
const MINUTE_MS = 60_000;

/**
 * Decides the next card from what is due. Each priority has its own room, so a storm of summaries holds
 * up no critical event, and priorities are never mixed on a card: its colour is true for all of it.
 */
export function nextCard(due: DueEvent[], posted: PostedAt[], now: number): NextCard {
  let until: number | null = null;
  for (const priority of [1, 2]) {
    const alike = due.filter((event) => event.priority === priority);
    const [first] = alike;
    if (!first) continue;
    const recent = posted.filter((card) => card.priority === priority && card.at > now - MINUTE_MS);
    const room = CARDS_PER_MINUTE - recent.length;
    if (room > 0) {
      const fits = alike.length <= room;
      return fits
        ? { kind: 'post', events: [first], form: 'single', reason: 'room' }
        : { kind: 'post', events: alike, form: 'digest', reason: 'more-than-room' };
    }
    const free = Math.min(...recent.map((card) => card.at)) + MINUTE_MS;
    until = until === null ? free : Math.min(until, free);
  }
  return { kind: 'wait', until };
}
