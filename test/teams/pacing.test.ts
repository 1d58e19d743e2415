import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextSlot, stillCounting } from '../../src/teams/pacing.ts';

/** As Microsoft documents them; the operations that any such window may hold. */
const LIMITS = [
  { count: 7, windowMs: 1_000 },
  { count: 8, windowMs: 2_000 },
  { count: 60, windowMs: 30_000 },
  { count: 1_800, windowMs: 3_600_000 },
];

/** The instants at which operations asked for at `wanted` (ascending) happen. */
function schedule(wanted: readonly number[]): number[] {
  let counting: number[] = [];
  const happened: number[] = [];
  let now = 0;
  for (const at of wanted) {
    now = Math.max(now, at);
    now = nextSlot(counting, now);
    counting = [...stillCounting(counting, now), now];
    happened.push(now);
  }
  return happened;
}

const holds = (instants: readonly number[]) => {
  for (const { count, windowMs } of LIMITS)
    for (let n = count; n < instants.length; n += 1) {
      const span = (instants[n] ?? 0) - (instants[n - count] ?? 0);
      if (span < windowMs) return `${count + 1} operations within ${span} ms of ${windowMs}`;
    }
  return 'holds';
};

const wanted = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, fc.nat(40_000)), { maxLength: 150 })
  .map((gaps) => gaps.map((_, n) => gaps.slice(0, n + 1).reduce((sum, gap) => sum + gap, 0)));

describe('nextSlot', () => {
  it('lets the first operations through at once', () => {
    assert.equal(nextSlot([], 5), 5);
    assert.deepEqual(schedule([0, 0, 0, 0, 0, 0, 0]), [0, 0, 0, 0, 0, 0, 0]);
  });

  it('holds the eighth for a second, the ninth for two', () => {
    assert.deepEqual(schedule(Array(9).fill(0)).slice(6), [0, 1_000, 2_000]);
  });

  it('no window of any limit is exceeded, wherever it begins', () => {
    fc.assert(fc.property(wanted, (instants) => assert.equal(holds(schedule(instants)), 'holds')));
  });

  it('nothing waits longer than the limits demand: a millisecond earlier would break one', () => {
    fc.assert(
      fc.property(wanted, (instants) => {
        const happened = schedule(instants);
        for (const [n, at] of happened.entries()) {
          const earliest = Math.max(instants[n] ?? 0, happened[n - 1] ?? 0);
          assert.ok(at >= earliest);
          if (at > earliest) assert.notEqual(holds([...happened.slice(0, n), at - 1]), 'holds');
        }
      }),
      { numRuns: 50 },
    );
  });

  it('an hour of messages without a pause: 1800, then the next after the hour', () => {
    const happened = schedule(Array(1_810).fill(0));
    assert.equal(holds(happened), 'holds');
    assert.ok((happened[1_799] ?? 0) < 3_600_000);
    assert.equal(happened[1_800], 3_600_000);
  });
});

describe('stillCounting', () => {
  it('forgets what is an hour old and keeps no more than the largest limit needs', () => {
    assert.deepEqual(stillCounting([0, 1, 3_600_000], 3_600_000), [1, 3_600_000]);
    assert.deepEqual(stillCounting([5, 6, 7], 6), [5, 6], 'the clock was set back');
    assert.equal(stillCounting(Array(5_000).fill(9), 10).length, 1_800);
  });
});
