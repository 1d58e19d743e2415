import type { Group } from './group.ts';

/** Critical cards have a lane of their own: whatever else there is to say, they do not wait behind it. */
export type Lane = 'urgent' | 'normal';

export const laneOf = ({ priority }: Group): Lane => (priority === 1 ? 'urgent' : 'normal');

export type NextOperation =
  | { kind: 'post' | 'update'; group: Group; reason: 'new' | 'lost-its-card' | 'changed' }
  /** Nothing before `until` (epoch ms; null: nothing is due). */
  | { kind: 'wait'; until: number | null };

/** A card changes at most so often: faster nobody reads, and Teams allows two operations a second for all of them. */
export const UPDATE_MS: Record<Lane, number> = { urgent: 5_000, normal: 15_000 };

/**
 * What a lane does next. New cards come first, the oldest of them; then the card that was not touched for longest.
 * `heldMs` tells for how long a group is still
 * left alone: it is under way (for ever), or was refused.
 */
export function nextOperation(
  behind: readonly Group[],
  lane: Lane,
  heldMs: (id: string) => number,
  now: number,
): NextOperation {
  let next: Group | null = null;
  let until: number | null = null;
  for (const group of behind) {
    if (laneOf(group) !== lane) continue;
    const at = dueAt(group, lane, heldMs, now);
    if (at > now) {
      if (Number.isFinite(at)) until = until === null ? at : Math.min(until, at);
    } else if (next === null || isBefore(group, next)) next = group;
  }
  if (!next) return { kind: 'wait', until };
  if (next.activityId !== null) return { kind: 'update', group: next, reason: 'changed' };
  return { kind: 'post', group: next, reason: next.shownRevision === 0 ? 'new' : 'lost-its-card' };
}

function dueAt(group: Group, lane: Lane, heldMs: (id: string) => number, now: number): number {
  const held = now + heldMs(group.id);
  // A clock that was set back must not leave a card as it is until then.
  if (group.activityId === null || group.shownAt === null || group.shownAt > now) return held;
  return Math.max(held, group.shownAt + UPDATE_MS[lane]);
}

function isBefore(a: Group, b: Group): boolean {
  const [isNewA, isNewB] = [a.activityId === null, b.activityId === null];
  if (isNewA !== isNewB) return isNewA;
  return isNewA ? a.openedAt < b.openedAt : (a.shownAt ?? 0) < (b.shownAt ?? 0);
}
