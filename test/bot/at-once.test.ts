import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clicks } from '../../soak/clicks.ts';

it('twenty cards, each clicked two or three times in the same moment: each restarts its process once', async () => {
  const { problems, seen } = await clicks({ devices: 5, rounds: 4 });
  assert.deepEqual(problems, []);
  assert.deepEqual([seen.cards, seen.started], [20, 20]);
});
