import { readCommand } from './command.ts';
import type { Grammar } from './grammar.ts';
import { type IntentContext, intentOf, type OtherIntent } from './intent.ts';
import { phraseOf } from './pattern.ts';
import { laterOnly, listed } from './said.ts';
import type { Token } from './text.ts';

const NOUN = '(?:events?|alerts?|alarms?|news)';

const recently = phraseOf(/(?:recently|lately|overnight|so far)/);

const grammar: Grammar = {
  verb: phraseOf(
    new RegExp(
      [
        `(?:(?:show|list|display|get|give|view|see)(?: me| us)? )?(?:(?:the|all|any|my|our|last|latest|recent|newest|new|current|past|few|three|five|ten|twenty|\\d{1,3}) )*${NOUN}`,
        `are there (?:(?:any|new|recent|current) )*${NOUN}`,
        `(?:tell me )?what ${NOUN} (?:are|were) there`,
        "(?:(?:tell|show) me )?(?:what's|whats|what is|what has been|what's been) (?:happening|going on|wrong|new)(?: with| to)?",
        "(?:what's|whats|what is) (?:up|the matter) with",
        '(?:(?:tell|show) me )?(?:what|anything)(?: has)? happened(?: recently| lately)?(?: to)?',
        'what went wrong(?: with)?',
        '(?:is )?anything (?:happening|wrong|new)(?: with)?',
      ].join('|'),
    ),
  ),
  own: recently,
  hasLinks: true,
  mayAsk: true,
};

/** "what happened on hq-fw01?", "recent events"; without a device all are meant. */
export function readEvents(tokens: readonly Token[], context: IntentContext): OtherIntent | undefined {
  const command = readCommand(tokens, grammar, context);
  if (!command?.isClear) return undefined;
  return intentOf('events', { ...listed(command), when: laterOnly(command.when) });
}
