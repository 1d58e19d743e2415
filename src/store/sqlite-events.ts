import { nullableNumber, nullableText, type Row, type Sql, text } from './sqlite-sql.ts';
import type { DueEvent, NewEvent, PostedCard, StoredEvent, UnknownPhrase } from './store.ts';

/** Phrases are kept to be read by a person; older ones than this many make room. */
const MOST_PHRASES = 10_000;

/** What came in: events, the cards they owe, and what nobody understood. */
export function eventOperations({ run, insert, row, rows }: Sql) {
  const forEach = (ids: number[], sql: string, ...values: (string | number)[]) => {
    for (const id of ids) run(sql, ...values, id);
  };
  return {
    addEvent(event: NewEvent): { id: number; isDuplicate: boolean } {
      if (event.webhookId !== null) {
        const earlier = row('SELECT id FROM events WHERE webhook_id = ?', event.webhookId);
        if (earlier) return { id: Number(earlier.id), isDuplicate: true };
      }
      const at = new Date(event.receivedAt).toISOString();
      const id = insert(
        `INSERT INTO events (device, event, description, logdate, logtime, source, received_at, priority, process, detail, body, webhook_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        event.hostname,
        event.event,
        event.message,
        at.slice(0, 10),
        at.slice(11, 19),
        event.source,
        event.receivedAt,
        event.priority,
        event.process,
        event.detail,
        event.body,
        event.webhookId,
      );
      if (event.priority <= 2) {
        run(
          `INSERT INTO deliveries (event_id, priority, state, updated_at) VALUES (?, ?, 'pending', ?)`,
          id,
          event.priority,
          event.receivedAt,
        );
      }
      return { id, isDuplicate: false };
    },
    dueDeliveries: (limit: number): DueEvent[] =>
      [1, 2].flatMap((priority) =>
        rows(
          `SELECT events.* FROM deliveries JOIN events ON events.id = deliveries.event_id
           WHERE deliveries.state IN ('pending', 'posting') AND deliveries.priority = ?
           ORDER BY deliveries.event_id LIMIT ?`,
          priority,
          limit,
        ).map(toDueEvent),
      ),
    startDelivery(ids: number[], now: number): void {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'posting', attempts = attempts + 1, updated_at = ? WHERE event_id = ?`,
        now,
      );
    },
    finishDelivery(ids: number[], posted: PostedCard): void {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'posted', updated_at = ?, reason = ?, conversation_id = ?, activity_id = ? WHERE event_id = ?`,
        posted.at,
        posted.reason,
        posted.conversationId,
        posted.activityId,
      );
      forEach(ids, 'UPDATE events SET message = ? WHERE id = ?', posted.activityId);
    },
    retryDelivery(ids: number[], reason: string): void {
      forEach(ids, `UPDATE deliveries SET state = 'pending', reason = ? WHERE event_id = ?`, reason);
    },
    dropDelivery(ids: number[], now: number, reason: string): void {
      forEach(
        ids,
        `UPDATE deliveries SET state = 'dropped', updated_at = ?, reason = ? WHERE event_id = ?`,
        now,
        reason,
      );
    },
    backlog(): { waiting: number; oldestAt: number | null } {
      const found = row(
        `SELECT count(*) AS waiting, min(events.received_at) AS oldest FROM deliveries
         JOIN events ON events.id = deliveries.event_id WHERE deliveries.state IN ('pending', 'posting')`,
      );
      return { waiting: Number(found?.waiting ?? 0), oldestAt: nullableNumber(found?.oldest) };
    },
    recentEvents({ device, limit }: { device: string | null; limit: number }): StoredEvent[] {
      const columns = 'id, event, device, description, process, priority, received_at';
      const found =
        device === null
          ? rows(`SELECT ${columns} FROM events ORDER BY id DESC LIMIT ?`, limit)
          : rows(
              `SELECT ${columns} FROM events WHERE device = ? COLLATE NOCASE ORDER BY id DESC LIMIT ?`,
              device,
              limit,
            );
      return found.map(toStoredEvent);
    },

    addUnknownPhrase({ at, text: said, locale, conversationKind }: UnknownPhrase): void {
      const id = insert(
        'INSERT INTO unknown_phrases (at, text, locale, conversation_kind) VALUES (?, ?, ?, ?)',
        at,
        said,
        locale,
        conversationKind,
      );
      run('DELETE FROM unknown_phrases WHERE id <= ?', id - MOST_PHRASES);
    },
    unknownPhrases: (limit: number): UnknownPhrase[] =>
      rows('SELECT * FROM unknown_phrases ORDER BY id DESC LIMIT ?', limit).map((found) => ({
        at: Number(found.at),
        text: text(found.text),
        locale: nullableText(found.locale),
        conversationKind: text(found.conversation_kind) as UnknownPhrase['conversationKind'],
      })),
  };
}

const toStoredEvent = (found: Row): StoredEvent => ({
  id: Number(found.id),
  event: text(found.event),
  hostname: text(found.device),
  message: text(found.description),
  process: text(found.process),
  priority: Number(found.priority) as StoredEvent['priority'],
  receivedAt: Number(found.received_at),
});

const toDueEvent = (found: Row): DueEvent => ({ ...toStoredEvent(found), detail: text(found.detail) });
