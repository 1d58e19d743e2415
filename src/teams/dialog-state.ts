import type { Storage, StoreItems } from 'botbuilder';
import type { Store } from '../store/store.ts';

/** Bot Framework's Storage on our store, so that an open question survives a restart. eTags are the store's. */
export function dialogStorage(store: Pick<Store, 'readState' | 'writeState' | 'deleteState'>): Storage {
  return {
    async read(keys): Promise<StoreItems> {
      const items = await store.readState(keys);
      return Object.fromEntries(items.map(({ key, value, eTag }) => [key, { ...(JSON.parse(value) as object), eTag }]));
    },
    async write(changes): Promise<void> {
      await store.writeState(
        Object.entries(changes as Record<string, { eTag?: string }>).map(([key, { eTag, ...value }]) => ({
          key,
          value: JSON.stringify(value),
          eTag: eTag ?? null,
        })),
      );
    },
    async delete(keys): Promise<void> {
      await store.deleteState(keys);
    },
  };
}
