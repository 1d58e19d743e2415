import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kill9Events } from '../../soak/kill9-events.ts';

it('killed three times while events come: each is stored once, and its card counts it in the end', async () => {
  const { problems, seen } = await kill9Events({
    kills: 3,
    lifeMs: 3_000,
    eventsPerSecond: 20,
    devices: 40,
    // On a busy machine one may take so long that the next is begun.
    duplicatesPerKill: 2,
    seed: 1,
  });
  assert.deepEqual(problems, []);
  assert.equal(seen.kills, 3);
});
