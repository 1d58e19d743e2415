import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../test/crash/program.ts';
import { type Connector, type ConnectorRequest, cardOf, wordsOf } from '../test/fakes/connector.ts';
import type { Folder } from '../test/fakes/folder.ts';
import { UP } from './event-load.ts';

const DRAIN_LIMIT_MS = 300_000;

/** What comes up again joins the group that it clears, and is not counted on its card. */
const NOT_COUNTED = UP.map((id) => `'${id}'`).join(', ');

/** The group whose card this is; null for any other message. */
export function groupOn({ activity }: ConnectorRequest): string | null {
  return /"data":\{"group":"([^"]+)"/.exec(JSON.stringify(cardOf(activity) ?? {}))?.[1] ?? null;
}

/** How many events a card says it stands for. */
const countOn = ({ activity }: ConnectorRequest) => Number(/^×(\d+) · first /m.exec(wordsOf(activity))?.[1] ?? 1);

/** Whether a card says that what was down is up again. */
const saysUp = ({ activity }: ConnectorRequest) => /^Cleared$|Up since /m.test(wordsOf(activity));

/** The first posts, and any further ones, that were taken for each group. */
export function postsByGroup({ messages }: Connector): Map<string, ConnectorRequest[]> {
  const posts = messages.filter((message) => message.method === 'POST' && groupOn(message) !== null);
  return Map.groupBy(posts, (message) => groupOn(message) ?? '');
}

/** Waits until every event is on a card and every card is up to date; the seconds it took, null when it did not happen. */
export async function drained(folder: Folder): Promise<number | null> {
  const from = performance.now();
  while (performance.now() - from < DRAIN_LIMIT_MS) {
    const [left] = folder.rows(
      `SELECT (SELECT count(*) FROM events WHERE owed = 1)
            + (SELECT count(*) FROM event_groups WHERE shown_revision < revision) AS behind`,
    );
    if (left?.behind === 0) return Math.round((performance.now() - from) / 1_000);
    await delay(250);
  }
  return null;
}

/** What the cards say in the end, held against the store. */
export function checkCards(folder: Folder, connector: Connector): { problems: string[]; seen: Record<string, number> } {
  const problems: string[] = [];
  const posts = postsByGroup(connector);
  const groups = folder.rows(
    `SELECT id, activity_id, content ->> 'clearedAt' AS cleared, content ->> 'count' AS count,
       (SELECT count(*) FROM events WHERE group_id = event_groups.id AND event NOT IN (${NOT_COUNTED})) AS events
     FROM event_groups WHERE content ->> 'notice' IS NULL`,
  );
  for (const { id, activity_id, cleared, count, events } of groups) {
    const last = connector.messages.findLast(({ activityId }) => activityId === activity_id);
    if (!last || groupOn(last) !== id) problems.push(`group ${id} of ${events} events has no card`);
    else if (countOn(last) !== events) problems.push(`group ${id}: ${events} events, its card says ${countOn(last)}`);
    else if (saysUp(last) !== (cleared !== null)) problems.push(`group ${id}: its card does not tell what is down`);
    if (count !== events) problems.push(`group ${id}: ${events} events are in it, it counts ${count}`);
  }
  const [owed] = folder.rows('SELECT count(*) AS events FROM events WHERE priority <= 2');
  const onCards = groups.reduce((sum, { events }) => sum + Number(events), 0);
  if (onCards !== owed?.events) problems.push(`${owed?.events} events are owed a card, ${onCards} are on one`);
  const cards = [...posts.values()].reduce((sum, own) => sum + own.length, 0);
  const duplicates = cards - posts.size;
  return { problems, seen: { groups: groups.length, eventsOnCards: onCards, cards, duplicates } };
}

/** The most instants that lie in one window of this width, wherever it begins. */
export function mostWithin(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let [first, most] = [0, 0];
  for (const [index, at] of sorted.entries()) {
    while (at - (sorted[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

/** The least time in which so many instants lie; null when there are fewer. */
export function leastSpan(instants: readonly number[], count: number): number | null {
  const sorted = [...instants].sort((a, b) => a - b);
  const spans = sorted.slice(count - 1).map((at, index) => at - (sorted[index] ?? 0));
  return spans.length === 0 ? null : Math.round(Math.min(...spans));
}

/** By nearest rank: of fewer than a hundred the 99th percentile is the largest. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** How often the bot gave an answer of Teams up: each may be a card that Teams has, and that is posted again. */
export const timeoutsOf = (programs: Program[]) =>
  programs.reduce(
    (sum, { stderr }) => sum + (stderr.match(/Teams did not answer in time|Teams cannot be reached/g)?.length ?? 0),
    0,
  );

/** How often each thing is in a list. */
export function tally(things: (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const thing of things) counts[thing] = (counts[thing] ?? 0) + 1;
  return counts;
}
