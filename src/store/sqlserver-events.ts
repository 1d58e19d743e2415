import type { KeyedEvent } from './keyed-event.ts';
import { key, number, type Row, row, rows, type Sql, storable, type TableValue, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { StoredEvent, UnknownPhrase } from './store.ts';

/** Phrases are kept to be read by a person; older ones than this many make room. */
const MOST_PHRASES = 10_000;

/** The columns of the table type `event_rows`, in its order. */
const COLUMNS = [
  ['n', 'int'],
  ['intake_key', 'bytes'],
  ['device', 'text'],
  ['device_key', 'bytes'],
  ['event', 'text'],
  ['description', 'text'],
  ['logdate', 'text'],
  ['logtime', 'text'],
  ['source', 'text'],
  ['received_at', 'text'],
  ['priority', 'int'],
  ['process', 'text'],
  ['detail', 'text'],
  ['body', 'bytes'],
  ['webhook_id', 'text'],
  ['skew_ms', 'bigint'],
  ['owed', 'int'],
] as const;

export function eventOperations(t: Tables) {
  const columns = 'id, event, device, description, process, priority, received_at';
  return {
    /**
     * Stores those that are not there yet, with one statement: all of them or none. In the order given. A key that
     * another process stores at the same moment is an error of kind `duplicate`: asked again, it is found.
     */
    async addEvents(sql: Sql, events: readonly KeyedEvent[]): Promise<{ id: number; isDuplicate: boolean }[]> {
      const names = events.map((each) => hex(each.key));
      const firsts = events.filter((_, n) => names.indexOf(names[n] ?? '') === n);
      const { sets } = await sql.ask(
        `INSERT INTO ${t.events} (device, event, description, logdate, logtime, source, intake_key, device_key,
             received_at, priority, process, detail, body, webhook_id, skew_ms, owed)
           OUTPUT inserted.id AS id, inserted.intake_key AS intake_key
           SELECT r.device, r.event, r.description, CONVERT(date, r.logdate), CONVERT(time(0), r.logtime), r.source,
             r.intake_key, r.device_key, CONVERT(datetime2(3), r.received_at), r.priority, r.process, r.detail, r.body,
             r.webhook_id, r.skew_ms, r.owed
           FROM @events AS r
           WHERE NOT EXISTS (SELECT 1 FROM ${t.events} AS e WHERE e.intake_key = r.intake_key)
           ORDER BY r.n;
         SELECT e.id AS id, e.intake_key AS intake_key FROM ${t.events} AS e
           JOIN @events AS r ON r.intake_key = e.intake_key;`,
        {
          events: { type: [t.schema, t.eventRowsName], columns: COLUMNS, rows: firsts.map(toRow) } satisfies TableValue,
        },
      );
      const made = new Set((sets[0] ?? []).map((found) => hex(found.intake_key)));
      const ids = new Map((sets[1] ?? []).map((found) => [hex(found.intake_key), number(found.id)]));
      return names.map((name, n) => {
        const id = ids.get(name);
        if (id === undefined) throw new Error('An event was stored and cannot be found.');
        return { id, isDuplicate: !made.has(name) || names.indexOf(name) !== n };
      });
    },
    async recentEvents(sql: Sql, { device, limit }: { device: string | null; limit: number }): Promise<StoredEvent[]> {
      const found =
        device === null
          ? await sql.ask(`SELECT TOP (@limit) ${columns} FROM ${t.events} ORDER BY id DESC`, { limit })
          : await sql.ask(
              `SELECT TOP (@limit) ${columns} FROM ${t.events} WHERE device_key = @device ORDER BY id DESC`,
              { limit, device: deviceKey(device) },
            );
      return rows(found).map(toStoredEvent);
    },
    /** Of those received before `before` and not owed a look, `limit` at most. How many it removed. */
    async removeEvents(sql: Sql, before: number, limit: number): Promise<number> {
      const { changed } = await sql.ask(
        `DELETE TOP (@limit) FROM ${t.events} WHERE owed = 0 AND received_at < CONVERT(datetime2(3), @before)`,
        { limit, before: moment(before) },
      );
      return changed;
    },

    async addUnknownPhrase(sql: Sql, { at, text: said, locale, conversationKind }: UnknownPhrase): Promise<void> {
      await sql.ask(
        `INSERT INTO ${t.unknown_phrases} (at, text, locale, conversation_kind) VALUES (@at, @said, @locale, @kind)`,
        { at, said: storable(said), locale, kind: conversationKind },
      );
      // Counted, not worked out of the number: a server that restarts skips numbers.
      const oldest = row(
        await sql.ask(`SELECT id FROM ${t.unknown_phrases} ORDER BY id DESC OFFSET @most ROWS FETCH NEXT 1 ROWS ONLY`, {
          most: MOST_PHRASES,
        }),
      );
      if (oldest) await sql.ask(`DELETE FROM ${t.unknown_phrases} WHERE id <= @id`, { id: number(oldest.id) });
    },
    async unknownPhrases(sql: Sql, limit: number): Promise<UnknownPhrase[]> {
      const found = await sql.ask(
        `SELECT TOP (@limit) at, text, locale, conversation_kind FROM ${t.unknown_phrases} ORDER BY id DESC`,
        { limit },
      );
      return rows(found).map((each) => ({
        at: number(each.at),
        text: text(each.text),
        locale: each.locale === null ? null : text(each.locale),
        conversationKind: text(each.conversation_kind) as UnknownPhrase['conversationKind'],
      }));
    },
  };
}

/** As the server reads it whatever its language is set to. */
export const moment = (at: number) => new Date(at).toISOString().slice(0, 23);

const hex = (value: unknown) => Buffer.from(value as Uint8Array).toString('hex');
/** Host names are the same in any case. */
const deviceKey = (hostname: string) => key(storable(hostname).toLowerCase());

function toRow({ key: intake, event: e }: KeyedEvent, n: number) {
  const at = moment(e.receivedAt);
  return [
    n,
    { bytes: intake },
    storable(e.hostname),
    deviceKey(e.hostname),
    storable(e.event),
    storable(e.message),
    at.slice(0, 10),
    at.slice(11, 19),
    e.source,
    at,
    e.priority,
    storable(e.process),
    storable(e.detail),
    { bytes: e.body },
    e.webhookId === null ? null : storable(e.webhookId),
    e.skewMs,
    e.isOwed ? 1 : 0,
  ];
}

export const toStoredEvent = (found: Row): StoredEvent => ({
  id: number(found.id),
  event: text(found.event),
  hostname: text(found.device),
  message: text(found.description),
  process: text(found.process),
  priority: number(found.priority) as StoredEvent['priority'],
  receivedAt: number(found.received_at),
});
