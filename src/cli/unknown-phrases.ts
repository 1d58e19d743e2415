import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import type { SqlServerPlace } from '../store/place.ts';

/** As many as a store keeps. */
const MOST_PHRASES = 10_000;

/** What nobody understood, newest first, a line of JSON each: for whoever teaches the bot. Also while the bot runs. */
export async function unknownPhrases(dir: string): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  if (config.sqlServer) return await ofServer(config.sqlServer);
  const file = config.storeFile;
  if (!existsSync(file)) throw new AssistantError('no-store', `There is no store at ${file}: start the bot once.`);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    db.exec('PRAGMA busy_timeout = 5000');
    const rows = db.prepare('SELECT at, text, locale, conversation_kind FROM unknown_phrases ORDER BY id DESC').all();
    for (const { at, text, locale, conversation_kind: place } of rows) {
      process.stdout.write(`${JSON.stringify({ at: new Date(Number(at)).toISOString(), text, locale, place })}\n`);
    }
  } catch (error) {
    throw new AssistantError('store-unusable', `The store ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  } finally {
    db.close();
  }
}

async function ofServer(place: SqlServerPlace): Promise<void> {
  const store = await (await import('../store/sqlserver.ts')).openSqlServerStore(place);
  try {
    for (const { at, text, locale, conversationKind } of await store.unknownPhrases(MOST_PHRASES)) {
      process.stdout.write(
        `${JSON.stringify({ at: new Date(at).toISOString(), text, locale, place: conversationKind })}\n`,
      );
    }
  } finally {
    await store.close();
  }
}
