import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blocksOf, rowsOf, someOf } from '../../cards/names.ts';

const names = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 60 });

describe('blocksOf', () => {
  it('holds every name once, in order, and no block is longer than asked unless one name is', () => {
    const property = fc.property(names, fc.integer({ min: 1, max: 100 }), (all, most) => {
      const blocks = blocksOf(all, most);
      assert.deepEqual(blocks.flat(), all);
      for (const block of blocks) assert.ok(block.length === 1 || block.join(', ').length <= most);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('fills a block before it begins another', () => {
    assert.deepEqual(blocksOf(['aa', 'bb', 'cc'], 6), [['aa', 'bb'], ['cc']]);
    assert.deepEqual(blocksOf([], 6), []);
  });
});

describe('someOf', () => {
  const cases: [all: string[], most: number, text: string][] = [
    [[], 10, ''],
    [['hq-fw01'], 3, 'hq-fw01'],
    [['aa', 'bb'], 6, 'aa, bb'],
    [['aa', 'bb', 'cc', 'dd'], 6, 'aa, bb and 2 more'],
    [['a, b', 'cc'], 4, 'a, b and 1 more'],
  ];
  for (const [all, most, text] of cases) {
    it(`${all.join(' ')} in ${most}: ${text}`, () => assert.equal(someOf(all, most), text));
  }
});

describe('rowsOf', () => {
  const cases: [titles: string[], rows: string[][]][] = [
    [[], []],
    [['hq-fw01', 'hq-fw02'], [['hq-fw01', 'hq-fw02']]],
    [
      ['hq-fw01', 'hq-fw02', 'hq-fw03'],
      [['hq-fw01', 'hq-fw02'], ['hq-fw03']],
    ],
    [
      ['17:00 GMT', 'Tue 24 Nov, 05:00 GMT'],
      [['17:00 GMT'], ['Tue 24 Nov, 05:00 GMT']],
    ],
    [
      ['x'.repeat(60), 'help'],
      [['x'.repeat(60)], ['help']],
    ],
  ];
  for (const [titles, rows] of cases) {
    it(titles.join(' | ') || 'none', () => {
      const shown = rowsOf(titles.map((title) => ({ title, say: title })));
      assert.deepEqual(
        shown.map(({ buttons }) => buttons.map(({ title }) => title)),
        rows,
      );
    });
  }
});
