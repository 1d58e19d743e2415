import { type AccessRules, mayAct } from '../access.ts';
import type { Confirmation, Job, Person, Store } from '../store/store.ts';
import { clock, type Reader } from '../time.ts';
import { actionNamed } from './index.ts';

export interface ConfirmationOptions {
  store: Pick<Store, 'addConfirmation' | 'confirmation' | 'openConfirmations' | 'decide'>;
  access: AccessRules;
  confirmMs: number;
  locale: string;
  now: () => number;
  newId: () => string;
}

/**
 * What a click meant. Only `started` lets a job run; the reason names the rule for the log and the tests,
 * the sentence is for the person who clicked.
 */
export type Click =
  | { reason: 'started'; job: Job }
  | { reason: 'cancelled'; confirmation: Confirmation }
  | { reason: 'expired'; confirmation: Confirmation; sentence: string }
  | { reason: 'already-decided' | 'superseded' | 'not-yours' | 'not-allowed' | 'not-found'; sentence: string };

/**
 * Confirmations: a row that is pending until somebody decides it, once. The dialog that makes one ends there;
 * the click may come minutes later, after a restart or on another instance, and finds everything in the row.
 */
export class Confirmations {
  readonly #options: ConfirmationOptions;

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /** Stores a request that waits for its click. */
  async propose(
    action: string,
    parameters: { device: string; [name: string]: unknown },
    askedBy: Person,
    conversationId: string,
    zone: string,
  ): Promise<Confirmation> {
    const { store, confirmMs, locale, now, newId } = this.#options;
    const json = JSON.stringify(parameters);
    const { notAfter } = actionNamed(action).summarise(json, now(), { zone, locale });
    const confirmation: Confirmation = {
      id: newId(),
      action,
      device: parameters.device,
      parameters: json,
      askedBy,
      askedAt: now(),
      expiresAt: Math.min(now() + confirmMs, notAfter ?? Number.POSITIVE_INFINITY),
      zone,
      conversationId,
      activityId: null,
      status: 'pending',
      decidedBy: null,
      decidedAt: null,
    };
    await store.addConfirmation(confirmation);
    return confirmation;
  }

  /** Decides a confirmation for the person who clicked. The store lets one click through; every other gets a reason. */
  async click(id: string, choice: 'confirm' | 'cancel', by: Person): Promise<Click> {
    const { store, access, now, newId } = this.#options;
    const confirmation = await store.confirmation(id);
    if (!confirmation) return { reason: 'not-found', sentence: 'This request is not known here. Nothing was sent.' };
    if (!isSamePerson(confirmation.askedBy, by)) {
      const sentence = `Only ${confirmation.askedBy.name}, who asked, can answer this. Nothing was sent.`;
      return { reason: 'not-yours', sentence };
    }
    if (confirmation.status !== 'pending') return this.#alreadyDecided(confirmation);
    if (choice === 'confirm') {
      // Looked at again with every click: rights may have been withdrawn since the request.
      const verdict = mayAct(by, access);
      if (!verdict.isAllowed) return { reason: 'not-allowed', sentence: `${verdict.sentence} Nothing was sent.` };
    }

    const status = choice === 'confirm' ? 'confirmed' : 'cancelled';
    const decided = await store.decide({
      id,
      status,
      by,
      at: now(),
      job: choice === 'confirm' ? { id: newId() } : null,
    });
    const after = decided.confirmation ?? confirmation;
    if (decided.job) return { reason: 'started', job: decided.job };
    if (decided.isTaken) return { reason: 'cancelled', confirmation: after };
    if (decided.supersededBy) return this.#superseded(after, decided.supersededBy);
    return after.status === 'pending' ? this.#expired(after) : this.#alreadyDecided(after);
  }

  /** Cancels what this person has open in this conversation: whoever says "cancel" means the cards as well. */
  async cancelAll(conversationId: string, by: Person): Promise<Confirmation[]> {
    const { store, now } = this.#options;
    const open = await store.openConfirmations(conversationId, now());
    const cancelled: Confirmation[] = [];
    for (const { id } of open.filter(({ askedBy }) => isSamePerson(askedBy, by))) {
      const click = await this.click(id, 'cancel', by);
      if (click.reason === 'cancelled') cancelled.push(click.confirmation);
    }
    return cancelled;
  }

  #superseded(confirmation: Confirmation, other: Confirmation): Click {
    const when = clock(other.decidedAt ?? 0, this.#options.now(), this.#reader(confirmation));
    const who = other.decidedBy?.name ?? 'Somebody';
    return {
      reason: 'superseded',
      sentence: `${who} confirmed another request for ${other.device} at ${when}, after this one was asked. This click sent nothing. Ask again if it is still wanted.`,
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

/** The Entra object id tells people apart across conversations; without one, Teams' id in this conversation does. */
function isSamePerson(a: Person, b: Person): boolean {
  return a.objectId !== null && b.objectId !== null ? a.objectId === b.objectId : a.id === b.id;
}
