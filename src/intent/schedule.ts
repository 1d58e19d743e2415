import { readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent, type When } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import type { Token } from './text.ts';

const CANCEL = anyOf(
  pattern(
    'cancel|abort|stop|clear|undo|unschedule|call_off|remove|delete|revoke the|any|all|that|my? scheduled|pending|planned? system? reboot|reboots|reload of|on|for|at?',
  ),
  pattern('unschedule|un-schedule'),
);

const SHOW = anyOf(
  pattern(
    'show|list|get|display|check|see|view me? the|all|any? scheduled|pending|planned|system? reboot|reboots|reload|reloads schedule|status? of|on|for|at?',
  ),
  pattern(
    'is|are there|a|any? a|any? scheduled|pending|planned? reboot|reboots scheduled|pending|planned? on|for|of|at?',
  ),
  pattern('any|what|which scheduled|pending|planned? reboot|reboots are|is? scheduled|pending|planned? on|for|of|at?'),
  pattern('scheduled|pending|planned reboot|reboots of|on|for|at?'),
  pattern('what|which is|are scheduled|pending|planned on|for|at?'),
);

/** "cancel the reboot of hq-fw01". */
export function readCancelReboot(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, CANCEL, context, { wholeSites: true });
  if (!command) return undefined;
  const { devices, unresolved, when } = command;
  const ask = devices.length === 0 ? 'device' : null;
  return { ...plainIntent('cancel-reboot'), devices, unresolved, when: saidOnly(when), ask };
}

/** "show reboots", "is a reboot scheduled on hq-fw01?". Without a device it is about all of them. */
export function readShowReboot(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, SHOW, context, { mayAsk: true, wholeSites: true });
  if (command?.when.kind !== 'now') return undefined;
  return { ...plainIntent('show-reboot'), ...withoutEverything(command), when: null };
}

/** "all" and "everything" are what a look without a device is about anyway. */
export function withoutEverything({ devices, unresolved }: Pick<Intent, 'devices' | 'unresolved'>) {
  return { devices, unresolved: unresolved.filter(({ text }) => !/^(?:all|everything)\b/i.test(text)) };
}

/** Of an action that takes no time: what was said against that, so that it can be answered. */
export const saidOnly = (when: When): When | null => (when.kind === 'now' ? null : when);
