import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hiddenBy, hide, isOver, type Mutable, muteOf, summaryOf } from '../../src/events/mutes.ts';
import type { Mute } from '../../src/store/store.ts';
import { muteOn, START } from './desk.ts';
import { MINUTE } from './groups.ts';

const event = (change: Partial<Mutable> = {}): Mutable => ({
  event: 'LINK_DOWN',
  hostname: 'hq-fw01',
  priority: 2,
  keys: ['2 LINK_DOWN site:hq'],
  ...change,
});

describe('muteOf', () => {
  const cases: [what: string, mute: Partial<Mute>, of: Partial<Mutable>, isHidden: boolean][] = [
    ['a device mute hides a warning of it', {}, {}, true],
    ['a device mute hides a warning of it, whatever the case', {}, { hostname: 'HQ-FW01' }, true],
    ['a device mute hides nothing of another device', {}, { hostname: 'hq-fw02' }, false],
    ['a device mute hides what only clears', {}, { priority: 3 }, true],
    ['a device mute hides no critical event', {}, { priority: 1 }, false],
    ['a device mute hides the critical kind it names', { event: 'LINK_DOWN' }, { priority: 1 }, true],
    [
      'a device mute hides the critical kind it names, in any case',
      { event: 'LINK_DOWN' },
      { event: 'link_down', priority: 1 },
      true,
    ],
    ['a device mute hides no other critical kind', { event: 'LINK_DOWN' }, { event: 'OTHER', priority: 1 }, false],
    ['a device mute that names a kind hides every warning', { event: 'LINK_DOWN' }, { event: 'OTHER' }, true],
    ['a device mute hides no kind of its own name', {}, { event: 'hq-fw01', hostname: 'x' }, false],
    ['an event mute hides it on every device', { scope: 'event', key: 'LINK_DOWN' }, { hostname: 'x' }, true],
    ['an event mute hides it in any case', { scope: 'event', key: 'LINK_DOWN' }, { event: 'Link_Down' }, true],
    ['an event mute hides it when it is critical', { scope: 'event', key: 'LINK_DOWN' }, { priority: 1 }, true],
    ['an event mute hides no other event', { scope: 'event', key: 'LINK_DOWN' }, { event: 'LINK_DOWN_2' }, false],
    ['an event mute is no device mute', { scope: 'event', key: 'HQ-FW01' }, {}, false],
    ['a group mute hides its group', { scope: 'group', key: '2 LINK_DOWN site:hq' }, {}, true],
    [
      'a group mute hides its group when it is critical',
      { scope: 'group', key: '1 A' },
      { keys: ['1 A'], priority: 1 },
      true,
    ],
    [
      'a group mute hides any of the groups it may go to',
      { scope: 'group', key: '2 LINK_DOWN *' },
      { keys: ['2 *', '2 LINK_DOWN *'] },
      true,
    ],
    ['a group mute hides no group of another priority', { scope: 'group', key: '1 LINK_DOWN site:hq' }, {}, false],
    ['a group mute hides no other group', { scope: 'group', key: '2 LINK_DOWN' }, {}, false],
    ['a mute that is over hides nothing', { until: START }, {}, false],
    ['a mute hides until its last moment', { until: START + 1 }, {}, true],
    ['a mute whose end was told hides nothing', { endedAt: START - 1 }, {}, false],
  ];
  for (const [what, mute, of, isHidden] of cases) {
    it(what, () => {
      const only = muteOn(mute);
      assert.equal(muteOf(event(of), [only], START), isHidden ? only : null);
    });
  }

  it('is the first that hides it; one that is over is in nobody’s way', () => {
    const over = muteOn({ id: 'over', until: START - 1 });
    const [first, second] = [muteOn({ id: 'first' }), muteOn({ id: 'second' })];
    assert.equal(muteOf(event(), [over, first, second], START)?.id, 'first');
    assert.equal(muteOf(event(), [], START), null);
  });
});

describe('the end of a mute', () => {
  it('comes with its time, or when the clock is set back far behind its beginning', () => {
    const over = (now: number) => isOver(muteOn({ until: START + MINUTE }), now);
    assert.deepEqual(
      [-11 * MINUTE, -9 * MINUTE, 0, MINUTE - 1, MINUTE].map((ms) => over(START + ms)),
      [true, false, false, false, true],
    );
  });
});

describe('what a mute hid', () => {
  const hidden = (...events: string[]) => events.reduce(hide, muteOn());

  it('is counted by kind, most frequent first, without touching what was counted before', () => {
    const before = hidden('A', 'B');
    const after = hide(before, 'B');
    assert.deepEqual(
      [...hiddenBy(before)],
      [
        ['A', 1],
        ['B', 1],
      ],
    );
    assert.deepEqual(
      [...hiddenBy(after)],
      [
        ['B', 2],
        ['A', 1],
      ],
    );
  });

  it('is counted also when a device calls it like something else', () => {
    const names = ['__proto__', 'constructor', '"],[', 'others'];
    assert.deepEqual([...hiddenBy(hidden(...names)).keys()].sort(), names.toSorted());
  });

  it('of more than fifty kinds is all counted, and takes no more room', () => {
    const kinds = Array.from({ length: 5_000 }, (_, n) => `KIND_${n % 500}`);
    const mute = hidden(...kinds);
    const counts = hiddenBy(mute);
    assert.equal(counts.size, 51);
    assert.equal(
      [...counts.values()].reduce((sum, count) => sum + count, 0),
      5_000,
    );
    assert.equal(counts.get('KIND_49'), 10);
    assert.ok(mute.hidden.length < 2_000, `${mute.hidden.length}`);
  });

  const summaries: [events: string[], sentence: string][] = [
    [[], 'hq-fw01 is no longer muted. Nothing came in the meantime.'],
    [['A'], 'hq-fw01 is no longer muted. In the meantime: 1 × A. All of them are stored.'],
    [['A', 'B', 'B'], 'hq-fw01 is no longer muted. In the meantime: 2 × B, 1 × A. All of them are stored.'],
    [
      ['A', 'A', 'B', 'C', 'D', 'E', 'F', 'G'],
      'hq-fw01 is no longer muted. In the meantime: 2 × A, 1 × B, 1 × C, 1 × D, 1 × E, 2 others. All of them are stored.',
    ],
    [
      Array.from({ length: 160 }, (_, n) => `K${n % 80}`),
      'hq-fw01 is no longer muted. In the meantime: 2 × K0, 2 × K1, 2 × K2, 2 × K3, 2 × K4, 150 others. All of them are stored.',
    ],
  ];
  for (const [events, sentence] of summaries) {
    it(`is told of ${events.length} events: ${sentence.slice(31, 60)}`, () =>
      assert.equal(summaryOf(hidden(...events)), sentence));
  }

  it('is told with the name that people gave it', () => {
    const mute = muteOn({ scope: 'event', key: 'A', name: 'Line cards', until: START - MINUTE });
    assert.match(summaryOf(mute), /^Line cards is no longer muted\./);
  });
});
