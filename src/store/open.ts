import type { SqlServerPlace } from './place.ts';
import { openSqliteStore } from './sqlite.ts';
import type { NewEvent, Store } from './store.ts';

/** A store that takes an event once under the caller's key, where it can be handed over again. */
export interface OpenStore extends Store {
  addEvent(event: NewEvent, key?: Uint8Array): Promise<{ id: number; isDuplicate: boolean }>;
  /** Rejects with `store-in-use` when another bot has taken it over: this one has to end. */
  lost?: Promise<never>;
}

/**
 * Opens the store that the configuration names, for a bot: no other one may be beside it. The driver of the SQL Server is loaded only where
 * there is one.
 */
export async function openStore(place: { storeFile: string; sqlServer: SqlServerPlace | null }): Promise<OpenStore> {
  if (!place.sqlServer) return await openSqliteStore(place.storeFile);
  return await (await import('./sqlserver.ts')).openSqlServerStore(place.sqlServer, 'alone');
}
