import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RateLimit } from '../src/rate-limit.ts';

describe('RateLimit', () => {
  let at: number;
  let limit: RateLimit;
  beforeEach(() => {
    at = 1_000_000;
    limit = new RateLimit({ burst: 3, perSecond: 0.5 }, () => at);
  });
  const takes = (key: string, count: number) => Array.from({ length: count }, () => limit.take(key));

  it('so many at once, then the seconds until the next', () => {
    assert.deepEqual(takes('a', 5), [0, 0, 0, 2, 2]);
  });

  it('who asks too early loses nothing by it', () => {
    takes('a', 3);
    at += 1_000;
    assert.deepEqual(takes('a', 3), [1, 1, 1]);
    at += 1_000;
    assert.deepEqual(takes('a', 2), [0, 2]);
  });

  it('never more than the burst, however long nobody came', () => {
    takes('a', 3);
    at += 3_600_000;
    assert.deepEqual(takes('a', 4), [0, 0, 0, 2]);
  });

  it('each key for itself', () => {
    takes('a', 4);
    assert.deepEqual(takes('b', 3), [0, 0, 0]);
  });

  it('a clock that is set back neither gives nor takes', () => {
    takes('a', 2);
    at -= 3_600_000;
    assert.deepEqual(takes('a', 2), [0, 2]);
    at += 2_000;
    assert.deepEqual(takes('a', 2), [0, 2]);
  });

  it('forgets those of long ago when there are ten thousand, and not the one that is busy', () => {
    takes('old', 3);
    takes('busy', 3);
    for (let n = 0; n < 9_999; n++) {
      limit.take(`other-${n}`);
      if (n % 100 === 0) assert.equal(limit.take('busy'), 2);
    }
    assert.equal(limit.take('busy'), 2);
    assert.equal(limit.take('old'), 0);
  });
});
