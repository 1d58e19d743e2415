import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createHealth, inFlight } from '../src/health.ts';
import { createLog } from '../src/log.ts';

it('however many ask at once, the store is asked once; the next one asks anew', async () => {
  let asked = 0;
  const ask = inFlight(async () => {
    asked += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return asked;
  });
  assert.deepEqual(await Promise.all(Array.from({ length: 1_000 }, ask)), Array(1_000).fill(1));
  assert.equal(await ask(), 2);
});

it('a store that fails is told once a minute, however often somebody asks, and under the reference of that line', async () => {
  const lines: { msg: string; reference: string }[] = [];
  let now = 1_000_000;
  let isBroken = true;
  const health = createHealth({
    store: {
      backlog: async () => {
        if (isBroken) throw new Error('disk I/O error');
        return { waiting: 0, oldestAt: null };
      },
    },
    spooled: null,
    dispatcher: { hold: null },
    canary: { state: { result: 'off', at: null, stage: null, reason: null } },
    now: () => now,
    log: createLog('info', { write: (line) => lines.push(JSON.parse(line)) }),
  });
  const answers = [await health(), await health(), await health()];
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['store not ready'],
  );
  for (const { isReady, reference } of answers) assert.deepEqual([isReady, reference], [false, lines[0]?.reference]);
  now += 61_000;
  await health();
  assert.equal(lines.length, 2);
  isBroken = false;
  assert.equal((await health()).isReady, true);
  isBroken = true;
  await health();
  assert.equal(lines.length, 3);
});
