import type { Inventory } from '../inventory.ts';

/** When an action shall happen. Instants are ISO 8601 in UTC, to the second. */
export type When =
  | { kind: 'now' }
  | { kind: 'in'; minutes: number; utc: string }
  /** `zone`: the IANA zone or the offset (`+02:00`) that the time was said in. */
  | { kind: 'at'; utc: string; zone: string }
  | UnclearWhen;

/** Something was said that is no one time to be sure of. `choices`: instants to offer, soonest first, at most four. */
export interface UnclearWhen {
  kind: 'unclear';
  /** What was typed. */
  text: string;
  choices: string[];
  reason: UnclearReason;
}

export type UnclearReason =
  /** Two or more instants ahead fit: "at 5", 01:30 in the night when the clocks go back. */
  | 'several'
  | 'past'
  /** A span, not a point: "between 2 and 4", "tomorrow morning". */
  | 'range'
  | 'repeating'
  | 'too-far'
  /** A time that clocks skip when they go forward. */
  | 'nonexistent'
  | 'unknown';

/** A name that was typed and is not in the inventory. Suggestions are for the person to choose from. */
export interface Unresolved {
  text: string;
  suggestions: string[];
}

/** What a message asks for. To add one: here, a reader in understand.ts, an answer in dialogs/root-dialog.ts. */
export type IntentName =
  | 'reboot'
  | 'cancel-reboot'
  | 'show-reboot'
  | 'restart-process'
  | 'collect-logs'
  | 'devices'
  | 'events'
  | 'help'
  | 'greeting'
  | 'thanks'
  | 'cancel'
  | 'alerts-here'
  | 'unknown';

/** What was understood: exactly the JSON that the `phrase` command prints. */
export interface Intent {
  intent: IntentName;
  /** Canonical names, in the order typed, each once; a site's in the inventory's order. */
  devices: string[];
  unresolved: Unresolved[];
  /** Null where no time belongs; for an action that cannot be given one, only when one was said that is not now. */
  when: When | null;
  /** The Junos daemon, for restarts. */
  process: string | null;
  /** How to restart it. */
  mode: 'graceful' | 'immediately' | 'soft' | null;
  /** For logs: also the long list of show commands. */
  extensive: boolean;
  /** What the bot asks next. */
  ask: 'device' | 'process' | 'time' | null;
  /** A process that was typed and is not known, with what it may have been. */
  unresolvedProcess: Unresolved | null;
}

export interface IntentContext {
  now: Date;
  /** The person's IANA time zone. */
  zone: string;
  /** The person's locale, such as `en-gb`. */
  locale: string;
  inventory: Inventory;
  /** Junos processes that entities.yaml names, beside those everybody knows. */
  processes: readonly string[];
}

/** An intent that says nothing more than itself. The fields are in the order of the published JSON. */
export function plainIntent(intent: IntentName): Intent {
  return {
    intent,
    devices: [],
    unresolved: [],
    when: null,
    process: null,
    mode: null,
    extensive: false,
    ask: null,
    unresolvedProcess: null,
  };
}
