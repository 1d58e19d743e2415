import type { Activity } from 'botbuilder';
import { AssistantError } from '../errors.ts';
import { RateLimit } from '../rate-limit.ts';

/** Far more than somebody who types and clicks; a loop of two bots, or a script, is more. */
const PERSON = { burst: 30, perSecond: 1 };
const CONVERSATION = { burst: 100, perSecond: 5 };

/** How many activities one person, and everybody in one conversation, may send: each is a turn that reads and writes the store. */
export class TurnLimit {
  readonly #people: RateLimit;
  readonly #conversations: RateLimit;

  constructor(now: () => number) {
    this.#people = new RateLimit(PERSON, now);
    this.#conversations = new RateLimit(CONVERSATION, now);
  }

  /** Throws AssistantError `too-many`. The activity has to be believed already: both ids are what it says of itself. */
  take({ from, conversation }: Activity): void {
    if (this.#people.take(from.id) > 0 || this.#conversations.take(conversation.id) > 0)
      throw new AssistantError('too-many', 'Too many messages at once. Wait a few seconds and send this one again.');
  }
}
