import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StateItem, StateWrite } from '../../src/store/store.ts';
import { dialogStorage } from '../../src/teams/dialog-state.ts';

describe('dialogStorage', () => {
  const written: StateWrite[][] = [];
  const deleted: string[][] = [];
  const items: StateItem[] = [{ key: 'a', value: '{"x":[1],"eTag":"of the value"}', eTag: '7' }];
  const storage = dialogStorage({
    readState: async (keys) => items.filter(({ key }) => keys.includes(key)),
    writeState: async (changes) => void written.push(changes),
    deleteState: async (keys) => void deleted.push(keys),
  });

  it("reads values with the store's eTag, and leaves out what is not there", async () => {
    assert.deepEqual(await storage.read(['a', 'b']), { a: { x: [1], eTag: '7' } });
  });

  it('writes the value without its eTag, in one call', async () => {
    await storage.write({ a: { x: [2], eTag: '7' }, b: { y: 'ü' }, c: { eTag: '*' } });
    assert.deepEqual(written, [
      [
        { key: 'a', value: '{"x":[2]}', eTag: '7' },
        { key: 'b', value: '{"y":"ü"}', eTag: null },
        { key: 'c', value: '{}', eTag: '*' },
      ],
    ]);
  });

  it('deletes', async () => {
    await storage.delete(['a', 'b']);
    assert.deepEqual(deleted, [['a', 'b']]);
  });
});
