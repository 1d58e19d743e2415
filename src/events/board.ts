import { type Pair, pairOf } from '../catalogue/pairs.ts';
import type { EventRule, Priority } from '../config/schemas.ts';
import type { Log } from '../log.ts';
import type { AuditEntry, Mute, OwedEvent, Store } from '../store/store.ts';
import { AWAITED_MS, emptyGroup, fromStored, type Group, toStored } from './group.ts';
import { type Grouped, isApart, type OpenGroups, place } from './grouping.ts';
import { hide, muteOf, summaryOf } from './mutes.ts';
import { groupKey, judge } from './priority.ts';
import { extrasOf } from './trigger-event.ts';

export interface BoardRules {
  priorities: Record<string, Priority | null>;
  rules: readonly EventRule[];
  pairs: readonly Pair[];
}

export interface BoardOptions {
  store: Pick<Store, 'owedEvents' | 'liveGroups' | 'group' | 'saveGrouping' | 'groupShown' | 'mutes'>;
  rules: () => BoardRules;
  /** Empty for a device of no inventory. */
  siteOf: (hostname: string) => string;
  quietMs: number;
  /** An event was put into a group; null: there is no card for it. */
  onPlaced?: (eventId: number, groupId: string | null) => void;
  now: () => number;
  newId: () => string;
  log: Log;
}

/** What Teams was told of a group. */
export interface Shown {
  revision: number;
  conversationId: string | null;
  activityId: string | null;
}

/** Events on their way into groups: copies, until the store has them. */
interface Taking {
  conversationId: string;
  open: OpenGroups;
  awaited: Map<string, Group>;
  changed: Map<string, Group>;
  mutes: Map<string, Mute>;
}

/** Events read at a time. */
const BATCH = 500;

/**
 * The groups that may still change, and those whose card is behind. Everything is in the store before it is here, so
 * a restart goes on where the process stopped. One change at a time: what is read is what is written.
 */
export class Board {
  readonly #options: BoardOptions;
  readonly #groups = new Map<string, Group>();
  readonly #open: OpenGroups = new Map();
  /** Closed, by id, and something is still down on it. */
  readonly #awaited = new Map<string, Group>();
  readonly #shownEvents = new Map<string, number>();
  readonly #behindSince = new Map<string, number>();
  #mutes: Mute[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Reads what an earlier run left. */
  async load(): Promise<void> {
    const { store, now } = this.#options;
    this.#mutes = await store.mutes();
    for (const stored of await store.liveGroups(now() - AWAITED_MS)) {
      const group = fromStored(stored);
      this.#keep(group);
      // When that began is not stored; it is known only that much.
      if (this.#behindSince.has(group.id))
        this.#behindSince.set(group.id, group.shownRevision === 0 ? group.openedAt : group.lastAt);
    }
  }

  /** Groups whose card does not show everything yet. */
  behind(): Group[] {
    return [...this.#groups.values()].filter((group) => group.revision > group.shownRevision);
  }

  /** For how long the card of a group has not shown everything. Milliseconds. */
  behindMs({ id }: Group): number {
    const { now } = this.#options;
    return Math.max(0, now() - (this.#behindSince.get(id) ?? now()));
  }

  get mutes(): readonly Mute[] {
    return this.#mutes;
  }

  /** Puts the events that are owed a card in `conversationId` into their groups; true when there may be more. */
  takeOwed(conversationId: string): Promise<boolean> {
    return this.#alone(async () => {
      const { store, onPlaced, log } = this.#options;
      const owed = await store.owedEvents(BATCH);
      if (owed.length === 0) return false;
      // Worked out on copies: what the store does not take has not happened.
      const open: OpenGroups = new Map(this.#open);
      const awaited = new Map(this.#awaited);
      const changed = new Map<string, Group>();
      const events: { id: number; groupId: string | null }[] = [];
      const mutes = new Map(this.#mutes.map((mute) => [mute.id, mute]));
      const state = { conversationId, open, awaited, changed, mutes };
      for (const event of owed) events.push({ id: event.id, groupId: this.#take(event, state) });
      const touched = [...mutes.values()].filter((mute) => !this.#mutes.includes(mute));
      await store.saveGrouping({ groups: [...changed.values()].map(toStored), events, mutes: touched });
      this.#mutes = [...mutes.values()];
      for (const { id, groupId } of events) onPlaced?.(id, groupId);
      for (const group of changed.values()) this.#keep(group);
      log.debug({ events: events.length, groups: changed.size }, 'events grouped');
      return owed.length === BATCH;
    });
  }

  #take(event: OwedEvent, { conversationId, open, awaited, changed, mutes }: Taking): string | null {
    const { quietMs, now, newId, log } = this.#options;
    const grouped = this.#grouped(event);
    if (grouped === null) return null;
    const touch = (group: Group) => {
      const own = changed.get(group.id) ?? structuredClone(group);
      changed.set(own.id, own);
      if (own.closedAt === null) open.set(own.key, own);
      else awaited.set(own.id, own);
      return own;
    };
    const hideFor = (keys: readonly string[]) => {
      const mute = muteOf({ ...grouped, keys }, [...mutes.values()], event.receivedAt);
      if (mute) mutes.set(mute.id, hide(mute, event.event));
      return mute !== null;
    };
    const options = { quietMs, now: now(), newId, conversationId, awaited, touch, hide: hideFor };
    const { placement, group, changed: touched } = place(grouped, open, options);
    for (const each of touched) changed.set(each.id, each);
    log.debug({ id: event.id, group: group?.id, placement }, 'event placed');
    return group?.id ?? null;
  }

  /** As grouping sees it; null when the rules, which may have changed since it was stored, want no card for it. */
  #grouped({ id, event, hostname, message, process, detail, receivedAt, priority, body }: OwedEvent): Grouped | null {
    const { rules, siteOf } = this.#options;
    const { priorities, rules: own, pairs } = rules();
    const extras = extrasOf(readBody(body));
    const site = siteOf(hostname);
    const seen = { event, message, hostname, site, ...extras };
    const judged = judge(seen, priorities, own);
    const pair = pairOf({ event, message, attributes: extras.attributes }, pairs);
    const isStoredOnly = priority >= 3 || judged.priority >= 3 || judged.isSilenced;
    // Owed a look only because it might have cleared a card.
    if (isStoredOnly && pair?.direction !== 'up') return null;
    return {
      id,
      event,
      hostname,
      message,
      process,
      detail,
      at: receivedAt,
      priority: isStoredOnly || priority === 4 ? 3 : priority,
      key: groupKey(seen, { group: judged.group, priority }),
      title: judged.title,
      lost: extras.dropped,
      pair,
    };
  }

  /** Teams has a group's card as of that revision. */
  shown(id: string, { revision, conversationId, activityId }: Shown): Promise<void> {
    return this.#alone(async () => {
      const { store, now } = this.#options;
      const group = this.#groups.get(id);
      if (!group) return;
      const lastEventId = group.latest?.id ?? 0;
      await store.groupShown(id, {
        revision,
        at: now(),
        conversationId,
        activityId,
        // Another message than before carries all of its events.
        afterEventId: activityId === group.activityId ? (this.#shownEvents.get(id) ?? 0) : 0,
        lastEventId,
      });
      this.#shownEvents.set(id, lastEventId);
      Object.assign(group, { shownRevision: revision, shownAt: now(), conversationId, activityId });
      this.#noteBehind(group);
      this.#forget(group);
    });
  }

  /** Changes one group, with an account of who did it; null when it is not known. */
  change(id: string, change: (group: Group) => void, audit: AuditEntry[] = []): Promise<Group | null> {
    return this.#alone(() => this.#change(id, change, audit));
  }

  async #change(
    id: string,
    change: (group: Group) => void,
    audit: AuditEntry[],
    mutes: Mute[] = [],
    others: Group[] = [],
  ) {
    const { store } = this.#options;
    const stored = this.#groups.get(id) ?? (await store.group(id).then((found) => found && fromStored(found)));
    if (!stored) {
      if (mutes.length > 0) await store.saveGrouping({ groups: others.map(toStored), mutes }, audit);
      for (const other of others) this.#keep(other);
      return null;
    }
    const group = structuredClone(stored);
    change(group);
    group.revision += 1;
    await store.saveGrouping({ groups: [group, ...others].map(toStored), mutes }, audit);
    for (const each of [group, ...others]) this.#keep(each);
    return group;
  }

  /** Begins a mute, or gives one that is the same a new end. With `groupId`, that group's card says so. */
  mute(mute: Mute, groupId: string | null, audit: AuditEntry[]): Promise<Group | null> {
    return this.#alone(async () => {
      const same = this.#mutes.find(
        ({ scope, key, event }) => scope === mute.scope && key === mute.key && event === mute.event,
      );
      const next = same ? { ...same, until: mute.until, by: mute.by } : mute;
      const say = (group: Group) => {
        group.muted = { by: mute.by, until: mute.until };
      };
      // Cards that tell of the same mute would go on with its old end.
      const others = [...this.#groups.values()]
        .filter((each) => each.id !== groupId && same && each.muted && isSaidOn(each, same))
        .map((each) => ({ ...structuredClone(each), revision: each.revision + 1 }));
      for (const other of others) say(other);
      const group = await this.#change(groupId ?? '', say, audit, [next], others);
      this.#mutes = [...this.#mutes.filter(({ id }) => id !== next.id), next];
      return group;
    });
  }

  /** Ends mutes: those that are over, or those that `isMeant`. What they hid is told; the cards stop saying so. */
  endMutes(isMeant: (mute: Mute) => boolean, audit: AuditEntry[] = []): Promise<Mute[]> {
    return this.#alone(async () => {
      const { store, now, newId } = this.#options;
      const ended = this.#mutes.filter(isMeant).map((mute) => ({ ...mute, endedAt: now() }));
      if (ended.length === 0) return [];
      const notices = ended.map((mute) => noticeOf(`unmuted ${mute.id}`, summaryOf(mute), now(), newId()));
      const left = this.#mutes.filter(({ id }) => !ended.some((mute) => mute.id === id));
      const spoken = [...this.#groups.values()]
        .filter((group) => group.muted && !left.some((mute) => isSaidOn(group, mute)))
        .map((group) => ({ ...structuredClone(group), muted: null, revision: group.revision + 1 }));
      const groups = [...notices, ...spoken];
      await store.saveGrouping({ groups: groups.map(toStored), mutes: ended }, audit);
      this.#mutes = left;
      for (const group of groups) this.#keep(group);
      return ended;
    });
  }

  /** A sentence of the assistant's own for the alert conversation; said once while the same is not said yet. */
  notice(key: string, text: string): Promise<void> {
    return this.#alone(async () => {
      const { store, now, newId } = this.#options;
      const group = noticeOf(key, text, now(), newId());
      if (this.behind().some((other) => other.key === group.key && other.notice === text)) return;
      await store.saveGrouping({ groups: [toStored(group)] });
      this.#keep(group);
    });
  }

  /** Closes what was silent for long, and forgets it here. */
  sweep(): Promise<void> {
    return this.#alone(async () => {
      const { store, now, quietMs } = this.#options;
      const over = [...this.#open.values()]
        // A muted one is silent because it is muted.
        .filter(({ lastAt, muted }) => isApart(now(), lastAt, quietMs) && muted === null)
        .map((group) => ({ ...structuredClone(group), closedAt: now() }));
      for (const group of this.#awaited.values()) {
        if (!isAwaited(group, now())) this.#keep(group);
      }
      if (over.length === 0) return;
      await store.saveGrouping({ groups: over.map(toStored) });
      for (const group of over) this.#keep(group);
    });
  }

  /** Keeps a group here as the store has it now; what is shown of it is what was noted here last. */
  #keep(group: Group): void {
    const before = this.#groups.get(group.id);
    if (before) {
      const { shownRevision, shownAt, conversationId, activityId } = before;
      Object.assign(group, { shownRevision, shownAt, conversationId, activityId });
    }
    this.#groups.set(group.id, group);
    this.#noteBehind(group);
    if (group.closedAt === null && group.notice === null) this.#open.set(group.key, group);
    else if (this.#open.get(group.key)?.id === group.id) this.#open.delete(group.key);
    if (isAwaited(group, this.#options.now())) this.#awaited.set(group.id, group);
    else this.#awaited.delete(group.id);
    this.#forget(group);
  }

  #noteBehind({ id, revision, shownRevision }: Group): void {
    if (revision <= shownRevision) this.#behindSince.delete(id);
    else if (!this.#behindSince.has(id)) this.#behindSince.set(id, this.#options.now());
  }

  /** What may not change any more; a card that says it is muted has to say when it no longer is. */
  #forget(group: Group): void {
    if (group.closedAt === null || group.revision > group.shownRevision || group.muted !== null) return;
    if (this.#awaited.has(group.id)) return;
    this.#groups.delete(group.id);
    this.#shownEvents.delete(group.id);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** The body as it was sent; one that cannot be read any more tells nothing, and is in nobody's way. */
function readBody(body: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Closed, with something down on it that may still come up. */
const isAwaited = ({ closedAt, down, lastAt }: Group, now: number) =>
  closedAt !== null && down.size > 0 && now - lastAt <= AWAITED_MS;

/** Is this the mute of which the group's card tells? */
export function isSaidOn({ key, devices, muted }: Group, mute: Mute): boolean {
  const isOwn =
    mute.scope === 'group' ? mute.key === key : [...devices.keys()].some((name) => name.toLowerCase() === mute.key);
  return isOwn && mute.until === muted?.until;
}

function noticeOf(key: string, notice: string, now: number, id: string): Group {
  const group = emptyGroup({ id, key: `notice ${key}`, priority: 2, event: null, title: null, openedAt: now });
  return { ...group, notice, closedAt: now, revision: 1 };
}
