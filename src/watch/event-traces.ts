import type { SpanPlace } from './traces.ts';

/** Events, and groups, whose traces are kept in mind at once. */
const MOST = 1_000;
/** Traces that one card goes on from or links to. */
const MOST_OF_CARD = 32;

/**
 * Which traces the card of a group goes on from: those of the events it does not show yet. Only in memory, and bounded:
 * after a restart, and in a storm of thousands, a card begins a trace of its own, with its group's id.
 */
export class EventTraces {
  readonly #events = new Map<number, SpanPlace>();
  readonly #groups = new Map<string, SpanPlace[]>();

  stored(eventId: number, place: SpanPlace): void {
    keep(this.#events, eventId, place);
  }

  /** `groupId` null: there is no card for it. */
  placed(eventId: number, groupId: string | null): void {
    const place = this.#events.get(eventId);
    if (!place) return;
    this.#events.delete(eventId);
    if (groupId === null) return;
    const waiting = this.#groups.get(groupId) ?? [];
    if (waiting.length < MOST_OF_CARD) keep(this.#groups, groupId, [...waiting, place]);
  }

  /** Oldest first. */
  of(groupId: string): readonly SpanPlace[] {
    return this.#groups.get(groupId) ?? [];
  }

  /** The card shows the events of these now. */
  shown(groupId: string, places: readonly SpanPlace[]): void {
    const left = this.of(groupId).filter((place) => !places.includes(place));
    if (left.length > 0) this.#groups.set(groupId, left);
    else this.#groups.delete(groupId);
  }
}

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}
