import type { Inventory } from '../inventory.ts';

/** When an action shall happen. Instants are ISO 8601 in UTC, to the second. */
export type When =
  | { kind: 'now' }
  | { kind: 'in'; minutes: number; utc: string }
  | { kind: 'at'; utc: string; zone: string }
  /** Something was said that is no time we are sure of: `text` is what was typed, `choices` its possible instants. */
  | { kind: 'unclear'; text: string; choices: string[] };

/** A name that was typed and is not in the inventory. Suggestions are for the person to choose from. */
export interface Unresolved {
  text: string;
  suggestions: string[];
}

interface Understood {
  /** Canonical names, in the order typed, each once. */
  devices: string[];
  unresolved: Unresolved[];
  /** The Junos daemon, for restarts. */
  process: string | null;
  mode: 'graceful' | 'immediately' | 'soft' | null;
  /** For logs: also the long list of show commands. */
  extensive: boolean;
  /** What the bot asks next. */
  ask: 'device' | 'process' | 'time' | null;
}

/** Acts on devices, at a time. */
export interface ActionIntent extends Understood {
  intent: 'reboot';
  when: When;
}

/** Acts on no device. */
export interface PlainIntent extends Understood {
  intent: 'devices' | 'help' | 'greeting' | 'cancel' | 'alerts-here' | 'unknown';
  when: null;
}

/** What a message asks for: exactly the JSON that the `phrase` command prints. */
export type Intent = ActionIntent | PlainIntent;

export interface IntentContext {
  now: Date;
  /** The person's IANA time zone. */
  zone: string;
  /** The person's locale, such as `en-gb`. */
  locale: string;
  inventory: Inventory;
}

/** An intent without devices. The fields are in the order of the published JSON. */
export function plainIntent(intent: PlainIntent['intent']): PlainIntent {
  return { intent, devices: [], unresolved: [], when: null, process: null, mode: null, extensive: false, ask: null };
}
