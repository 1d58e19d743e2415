import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextCard, type PostedAt } from '../../src/events/next-card.ts';
import type { DueEvent } from '../../src/store/store.ts';
import { many } from './due.ts';

const NOW = 1_000_000;
const posted = (priority: number, ...secondsAgo: number[]): PostedAt[] =>
  secondsAgo.map((seconds) => ({ priority, at: NOW - seconds * 1_000 }));

/** `1` single of event 1; `1-7` digest of events 1 to 7; `wait 10` for ten seconds; `wait` for something to come. */
function show(due: DueEvent[], recent: PostedAt[]): string {
  const next = nextCard(due, recent, NOW);
  if (next.kind === 'wait') return next.until === null ? 'wait' : `wait ${(next.until - NOW) / 1_000}`;
  const ids = next.events.map(({ id }) => id);
  assert.equal(next.reason, next.form === 'single' ? 'room' : 'more-than-room');
  return next.form === 'single' ? `${ids}` : `${ids[0]}-${ids.at(-1)}`;
}

describe('nextCard', () => {
  const cases: [what: string, due: DueEvent[], recent: PostedAt[], card: string][] = [
    ['nothing is due', [], [], 'wait'],
    ['one event', many(1), [], '1'],
    ['as many as fit come one by one', many(6), [], '1'],
    ['one more than fits is a list of all', many(7), [], '1-7'],
    ['the last room is for one', many(1), posted(1, 1, 2, 3, 4, 5), '1'],
    ['two do not fit into it', many(2), posted(1, 1, 2, 3, 4, 5), '1-2'],
    ['no room: wait for the oldest card to be a minute old', many(1), posted(1, 10, 20, 30, 40, 50, 5), 'wait 10'],
    ['a card exactly a minute old counts no more', many(1), posted(1, 60, 20, 30, 40, 50, 5), '1'],
    ['priority 1 goes before 2', [...many(1, 2, 1), ...many(1, 1, 2)], [], '2'],
    ['a storm of 2 holds up no 1', [...many(1, 1, 1), ...many(400, 2, 2)], posted(2, 1, 2, 3, 4, 5, 6), '1'],
    ['a storm of 1 does not stop 2', [...many(9, 1, 1), ...many(1, 2, 10)], posted(1, 1, 2, 3, 4, 5, 6), '10'],
    [
      'both without room: the earlier',
      [...many(1, 1, 1), ...many(1, 2, 2)],
      [...posted(1, 1, 2, 3, 4, 5, 20), ...posted(2, 1, 2, 3, 4, 5, 50)],
      'wait 10',
    ],
  ];
  for (const [what, due, recent, card] of cases) it(what, () => assert.equal(show(due, recent), card));

  it('never mixes priorities, invents no event, and posts no more than six cards a minute', () => {
    const arrivals = fc.array(
      fc.record({ after: fc.integer({ min: 0, max: 20_000 }), priority: fc.constantFrom(1 as const, 2 as const) }),
      { maxLength: 150 },
    );
    fc.assert(
      fc.property(arrivals, (list) => {
        let now = NOW;
        let waiting: DueEvent[] = [];
        const cards: PostedAt[] = [];
        const step = () => {
          for (;;) {
            const next = nextCard(waiting, cards, now);
            if (next.kind === 'wait') {
              if (waiting.length > 0) assert.ok(next.until !== null && next.until > now);
              return next.until;
            }
            const [first] = next.events;
            assert.ok(first && next.events.every((event) => event.priority === first.priority));
            assert.ok(next.events.every((event) => waiting.includes(event)));
            waiting = waiting.filter((event) => !next.events.includes(event));
            cards.push({ priority: first.priority, at: now });
          }
        };
        for (const [n, { after, priority }] of list.entries()) {
          now += after;
          waiting.push(...many(1, priority, n));
          step();
        }
        for (let until = step(); until !== null; until = step()) now = until;
        assert.equal(waiting.length, 0);
        for (const { at, priority } of cards) {
          const inMinute = cards.filter((card) => card.priority === priority && card.at >= at && card.at < at + 60_000);
          assert.ok(inMinute.length <= 6);
        }
      }),
      { numRuns: 60 },
    );
  });
});
