import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';

/** A folder for one test file's stores. What is still open at the end, a failed test's too, is closed with it. */
export async function storeFolder() {
  const dir = await mkdtemp(join(tmpdir(), 'assistant-store-'));
  const opened: Store[] = [];
  return {
    file: (name: string) => join(dir, name),
    open: async (file: string) => {
      const store = await openSqliteStore(file);
      opened.push(store);
      return store;
    },
    remove: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
