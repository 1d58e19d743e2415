import type { Log } from '../log.ts';
import type { DueEvent, PostedCard, Store } from '../store/store.ts';
import { type CardForm, nextCard, type PostedAt } from './next-card.ts';

/** What came of posting a card. `retry` may be tried again; `rejected` is the card's fault; `gone` the conversation's. */
export type Delivery =
  | { outcome: 'posted'; conversationId: string; activityId: string }
  | { outcome: 'retry'; reason: string; afterMs: number | null }
  | { outcome: 'rejected' | 'gone'; reason: string };

export interface DispatcherOptions {
  store: Pick<
    Store,
    'backlog' | 'dueDeliveries' | 'startDelivery' | 'finishDelivery' | 'retryDelivery' | 'dropDelivery'
  >;
  /** The conversation alerts go to, or null while nobody has named one. */
  alertConversation: () => Promise<string | null>;
  post: (conversationId: string, events: DueEvent[], form: CardForm) => Promise<Delivery>;
  now: () => number;
  /** Random number in [0, 1), for jitter. */
  random: () => number;
  log: Log;
}

/** Events read at a time; a digest carries no more, the next one takes the rest. */
const BATCH = 500;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
const LONGEST_ASKED_MS = 5 * 60_000;
/** Looks again without being told, so that nothing hangs on a missed signal. */
const IDLE_MS = 1_000;

/**
 * Milliseconds until the next try: doubled up to a minute, spread by half so that retries do not march in step. What
 * Teams asks for (`askedMs`) is kept, within reason: a day of silence because of one header is not.
 */
export function retryDelayMs(failures: number, random: number, askedMs: number | null = null): number {
  const full = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
  return Math.min(Math.max(Math.round(full * (0.5 + random / 2)), askedMs ?? 0), LONGEST_ASKED_MS);
}

/**
 * The way from the store to Teams. Everything is decided from the store, so a restart goes on where the
 * process stopped. An event whose post was under way when the process died is posted again: a second card
 * is a nuisance, a missing one is an outage nobody saw.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #posted: PostedAt[] = [];
  #failures = 0;
  #hold: 'no-conversation' | 'conversation-gone' | null = null;
  #stopping = false;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Why nothing is posted at the moment, or null. */
  get hold(): string | null {
    return this.#hold;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** An event was stored. */
  wake(): void {
    this.#wake();
  }

  /** The alert conversation was named, or showed that it is alive: what was held goes out. */
  resume(): void {
    this.#hold = null;
    this.#failures = 0;
    this.#wake();
  }

  /** Resolves when the post under way has been accounted for. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const pauseMs = await this.#step().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'delivery failed');
        return IDLE_MS;
      });
      if (pauseMs > 0 && !this.#stopping) await this.#pause(pauseMs);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One card; returns how long to pause before the next look. */
  async #step(): Promise<number> {
    const { store, alertConversation, now, log } = this.#options;
    if (this.#hold === 'conversation-gone') return IDLE_MS;
    const conversationId = await alertConversation();
    if (conversationId === null) {
      const { waiting } = await store.backlog();
      if (waiting > 0 && this.#hold === null) {
        log.warn({ waiting }, 'no alert conversation yet: write "alerts here" to the bot where alerts shall go');
        this.#hold = 'no-conversation';
      }
      return IDLE_MS;
    }
    this.#hold = null;
    // A clock that was set back must not leave cards in the future, or nothing would be posted until then.
    this.#posted = this.#posted.filter((card) => card.at > now() - 60_000 && card.at <= now());
    const next = nextCard(await store.dueDeliveries(BATCH), this.#posted, now());
    if (next.kind === 'wait') return next.until === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, next.until - now()));
    return await this.#deliver(conversationId, next.events, next.form);
  }

  async #deliver(conversationId: string, events: DueEvent[], form: CardForm): Promise<number> {
    const { store, post, now, random, log } = this.#options;
    const ids = events.map((event) => event.id);
    const fields = { id: ids[0], events: ids.length, form, conversationId };

    await store.startDelivery(ids, now());
    const delivery = await post(conversationId, events, form);
    switch (delivery.outcome) {
      case 'posted': {
        const { activityId } = delivery;
        this.#failures = 0;
        for (const priority of new Set(events.map((event) => event.priority)))
          this.#posted.push({ priority, at: now() });
        await this.#finish(ids, { conversationId, activityId, at: now(), reason: form });
        log.info({ ...fields, activityId }, 'card posted');
        return 0;
      }
      case 'rejected': {
        if (form !== 'plain') {
          log.error({ ...fields, reason: delivery.reason }, 'Teams refused the card, posting its words instead');
          return await this.#deliver(conversationId, events, 'plain');
        }
        await store.dropDelivery(ids, now(), delivery.reason);
        log.error(
          { ...fields, reason: delivery.reason },
          'Teams refused the event in every form: it is in the store only',
        );
        return 0;
      }
      case 'gone': {
        await store.retryDelivery(ids, delivery.reason);
        this.#hold = 'conversation-gone';
        log.error(
          { ...fields, reason: delivery.reason },
          'the alert conversation takes no messages: events are kept until it does',
        );
        return IDLE_MS;
      }
      case 'retry': {
        const waitMs = retryDelayMs(this.#failures, random(), delivery.afterMs);
        this.#failures += 1;
        await store.retryDelivery(ids, delivery.reason);
        log.warn({ ...fields, reason: delivery.reason, waitMs }, 'card not posted, trying again');
        return await this.#backoff(waitMs);
      }
    }
  }

  /**
   * Notes that Teams has the card. While the store fails, nothing else is posted: looked at again, the same event
   * would still be owed, and become a card with every look.
   */
  async #finish(ids: number[], posted: PostedCard): Promise<void> {
    const { store, random, log } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        return await store.finishDelivery(ids, posted);
      } catch (error) {
        if (this.#stopping) throw error;
        log.error({ err: error, id: ids[0] }, 'the card is posted, but the store cannot note it');
        await this.#pause(retryDelayMs(failures, random()));
      }
    }
  }

  /** A wait that a newly stored event does not cut short: it would only be refused as well. */
  async #backoff(ms: number): Promise<number> {
    // Not by the clock on the wall: one that is set back would make this a wait for hours.
    const until = performance.now() + ms;
    while (!this.#stopping && this.#failures > 0 && performance.now() < until) {
      await this.#pause(Math.min(IDLE_MS, until - performance.now()));
    }
    return 0;
  }
}
