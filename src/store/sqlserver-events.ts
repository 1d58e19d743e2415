import { intakeKey, type KeyedEvent } from './keyed-event.ts';
import { key, number, type Row, row, rows, type Sql, storable, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { NewEvent, StoredEvent, UnknownPhrase } from './store.ts';

/** Phrases are kept to be read by a person; older ones than this many make room. */
const MOST_PHRASES = 10_000;

export function eventOperations(t: Tables) {
  const columns = 'id, event, device, description, process, priority, received_at';
  /**
   * Stores those that are not there yet, in the order given; the transaction makes it all of them or none. A key that
   * another process stores at the same moment is an error of kind `duplicate`: asked again, it is found.
   */
  async function addEvents(sql: Sql, events: readonly KeyedEvent[]): Promise<{ id: number; isDuplicate: boolean }[]> {
    const added: { id: number; isDuplicate: boolean }[] = [];
    for (const { key: intake, event: e } of events) {
      const at = moment(e.receivedAt);
      // One by one: Babelfish takes the texts of a table-valued parameter into its statement as they are.
      const found = await sql.ask(
        `DECLARE @made int;
         INSERT INTO ${t.events} (device, event, description, logdate, logtime, source, intake_key, device_key,
             received_at, priority, process, detail, body, webhook_id, skew_ms, owed)
           SELECT @device, @event, @description, CONVERT(date, @logdate), CONVERT(time(0), @logtime), @source, @intake,
             @deviceKey, CONVERT(datetime2(3), @receivedAt), @priority, @process, @detail, @body, @webhookId,
             CONVERT(bigint, @skewMs), @owed
           WHERE NOT EXISTS (SELECT 1 AS one FROM ${t.events} AS e WHERE e.intake_key = @intake);
         SET @made = @@ROWCOUNT;
         SELECT e.id AS id, @made AS made FROM ${t.events} AS e WHERE e.intake_key = @intake;`,
        {
          intake: { bytes: intake },
          device: e.hostname,
          deviceKey: deviceKey(e.hostname),
          event: e.event,
          description: e.message,
          logdate: at.slice(0, 10),
          logtime: at.slice(11, 19),
          source: e.source,
          receivedAt: at,
          priority: e.priority,
          process: e.process,
          detail: e.detail,
          body: { bytes: e.body },
          webhookId: e.webhookId,
          skewMs: e.skewMs,
          owed: e.isOwed ? 1 : 0,
        },
      );
      const stored = row(found);
      if (!stored) throw new Error('An event was stored and cannot be found.');
      added.push({ id: number(stored.id), isDuplicate: number(stored.made) === 0 });
    }
    return added;
  }

  return {
    addEvents,
    async tryEvent(sql: Sql, event: NewEvent): Promise<boolean> {
      const key = intakeKey({ ...event, webhookId: null });
      await addEvents(sql, [{ key, event }]);
      const intake = { bytes: key };
      const found = row(await sql.ask(`SELECT body FROM ${t.events} WHERE intake_key = @intake`, { intake }))?.body;
      const { changed } = await sql.ask(`DELETE FROM ${t.events} WHERE intake_key = @intake`, { intake });
      return changed === 1 && found instanceof Uint8Array && Buffer.compare(found, event.body) === 0;
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
        { at, said, locale, kind: conversationKind },
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
        `SELECT TOP (@limit) text, locale, conversation_kind, at FROM ${t.unknown_phrases} ORDER BY id DESC`,
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

/** Host names are the same in any case. */
export const deviceKey = (hostname: string) => key(storable(hostname).toLowerCase());

export const toStoredEvent = (found: Row): StoredEvent => ({
  id: number(found.id),
  event: text(found.event),
  hostname: text(found.device),
  message: text(found.description),
  process: text(found.process),
  priority: number(found.priority) as StoredEvent['priority'],
  receivedAt: number(found.received_at),
});
