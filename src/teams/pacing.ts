/**
 * Teams' limits for one bot in one conversation: 7 operations in 1 s, 8 in 2 s, 60 in 30 s, 1,800 in an hour.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
 */
const LIMITS = [
  { count: 7, normal: 5, windowMs: 1_000 },
  { count: 8, normal: 6, windowMs: 2_000 },
  { count: 60, normal: 45, windowMs: 30_000 },
  { count: 1_800, normal: 1_500, windowMs: 3_600_000 },
];

/** What is not urgent leaves room in every window for what is. */
export type Urgency = 'urgent' | 'normal';

/**
 * When the next operation may happen (epoch ms, at least `now`), given the instants of the earlier ones in
 * ascending order. Exact for every window, not only for those that begin on a full second.
 */
export function nextSlot(earlier: readonly number[], now: number, urgency: Urgency = 'urgent'): number {
  let slot = now;
  for (const { count, normal, windowMs } of LIMITS) {
    const nth = earlier[earlier.length - (urgency === 'urgent' ? count : normal)];
    if (nth !== undefined) slot = Math.max(slot, nth + windowMs);
  }
  return slot;
}

/**
 * Drops the instants that no window looks back to any more, and those that lie ahead because the clock was set back:
 * they would hold everything up until the clock gets there.
 */
export const stillCounting = (earlier: number[], now: number) =>
  earlier.filter((at) => at > now - 3_600_000 && at <= now).slice(-1_800);
