import type { StoredGroup } from '../store/store.ts';

/** What one card tells: events that belong together, and what came of them. */
export interface Group {
  id: string;
  key: string;
  priority: 1 | 2;
  openedAt: number;
  lastAt: number;
  /** Set once nothing joins it any more. */
  closedAt: number | null;
  /** Rises with every change that its card has to show. */
  revision: number;
  shownRevision: number;
  shownAt: number | null;
  conversationId: string | null;
  activityId: string | null;

  /** The id of its events; null when it holds many kinds. */
  event: string | null;
  /** What it is called instead of the event's id. */
  title: string | null;
  count: number;
  /** Events that devices dropped before these, as they had no room for them. */
  lost: number;
  firstAt: number;
  /** Events by device, and those of devices beyond the bound. */
  devices: Map<string, number>;
  moreDevices: number;
  /** Events by id. */
  kinds: Map<string, number>;
  moreKinds: number;
  latest: LatestEvent | null;
  timeline: Timeline;
  /** What is down now, as `DEVICE SUBJECT`. */
  down: Set<string>;
  /** Times that something went down for whose name there was no room: whether all of it is up, nobody knows. */
  moreDown: number;
  /** How often each of those went down. */
  falls: Map<string, number>;
  clearedAt: number | null;
  acknowledged: { by: string; at: number } | null;
  muted: { by: string; until: number } | null;
  /** Words only: Teams refused its card. */
  isPlain: boolean;
  /** A sentence of the assistant's own instead of events. */
  notice: string | null;
}

export interface LatestEvent {
  id: number;
  event: string;
  hostname: string;
  message: string;
  process: string;
  /** JSON text. */
  detail: string;
  at: number;
}

/** Counts in slices of equal width from the first event on; the width doubles when they run out. */
export interface Timeline {
  from: number;
  widthMs: number;
  counts: number[];
}

const SLICES = 12;
const FIRST_WIDTH_MS = 15_000;
/** Names kept per group: far more than a card shows, few enough for a row of the store. */
export const MOST_NAMES = 300;
/** A closed card waits so long for what is down on it to come up; a mute that it tells of is shorter. */
export const AWAITED_MS = 14 * 24 * 3_600_000;

export function addToTimeline(timeline: Timeline, at: number): void {
  // A clock that was set back: what comes before the first slice counts there.
  let slice = Math.max(0, Math.floor((at - timeline.from) / timeline.widthMs));
  while (slice >= SLICES) {
    const { counts } = timeline;
    timeline.counts = Array.from({ length: Math.ceil(counts.length / 2) }, (_, index) => {
      return (counts[2 * index] ?? 0) + (counts[2 * index + 1] ?? 0);
    });
    timeline.widthMs *= 2;
    slice = Math.floor((at - timeline.from) / timeline.widthMs);
  }
  while (timeline.counts.length <= slice) timeline.counts.push(0);
  timeline.counts[slice] = (timeline.counts[slice] ?? 0) + 1;
}

/** Adds one to a name's count; false when there are too many names already. */
export function countName(names: Map<string, number>, name: string): boolean {
  const count = names.get(name);
  if (count === undefined && names.size >= MOST_NAMES) return false;
  names.set(name, (count ?? 0) + 1);
  return true;
}

type NewGroup = Pick<Group, 'id' | 'key' | 'priority' | 'event' | 'title' | 'openedAt'>;

/** A group without events yet. */
export function emptyGroup(of: NewGroup): Group {
  return {
    ...of,
    lastAt: of.openedAt,
    closedAt: null,
    revision: 0,
    shownRevision: 0,
    shownAt: null,
    conversationId: null,
    activityId: null,
    count: 0,
    lost: 0,
    firstAt: of.openedAt,
    devices: new Map(),
    moreDevices: 0,
    kinds: new Map(),
    moreKinds: 0,
    latest: null,
    timeline: { from: of.openedAt, widthMs: FIRST_WIDTH_MS, counts: [] },
    down: new Set(),
    moreDown: 0,
    falls: new Map(),
    clearedAt: null,
    acknowledged: null,
    muted: null,
    isPlain: false,
    notice: null,
  };
}

/** As the store keeps it. */
export function toStored(group: Group): StoredGroup {
  const { id, key, priority, openedAt, lastAt, closedAt, revision, shownRevision, shownAt } = group;
  const { conversationId, activityId, devices, kinds, falls, down, ...rest } = group;
  const lists = { devices: [...devices], kinds: [...kinds], falls: [...falls], down: [...down] };
  const content = JSON.stringify({ ...rest, ...lists });
  const row = { id, key, priority, openedAt, lastAt, closedAt, revision, shownRevision, shownAt };
  return { ...row, conversationId, activityId, content };
}

export function fromStored({ content, ...row }: StoredGroup): Group {
  const parsed = JSON.parse(content) as Group & {
    devices: [string, number][];
    kinds: [string, number][];
    falls: [string, number][];
    down: string[];
  };
  return {
    ...emptyGroup({ ...parsed, ...row }),
    ...parsed,
    ...row,
    devices: new Map(parsed.devices),
    kinds: new Map(parsed.kinds),
    falls: new Map(parsed.falls),
    down: new Set(parsed.down),
  };
}
