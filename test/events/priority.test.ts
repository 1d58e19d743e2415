import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Priority } from '../../src/config/schemas.ts';
import { type PriorityReason, priorityOf } from '../../src/events/priority.ts';

const listed: Record<string, Priority | null> = { A: 1, B: 2, C: 3, D: 4, EMPTY: null };

describe('priorityOf', () => {
  const cases: [event: string, priority: Priority, reason: PriorityReason][] = [
    ['A', 1, 'listed'],
    ['B', 2, 'listed'],
    ['C', 3, 'listed'],
    ['D', 4, 'listed'],
    ['EMPTY', 1, 'listed-without-number'],
    ['UNKNOWN', 1, 'unlisted'],
    ['b', 2, 'listed'],
    ['constructor', 1, 'unlisted'],
    ['__proto__', 1, 'unlisted'],
    ['toString', 1, 'unlisted'],
  ];
  for (const [event, priority, reason] of cases) {
    it(`${event} is ${priority}: ${reason}`, () => assert.deepEqual(priorityOf(event, listed), { priority, reason }));
  }

  it('with no list at all everything is 1', () => assert.equal(priorityOf('A', {}).priority, 1));
});
