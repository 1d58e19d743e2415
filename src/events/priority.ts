import type { EventRule, Priority } from '../config/schemas.ts';
import { matches, meansDevice } from '../device-pattern.ts';

/** An event as rules see it. */
export interface RuleEvent {
  event: string;
  message: string;
  hostname: string;
  /** Empty when the device is in no inventory. */
  site: string;
  severity: string;
  facility: string;
  attributes: Record<string, string>;
}

/** The rule that gave an event its priority. */
export type PriorityReason = 'listed' | 'listed-without-number' | 'unlisted' | `rule ${number}`;

export interface Judgement {
  priority: Priority;
  reason: PriorityReason;
  isSilenced: boolean;
  /** What makes its group; null: the default of its priority. */
  group: string[] | null;
  title: string | null;
}

/** More of a message than this is not looked at. */
const MOST_MESSAGE = 4_096;

/**
 * What is to be done with an event. Of each setting, the first rule that matches and sets it counts; the priority
 * without one is that of the list. What is not listed, or listed without a number, counts as 1: never as silence.
 */
export function judge(
  event: RuleEvent,
  priorities: Record<string, Priority | null>,
  rules: readonly EventRule[],
): Judgement {
  const matching = rules.flatMap((rule, index) => (isMeant(rule, event) ? [{ rule, index }] : []));
  const first = matching.find(({ rule }) => rule.priority !== undefined);
  const listed = priorityOf(event.event, priorities);
  return {
    priority: first?.rule.priority ?? listed.priority,
    reason: first ? `rule ${first.index + 1}` : listed.reason,
    isSilenced: matching.find(({ rule }) => rule.silence !== undefined)?.rule.silence ?? false,
    group: matching.find(({ rule }) => rule.group !== undefined)?.rule.group ?? null,
    title: matching.find(({ rule }) => rule.title !== undefined)?.rule.title ?? null,
  };
}

/** Priority of an event id by the list; ids are compared in any case, as Junos writes some in lower case. */
export function priorityOf(
  event: string,
  priorities: Record<string, Priority | null>,
): { priority: Priority; reason: 'listed' | 'listed-without-number' | 'unlisted' } {
  const id = Object.hasOwn(priorities, event)
    ? event
    : Object.keys(priorities).find((listed) => listed.toUpperCase() === event.toUpperCase());
  if (id === undefined) return { priority: 1, reason: 'unlisted' };
  const priority = priorities[id] ?? null;
  return priority === null ? { priority: 1, reason: 'listed-without-number' } : { priority, reason: 'listed' };
}

function isMeant(rule: EventRule, event: RuleEvent): boolean {
  const any = (patterns: readonly string[] | undefined, text: string) =>
    patterns === undefined || patterns.some((pattern) => matches(pattern, text));
  const subject = { name: event.hostname, site: event.site };
  return (
    any(rule.events, event.event) &&
    any(rule.facility, event.facility) &&
    (rule.severity === undefined || rule.severity.some((each) => each === severityOf(event.severity))) &&
    (rule.devices === undefined || rule.devices.some((entry) => meansDevice(entry, subject))) &&
    Object.entries(rule.attributes ?? {}).every(
      ([name, pattern]) => Object.hasOwn(event.attributes, name) && matches(pattern, event.attributes[name] ?? ''),
    ) &&
    any(rule.message, event.message.slice(0, MOST_MESSAGE))
  );
}

/** Junos and syslog have two spellings of some. */
const SPELLINGS: Record<string, string> = { emerg: 'emergency', crit: 'critical', err: 'error', warn: 'warning' };

const severityOf = (text: string) => SPELLINGS[text.toLowerCase()] ?? text.toLowerCase();

/** The words that make an event's group: by its rule, else one per device for priority 1, one per site for 2. */
export function groupKey(event: RuleEvent, { group, priority }: Pick<Judgement, 'group' | 'priority'>): string {
  const parts = group ?? (priority === 1 ? ['event', 'device'] : ['event', 'site']);
  return parts
    .map((part) => {
      switch (part) {
        case 'event':
          return event.event.toUpperCase();
        case 'device':
          return event.hostname.toLowerCase();
        case 'site':
          // A device of no site is one of its own.
          return event.site === '' ? event.hostname.toLowerCase() : `site:${event.site}`;
        case 'message':
          return event.message.slice(0, 200);
        default:
          return Object.hasOwn(event.attributes, part) ? (event.attributes[part] ?? '').slice(0, 200) : '';
      }
    })
    .join(' ');
}
