import { emptyGroup, type Group } from '../../src/events/group.ts';
import { type Grouped, type OpenGroups, type Placement, place } from '../../src/events/grouping.ts';

export const MINUTE = 60_000;

/** An event as grouping sees it, of `hq-fw01` and priority 1 unless told otherwise. */
export function grouped(change: Partial<Grouped> = {}): Grouped {
  const { event = 'SYSTEM_ABNORMAL_SHUTDOWN', hostname = 'hq-fw01', priority = 1 } = change;
  return {
    id: 1,
    event,
    hostname,
    message: 'down',
    process: 'eventd',
    detail: '""',
    at: 0,
    priority,
    key: priority === 1 ? `${event.toUpperCase()} ${hostname}` : `${event.toUpperCase()} site:hq`,
    title: null,
    lost: 0,
    pair: null,
    ...change,
  };
}

/** Groups that are open, and what is put into them. */
export class Desk {
  readonly open: OpenGroups = new Map();
  readonly awaited = new Map<string, Group>();
  readonly all: Group[] = [];
  conversationId = 'alerts';
  #ids = 0;

  put(event: Grouped, now = event.at): { placement: Placement; group: Group | null } {
    const newId = () => {
      this.#ids += 1;
      return `g${this.#ids}`;
    };
    const { conversationId, awaited } = this;
    const touch = (own: Group) => own;
    const options = { quietMs: 30 * MINUTE, now, newId, conversationId, awaited, touch, hide: () => false };
    const { placement, group } = place(event, this.open, options);
    if (group && !this.all.includes(group)) this.all.push(group);
    return { placement, group };
  }
}

/** The group of these events, all of which must fit into one. */
export function groupOf(...events: Partial<Grouped>[]): Group {
  const desk = new Desk();
  for (const [index, event] of events.entries()) desk.put(grouped({ id: index + 1, ...event }));
  if (desk.all.length !== 1) throw new Error(`These are ${desk.all.length} groups.`);
  return desk.all[0] as Group;
}

/** A group that waits for its card. */
export function waiting(id: string, change: Partial<Group> = {}): Group {
  const of = { id, key: id, priority: 1 as const, event: 'A', title: null, openedAt: 0 };
  return { ...emptyGroup(of), revision: 1, count: 1, ...change };
}
