import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seldom } from '../../src/actions/seldom.ts';

describe('seldom', () => {
  const cases: [name: string, at: number[], passed: number[]][] = [
    ['the first at once, those in between not', [0, 1, 499, 500, 501, 999, 1_000], [0, 500, 1_000]],
    ['counted from the last that was passed on', [0, 700, 1_100, 1_200], [0, 700, 1_200]],
    ['a clock that was set back does not silence it', [10_000, 10_100, 2_000, 2_100, 2_500], [10_000, 2_000, 2_500]],
  ];
  for (const [name, at, passed] of cases) {
    it(name, () => {
      let now = 0;
      const got: number[] = [];
      const act = seldom(
        (value: number) => got.push(value),
        500,
        () => now,
      );
      for (const time of at) {
        now = time;
        act(time);
      }
      assert.deepEqual(got, passed);
    });
  }
});
