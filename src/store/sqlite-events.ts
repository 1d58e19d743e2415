import { nullableText, type Row, type Sql, text } from './sqlite-sql.ts';
import type { NewEvent, StoredEvent, UnknownPhrase } from './store.ts';

/** Phrases are kept to be read by a person; older ones than this many make room. */
const MOST_PHRASES = 10_000;

/** What came in: events, and what nobody understood. */
export function eventOperations({ run, insert, row, rows }: Sql) {
  /** `id` null: the next one. */
  function insertEvent(event: NewEvent, id: number | null): number {
    const at = new Date(event.receivedAt).toISOString();
    return insert(
      `INSERT INTO events (id, device, event, description, logdate, logtime, source, received_at, priority, process, detail, body, webhook_id, skew_ms, owed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
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
      event.skewMs,
      event.isOwed ? 1 : 0,
    );
  }

  return {
    addEvent(event: NewEvent): { id: number; isDuplicate: boolean } {
      if (event.webhookId !== null) {
        const earlier = row('SELECT id FROM events WHERE webhook_id = ?', event.webhookId);
        if (earlier) return { id: Number(earlier.id), isDuplicate: true };
      }
      return { id: insertEvent(event, null), isDuplicate: false };
    },
    tryEvent(event: NewEvent): boolean {
      // An id that no event has, so that none is used up.
      insertEvent({ ...event, webhookId: null }, 0);
      const found = row('SELECT body FROM events WHERE id = 0')?.body;
      const removed = run('DELETE FROM events WHERE id = 0');
      return removed === 1 && found instanceof Uint8Array && Buffer.compare(found, event.body) === 0;
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
    removeEvents: (before: number, limit: number): number =>
      run(
        'DELETE FROM events WHERE id IN (SELECT id FROM events WHERE owed = 0 AND received_at < ? ORDER BY received_at LIMIT ?)',
        before,
        limit,
      ),

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

export const toStoredEvent = (found: Row): StoredEvent => ({
  id: Number(found.id),
  event: text(found.event),
  hostname: text(found.device),
  message: text(found.description),
  process: text(found.process),
  priority: Number(found.priority) as StoredEvent['priority'],
  receivedAt: Number(found.received_at),
});
