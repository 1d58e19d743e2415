import type { Mute } from '../store/store.ts';

/** What a mute is asked about. */
export interface Mutable {
  event: string;
  hostname: string;
  priority: 1 | 2 | 3;
  /** Of the groups it may go to. */
  keys: readonly string[];
}

/** The mute that hides an event; null when none does. A device's hides no kind of priority 1 but the one it names. */
export function muteOf({ event, hostname, priority, keys }: Mutable, mutes: readonly Mute[], now: number): Mute | null {
  const id = event.toUpperCase();
  const isMeant = (mute: Mute) =>
    (mute.scope === 'group' && keys.includes(mute.key)) ||
    (mute.scope === 'event' && mute.key === id) ||
    (mute.scope === 'device' && mute.key === hostname.toLowerCase() && (priority !== 1 || mute.event === id));
  return mutes.find((mute) => mute.endedAt === null && mute.until > now && isMeant(mute)) ?? null;
}

/** So far may a clock be set back before a mute that began ahead of it is over. */
const MOST_AHEAD_MS = 10 * 60_000;

/** Its time has come; or the clock was set back by much, and it would last longer than anybody asked for. */
export const isOver = ({ from, until }: Mute, now: number) => until <= now || from - now > MOST_AHEAD_MS;

/** Counted by name; the rest of them together. */
const MOST_COUNTED = 50;
const OTHERS = 'others';

/** Counts an event that a mute hid. */
export function hide(mute: Mute, event: string): Mute {
  const hidden = hiddenBy(mute);
  const name = hidden.has(event) || hidden.size < MOST_COUNTED ? event : OTHERS;
  hidden.set(name, (hidden.get(name) ?? 0) + 1);
  return { ...mute, hidden: JSON.stringify([...hidden]) };
}

/** Events by id, most frequent first. */
export function hiddenBy({ hidden }: Mute): Map<string, number> {
  const counts = JSON.parse(hidden) as [string, number][];
  return new Map(counts.sort((a, b) => b[1] - a[1]));
}

const MOST_KINDS = 5;

/** What was kept quiet, said when a mute ends. */
export function summaryOf(mute: Mute): string {
  const kinds = [...hiddenBy(mute)];
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return `${mute.name} is no longer muted. Nothing came in the meantime.`;
  const named = kinds.filter(([event]) => event !== OTHERS).slice(0, MOST_KINDS);
  const rest = total - named.reduce((sum, [, count]) => sum + count, 0);
  const list = [...named.map(([event, count]) => `${count} × ${event}`), ...(rest > 0 ? [`${rest} others`] : [])].join(
    ', ',
  );
  return `${mute.name} is no longer muted. In the meantime: ${list}. All of them are stored.`;
}
