import { type Activity, type ConversationReference, TurnContext } from 'botbuilder';
import type { Store } from '../store/store.ts';
import { type Cloud, isServiceUrl } from './cloud.ts';

/** A cache of what is stored already; an entry per channel thread, so it is bounded. */
const MAX_KNOWN = 1_000;

/** The bot as Teams addresses it, for a conversation named in the configuration only. */
export interface BotAccount {
  appId: string;
  tenantId: string;
  cloud: Cloud;
}

/** In a channel every thread has its own id; alerts go to the channel, each as a post of its own. */
export const channelOf = (conversationId: string) => conversationId.replace(/;messageid=.*$/s, '');

/**
 * The stored references with which the bot can speak first: after the turn, after a restart.
 * They are written only when something in them changed, not with every message.
 */
export class Conversations {
  readonly #store: Store;
  readonly #bot: BotAccount | null;
  readonly #known = new Map<string, string>();

  /** `bot`: null in local mode. */
  constructor(store: Store, bot: BotAccount | null) {
    this.#store = store;
    this.#bot = bot;
  }

  async remember(activity: Activity, now: number): Promise<void> {
    const reference = TurnContext.getConversationReference(activity);
    for (const id of new Set([activity.conversation.id, channelOf(activity.conversation.id)])) {
      const { bot, channelId, serviceUrl, conversation } = reference;
      const kept = JSON.stringify({ bot, channelId, serviceUrl, conversation: { ...conversation, id } });
      if (this.#known.get(id) === kept) continue;
      await this.#store.saveConversation({ id, reference: kept, seenAt: now });
      this.#keep(id, kept);
    }
  }

  /** A store that is away must not keep the bot from saying so. */
  async #reference(id: string): Promise<string | null> {
    let reference: string | null;
    try {
      reference = (await this.#store.conversation(id))?.reference ?? null;
    } catch (error) {
      const known = this.#known.get(id);
      if (known === undefined) throw error;
      return known;
    }
    if (reference !== null) this.#keep(id, reference);
    return reference;
  }

  #keep(id: string, reference: string): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(id, reference);
  }

  /** The reference of a conversation, or null when the bot cannot speak there yet. */
  async find(id: string): Promise<Partial<ConversationReference> | null> {
    const stored = await this.#reference(id);
    const reference = stored === null ? null : (JSON.parse(stored) as Partial<ConversationReference>);
    if (!this.#bot) return reference;
    const { appId, tenantId, cloud } = this.#bot;
    // Not one that local mode left behind: the bot's token would go there.
    if (reference && isServiceUrl(reference.serviceUrl ?? '', cloud)) return reference;
    return {
      bot: { id: `28:${appId}`, name: 'Network Assistant' },
      channelId: 'msteams',
      serviceUrl: cloud.serviceUrl,
      conversation: { id, isGroup: true, conversationType: 'groupChat', tenantId, name: '' },
    };
  }
}
