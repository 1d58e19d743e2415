import { readCommand } from './command.ts';
import type { Command, Grammar } from './grammar.ts';
import type { ActionIntent, IntentContext } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { processAt } from './processes.ts';
import type { Token } from './text.ts';
import { KINDS, LINKS, OTHER_THINGS } from './words.ts';

/**
 * "restart hq-fw01" is not here: it may mean a process, and a router takes minutes to come back. Neither is "needs a
 * reboot", a statement: who says it may be asking whether that is so. "A reboot of hq-fw01" is one with a "please".
 */
const VERB = phraseOf(
  /(?:re-?boot|reload|power[- ]?cycle|cycle|bounce|request system reboot(?: of| on| for)?|(?:do|perform|trigger|initiate|start|run|issue|make|kick off|schedule|plan|set up|arrange|book) (?:(?:a|the) )?(?:reboot|reload|power cycle)(?: of| on| for)?|(?:a )?reboot (?:of|on|for))/,
);
const grammar: Grammar = { verb: VERB, mayRepeat: true };

/** "reboot hq-fw01 and hq-fw02 in 30 minutes". */
export function readReboot(tokens: readonly Token[], context: IntentContext): ActionIntent | undefined {
  const command = readCommand(tokens, grammar, context);
  if (!command || isNoun(command) || namesProcess(tokens, context)) return undefined;
  const { devices, unresolved, when } = command;
  const ask = devices.length === 0 ? 'device' : when.kind === 'unclear' ? 'time' : null;
  return {
    intent: 'reboot',
    devices,
    unresolved,
    when,
    process: null,
    mode: null,
    extensive: false,
    ask,
    unresolvedProcess: null,
  };
}

const isNoun = ({ verb, isPolite }: Command) =>
  !isPolite && (verb[0]?.lower === 'a' || (verb.length === 2 && LINKS.has(verb[1]?.lower ?? '')));

/** "reload rpd on hq-rtr01", "reboot the routing process": not a device, so not a reboot. */
function namesProcess(tokens: readonly Token[], { inventory, processes }: IntentContext): boolean {
  return tokens.some(({ lower }, at) => {
    if (KINDS.has(lower) || inventory.find(lower)) return false;
    const found = processAt(tokens, at, processes);
    const next = tokens[at + (found?.taken ?? 0)]?.lower;
    return found !== undefined && (next === undefined || LINKS.has(next) || OTHER_THINGS.has(next));
  });
}
