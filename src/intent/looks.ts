import { readCommand } from './command.ts';
import { type Intent, type IntentContext, plainIntent } from './intent.ts';
import { anyOf, pattern } from './pattern.ts';
import { withoutEverything } from './schedule.ts';
import type { Token } from './text.ts';

const EVENTS = anyOf(
  pattern(
    'show|list|get|display|give|see|view me|us? the|all|any? last|latest|recent|newest|new|past? 5|10|20|ten|five|few? events|event|alerts|alarms|event_log of|for|on|from|at|about?',
  ),
  pattern('events|alerts|alarms of|for|on|from|at?'),
  pattern('last|latest|recent|newest 5|10|20|ten|five|few? events|alerts|alarms of|for|on|from|at?'),
  pattern('any|what|which new|recent? events|alerts|alarms are|were? there? of|for|on|from|at?'),
  pattern('what|whats|what_has|what_is happened|happening|going_on|been_happening|up on|at|to|with|in'),
  pattern("what's happened|happening|going_on|new|up on|at|to|with|in"),
  pattern('what happened'),
);

const DEVICES = anyOf(
  pattern('show|list|get|display me? the|all|my|our? devices|routers|switches|firewalls|inventory at|in|of|on|from'),
  pattern('devices|inventory at|in|of|on|from'),
  pattern('what|which devices|routers|switches|firewalls are|do_we_have|have_we there? at|in|on'),
);

/** "events hq-fw01", "what happened on hq-fw01?". Without a device it is about all of them. */
export function readEvents(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const command = readCommand(tokens, EVENTS, context, { mayAsk: true, wholeSites: true });
  if (command?.when.kind !== 'now') return undefined;
  return { ...plainIntent('events'), ...withoutEverything(command), when: null };
}

/** "devices at branch": what belongs to a site. The whole list is a phrase of its own. */
export function readDevicesAt(tokens: readonly Token[], context: IntentContext): Intent | undefined {
  const said = readCommand(tokens, DEVICES, context, { mayAsk: true, wholeSites: true });
  if (said?.when.kind !== 'now' || said.devices.length === 0) return undefined;
  return { ...plainIntent('devices'), devices: said.devices, unresolved: said.unresolved };
}
