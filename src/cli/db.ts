import { type Config, loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import { openSqliteStore } from '../store/sqlite.ts';

/** Makes the tables or brings them up to date, an original's table in place; prints one line. */
export async function dbCreate(dir: string): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  if (!config.sqlServer) {
    await (await openSqliteStore(config.storeFile)).close();
    process.stdout.write(`${config.storeFile}: up to date\n`);
    return;
  }
  const { createTables } = await import('../store/sqlserver.ts');
  const steps = await createTables(config.sqlServer, Date.now());
  const what = steps.length === 0 ? 'up to date already' : `up to date, step ${steps.join(', ')} taken now`;
  process.stdout.write(`${placeOf(config)}: ${what}\n`);
}

/** What is there, on one line. Throws AssistantError `store-not-created` when the bot could not start with it. */
export async function dbStatus(dir: string): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const problem = await storeProblem(config);
  if (problem !== null) throw new AssistantError('store-not-created', problem);
  process.stdout.write(`${placeOf(config)}: up to date\n`);
}

/** What keeps the bot from using its SQL Server; null when nothing does, and for a file, which it makes itself. */
export async function storeProblem(config: Config): Promise<string | null> {
  if (!config.sqlServer) return null;
  const { tablesStatus } = await import('../store/sqlserver.ts');
  try {
    const { version, newest } = await tablesStatus(config.sqlServer);
    if (version === newest) return null;
    if (version > newest) return 'The tables were made by a newer version of the assistant. Install that version.';
    return version === 0
      ? 'The database has no tables of the assistant. Run "network-assistant db create" once.'
      : 'The database has the tables of an earlier version. Run "network-assistant db create" once.';
  } catch (error) {
    if (error instanceof AssistantError) return error.message;
    throw error;
  }
}

/** Server, database and schema; no login. */
function placeOf({ storeFile, sqlServer }: Config): string {
  if (!sqlServer) return storeFile;
  const { server, port, database } = sqlServer.settings;
  return `${server}:${port}, database ${database}, schema ${sqlServer.schema}`;
}
