import { setTimeout as delay } from 'node:timers/promises';
import type { Activity } from 'botbuilder';
import type { Delivery } from '../events/dispatcher.ts';
import { retryDelayMs } from '../events/dispatcher.ts';
import type { Log } from '../log.ts';
import type { Notifier } from './notifier.ts';

/** A card someone watches; the id is null when its message was never acknowledged, and then a new one is posted. */
export interface Watched {
  conversationId: string;
  activityId: string | null;
}

export interface ProgressOptions {
  notifier: Pick<Notifier, 'post' | 'update'>;
  /** Least time between two updates of one card: Teams counts each, and eyes need it too. */
  intervalMs: number;
  now: () => number;
  random: () => number;
  log: Log;
  /** Ends waits between tries; what was not shown then is shown after the next start. */
  cutOff: AbortSignal;
}

const NOT_THERE: Delivery = { outcome: 'gone', reason: 'there is no message to update' };

interface Card {
  updatedAt: number;
  /** The newest moment that is not shown yet. */
  message: Partial<Activity> | undefined;
  /** Shows moments one after the other; resolves when there is none left. */
  showing: Promise<void> | undefined;
  /** Aborted by the end: no moment comes after it. */
  ending: AbortController;
}

/**
 * Keeps a card in step with its job without flooding it: moments that come too fast are left out, the newest wins and
 * is tried until Teams has it, and the end is always shown, after everything else.
 */
export class ProgressCards {
  readonly #options: ProgressOptions;
  readonly #cards = new Map<string, Card>();

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** The card was just made or answered by a click; the first update keeps its distance from that. */
  begin(key: string): void {
    this.#cards.set(key, {
      updatedAt: this.#options.now(),
      message: undefined,
      showing: undefined,
      ending: new AbortController(),
    });
  }

  /** Shows a moment, or leaves it out when a newer one comes before its turn. */
  show(key: string, card: Watched, message: Partial<Activity>): void {
    if (card.activityId === null) return;
    const state = this.#state(key);
    state.message = message;
    state.showing ??= this.#showAll(state, card.conversationId, card.activityId);
  }

  async #showAll(state: Card, conversationId: string, activityId: string): Promise<void> {
    const { now, intervalMs, notifier, random, cutOff } = this.#options;
    const signal = AbortSignal.any([state.ending.signal, cutOff]);
    for (let failures = 0; state.message; ) {
      await delay(this.#until(state.updatedAt + intervalMs), undefined, { signal }).catch(() => {});
      const { message } = state;
      if (signal.aborted) break;
      state.message = undefined;
      state.updatedAt = now();
      const delivery = await notifier.update(conversationId, activityId, message);
      if (delivery.outcome !== 'retry') {
        failures = 0;
        continue;
      }
      // Nobody may be left with a card that says what was true an hour ago.
      state.message ??= message;
      failures += 1;
      const waitMs = retryDelayMs(failures, random(), delivery.afterMs);
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
    // In the same breath as the look at `message`: what is shown next begins anew.
    state.showing = undefined;
  }

  /**
   * Shows the end: in the card, else as a new message, else in `words` alone. With `isLate`, the words are posted as
   * well: nobody is looking at that card any more. Tries until Teams has it; rejects when the process stops before that.
   */
  async finish(key: string, card: Watched, message: Partial<Activity>, words: string, isLate = false): Promise<void> {
    const state = this.#state(key);
    state.ending.abort();
    await state.showing;
    const { intervalMs } = this.#options;
    await this.#wait(this.#until(state.updatedAt + intervalMs));
    try {
      const shownAs = await this.#untilTaken(card, () => this.#deliver(card, message, words));
      const news = { type: 'message', text: words, textFormat: 'plain' };
      // A new message was seen as one already.
      const isSilent = shownAs !== null && shownAs === card.activityId;
      if (isLate && isSilent)
        await this.#untilTaken(card, () => this.#options.notifier.post(card.conversationId, news));
    } finally {
      if (this.#cards.get(key) === state) this.#cards.delete(key);
    }
  }

  /** Ends what is still being shown of requests that go on; the next start shows where they are. */
  stop(): void {
    for (const { ending } of this.#cards.values()) ending.abort();
    this.#cards.clear();
  }

  /** The id of the message that it is in; null when the conversation takes nothing. */
  async #untilTaken(card: Watched, deliver: () => Promise<Delivery>): Promise<string | null> {
    const { random, log } = this.#options;
    for (let failures = 0; ; failures += 1) {
      const delivery = await deliver();
      if (delivery.outcome === 'posted') return delivery.activityId;
      const fields = { conversation: card.conversationId, activity: card.activityId, reason: delivery.reason };
      if (delivery.outcome !== 'retry') {
        // Neither in the card's place nor as a new message: the conversation takes nothing any more.
        log.error(fields, 'result card can never be shown: the result is in the store and in this log');
        return null;
      }
      log.warn(fields, 'result card not shown, trying again');
      await this.#wait(retryDelayMs(failures, random(), delivery.afterMs));
    }
  }

  async #deliver(
    { conversationId, activityId }: Watched,
    message: Partial<Activity>,
    words: string,
  ): Promise<Delivery> {
    const { notifier } = this.#options;
    // The message may have been deleted by someone; what happened to the device must be told all the same.
    let delivery: Delivery =
      activityId === null ? NOT_THERE : await notifier.update(conversationId, activityId, message);
    if (delivery.outcome === 'gone' || delivery.outcome === 'rejected')
      delivery = await notifier.post(conversationId, message);
    if (delivery.outcome === 'rejected') {
      delivery = await notifier.post(conversationId, { type: 'message', text: words, textFormat: 'plain' });
    }
    return delivery;
  }

  /** Milliseconds to an instant; never more than one interval, whatever was done to the clock. */
  #until(at: number): number {
    return Math.min(Math.max(0, at - this.#options.now()), this.#options.intervalMs);
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.#options.cutOff });
  }

  #state(key: string): Card {
    const known = this.#cards.get(key);
    if (known) return known;
    this.begin(key);
    return this.#state(key);
  }
}
