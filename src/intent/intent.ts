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

/** A name that was typed and is not known. Suggestions are for the person to choose from. */
export interface Unresolved {
  text: string;
  suggestions: string[];
}

interface Understood {
  /** Canonical names, in the order typed, each once. Empty where none was named: for a list that means all. */
  devices: string[];
  unresolved: Unresolved[];
  /** The Junos daemon, for restarts. */
  process: string | null;
  mode: 'graceful' | 'immediately' | 'soft' | null;
  /** For logs: also the long list of show commands. */
  extensive: boolean;
  /** What the bot asks next. */
  ask: 'device' | 'process' | 'time' | null;
  /** What was typed for a process and is none, or is more than one. */
  unresolvedProcess: Unresolved | null;
}

/** The one action that is planned: it always has a time. */
export interface ActionIntent extends Understood {
  intent: 'reboot';
  when: When;
}

/** `when` is null unless a time was said that is not now. */
export interface OtherIntent extends Understood {
  intent:
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
    | 'alerts-off'
    | 'mute'
    | 'unmute'
    | 'muted'
    | 'unknown';
  when: When | null;
  /** Of `mute` and `unmute`: the event id that was named, upper case; null when none was. */
  event?: string | null;
}

/** What a message asks for: exactly the JSON that the `phrase` command prints. */
export type Intent = ActionIntent | OtherIntent;

export interface IntentContext {
  now: Date;
  /** The person's IANA time zone. */
  zone: string;
  /** The person's locale, such as `en-gb`. */
  locale: string;
  inventory: Inventory;
  /** Processes known besides those in processes.ts: the list in entities.yaml. */
  processes: readonly string[];
}

/** An intent of which only some fields say something. The fields are in the order of the published JSON. */
export function intentOf(
  intent: OtherIntent['intent'],
  said: Partial<Understood & { when: When | null }>,
): OtherIntent {
  const {
    devices = [],
    unresolved = [],
    when = null,
    process = null,
    mode = null,
    extensive = false,
    ask = null,
  } = said;
  const { unresolvedProcess = null } = said;
  return { intent, devices, unresolved, when, process, mode, extensive, ask, unresolvedProcess };
}

export const plainIntent = (intent: OtherIntent['intent']) => intentOf(intent, {});
