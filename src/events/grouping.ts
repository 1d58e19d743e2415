import { addToTimeline, countName, emptyGroup, type Group, type LatestEvent, MOST_NAMES } from './group.ts';

/** An event as grouping sees it: judged, and with what pairs it. */
export interface Grouped extends LatestEvent {
  priority: 1 | 2 | 3;
  /** The words that make its group, by the rules. */
  key: string;
  title: string | null;
  /** Events of its device that were lost before it. */
  lost: number;
  /** It says that something went down or came up again. */
  pair: { direction: 'down' | 'up'; down: string; subject: string } | null;
}

/** Why an event went where it went; for the log and the tests. */
export type Placement = 'joined' | 'opened' | 'widened' | 'storm' | 'cleared' | 'nothing-to-clear' | 'muted';

export interface GroupingOptions {
  /** A group that was silent for so long is closed: the next event gets a new card. Milliseconds. */
  quietMs: number;
  /** The moment it is placed, which may be long after it came. */
  now: number;
  newId: () => string;
  /** Where alerts go: a card that is elsewhere is not seen by those who are to be told of more. */
  conversationId: string;
  /** Closed ones, by id, on which something is still down: what comes up clears them. */
  awaited: Map<string, Group>;
  /** A group is about to be changed: the one to change, which takes its place among the others. */
  touch: (group: Group) => Group;
  /** Counts the event as hidden, and true, when one of the groups that it may go to is muted, or the event is. */
  hide: (keys: readonly string[]) => boolean;
}

/** More groups of one event id than this, and the next devices share one card. */
const MOST_ALIKE = 5;
/** More new cards of one priority in a minute than this, and the next ones share one card. */
const MOST_NEW = 8;
const MINUTE_MS = 60_000;
/** Down again so soon after it came up, and it stays on its card; later it deserves a new one, which people hear. */
const REOPEN_MS = 5 * MINUTE_MS;
/** So many times down on one card is called flapping. */
export const FLAPS = 3;

/** Groups to which an event may still go, by key. */
export type OpenGroups = Map<string, Group>;

/**
 * Puts an event where it belongs, and returns the groups that changed. Pure but for `open`, `awaited` and what `touch`
 * gives it.
 * Flood control is in the placing: whatever comes, few cards are opened in a minute, and every event is counted on one.
 */
export function place(
  event: Grouped,
  open: OpenGroups,
  { quietMs, now, newId, conversationId, awaited, touch, hide }: GroupingOptions,
): { placement: Placement; group: Group | null; changed: Group[] } {
  const { pair, at } = event;
  // Before any mute: a mute is for what goes down.
  if (pair?.direction === 'up') {
    const cleared = clear(event, [...open.values(), ...awaited.values()], touch);
    const [first] = cleared;
    if (first) return { placement: 'cleared', group: first, changed: cleared };
    // One that nobody waited for, and that is to be stored only.
    if (event.priority === 3) return { placement: 'nothing-to-clear', group: null, changed: [] };
  }
  const priority = event.priority === 1 ? 1 : 2;
  const changed: Group[] = [];
  const openAt = (key: string): Group | null => {
    const group = open.get(key);
    if (!group) return null;
    const isElsewhere = group.conversationId !== null && group.conversationId !== conversationId;
    // Told late, the quiet of the past makes no new card: this one was opened a moment ago.
    const isOlder = (ms: number) => isApart(now, group.openedAt, ms);
    const isQuiet =
      (isApart(at, group.lastAt, quietMs) && isOlder(quietMs)) ||
      (group.clearedAt !== null && isApart(at, group.clearedAt, REOPEN_MS) && isOlder(REOPEN_MS));
    if (!isElsewhere && !isQuiet) return group;
    const closed = touch(group);
    closed.closedAt = at;
    open.delete(key);
    if (closed.down.size > 0) awaited.set(closed.id, closed);
    changed.push(closed);
    return null;
  };
  const own = `${priority} ${event.key}`;
  const wide = `${priority} ${event.event.toUpperCase()} *`;
  const storm = `${priority} *`;
  const hidden = () => {
    // The card that says it is up would be wrong as long as the mute lasts.
    if (pair?.direction === 'down') changed.push(...fallAgain(event, [...open.values()], touch));
    return { placement: 'muted' as const, group: null, changed };
  };
  if (hide([own])) return hidden();
  const { key, placement } = choose();

  function choose(): { key: string; placement: Placement } {
    if (openAt(own)) return { key: own, placement: 'joined' };
    if (openAt(wide)) return { key: wide, placement: 'joined' };
    const others = [...open.values()].filter((group) => group.priority === priority && group.notice === null);
    const alike = others.filter((group) => group.event === event.event.toUpperCase() && at - group.lastAt <= quietMs);
    const isNew = (group: Group) => group.openedAt > now - MINUTE_MS && group.openedAt <= now;
    const room = others.filter(isNew).length < MOST_NEW;
    if (!room) return { key: storm, placement: openAt(storm) ? 'joined' : 'storm' };
    return alike.length >= MOST_ALIKE ? { key: wide, placement: 'widened' } : { key: own, placement: 'opened' };
  }

  // The card of many devices stays muted for them also when each would have room for its own by now.
  if (!open.has(own) && hide([wide, key])) return hidden();

  const found = openAt(key);
  let group = found && touch(found);
  if (!group) {
    const kind = key === storm ? null : event.event.toUpperCase();
    const title = key === storm ? null : event.title;
    group = {
      ...emptyGroup({ id: newId(), key, priority, event: kind, title, openedAt: now }),
      firstAt: at,
      lastAt: at,
    };
    group.timeline.from = at;
    open.set(key, group);
  }
  add(event, group);
  changed.push(group);
  return { placement, group, changed };
}

function add(event: Grouped, group: Group): void {
  const { id, event: name, hostname, message, process, detail, at, pair } = event;
  group.count += 1;
  group.lost += event.lost;
  group.lastAt = Math.max(group.lastAt, at);
  group.latest = { id, event: name, hostname, message, process, detail, at };
  if (!countName(group.devices, hostname)) group.moreDevices += 1;
  if (!countName(group.kinds, name)) group.moreKinds += 1;
  addToTimeline(group.timeline, at);
  if (pair?.direction === 'down') {
    const subject = subjectOf(event);
    if (!group.down.has(subject)) {
      countName(group.falls, subject);
      if (group.down.size < MOST_NAMES) group.down.add(subject);
      else group.moreDown += 1;
    }
    group.clearedAt = null;
  }
  group.revision += 1;
}

/** A mute hides that it went down again: the cards of it do not say that it is up, and do not count it. */
function fallAgain(event: Grouped, groups: readonly Group[], touch: (group: Group) => Group): Group[] {
  const subject = subjectOf(event);
  return groups
    .filter(({ falls, down }) => falls.has(subject) && !down.has(subject))
    .map((found) => {
      const group = touch(found);
      group.down.add(subject);
      group.clearedAt = null;
      group.revision += 1;
      return group;
    });
}

/** The other half came: the groups whose thing came up again, all of them as none may go on saying that it is down. */
function clear(event: Grouped, groups: readonly Group[], touch: (group: Group) => Group): Group[] {
  const { at } = event;
  const subject = subjectOf(event);
  return groups
    .filter(({ down }) => down.has(subject))
    .map((found) => {
      const group = touch(found);
      group.down.delete(subject);
      group.lastAt = Math.max(group.lastAt, at);
      if (group.down.size === 0 && group.moreDown === 0) group.clearedAt = at;
      group.revision += 1;
      return group;
    });
}

/** In either direction: a card of a clock that was far ahead would take everything in until the clock gets there. */
export const isApart = (a: number, b: number, ms: number) => Math.abs(a - b) > ms;

const subjectOf = ({ hostname, pair }: Grouped) =>
  `${hostname.toLowerCase()} ${pair?.down.toUpperCase() ?? ''} ${pair?.subject ?? ''}`.trim();

/** One and the same thing went down again and again. */
export const isFlapping = ({ falls }: Group) => [...falls.values()].some((times) => times >= FLAPS);
