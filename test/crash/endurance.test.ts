import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endurance } from '../../soak/endurance.ts';

it('events, talk and requests at once: all of them end, and no file, listener or thread comes to stay', async () => {
  const { problems, seen } = await endurance({
    seconds: 16,
    eventsPerSecond: 10,
    messagesPerSecond: 4,
    requestEveryMs: 3_000,
    sampleEveryMs: 1_000,
    isLong: false,
    seed: 1,
  });
  assert.deepEqual(problems, []);
  assert.ok(Number(seen.messages) > 0 && Number(seen.requests) > 0, JSON.stringify(seen));
});
