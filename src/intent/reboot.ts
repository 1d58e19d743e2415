import { readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import type { Token } from './text.ts';

/** "restart hq-fw01" is not here: it may mean a process, and a router takes minutes to come back. */
const VERB = anyOf(
  pattern(
    'reboot|re-boot|reload|power_cycle|power-cycle|powercycle|bounce|turn_off_and_on_again|would_you_mind_rebooting',
  ),
  pattern('do|perform|schedule|initiate|start|make|plan a|an|the reboot|reload|re-boot|power_cycle of|on|for'),
  pattern('a|another reboot of|for|on'),
);

/** "reboot hq-fw01 and hq-fw02 in 30 minutes". */
export function readReboot(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, VERB, context);
  if (!command) return undefined;
  const { devices, when } = command;
  const ask = devices.length === 0 ? 'device' : when.kind === 'unclear' ? 'time' : null;
  return { ...plainIntent('reboot'), ...command, ask };
}
