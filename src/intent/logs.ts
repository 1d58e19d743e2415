import { readCommand } from './command.ts';
import type { Grammar } from './grammar.ts';
import { type IntentContext, intentOf, type OtherIntent } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { laterOnly } from './said.ts';
import type { Token } from './text.ts';

const EXTENSIVE = /^(?:extensive|extensively|extended|full|detail|detailed|complete|verbose)$/u;

/** "for jtac" says why, "to the ftp server" is what happens; "to juniper" would be more than that. */
const own = phraseOf(
  /(?:(?:in )?extensive mode|extensive(?:ly)?|extended|in full|in detail|detailed|for (?:jtac|tac|the case)|to (?:the |our )?ftp(?: server)?)/,
);

/** "show logs" is not here: it asks to look at something, and this collects an archive for minutes. */
const grammar: Grammar = {
  verb: phraseOf(
    /(?:(?:get|collect|fetch|grab|pull|download|gather|obtain|retrieve|capture|take|create|generate|run|send|give|upload|make|i need|i want|need|request)(?: me| us)? )?(?:(?:the|some|all|a|an|any|new|junos|device|system|extensive|extended|full|detailed|complete|verbose|support|diagnostic|technical|troubleshooting|jtac|tac|request) )*(?:log ?files?|logs?|rsis?|(?:support|tech|diagnostic)[ -](?:information|info|bundles?|files?|archive|data|support)|techsupport)(?: (?:and|\+|&) (?:(?:the|an?) )?(?:logs?|rsis?))?(?: off(?= \S))?/,
  ),
  own,
  hasLinks: true,
};

/** "get the junos logs for branch-fw01", "extensive logs of hq-fw01 and hq-fw02". */
export function readLogs(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const command = readCommand(tokens, grammar, context);
  if (!command?.isClear) return undefined;
  const { devices, unresolved, when, verb } = command;
  return intentOf('collect-logs', {
    devices,
    unresolved,
    when: laterOnly(when),
    extensive: [...verb, ...command.own.flat()].some(({ lower }) => EXTENSIVE.test(lower)),
    ask: devices.length === 0 ? 'device' : null,
  });
}
