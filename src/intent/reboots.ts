import { readCommand } from './command.ts';
import type { Grammar } from './grammar.ts';
import { type IntentContext, intentOf, type OtherIntent } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { laterOnly, listed } from './said.ts';
import type { Token } from './text.ts';

const PENDING = 'scheduled|pending|planned|upcoming|system|future|next';
const REBOOT = '(?:reboots?|reloads?)';

const cancel: Grammar = {
  verb: phraseOf(
    new RegExp(
      `(?:cancel|abort|stop|clear|call off|undo|unschedule|revoke|remove|drop) (?:(?:the|a|any|all|that|this|my|our) )*(?:(?:${PENDING}) )*(?:reboots?|reloads?|restart)`,
    ),
  ),
  hasLinks: true,
};

/** "cancel the reboot of hq-fw01". A word that is not understood makes it none: it may be the one that counts. */
export function readCancelReboot(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const command = readCommand(tokens, cancel, context);
  if (!command?.isClear) return undefined;
  const { devices, unresolved, when } = command;
  const ask = devices.length === 0 ? 'device' : null;
  return intentOf('cancel-reboot', { devices, unresolved, when: laterOnly(when), ask });
}

const show: Grammar = {
  verb: phraseOf(
    new RegExp(
      [
        `(?:show|list|display|check|view|see|get|give me)(?: me| us)?(?: (?:all|any|the|my|our|for|${PENDING}))* ${REBOOT}(?: (?:${PENDING}|status|schedule|list))?`,
        `(?:is|are) (?:there )?(?:(?:a|an|any|the|${PENDING}) )*${REBOOT}(?: (?:${PENDING}))?`,
        `(?:tell me )?when (?:is|are) (?:(?:the|my|our|${PENDING}) )*${REBOOT}(?: (?:${PENDING}))?`,
        `is anything (?:${PENDING})(?: to| for(?: a)?)? reboot`,
        "(?:(?:is |is there )?anything|what's|whats|what is) (?:scheduled|planned|pending|upcoming)",
        `any (?:(?:${PENDING}) )*${REBOOT}(?: (?:${PENDING}))?`,
        `(?:tell me )?(?:which|what) (?:(?:${PENDING}) )*${REBOOT} (?:are|do we have)(?: there)?(?: (?:${PENDING}))?`,
        `(?:${PENDING}) ${REBOOT}`,
        'reboot schedule',
        `reboots(?: (?:${PENDING}))?`,
      ].join('|'),
    ),
  ),
  hasLinks: true,
  mayAsk: true,
};

/** "any pending reboots?"; without a device all are meant. */
export function readShowReboot(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const command = readCommand(tokens, show, context);
  if (!command?.isClear) return undefined;
  return intentOf('show-reboot', { ...listed(command), when: laterOnly(command.when) });
}
