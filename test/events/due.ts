import type { DueEvent } from '../../src/store/store.ts';

/** An event whose card is owed. */
export const due = (id: number, priority: 1 | 2 = 1, change: Partial<DueEvent> = {}): DueEvent => ({
  id,
  receivedAt: 0,
  event: 'SYSTEM_ABNORMAL_SHUTDOWN',
  process: 'eventd',
  message: 'down',
  hostname: 'hq-fw01',
  detail: '""',
  priority,
  ...change,
});

/** That many of one priority, with ids from `from` on. */
export const many = (count: number, priority: 1 | 2 = 1, from = 1): DueEvent[] =>
  Array.from({ length: count }, (_, n) => due(from + n, priority));
