import type { Call } from './sqlserver-calls.ts';
import { toStoredEvent } from './sqlserver-events.ts';
import {
  key,
  nullableKey,
  nullableNumber,
  nullableText,
  number,
  type Row,
  row,
  rows,
  type Sql,
  text,
} from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { AuditEntry, GroupingChange, Mute, OwedEvent, ShownGroup, StoredEvent, StoredGroup } from './store.ts';

/** Groups of events: the cards, what they owe, and what is muted. */
export function groupOperations(t: Tables, appendAudit: (call: Call, entries: AuditEntry[]) => Promise<void>) {
  async function saveGroup(sql: Sql, group: StoredGroup): Promise<void> {
    const { lastAt, closedAt, content, revision } = group;
    // What is shown is noted by groupShown alone: this may have been read before it.
    const values = { id: key(group.id), lastAt, closedAt, content, revision };
    const { changed } = await sql.ask(
      `UPDATE ${t.event_groups} SET last_at = @lastAt, closed_at = @closedAt, content = @content, revision = @revision
         WHERE id = @id`,
      values,
    );
    if (changed > 0) return;
    await sql.ask(
      `INSERT INTO ${t.event_groups} (id, group_key, priority, opened_at, last_at, closed_at, content, revision, shown_revision)
         VALUES (@id, @groupKey, @priority, @openedAt, @lastAt, @closedAt, @content, @revision, 0)`,
      { ...values, groupKey: group.key, priority: group.priority, openedAt: group.openedAt },
    );
  }

  async function saveMute(sql: Sql, mute: Mute): Promise<void> {
    const values = { id: key(mute.id), by: mute.by, until: mute.until, hidden: mute.hidden, endedAt: mute.endedAt };
    const { changed } = await sql.ask(
      `UPDATE ${t.mutes} SET by_name = @by, until_at = @until, hidden = @hidden, ended_at = @endedAt WHERE id = @id`,
      values,
    );
    if (changed > 0) return;
    await sql.ask(
      `INSERT INTO ${t.mutes} (id, scope, mute_key, name, event, by_name, from_at, until_at, hidden, ended_at)
         VALUES (@id, @scope, @muteKey, @name, @event, @by, @from, @until, @hidden, @endedAt)`,
      { ...values, scope: mute.scope, muteKey: mute.key, name: mute.name, event: mute.event, from: mute.from },
    );
  }

  return {
    async owedEvents(sql: Sql, limit: number): Promise<OwedEvent[]> {
      const found = await sql.ask(
        `SELECT TOP (@limit) id, event, device, description, process, priority, received_at, detail, body
           FROM ${t.events} WHERE owed = 1 ORDER BY id`,
        { limit },
      );
      return rows(found).map(toOwedEvent);
    },
    async liveGroups(sql: Sql, since: number): Promise<StoredGroup[]> {
      const found = await sql.ask(
        `SELECT * FROM ${t.event_groups}
           WHERE closed_at IS NULL OR shown_revision < revision OR last_at >= @since ORDER BY opened_at`,
        { since },
      );
      return rows(found)
        .map(toGroup)
        .filter((group) => group.closedAt === null || group.shownRevision < group.revision || isTold(group));
    },
    async group(sql: Sql, id: string): Promise<StoredGroup | null> {
      const found = row(await sql.ask(`SELECT * FROM ${t.event_groups} WHERE id = @id`, { id: key(id) }));
      return found ? toGroup(found) : null;
    },
    async saveGrouping(call: Call, change: GroupingChange, audit: AuditEntry[] = []): Promise<void> {
      const { groups = [], events = [], mutes = [] } = change;
      for (const group of groups) await saveGroup(call, group);
      for (const [groupId, ids] of Map.groupBy(events, ({ groupId }) => groupId)) {
        await call.ask(
          `UPDATE ${t.events} SET owed = 0, group_id = @groupId
             WHERE id IN (SELECT CAST(value AS int) AS id FROM OPENJSON(@ids))`,
          { groupId: nullableKey(groupId), ids: JSON.stringify(ids.map(({ id }) => id)) },
        );
      }
      for (const mute of mutes) await saveMute(call, mute);
      await appendAudit(call, audit);
    },
    async groupShown(sql: Sql, id: string, shown: ShownGroup): Promise<void> {
      const { revision, at, conversationId, activityId, afterEventId, lastEventId } = shown;
      await sql.ask(
        `UPDATE ${t.event_groups} SET shown_revision = @revision, shown_at = @at, conversation_id = @conversationId,
           activity_id = @activityId WHERE id = @id`,
        { id: key(id), revision, at, conversationId, activityId },
      );
      if (activityId === null) return;
      await sql.ask(
        `UPDATE ${t.events} SET message = @activityId WHERE group_id = @id AND id > @afterEventId AND id <= @lastEventId`,
        { id: key(id), activityId, afterEventId, lastEventId },
      );
    },
    async groupEvents(sql: Sql, id: string, limit: number): Promise<StoredEvent[]> {
      const found = await sql.ask(
        `SELECT TOP (@limit) id, event, device, description, process, priority, received_at
           FROM ${t.events} WHERE group_id = @id ORDER BY id DESC`,
        { id: key(id), limit },
      );
      return rows(found).map(toStoredEvent);
    },
    async mutes(sql: Sql): Promise<Mute[]> {
      return rows(await sql.ask(`SELECT * FROM ${t.mutes} WHERE ended_at IS NULL ORDER BY until_at`)).map(toMute);
    },
    async backlog(sql: Sql): Promise<{ waiting: number; oldestAt: number | null }> {
      const owed = row(
        await sql.ask(`SELECT COUNT(*) AS waiting, MIN(received_at) AS oldest FROM ${t.events} WHERE owed = 1`),
      );
      const cards = row(
        await sql.ask(
          `SELECT COUNT(*) AS waiting, MIN(opened_at) AS oldest FROM ${t.event_groups}
             WHERE shown_revision < revision AND activity_id IS NULL`,
        ),
      );
      const oldest = [owed, cards].flatMap((found) => nullableNumber(found?.oldest) ?? []);
      return {
        waiting: number(owed?.waiting ?? 0) + number(cards?.waiting ?? 0),
        oldestAt: oldest.length > 0 ? Math.min(...oldest) : null,
      };
    },
  };
}

/** Something is down on it, or it tells of a mute: an event or an end may still change its card. */
function isTold({ content }: StoredGroup): boolean {
  const { down, muted } = JSON.parse(content) as { down?: unknown; muted?: unknown };
  return (Array.isArray(down) && down.length > 0) || (typeof muted === 'object' && muted !== null);
}

const toOwedEvent = (found: Row): OwedEvent => ({
  ...toStoredEvent(found),
  detail: text(found.detail),
  body: (found.body ?? new Uint8Array()) as Uint8Array,
});

const toGroup = (found: Row): StoredGroup => ({
  id: text(found.id),
  key: text(found.group_key),
  priority: number(found.priority) as StoredGroup['priority'],
  openedAt: number(found.opened_at),
  lastAt: number(found.last_at),
  closedAt: nullableNumber(found.closed_at),
  content: text(found.content),
  revision: number(found.revision),
  shownRevision: number(found.shown_revision),
  shownAt: nullableNumber(found.shown_at),
  conversationId: nullableText(found.conversation_id),
  activityId: nullableText(found.activity_id),
});

const toMute = (found: Row): Mute => ({
  id: text(found.id),
  scope: text(found.scope) as Mute['scope'],
  key: text(found.mute_key),
  name: text(found.name),
  event: nullableText(found.event),
  by: text(found.by_name),
  from: number(found.from_at),
  until: number(found.until_at),
  hidden: text(found.hidden),
  endedAt: nullableNumber(found.ended_at),
});
