import type { Attachment, TurnContext } from 'botbuilder';
import type { AccessRules } from '../src/access.ts';
import type { Inputs } from '../src/actions/action.ts';
import type { Intent, IntentContext, OtherIntent, Unresolved } from '../src/intent/intent.ts';
import { withoutSecrets } from '../src/intent/secrets.ts';
import { understand } from '../src/intent/understand.ts';
import type { Inventory } from '../src/inventory.ts';
import type { Speaker } from '../src/speaker.ts';

/** What the waterfall has in hand at its end: one action on devices. */
export interface ActionRequest {
  action: string;
  devices: string[];
  /** The action's own parameters. */
  parameters: Inputs;
}

/** What the dialogs need from outside. They do no I/O of their own. */
export interface DialogServices {
  inventory: Inventory;
  /** Junos processes that are known by name. */
  processes: readonly string[];
  access: AccessRules;
  /** In which times are shown. */
  locale: string;
  now: () => number;
  speakerOf: (context: TurnContext) => Speaker;
  /** Makes a confirmation; returns its card, and what has to be awaited once the card is posted, with its id. */
  propose: (
    request: ActionRequest,
    context: TurnContext,
  ) => Promise<{ card: Attachment; posted: (activityId: string | undefined) => Promise<void> }>;
  /** Closes the cards this person has open here; returns the sentence to answer. */
  cancel: (context: TurnContext, hadQuestion: boolean) => Promise<string>;
  /** Makes this conversation the one alerts go to; returns the sentence to answer. */
  alertsHere: (context: TurnContext) => Promise<string>;
  /** Ends that alerts are posted in this conversation; returns the sentence to answer. */
  alertsOff: (context: TurnContext) => Promise<string>;
  /** Keeps the alerts of a device or an event quiet for a while; returns the sentence to answer. */
  mute: (intent: OtherIntent, context: TurnContext) => Promise<string>;
  unmute: (intent: OtherIntent, context: TurnContext) => Promise<string>;
  muted: (context: TurnContext) => Attachment;
  /** Asks devices what they have scheduled. */
  showReboots: (devices: string[], context: TurnContext) => Promise<Attachment>;
  /** The latest events of a device, or of all. */
  recentEvents: (devices: string[], context: TurnContext) => Promise<Attachment>;
  /** Devices this person asked for lately, the latest first. */
  recentDevices: (context: TurnContext) => Promise<string[]>;
  /** Keeps an account of what was asked and refused: nobody may act unseen. */
  record: (of: Recorded, context: TurnContext) => void;
  /** Keeps words that were not understood, for whoever teaches the bot. */
  notUnderstood: (text: string, context: TurnContext) => Promise<void>;
}

export interface Recorded {
  kind: 'request' | 'refused' | 'setting';
  intent: Intent;
  /** The reason of a refusal. */
  result: string | null;
  detail: string | null;
}

/**
 * What a text means. Words of it that go on living, in the store and on cards, are kept without what looks like a
 * secret: a password that was typed by mistake must not be kept because a device's name was missing.
 */
export function understood(text: string, services: DialogServices, context: TurnContext): Intent {
  const intent = understand(text, intentContext(services, context));
  const masked = withoutSecrets(text);
  if (masked === text) return intent;
  // A secret by its place in the sentence is none by itself: what is not found in the masked text is not shown.
  const shown = (words: string) => (masked.includes(withoutSecrets(words)) ? withoutSecrets(words) : MASKED);
  const named = (each: Unresolved): Unresolved => ({ ...each, text: shown(each.text) });
  const { when, unresolved, unresolvedProcess } = intent;
  return {
    ...intent,
    ...(when?.kind === 'unclear' ? { when: { ...when, text: shown(when.text) } } : {}),
    unresolved: unresolved.map(named),
    unresolvedProcess: unresolvedProcess && named(unresolvedProcess),
  } as Intent;
}

const MASKED = '•••';

/** What understanding a text needs to know. */
function intentContext(services: DialogServices, context: TurnContext): IntentContext {
  const { inventory, processes, now, speakerOf } = services;
  const { zone, locale } = speakerOf(context);
  return { now: new Date(now()), zone, locale, inventory, processes };
}
