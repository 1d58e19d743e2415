import { readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import { saidOnly } from './schedule.ts';
import type { Token } from './text.ts';

const LOGS =
  'logs|log|logfiles|log_files|rsi|support_information|support_info|support_bundle|support_file|support_files|tech_support|tech-support|support_logs|archive|syslogs|syslog|diagnostics';
const KIND = 'junos|juniper|support|system|device|jtac|tech|troubleshooting?';
const EXTENSIVE = 'extensive|full|complete|detailed|verbose|extended|more|all?';

const VERB = anyOf(
  pattern(
    `get|collect|fetch|grab|pull|download|gather|retrieve|give|send|save|upload|take|make|generate|create|need|i_need|i_want|i_need_to_get me|us? the|a|an|some|all? ${EXTENSIVE} the|set_of? ${EXTENSIVE} ${KIND} ${LOGS} and? ${LOGS}? for|from|of|on|off?`,
  ),
  pattern(`request support_information|support for|from|on?`),
  pattern(`${EXTENSIVE} junos|support|system? rsi|support_information|support_bundle|logs|support_logs for|from|of`),
);

const WORDS = new Set('extensive full complete detailed verbose extended'.split(' '));

/** "get the extensive junos logs for hq-fw01". */
export function readCollectLogs(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, VERB, context);
  if (!command) return undefined;
  const { devices, unresolved, when } = command;
  return {
    ...plainIntent('collect-logs'),
    devices,
    unresolved,
    when: saidOnly(when),
    extensive: tokens.some(({ lower }) => WORDS.has(lower)),
    ask: devices.length === 0 ? 'device' : null,
  };
}
