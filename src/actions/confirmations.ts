import { type AccessRules, mayDo, type Place, type Right, type Verdict } from '../access.ts';
import { AssistantError } from '../errors.ts';
import type { Inventory } from '../inventory.ts';
import type { AuditEntry, Confirmation, Job, Person, Store } from '../store/store.ts';
import { clock, type Reader } from '../time.ts';
import type { Inputs } from './action.ts';
import { actionNamed, actions } from './index.ts';

export interface ConfirmationOptions {
  store: Pick<Store, 'addConfirmation' | 'confirmation' | 'openConfirmations' | 'decide' | 'appendAudit'>;
  access: AccessRules;
  inventory: Inventory;
  confirmMs: number;
  locale: string;
  now: () => number;
  newId: () => string;
}

/** A request that is understood whole. */
export interface Proposal {
  action: string;
  parameters: object;
  /** Canonical names, each once. */
  devices: string[];
  askedBy: Person;
  conversationId: string;
  zone: string;
  /** What was typed last, without secrets. */
  text: string;
}

/**
 * What a click meant. Only `started` lets jobs run; the reason names the rule for the log and the tests,
 * the sentence is for the person who clicked.
 */
export type Click =
  | { reason: 'started'; jobs: Job[] }
  | { reason: 'cancelled'; confirmation: Confirmation }
  | { reason: 'expired'; confirmation: Confirmation; sentence: string }
  | {
      reason:
        | 'already-decided'
        | 'superseded'
        | 'not-yours'
        | 'not-allowed'
        | 'device-changed'
        | 'incomplete'
        | 'not-found'
        | 'not-stored';
      sentence: string;
    };

/** What the store says when it has changed nothing. */
const NOT_STORED = new Set(['store-unreachable', 'store-busy', 'store-overloaded']);

/**
 * Confirmations: a row that is pending until somebody decides it, once. The dialog that makes one ends there;
 * the click may come minutes later, after a restart or on another instance, and finds everything in the row.
 */
export class Confirmations {
  readonly #options: ConfirmationOptions;

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /**
   * Makes a request that waits for its click. Its card may be drawn and posted before it is stored: until then a click
   * on it finds nothing, and sends nothing. `stored` has to be awaited before the turn ends.
   */
  propose(proposal: Proposal): { confirmation: Confirmation; stored: Promise<void> } {
    const { action, parameters, devices, askedBy, conversationId, zone, text } = proposal;
    const { store, confirmMs, now, newId } = this.#options;
    const json = JSON.stringify(parameters);
    const at = now();
    const confirmation: Confirmation = {
      id: newId(),
      action,
      devices,
      parameters: json,
      askedBy,
      askedAt: at,
      expiresAt: Math.min(at + confirmMs, actionNamed(action).notAfter(json) ?? Number.POSITIVE_INFINITY),
      zone,
      conversationId,
      activityId: null,
      status: 'pending',
      decidedBy: null,
      decidedAt: null,
    };
    const stored = store.addConfirmation(confirmation, [
      { ...entry(confirmation, 'proposed', askedBy, at), text, detail: json, result: 'pending' },
    ]);
    // Whoever awaits it hears of a failure; until then it must not end the process.
    stored.catch(() => {});
    return { confirmation, stored };
  }

  /**
   * Decides a confirmation for the person who clicked. The store lets one click through; every other gets a reason, a
   * store that is away included. Throws AssistantError `store-outcome-unknown`.
   */
  async click(id: string, choice: 'confirm' | 'cancel', by: Person, place: Place, inputs: Inputs = {}): Promise<Click> {
    try {
      return await this.#click(id, choice, by, place, inputs);
    } catch (error) {
      if (!(error instanceof AssistantError) || !NOT_STORED.has(error.code)) throw error;
      return { reason: 'not-stored', sentence: `${error.message} This click sent nothing.` };
    }
  }

  async #click(id: string, choice: 'confirm' | 'cancel', by: Person, place: Place, inputs: Inputs): Promise<Click> {
    const { store } = this.#options;
    const confirmation = await store.confirmation(id);
    if (!confirmation) return { reason: 'not-found', sentence: 'This request is not known here. Nothing was sent.' };
    const click = await this.#decide(confirmation, choice, by, place, inputs);
    // What was taken is in the audit already, in the transaction that took it.
    if (click.reason !== 'started' && click.reason !== 'cancelled') {
      const kind = click.reason === 'expired' ? 'expired' : 'refused';
      const refused = entry(confirmation, kind, by, this.#options.now());
      await store.appendAudit([
        { ...refused, conversationId: place.conversationId, result: click.reason, detail: click.sentence },
      ]);
    }
    return click;
  }

  async #decide(
    confirmation: Confirmation,
    choice: 'confirm' | 'cancel',
    by: Person,
    place: Place,
    inputs: Inputs,
  ): Promise<Click> {
    const { store, access, inventory, now, newId } = this.#options;
    const { id, action, devices } = confirmation;
    // First, for whoever clicks: "nothing was sent" must not be said of what was confirmed.
    if (confirmation.status !== 'pending') return this.#alreadyDecided(confirmation);
    if (!isSamePerson(confirmation.askedBy, by)) {
      const sentence = `Only ${confirmation.askedBy.name}, who asked, can answer this. Nothing was sent.`;
      return { reason: 'not-yours', sentence };
    }
    const at = now();
    if (choice === 'cancel') {
      const cancelled = await store.decide({ id, status: 'cancelled', by, at, jobs: [] }, [
        entry(confirmation, 'cancelled', by, at),
      ]);
      const after = cancelled.confirmation ?? confirmation;
      if (cancelled.isTaken) return { reason: 'cancelled', confirmation: after };
      return after.status === 'pending' ? this.#expired(after) : this.#alreadyDecided(after);
    }
    // Looked at again with every click: rights may have been withdrawn since the request.
    const verdict = mayDo(by, action as Right, this.#withSites(devices), place, access);
    if (!verdict.isAllowed) return { reason: 'not-allowed', sentence: `${verdict.sentence} Nothing was sent.` };
    if (confirmation.expiresAt <= at) return this.#expired(confirmation);
    const [changed] = devices.filter((name) => inventory.hasChangedSince(name, confirmation.askedAt));
    if (changed !== undefined) {
      const sentence = `What devices.yaml says of ${changed} was changed after this was asked. Nothing was sent. Ask again.`;
      return { reason: 'device-changed', sentence };
    }
    const chosen = actionNamed(action).choose(confirmation.parameters, devices, inputs);
    if ('refused' in chosen) return { reason: 'incomplete', sentence: `${chosen.refused} Nothing was sent.` };

    const decided = await store.decide(
      {
        id,
        status: 'confirmed',
        by,
        at,
        parameters: chosen.parameters,
        jobs: devices.map((device) => ({ id: newId(), device })),
        harmless: actions.filter(({ work }) => work.kind === 'collection').map(({ name }) => name),
      },
      [{ ...entry(confirmation, 'confirmed', by, at), detail: chosen.parameters }],
    );
    const after = decided.confirmation ?? confirmation;
    if (decided.isTaken) return { reason: 'started', jobs: decided.jobs };
    if (decided.supersededBy) return this.#superseded(after, decided.supersededBy);
    return after.status === 'pending' ? this.#expired(after) : this.#alreadyDecided(after);
  }

  /** Cancels what this person has open in this conversation: whoever says "cancel" means the cards as well. */
  async cancelAll(place: Place, by: Person): Promise<Confirmation[]> {
    const { store, now } = this.#options;
    const open = await store.openConfirmations(place.conversationId, now());
    const cancelled: Confirmation[] = [];
    for (const { id } of open.filter(({ askedBy }) => isSamePerson(askedBy, by))) {
      const click = await this.click(id, 'cancel', by, place);
      if (click.reason === 'cancelled') cancelled.push(click.confirmation);
    }
    return cancelled;
  }

  /** A device that was taken from the inventory belongs to no site; connecting to it is refused later. */
  #withSites(devices: readonly string[]): { name: string; site: string }[] {
    return devices.map((name) => ({ name, site: this.#options.inventory.find(name)?.site ?? '' }));
  }

  #superseded(confirmation: Confirmation, other: { confirmation: Confirmation; device: string }): Click {
    const { decidedAt, decidedBy } = other.confirmation;
    const when = clock(decidedAt ?? 0, this.#options.now(), this.#reader(confirmation));
    return {
      reason: 'superseded',
      sentence: `${decidedBy?.name ?? 'Somebody'} confirmed another request for ${other.device} at ${when}, after this one was asked. This click sent nothing. Ask again if it is still wanted.`,
    };
  }

  #expired(confirmation: Confirmation): Click {
    const at = clock(confirmation.expiresAt, this.#options.now(), this.#reader(confirmation));
    return {
      reason: 'expired',
      confirmation,
      sentence: `This request expired at ${at}. Nothing was sent. Ask again if it is still wanted.`,
    };
  }

  #alreadyDecided(confirmation: Confirmation): Click {
    const when = clock(confirmation.decidedAt ?? 0, this.#options.now(), this.#reader(confirmation));
    const who = confirmation.decidedBy?.name ?? 'Somebody';
    const sentence =
      confirmation.status === 'confirmed'
        ? `${who} confirmed this at ${when}. This click sent nothing.`
        : `${who} cancelled this at ${when}. Nothing was sent.`;
    return { reason: 'already-decided', sentence };
  }

  #reader(confirmation: Confirmation): Reader {
    return { zone: confirmation.zone, locale: this.#options.locale };
  }
}

/** The buttons of a job that is under way, or has ended. */
export type JobVerb = 'look-again' | 'stop' | 'link';
export const isJobVerb = (verb: string): verb is JobVerb => ['look-again', 'stop', 'link'].includes(verb);

/** `"Reboot hq-fw01?"`, for the sentence that says which open questions were closed. */
export const inWords = ({ action, parameters, devices }: Confirmation) =>
  `"${actionNamed(action).question(parameters, devices)}"`;

/** Who pressed a button of a job's card, or might not. */
export function jobButtonEntry(
  verb: JobVerb,
  { id, device, confirmation }: Job,
  person: Person,
  place: Place,
  at: number,
  verdict: Verdict,
): AuditEntry {
  return {
    ...entry(confirmation, verdict.isAllowed ? 'request' : 'refused', person, at),
    conversationId: place.conversationId,
    intent: verb,
    devices: [device],
    jobId: id,
    result: verdict.isAllowed ? null : verdict.reason,
    detail: verdict.isAllowed ? null : verdict.sentence,
  };
}

function entry(
  { id, action, devices, conversationId }: Confirmation,
  kind: AuditEntry['kind'],
  person: Person,
  at: number,
): AuditEntry {
  return {
    at,
    kind,
    person,
    conversationId,
    text: null,
    intent: null,
    action,
    devices,
    confirmationId: id,
    jobId: null,
    rpc: null,
    result: null,
    detail: null,
  };
}

/** The Entra object id tells people apart across conversations; without one, Teams' id in this conversation does. */
function isSamePerson(a: Person, b: Person): boolean {
  return a.objectId !== null && b.objectId !== null ? a.objectId === b.objectId : a.id === b.id;
}
