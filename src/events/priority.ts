import type { Priority } from '../config/schemas.ts';

/** The rule that gave an event its priority. */
export type PriorityReason = 'listed' | 'listed-without-number' | 'unlisted';

/**
 * Priority of an event id by junos-config.yaml; ids are compared in any case, as Junos writes some in lower case.
 * What is not listed, or listed without a number, counts as 1: never as silence.
 */
export function priorityOf(
  event: string,
  priorities: Record<string, Priority | null>,
): { priority: Priority; reason: PriorityReason } {
  const id = Object.hasOwn(priorities, event)
    ? event
    : Object.keys(priorities).find((listed) => listed.toUpperCase() === event.toUpperCase());
  if (id === undefined) return { priority: 1, reason: 'unlisted' };
  const priority = priorities[id] ?? null;
  return priority === null ? { priority: 1, reason: 'listed-without-number' } : { priority, reason: 'listed' };
}
