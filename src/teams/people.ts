import { type Activity, TeamsInfo, type TurnContext } from 'botbuilder';
import type { Place } from '../access.ts';
import type { Log } from '../log.ts';
import type { Person } from '../store/store.ts';

/** A name changes rarely; who loses a right loses it in assistant.yaml. */
const KNOWN_MS = 60 * 60_000;
const MAX_KNOWN = 1_000;
const LOOKUP_MS = 3_000;

export interface PeopleOptions {
  /** Whether anybody is named by user principal name: only then is it looked up. */
  needsUpn: () => boolean;
  now: () => number;
  log: Log;
}

/** Who writes and clicks. Teams tells the object id with every message, and the principal name when it is asked. */
export class People {
  readonly #options: PeopleOptions;
  readonly #known = new Map<string, { upn: string | null; until: number }>();

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  async personOf(context: TurnContext): Promise<Person> {
    const { from } = context.activity;
    const person = { id: from.id, objectId: from.aadObjectId ?? null, upn: null, name: from.name || 'somebody' };
    return this.#options.needsUpn() ? { ...person, upn: await this.#upnOf(context) } : person;
  }

  /** Null when Teams does not tell: such a person has the rights of nobody in particular. */
  async #upnOf(context: TurnContext): Promise<string | null> {
    const { now, log } = this.#options;
    const { from, conversation } = context.activity;
    const key = `${conversation.id} ${from.id}`;
    const known = this.#known.get(key);
    if (known && known.until > now()) return known.upn;
    try {
      const timer = Promise.withResolvers<never>();
      const limit = setTimeout(() => timer.reject(new Error('Teams did not answer in time')), LOOKUP_MS);
      const member = await Promise.race([TeamsInfo.getMember(context, from.id), timer.promise]).finally(() =>
        clearTimeout(limit),
      );
      // Of somebody else it would be a way into their rights.
      const isThem = member.id === from.id && (!from.aadObjectId || member.aadObjectId === from.aadObjectId);
      const upn = isThem ? (member.userPrincipalName ?? null) : null;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(key, { upn, until: now() + KNOWN_MS });
      return upn;
    } catch (error) {
      log.warn({ err: error, person: from.name }, 'user principal name not found');
      return null;
    }
  }
}

/** Where it is said. What Teams does not call personal is not. */
export function placeOf({ conversation }: Pick<Activity, 'conversation'>): Place {
  const { id, conversationType } = conversation;
  const kind = conversationType === 'personal' || conversationType === 'channel' ? conversationType : 'groupChat';
  return { conversationId: id, kind };
}
