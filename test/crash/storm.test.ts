import assert from 'node:assert/strict';
import { it } from 'node:test';
import { storm } from '../../soak/storm.ts';

it('300 events while Teams refuses a quarter and hangs twice: all are stored once, and counted on a card', async () => {
  const { problems, seen } = await storm({
    events: 300,
    seconds: 5,
    devices: 40,
    aftershocks: 0,
    hangs: [
      { fromMs: 1_000, toMs: 2_500 },
      { fromMs: 4_000, toMs: 5_000 },
    ],
    replays: 20,
    isTimed: false,
    seed: 1,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual([seen.rows, seen.answers], [[300, 300], { 202: 300, 'again 200': 20 }]);
});
