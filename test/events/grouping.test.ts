import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addToTimeline, fromStored, type Timeline, toStored } from '../../src/events/group.ts';
import { isFlapping } from '../../src/events/grouping.ts';
import { Desk, grouped, groupOf, MINUTE } from './groups.ts';

const link = (direction: 'down' | 'up', subject = 'ge-0/0/1') => ({ direction, down: 'LINK_DOWN', subject });

describe('one card for events that belong together', () => {
  it('the same event of the same device joins; another device is another card', () => {
    const desk = new Desk();
    assert.equal(desk.put(grouped()).placement, 'opened');
    assert.equal(desk.put(grouped({ id: 2, at: 1_000 })).placement, 'joined');
    assert.equal(desk.put(grouped({ id: 3, at: 2_000, hostname: 'hq-fw02' })).placement, 'opened');
    assert.deepEqual(
      desk.all.map(({ count, firstAt, lastAt, latest }) => [count, firstAt, lastAt, latest?.id]),
      [
        [2, 0, 1_000, 2],
        [1, 2_000, 2_000, 3],
      ],
    );
  });

  it('priorities are never mixed: the colour of a card is true for all of it', () => {
    const desk = new Desk();
    desk.put(grouped({ key: 'same' }));
    desk.put(grouped({ key: 'same', priority: 2 }));
    assert.deepEqual(
      desk.all.map(({ priority }) => priority),
      [1, 2],
    );
  });

  it('after a quiet period it is a new card', () => {
    const desk = new Desk();
    desk.put(grouped());
    assert.equal(desk.put(grouped({ at: 30 * MINUTE })).placement, 'joined');
    assert.equal(desk.put(grouped({ at: 61 * MINUTE })).placement, 'opened');
    assert.deepEqual(
      desk.all.map(({ count, closedAt }) => [count, closedAt]),
      [
        [2, 61 * MINUTE],
        [1, null],
      ],
    );
  });

  it('when alerts go elsewhere, what comes next is a card there; what comes up clears the one that is here', () => {
    const desk = new Desk();
    const { group } = desk.put(grouped({ pair: link('down') }));
    Object.assign(group ?? {}, { conversationId: 'alerts', activityId: '1' });
    desk.conversationId = 'other';
    assert.equal(desk.put(grouped({ id: 2, pair: link('up') })).placement, 'cleared');
    assert.equal(desk.put(grouped({ id: 3, pair: link('down') })).placement, 'opened');
    assert.deepEqual(
      desk.all.map(({ count, closedAt }) => [count, closedAt === null]),
      [
        [1, false],
        [1, true],
      ],
    );
  });

  it('what a device says as a name is a name', () => {
    const { kinds, devices } = groupOf({ event: '__proto__', hostname: 'constructor', key: 'k' });
    assert.deepEqual([[...kinds], [...devices]], [[['__proto__', 1]], [['constructor', 1]]]);
  });

  it('comes back from the store as it was', () => {
    const group = groupOf({ pair: link('down') }, { at: 5 }, { pair: link('up'), at: 9 });
    assert.deepEqual(fromStored(toStored(group)), group);
  });
});

describe('a flood', () => {
  it('of one event from many devices: five cards, then one for all the others', () => {
    const desk = new Desk();
    for (let n = 0; n < 200; n += 1) desk.put(grouped({ id: n, hostname: `sw${n}`, at: n * 10_000 }));
    assert.deepEqual(
      desk.all.map(({ count }) => count),
      [1, 1, 1, 1, 1, 195],
    );
  });

  it('of many kinds at once: eight new cards of a priority in a minute, then one for the rest', () => {
    const desk = new Desk();
    for (let n = 0; n < 300; n += 1) desk.put(grouped({ id: n, event: `KIND_${n}`, at: n }));
    assert.equal(desk.all.length, 9);
    assert.equal(desk.all.at(-1)?.count, 292);
    assert.equal(desk.all.at(-1)?.event, null);
    // It holds nobody back for longer.
    assert.equal(desk.put(grouped({ event: 'NEW', at: 2 * MINUTE })).placement, 'opened');
  });

  it('after a clock that was days ahead is set right, what comes is a new card', () => {
    const desk = new Desk();
    desk.put(grouped({ at: 5_000 * MINUTE }));
    desk.put(grouped({ at: 4_990 * MINUTE }));
    desk.put(grouped({ at: 1_000 * MINUTE }));
    assert.deepEqual(
      desk.all.map(({ count, closedAt }) => [count, closedAt !== null]),
      [
        [2, true],
        [1, false],
      ],
    );
  });

  it('that waited while nobody could be told is few cards, too: what counts is when they are made', () => {
    const desk = new Desk();
    for (let n = 0; n < 300; n += 1) desk.put(grouped({ id: n, event: `KIND_${n}`, at: n * MINUTE }), 300 * MINUTE);
    assert.ok(desk.all.length <= 10, `${desk.all.length}`);
    assert.equal(
      desk.all.reduce((sum, { count }) => sum + count, 0),
      300,
    );
  });

  it('that waited with an hour of quiet between each two is few cards, too', () => {
    const ofOne = new Desk();
    const ofMany = new Desk();
    for (let n = 0; n < 100; n += 1) {
      const at = n * 60 * MINUTE;
      ofOne.put(grouped({ id: n, at }), 100 * 60 * MINUTE);
      ofMany.put(grouped({ id: n, at, event: `KIND_${n % 20}`, hostname: `sw${n % 7}` }), 100 * 60 * MINUTE);
    }
    assert.deepEqual(
      ofOne.all.map(({ count }) => count),
      [100],
    );
    assert.equal(ofMany.all.length, 9);
  });

  it('whatever comes: every event is counted on exactly one card, and few are opened in a minute', () => {
    const event = fc.record({
      event: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K'),
      hostname: fc.integer({ min: 0, max: 30 }).map((n) => `sw${n}`),
      priority: fc.constantFrom(1 as const, 2 as const),
      after: fc.integer({ min: -5_000, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const desk = new Desk();
        let at = 0;
        for (const [id, { after, ...of }] of events.entries()) {
          at += after;
          assert.ok(desk.put(grouped({ id, at, ...of })).group);
        }
        assert.equal(
          desk.all.reduce((sum, { count }) => sum + count, 0),
          events.length,
        );
        for (const group of desk.all) {
          const near = desk.all.filter(
            ({ priority, openedAt }) =>
              priority === group.priority && openedAt > group.openedAt - MINUTE && openedAt <= group.openedAt,
          );
          // Eight of their own, one for each kind that was widened, and the one for the rest.
          if (after0(events)) assert.ok(near.length <= 8 + 11 + 1, `${near.length}`);
          const slices = group.timeline.counts.reduce((sum, count) => sum + count, 0);
          assert.equal(slices, group.count);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const after0 = (events: { after: number }[]) => events.every(({ after }) => after >= 0);

describe('pairs', () => {
  it('up clears what went down, and nothing else', () => {
    const desk = new Desk();
    const { group } = desk.put(grouped({ pair: link('down') }));
    desk.put(grouped({ at: 10, pair: link('up', 'ge-0/0/2'), priority: 3 }));
    assert.equal(group?.clearedAt, null);
    assert.equal(
      desk.put(grouped({ at: 20, pair: link('up'), priority: 3, hostname: 'hq-fw02' })).placement,
      'nothing-to-clear',
    );
    assert.equal(desk.put(grouped({ at: 30, pair: link('up'), priority: 3 })).placement, 'cleared');
    assert.equal(group?.clearedAt, 30);
    assert.equal(group?.count, 1, 'the end of it is no new event');
  });

  it('a card of several is cleared when all of them are up', () => {
    const group = groupOf(
      { priority: 2, pair: link('down', 'a') },
      { priority: 2, pair: link('down', 'b'), at: 1 },
      { priority: 3, pair: link('up', 'a'), at: 2 },
    );
    assert.equal(group.clearedAt, null);
    assert.equal(group.down.size, 1);
  });

  it('more than can be kept by name are never said to be all up', () => {
    const names = Array.from({ length: 301 }, (_, n) => `ge-0/0/${n}`);
    const group = groupOf(
      ...names.map((name) => ({ priority: 2 as const, pair: link('down', name) })),
      ...names.map((name) => ({ priority: 3 as const, pair: link('up', name), at: 1 })),
    );
    assert.deepEqual([group.down.size, group.moreDown, group.clearedAt], [0, 1, null]);
  });

  it('up of priority 1 that nobody waited for has a card like any event', () => {
    assert.equal(new Desk().put(grouped({ pair: link('up') })).placement, 'opened');
  });

  it('down again soon after is the same card, and the third time it is called flapping', () => {
    const desk = new Desk();
    for (let n = 0; n < 3; n += 1) {
      desk.put(grouped({ at: n * MINUTE, pair: link('down') }));
      assert.equal(isFlapping(desk.all[0] as never), n === 2);
      desk.put(grouped({ at: n * MINUTE + 10_000, pair: link('up'), priority: 3 }));
    }
    assert.equal(desk.all.length, 1);
  });

  it('down again much later is a new card, which people hear', () => {
    const desk = new Desk();
    desk.put(grouped({ pair: link('down') }));
    desk.put(grouped({ at: MINUTE, pair: link('up'), priority: 3 }));
    desk.put(grouped({ at: 7 * MINUTE, pair: link('down') }));
    assert.equal(desk.all.length, 2);
  });

  it('many that went down once are not flapping', () => {
    const events = Array.from({ length: 14 }, (_, n) => ({ priority: 2 as const, pair: link('down', `ge-0/0/${n}`) }));
    assert.equal(isFlapping(groupOf(...events)), false);
  });
});

describe('a timeline', () => {
  it('never has more than twelve slices, and loses nothing', () => {
    const timeline: Timeline = { from: 0, widthMs: 15_000, counts: [] };
    for (let at = 0; at < 86_400_000; at += 60_000) addToTimeline(timeline, at);
    addToTimeline(timeline, -5);
    assert.ok(timeline.counts.length <= 12);
    assert.equal(
      timeline.counts.reduce((sum, count) => sum + count, 0),
      1_441,
    );
  });
});
