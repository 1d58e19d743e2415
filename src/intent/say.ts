import type { Intent, When } from './intent.ts';

/** What of a request is filled in by an answer. */
export interface Filled {
  devices?: readonly string[];
  process?: string;
  when?: string;
}

/**
 * A request as a sentence that is understood as the same request: a button that says it works long after the question
 * it answered is forgotten. Nothing of what was said may get lost.
 */
export function sentenceOf(intent: Intent, filled: Filled = {}): string {
  const devices = (filled.devices ?? intent.devices).join(', ');
  const process = filled.process ?? intent.process ?? '';
  const when = filled.when ?? saidTime(intent.when);
  switch (intent.intent) {
    case 'reboot':
      return words('reboot', devices, when);
    case 'cancel-reboot':
      return words('cancel the reboot of', devices);
    case 'restart-process':
      return words(
        'restart',
        process,
        process === '' ? '' : 'on',
        devices,
        intent.mode === 'graceful' ? '' : (intent.mode ?? ''),
      );
    case 'collect-logs':
      return words('get the', intent.extensive ? 'extensive' : 'junos', 'logs for', devices);
    case 'show-reboot':
      return words('show reboots of', devices);
    case 'events':
      return words('events', devices);
    default:
      return intent.intent;
  }
}

const words = (...parts: string[]) => parts.filter((part) => part !== '').join(' ');

function saidTime(when: When | null): string {
  switch (when?.kind) {
    case 'in':
      return `in ${when.minutes} minutes`;
    case 'at':
      return `at ${when.utc}`;
    case 'unclear':
      return when.text;
    default:
      return '';
  }
}
