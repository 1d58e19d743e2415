import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Headed } from '../../src/actions/action.ts';
import { stateOf } from '../../src/jobs/view.ts';
import type { JobStatus } from '../../src/store/store.ts';

describe('what a request is as a whole', () => {
  const cases: [statuses: JobStatus[], state: Headed][] = [
    [['queued'], 'running'],
    [['sent'], 'running'],
    [['waiting'], 'waiting'],
    [['scheduled'], 'scheduled'],
    [['done'], 'done'],
    [['done', 'done'], 'done'],
    [['done', 'queued'], 'running'],
    [['waiting', 'running'], 'running'],
    [['waiting', 'done'], 'waiting'],
    [['scheduled', 'waiting'], 'waiting'],
    [['scheduled', 'failed'], 'mixed'],
    [['done', 'failed'], 'mixed'],
    [['cancelled', 'cancelled'], 'cancelled'],
  ];
  for (const [statuses, state] of cases) {
    it(`${statuses.join(', ')}: ${state}`, () => assert.equal(stateOf(statuses), state));
  }
});
