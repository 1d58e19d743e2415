import { readCommand } from './command.ts';
import type { ActionIntent, IntentContext } from './intent.ts';
import type { Token } from './text.ts';

/** "restart hq-fw01" is not here: it may mean a process, and a router takes minutes to come back. */
const VERBS = ['reboot', 're-boot', 'reload', 'power cycle', 'power-cycle', 'powercycle'].map((verb) =>
  verb.split(' '),
);

/** "reboot hq-fw01 and hq-fw02 in 30 minutes". */
export function readReboot(tokens: readonly Token[], context: IntentContext): ActionIntent | undefined {
  const command = readCommand(tokens, VERBS, context);
  if (!command) return undefined;
  const { devices, unresolved, when } = command;
  const ask = devices.length === 0 ? 'device' : when.kind === 'unclear' ? 'time' : null;
  return { intent: 'reboot', devices, unresolved, when, process: null, mode: null, extensive: false, ask };
}
