import { toStoredEvent } from './sqlite-events.ts';
import { nullableNumber, nullableText, type Row, type Sql, text } from './sqlite-sql.ts';
import type { AuditEntry, GroupingChange, Mute, OwedEvent, ShownGroup, StoredEvent, StoredGroup } from './store.ts';

/** Groups of events: the cards, what they owe, and what is muted. */
export function groupOperations({ run, row, rows }: Sql, appendAudit: (entries: AuditEntry[]) => void) {
  return {
    owedEvents: (limit: number): OwedEvent[] =>
      rows('SELECT * FROM events WHERE owed = 1 ORDER BY id LIMIT ?', limit).map(toOwedEvent),
    liveGroups: (since: number): StoredGroup[] =>
      rows(
        `SELECT * FROM event_groups
         WHERE closed_at IS NULL OR shown_revision < revision
           OR (last_at >= ? AND (json_array_length(content, '$.down') > 0 OR json_type(content, '$.muted') = 'object'))
         ORDER BY opened_at`,
        since,
      ).map(toGroup),
    group(id: string): StoredGroup | null {
      const found = row('SELECT * FROM event_groups WHERE id = ?', id);
      return found ? toGroup(found) : null;
    },
    saveGrouping({ groups = [], events = [], mutes = [] }: GroupingChange, audit: AuditEntry[] = []): void {
      for (const group of groups) {
        // What is shown is noted by groupShown alone: this may have been read before it.
        run(
          `INSERT INTO event_groups (id, key, priority, opened_at, last_at, closed_at, content, revision)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, closed_at = excluded.closed_at,
               content = excluded.content, revision = excluded.revision`,
          group.id,
          group.key,
          group.priority,
          group.openedAt,
          group.lastAt,
          group.closedAt,
          group.content,
          group.revision,
        );
      }
      for (const { id, groupId } of events) run('UPDATE events SET owed = 0, group_id = ? WHERE id = ?', groupId, id);
      for (const mute of mutes) {
        run(
          `INSERT INTO mutes (id, scope, key, name, event, by_name, from_at, until_at, hidden, ended_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET by_name = excluded.by_name, until_at = excluded.until_at,
               hidden = excluded.hidden, ended_at = excluded.ended_at`,
          mute.id,
          mute.scope,
          mute.key,
          mute.name,
          mute.event,
          mute.by,
          mute.from,
          mute.until,
          mute.hidden,
          mute.endedAt,
        );
      }
      appendAudit(audit);
    },
    groupShown(id: string, { revision, at, conversationId, activityId, afterEventId, lastEventId }: ShownGroup): void {
      run(
        `UPDATE event_groups SET shown_revision = ?, shown_at = ?, conversation_id = ?, activity_id = ? WHERE id = ?`,
        revision,
        at,
        conversationId,
        activityId,
        id,
      );
      if (activityId === null) return;
      run(
        'UPDATE events SET message = ? WHERE group_id = ? AND id > ? AND id <= ?',
        activityId,
        id,
        afterEventId,
        lastEventId,
      );
    },
    groupEvents: (id: string, limit: number): StoredEvent[] =>
      rows('SELECT * FROM events WHERE group_id = ? ORDER BY id DESC LIMIT ?', id, limit).map(toStoredEvent),
    mutes: (): Mute[] => rows('SELECT * FROM mutes WHERE ended_at IS NULL ORDER BY until_at').map(toMute),
    backlog(): { waiting: number; oldestAt: number | null } {
      const owed = row('SELECT count(*) AS waiting, min(received_at) AS oldest FROM events WHERE owed = 1');
      const cards = row(
        `SELECT count(*) AS waiting, min(opened_at) AS oldest FROM event_groups
         WHERE (closed_at IS NULL OR shown_revision < revision) AND shown_revision < revision AND activity_id IS NULL`,
      );
      const oldest = [owed, cards].flatMap((found) => nullableNumber(found?.oldest) ?? []);
      return {
        waiting: Number(owed?.waiting ?? 0) + Number(cards?.waiting ?? 0),
        oldestAt: oldest.length > 0 ? Math.min(...oldest) : null,
      };
    },
  };
}

const toOwedEvent = (found: Row): OwedEvent => ({
  ...toStoredEvent(found),
  detail: text(found.detail),
  body: found.body as Uint8Array,
});

const toGroup = (found: Row): StoredGroup => ({
  id: text(found.id),
  key: text(found.key),
  priority: Number(found.priority) as StoredGroup['priority'],
  openedAt: Number(found.opened_at),
  lastAt: Number(found.last_at),
  closedAt: nullableNumber(found.closed_at),
  content: text(found.content),
  revision: Number(found.revision),
  shownRevision: Number(found.shown_revision),
  shownAt: nullableNumber(found.shown_at),
  conversationId: nullableText(found.conversation_id),
  activityId: nullableText(found.activity_id),
});

const toMute = (found: Row): Mute => ({
  id: text(found.id),
  scope: text(found.scope) as Mute['scope'],
  key: text(found.key),
  name: text(found.name),
  event: nullableText(found.event),
  by: text(found.by_name),
  from: Number(found.from_at),
  until: Number(found.until_at),
  hidden: text(found.hidden),
  endedAt: nullableNumber(found.ended_at),
});
