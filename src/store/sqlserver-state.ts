import { hash, randomUUID } from 'node:crypto';
import { AssistantError } from '../errors.ts';
import { type Bytes, number, row, type Sql, text } from './sqlserver-sql.ts';
import type { Tables } from './sqlserver-tables.ts';
import type { SettingKey, StateItem, StateWrite, StoredConversation } from './store.ts';

/** Keys from elsewhere may be longer than an index takes. */
const digest = (key: string): Bytes => ({ bytes: hash('sha256', key, 'buffer') });

/** Settings, conversations, dialog state: a value under a key. */
export function stateOperations(t: Tables) {
  return {
    async setting(sql: Sql, name: SettingKey): Promise<string | null> {
      const found = row(await sql.ask(`SELECT value FROM ${t.settings} WHERE name = @name`, { name }));
      return found ? text(found.value) : null;
    },
    async setSetting(sql: Sql, name: SettingKey, value: string): Promise<void> {
      const { changed } = await sql.ask(`UPDATE ${t.settings} SET value = @value WHERE name = @name`, { name, value });
      if (changed === 0)
        await sql.ask(`INSERT INTO ${t.settings} (name, value) VALUES (@name, @value)`, { name, value });
    },

    async saveConversation(sql: Sql, { id, reference, seenAt }: StoredConversation): Promise<void> {
      const values = { id: digest(id), reference, seenAt };
      const { changed } = await sql.ask(
        `UPDATE ${t.conversations} SET reference = @reference, seen_at = @seenAt WHERE id_hash = @id`,
        values,
      );
      if (changed > 0) return;
      await sql.ask(
        `INSERT INTO ${t.conversations} (id_hash, id, reference, seen_at) VALUES (@id, @name, @reference, @seenAt)`,
        { ...values, name: id },
      );
    },
    async conversation(sql: Sql, id: string): Promise<StoredConversation | null> {
      const found = row(
        await sql.ask(`SELECT reference, seen_at FROM ${t.conversations} WHERE id_hash = @id`, { id: digest(id) }),
      );
      return found ? { id, reference: text(found.reference), seenAt: number(found.seen_at) } : null;
    },

    async readState(sql: Sql, keys: string[]): Promise<StateItem[]> {
      const items: StateItem[] = [];
      for (const key of keys) {
        const found = row(
          await sql.ask(`SELECT value, etag FROM ${t.state} WHERE key_hash = @key`, { key: digest(key) }),
        );
        if (found) items.push({ key, value: text(found.value), eTag: text(found.etag) });
      }
      return items;
    },
    /** An eTag is drawn, not counted: a value that was deleted and written again must not get an old one back. */
    async writeState(sql: Sql, items: StateWrite[]): Promise<void> {
      for (const { key, value, eTag } of items) {
        const next = { key: digest(key), value, next: randomUUID() };
        if (eTag !== null && eTag !== '*') {
          const { changed } = await sql.ask(
            `UPDATE ${t.state} SET value = @value, etag = @next WHERE key_hash = @key AND etag = @old`,
            { ...next, old: eTag },
          );
          if (changed === 0)
            throw new AssistantError('state-conflict', `The store failed: ${key} was changed meanwhile.`);
          continue;
        }
        const { changed } = await sql.ask(
          `UPDATE ${t.state} SET value = @value, etag = @next WHERE key_hash = @key`,
          next,
        );
        if (changed === 0)
          await sql.ask(
            `INSERT INTO ${t.state} (key_hash, state_key, value, etag) VALUES (@key, @name, @value, @next)`,
            { ...next, name: key },
          );
      }
    },
    async deleteState(sql: Sql, keys: string[]): Promise<void> {
      for (const key of keys) await sql.ask(`DELETE FROM ${t.state} WHERE key_hash = @key`, { key: digest(key) });
    },
  };
}
