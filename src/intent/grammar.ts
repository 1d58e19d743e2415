import type { Unresolved, When } from './intent.ts';
import type { PhraseAt } from './pattern.ts';
import type { Token } from './text.ts';

/** How the commands of one kind are said. */
export interface Grammar {
  /** The words that make a sentence this command. */
  verb: PhraseAt;
  /** Words behind the verb that only this command has, such as a process: how many tokens; 0 for none. */
  own?: (tokens: readonly Token[], at: number, soFar: readonly (readonly Token[])[]) => number;
  /** Whether "on", "of", "for" and the like stand before a name: "logs for hq-fw01", but not "reboot on hq-fw01". */
  hasLinks?: boolean;
  /** Whether it may be asked without a "can you": "any pending reboots?". */
  mayAsk?: boolean;
  /** Whether the verb may be said again: "reboot hq-fw01 and reboot hq-fw02". */
  mayRepeat?: boolean;
}

/** What a command says: on which devices, when. */
export interface Command {
  devices: string[];
  unresolved: Unresolved[];
  when: When;
  /** The words of the verb. */
  verb: readonly Token[];
  /** What the grammar's `own` took, in order. */
  own: readonly (readonly Token[])[];
  isPolite: boolean;
  /** False when there were words without a known meaning; they are in the text of `when`. */
  isClear: boolean;
}
