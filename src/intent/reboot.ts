import { type Command, readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import type { Token } from './text.ts';

/** "restart hq-fw01" is not here: it may mean a process, and a router takes minutes to come back. */
const VERB = anyOf(
  pattern('reboot|re-boot|reload|power_cycle|power-cycle|powercycle|bounce|turn_off_and_on_again'),
  pattern('do|perform|schedule|initiate|start|make|plan a|an|the reboot|reload|re-boot|power_cycle of|on|for'),
  pattern('a|another reboot of|for|on'),
  // "would you mind rebooting"; by itself it tells what somebody is doing.
  (tokens, at) => (tokens[at]?.lower === 'rebooting' && tokens[at - 1]?.lower === 'mind' ? 1 : 0),
);

const GIVE = pattern('give');
const A_REBOOT = pattern('a quick|clean|hard|nice? reboot|reload|power_cycle|power-cycle|kick');

/** "reboot hq-fw01 and hq-fw02 in 30 minutes". */
export function readReboot(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, VERB, context) ?? given(tokens, context);
  if (!command) return undefined;
  const { devices, when } = command;
  const ask = devices.length === 0 ? 'device' : when.kind === 'unclear' ? 'time' : null;
  return { ...plainIntent('reboot'), ...command, ask };
}

/** "give hq-fw01 a reboot". */
function given(tokens: readonly Token[], context: IntentContext): Command | undefined {
  let isReboot = false;
  const command = readCommand(tokens, GIVE, context, {
    own(all, at, place) {
      const words = place === 'behind-verb' ? A_REBOOT(all, at) : 0;
      isReboot ||= words > 0;
      return words;
    },
  });
  return isReboot ? command : undefined;
}
