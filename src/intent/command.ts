import type { Command, Grammar } from './grammar.ts';
import type { IntentContext } from './intent.ts';
import { Reading } from './reading.ts';
import type { Token } from './text.ts';

/**
 * Reads a command: opening, verb, then devices and times in any order. Undefined when it is not one: the
 * verb must be the first thing that counts, so questions, negations and statements fall out here.
 *
 * Behind the verb every word is accounted for. A word without a known meaning ends the list of devices, because
 * what follows may say the opposite ("but not hq-fw02", "if hq-fw02 is up"), and it makes the time unclear, so
 * that the person is asked and sees the words that were not understood. Two commands in one sentence are none:
 * half of it would be lost.
 */
export function readCommand(tokens: readonly Token[], grammar: Grammar, context: IntentContext): Command | undefined {
  const reading = new Reading(tokens, grammar, context);
  const opening = reading.readOpening();
  if (!opening) return undefined;
  const isQuestion = tokens.some(({ text }) => text === '?');
  if (isQuestion && !opening.isPolite && !grammar.mayAsk) return undefined;
  if (!reading.readRest()) return undefined;
  const isPolite = opening.isPolite || tokens.some(({ lower }) => ['please', 'pls', 'plz'].includes(lower));
  return { ...reading.result(), verb: opening.verb, isPolite };
}
