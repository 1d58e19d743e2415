import type { Delivery } from '../events/dispatcher.ts';
import type { Store } from '../store/store.ts';

export interface CanaryCardOptions {
  conversationId: string;
  store: Pick<Store, 'setting' | 'setSetting'>;
  post: (conversationId: string, text: string) => Promise<Delivery>;
  update: (conversationId: string, activityId: string, text: string) => Promise<Delivery>;
  now: () => number;
}

/** So often 404, and the message was deleted; once or twice, and Teams is being moved. */
const MISSING = 3;
/** A post without an answer may be there all the same: another one would be a second message, and not every five minutes. */
const POST_AGAIN_MS = 60 * 60_000;

/** The one message of the self-test: posted once, and from then on updated in place, which notifies nobody. */
export class CanaryCard {
  readonly #options: CanaryCardOptions;
  #activityId: string | null | undefined;
  #missing = 0;
  #notBefore = 0;

  constructor(options: CanaryCardOptions) {
    this.#options = options;
  }

  /** Shows the words; why Teams did not take them, or null. Throws what the store throws. */
  async show(text: string): Promise<string | null> {
    const { conversationId, update } = this.#options;
    this.#activityId ??= await this.#stored();
    if (this.#activityId === null) return await this.#post(text);
    const delivery = await update(conversationId, this.#activityId, text);
    if (delivery.outcome === 'posted') {
      this.#missing = 0;
      return null;
    }
    this.#missing = delivery.outcome === 'retry' && delivery.status === 404 ? this.#missing + 1 : 0;
    if (this.#missing < MISSING) return delivery.reason;
    this.#missing = 0;
    return await this.#post(text);
  }

  async #post(text: string): Promise<string | null> {
    const { conversationId, store, post, now } = this.#options;
    if (now() < this.#notBefore) return 'Teams did not answer for the message; it is posted again within the hour';
    const delivery = await post(conversationId, text);
    if (delivery.outcome !== 'posted') {
      if (delivery.outcome === 'retry' && delivery.status === null) this.#notBefore = now() + POST_AGAIN_MS;
      return delivery.reason;
    }
    const { activityId } = delivery;
    this.#activityId = activityId;
    await store.setSetting('canary-card', JSON.stringify({ conversationId, activityId }));
    return null;
  }

  async #stored(): Promise<string | null> {
    const { conversationId, store } = this.#options;
    const setting = await store.setting('canary-card');
    const card = JSON.parse(setting ?? '{}') as { conversationId?: string; activityId?: string };
    return card.conversationId === conversationId ? (card.activityId ?? null) : null;
  }
}
