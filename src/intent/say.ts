import type { Intent, Unresolved, When } from './intent.ts';
import { tokenise } from './text.ts';
import { UNDOES } from './words.ts';

/** What of a request is filled in by an answer. */
export interface Filled {
  devices?: readonly string[];
  process?: string;
  when?: string;
}

/**
 * A request as a sentence that is understood as the same request: a button that says it works long after the question
 * it answered is forgotten. Nothing of what was said may get lost: names that the answer leaves open stay in it, and
 * are asked about next.
 */
export function sentenceOf(intent: Intent, filled: Filled = {}): string {
  const devices = namesOf(intent, filled);
  const process = filled.process ?? intent.process ?? intent.unresolvedProcess?.text ?? '';
  const when = filled.when ?? saidTime(intent.when, filled.devices !== undefined);
  switch (intent.intent) {
    case 'reboot':
      return words('reboot', devices, when);
    case 'cancel-reboot':
      return words('cancel the reboot', linked('of', devices), when);
    case 'restart-process': {
      const mode = intent.mode === 'graceful' ? '' : (intent.mode ?? '');
      // "restart firewall" may mean the box: without a device the sentence says that it is a process.
      const known = filled.process ?? intent.process;
      const kind = devices === '' && known !== null ? 'process' : '';
      return words('restart', process, kind, process === '' ? devices : linked('on', devices), mode, when);
    }
    case 'collect-logs':
      return words('get the', intent.extensive ? 'extensive' : 'junos', 'logs', linked('for', devices), when);
    case 'show-reboot':
      return words('show reboots', linked('of', devices), when);
    case 'events':
      return words('events', devices, when);
    case 'devices':
      return words('list devices', linked('at', devices));
    case 'alerts-here':
      return 'alerts here';
    case 'alerts-off':
      return 'alerts off';
    case 'mute':
    case 'unmute': {
      const until =
        intent.when?.kind === 'at' ? `until ${intent.when.utc}` : saidTime(intent.when, true).replace('in ', 'for ');
      return words(intent.intent, intent.event ?? devices, until);
    }
    default:
      return intent.intent;
  }
}

/** The answer to "which one?" stands for the name that it was suggested for; the others are still open. */
function namesOf({ devices, unresolved }: Intent, filled: Filled): string {
  const chosen = filled.devices;
  const isOpen = ({ suggestions }: Unresolved) => !suggestions.some((name) => chosen?.includes(name));
  const open = chosen === undefined || unresolved.length > 1 ? unresolved.filter(isOpen) : [];
  return [...(chosen ?? devices), ...open.map(({ text }) => text)].join(', ');
}

const words = (...parts: string[]) => parts.filter((part) => part !== '').join(' ');

const linked = (link: string, devices: string) => (devices === '' ? '' : `${link} ${devices}`);

function saidTime(when: When | null, hasAnswer: boolean): string {
  switch (when?.kind) {
    case 'in':
      return `in ${when.minutes} minutes`;
    case 'at':
      return `at ${when.utc}`;
    case 'unclear':
      // "hq-fw01 or hq-fw02" would undo the name that was chosen: the time is asked for instead.
      return hasAnswer && tokenise(when.text).some(({ lower }) => UNDOES.has(lower)) ? 'sometime' : when.text;
    default:
      return '';
  }
}
