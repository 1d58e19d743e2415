import type { Log } from '../log.ts';
import type { Board } from './board.ts';
import type { Group } from './group.ts';
import { isOver } from './mutes.ts';
import { type Lane, nextOperation } from './next-operation.ts';

/** What came of posting a card. `retry` may be tried again; `rejected` is the card's fault; `gone` the conversation's. */
export type Delivery =
  | { outcome: 'posted'; conversationId: string; activityId: string }
  | { outcome: 'retry'; reason: string; afterMs: number | null; status: number | null }
  | { outcome: 'rejected' | 'gone'; reason: string };

export interface DispatcherOptions {
  board: Pick<Board, 'takeOwed' | 'behind' | 'shown' | 'change' | 'notice' | 'endMutes' | 'sweep'>;
  /** Events that wait to be grouped, among others. */
  backlog: () => Promise<{ waiting: number }>;
  /** The conversation alerts go to, or null while nobody has named one. */
  alertConversation: () => Promise<string | null>;
  /** The conversation that is told when that one takes nothing any more. */
  fallbackConversation: string | null;
  post: (conversationId: string, group: Group, lane: Lane) => Promise<Delivery>;
  update: (conversationId: string, activityId: string, group: Group, lane: Lane) => Promise<Delivery>;
  /** Counted for whoever watches. */
  onOutcome: (lane: Lane, outcome: Delivery['outcome']) => void;
  now: () => number;
  /** Random number in [0, 1), for jitter. */
  random: () => number;
  log: Log;
}

const FIRST_RETRY_MS: Record<Lane, number> = { urgent: 400, normal: 1_000 };
const LAST_RETRY_MS = 60_000;
const LONGEST_ASKED_MS = 5 * 60_000;
/** A lane rests between two tries that failed, so that a Teams that is down is not asked for every card in turn. */
const LONGEST_REST_MS = 10_000;
/** Looks again without being told, so that nothing hangs on a missed signal. */
const IDLE_MS = 1_000;
/** Events that come while others are put into groups are put there together. */
const GATHER_MS = 50;
const SWEEP_MS = 10_000;
/** So often 404, and the card was deleted; once or twice, and Teams is being moved. */
const MISSING = 3;
/** So often 404 for a new card, which takes minutes, and the conversation was deleted. */
const DELETED = 10;
/** Where nobody is told that the conversation is gone, it is looked at again: it may take messages without a word. */
const LOOK_AGAIN_MS = 5 * 60_000;
const GONE_NOTICE = 'conversation gone';

/**
 * Milliseconds until the next try: doubled up to a minute, spread by half so that retries do not march in step. What
 * Teams asks for (`askedMs`) is kept, within reason: a day of silence because of one header is not.
 */
export function retryDelayMs(
  failures: number,
  random: number,
  askedMs: number | null = null,
  firstMs = FIRST_RETRY_MS.normal,
): number {
  const full = Math.min(firstMs * 2 ** failures, LAST_RETRY_MS);
  return Math.min(Math.max(Math.round(full * (0.5 + random / 2)), askedMs ?? 0), LONGEST_ASKED_MS);
}

/**
 * A new card is posted alone, so that a process that dies there leaves one that may be posted twice. One that Teams does
 * not answer for so long does not hold up the next.
 */
const ALONE_MS = 1_000;

/** Two critical cards may be under way at once: one that Teams does not answer holds up no other. */
const WORKERS: Record<Lane, number> = { urgent: 2, normal: 1 };

/**
 * The way from the store to Teams. Everything is decided from the store, so a restart goes on where the
 * process stopped. A card whose post was under way when the process died is posted again: a second card
 * is a nuisance, a missing one is an outage nobody saw.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /**
   * By group: under way (for ever), or refused (until then). Not by the clock on the wall: one that is set back would
   * make this a wait for hours.
   */
  readonly #notBefore = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #missing = new Map<string, number>();
  readonly #laneFailures: Record<Lane, number> = { urgent: 0, normal: 0 };
  #restUntil: Record<Lane, number> = { urgent: 0, normal: 0 };
  #hold: 'no-conversation' | 'conversation-gone' | null = null;
  /** Which conversation that is: alerts may go elsewhere meanwhile. */
  #gone: { conversationId: string; lookAgainAt: number; isFallbackGone: boolean } | null = null;
  /** When the new cards under way were posted. */
  readonly #posts = new Map<string, number>();
  #stopping = false;
  readonly #sleepers = new Set<() => void>();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Why nothing is posted where it should be at the moment, or null. */
  get hold(): string | null {
    return this.#hold;
  }

  start(): void {
    const lanes = (['urgent', 'normal'] as const).flatMap((lane) =>
      Array.from({ length: WORKERS[lane] }, () => this.#run(() => this.#step(lane))),
    );
    let sweptAt = 0;
    const gather = this.#run(async () => {
      const { board, now, backlog } = this.#options;
      // While nobody can be told, events stay single: told later, they are few cards, not one for every quiet period.
      const target = await this.#target(backlog);
      if (target !== null) {
        const isMore = await board.takeOwed(target);
        // The lanes looked when the event was stored, and there was no card to be made yet.
        this.wake();
        if (isMore) return 0;
      }
      if (Math.abs(now() - sweptAt) > SWEEP_MS) {
        sweptAt = now();
        await board.endMutes((mute) => isOver(mute, now()));
        await board.sweep();
      }
      return IDLE_MS;
    }, GATHER_MS);
    this.#loops = Promise.all([...lanes, gather]);
  }

  /** An event was stored, or a card changed. */
  wake(): void {
    for (const wake of this.#sleepers) wake();
  }

  /** The alert conversation was named, or showed that it is alive: what was held goes out. */
  resume(): void {
    this.#hold = null;
    this.#gone = null;
    this.#restUntil = { urgent: 0, normal: 0 };
    for (const [id, at] of this.#notBefore) if (Number.isFinite(at)) this.#notBefore.delete(id);
    this.wake();
  }

  /** Resolves when the posts under way have been accounted for. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loops;
  }

  /** `step` says how long to pause, cut short by news; it never begins sooner than `leastMs` after the last time. */
  async #run(step: () => Promise<number>, leastMs = 0): Promise<void> {
    while (!this.#stopping) {
      const pauseMs = await step().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'delivery failed');
        return IDLE_MS;
      });
      if (pauseMs > 0 && !this.#stopping) await this.#pause(pauseMs);
      if (leastMs > 0 && !this.#stopping) await this.#pause(leastMs, false);
    }
  }

  #pause(ms: number, isCutShort = true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#sleepers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (isCutShort) this.#sleepers.add(done);
    });
  }

  /** One operation; returns how long to pause before the next look. */
  async #step(lane: Lane): Promise<number> {
    const { board, now } = this.#options;
    const behind = board.behind();
    if (behind.length === 0) return IDLE_MS;
    const restMs = this.#restUntil[lane] - performance.now();
    if (restMs > 0) return await this.#rest(restMs);
    const target = await this.#target(async () => ({ waiting: behind.length }));
    if (target === null) return IDLE_MS;
    const heldMs = (id: string) => Math.max(0, (this.#notBefore.get(id) ?? 0) - performance.now());
    const next = nextOperation(board.behind(), lane, heldMs, now());
    if (next.kind === 'wait') return next.until === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, next.until - now()));
    const { group } = next;
    if (next.kind === 'post') {
      const aloneMs = Math.max(0, ...this.#posts.values()) + ALONE_MS - performance.now();
      if (this.#posts.size > 0 && aloneMs > 0) return Math.ceil(aloneMs);
      this.#posts.set(group.id, performance.now());
    }
    this.#notBefore.set(group.id, Number.POSITIVE_INFINITY);
    try {
      // The conversation is back before anybody could be told that it was gone.
      if (group.key === `notice ${GONE_NOTICE}` && this.#gone === null) {
        await this.#noteShown(group.id, { revision: group.revision, conversationId: null, activityId: null });
        this.#notBefore.delete(group.id);
        return 0;
      }
      const delivery = await this.#deliver(group, target, lane);
      const waitMs = await this.#account(group, target, delivery, lane);
      if (waitMs > 0) this.#notBefore.set(group.id, performance.now() + waitMs);
      else this.#notBefore.delete(group.id);
    } catch (error) {
      this.#notBefore.set(group.id, performance.now() + IDLE_MS);
      throw error;
    } finally {
      // Whoever waited to be alone.
      if (this.#posts.delete(group.id)) this.wake();
    }
    return 0;
  }

  /** A wait that a newly stored event does not cut short: it would only be refused as well. */
  async #rest(ms: number): Promise<number> {
    await this.#pause(Math.min(IDLE_MS, ms), this.#stopping);
    return 0;
  }

  async #target(backlog: () => Promise<{ waiting: number }>): Promise<string | null> {
    const { alertConversation, fallbackConversation, log } = this.#options;
    const conversationId = await alertConversation();
    if (this.#gone !== null) {
      const { isFallbackGone, lookAgainAt } = this.#gone;
      const isTold = fallbackConversation !== null && !isFallbackGone;
      const isSame = conversationId === this.#gone.conversationId;
      if (isSame && (isTold || performance.now() < lookAgainAt)) return fallbackConversation;
      this.#gone = null;
      this.#hold = null;
    }
    if (conversationId !== null) this.#hold = null;
    else if (this.#hold === null) {
      const { waiting } = await backlog();
      if (waiting === 0) return null;
      log.warn({ waiting }, 'no alert conversation yet: write "alerts here" to the bot where alerts shall go');
      this.#hold = 'no-conversation';
    }
    return conversationId;
  }

  #deliver(group: Group, target: string, lane: Lane): Promise<Delivery> {
    const { post, update } = this.#options;
    const { conversationId, activityId } = group;
    // A card stays where it is, also when alerts go elsewhere by now; what happens after that gets a card there.
    return activityId === null || conversationId === null
      ? post(target, group, lane)
      : update(conversationId, activityId, group, lane);
  }

  /** What became of it; returns the milliseconds before this group is tried again. */
  async #account(group: Group, target: string, delivery: Delivery, lane: Lane): Promise<number> {
    const { board, onOutcome, random, log } = this.#options;
    const isUpdate = group.activityId !== null && group.conversationId !== null;
    const conversationId = isUpdate ? group.conversationId : target;
    const { id, revision } = group;
    const fields = { group: id, event: group.event, events: group.count, isUpdate, conversation: conversationId };
    onOutcome(lane, delivery.outcome);
    switch (delivery.outcome) {
      case 'posted': {
        this.#laneFailures[lane] = 0;
        this.#failures.delete(id);
        this.#missing.delete(id);
        await this.#noteShown(id, {
          revision,
          conversationId: delivery.conversationId,
          activityId: delivery.activityId,
        });
        log.info({ ...fields, activity: delivery.activityId }, isUpdate ? 'card updated' : 'card posted');
        return 0;
      }
      case 'rejected': {
        if (!group.isPlain && group.notice === null) {
          log.error({ ...fields, reason: delivery.reason }, 'Teams refused the card, posting its words instead');
          await board.change(id, (own) => {
            own.isPlain = true;
          });
          return 0;
        }
        await this.#noteShown(id, { revision, conversationId: null, activityId: null });
        log.error(
          { ...fields, reason: delivery.reason },
          'Teams refused the events in every form: they are in the store only',
        );
        return 0;
      }
      case 'gone': {
        if (isUpdate) {
          // The conversation it was posted in; whether it is still the one for alerts shows when it is posted anew.
          await this.#noteShown(id, { revision: group.shownRevision, conversationId: null, activityId: null });
          log.warn({ ...fields, reason: delivery.reason }, 'the conversation of a card takes no messages');
          return 0;
        }
        return await this.#lost(id, target, delivery.reason, lane);
      }
      case 'retry': {
        const failures = this.#failures.get(id) ?? 0;
        this.#failures.set(id, failures + 1);
        const { afterMs, status } = delivery;
        if (isUpdate && status === 404 && (await this.#isMissing(id, group))) return 0;
        if (!isUpdate && status === 404 && failures + 1 >= DELETED)
          return await this.#lost(id, target, delivery.reason, lane);
        const waitMs = retryDelayMs(failures, random(), afterMs, FIRST_RETRY_MS[lane]);
        this.#laneFailures[lane] += 1;
        const restMs = Math.min(LONGEST_REST_MS, 100 * 1.6 ** this.#laneFailures[lane]);
        this.#restUntil[lane] = performance.now() + restMs;
        // What Teams asks for, it asks of the conversation: both lanes.
        if (afterMs !== null) {
          const until = performance.now() + Math.min(afterMs, LONGEST_ASKED_MS);
          for (const each of ['urgent', 'normal'] as const)
            this.#restUntil[each] = Math.max(this.#restUntil[each], until);
        }
        log.warn({ ...fields, reason: delivery.reason, waitMs }, 'card not posted, trying again');
        return waitMs;
      }
    }
  }

  /** A conversation takes no messages; returns the milliseconds before this group is tried again. */
  async #lost(id: string, conversationId: string, reason: string, lane: Lane): Promise<number> {
    const { board, alertConversation, fallbackConversation, random, log } = this.#options;
    const isFallback = fallbackConversation !== null;
    if (this.#gone !== null) {
      if (conversationId !== fallbackConversation) return IDLE_MS;
      if (!this.#gone.isFallbackGone)
        log.error(
          { conversation: conversationId, reason },
          'the fallback conversation takes no messages either: nobody is told',
        );
      this.#gone.isFallbackGone = true;
      const failures = this.#failures.get(id) ?? 0;
      this.#failures.set(id, failures + 1);
      return retryDelayMs(failures, random(), null, FIRST_RETRY_MS[lane]);
    }
    // Alerts may have gone elsewhere while this was under way.
    if ((await alertConversation()) !== conversationId || this.#gone !== null) return IDLE_MS;
    this.#gone = { conversationId, lookAgainAt: performance.now() + LOOK_AGAIN_MS, isFallbackGone: false };
    this.#hold = 'conversation-gone';
    this.#failures.delete(id);
    log.error(
      { conversation: conversationId, reason, fallback: isFallback },
      'the alert conversation takes no messages: events are kept until it does',
    );
    if (isFallback) {
      const text = `The conversation for alerts takes no messages any more (${reason}). Until it does, alerts come here. To choose another one, write "alerts here" in it.`;
      await board.notice(GONE_NOTICE, text);
    }
    return IDLE_MS;
  }

  async #isMissing(id: string, group: Group): Promise<boolean> {
    const times = (this.#missing.get(id) ?? 0) + 1;
    this.#missing.set(id, times);
    if (times < MISSING) return false;
    this.#missing.delete(id);
    await this.#noteShown(id, { revision: group.shownRevision, conversationId: null, activityId: null });
    this.#options.log.warn({ group: id }, 'the card is not there any more, posting it anew');
    return true;
  }

  /**
   * Notes what Teams has. While the store fails, the group is left alone: looked at again, the same card would still
   * be owed, and be posted with every look.
   */
  async #noteShown(id: string, shown: Parameters<Board['shown']>[1]): Promise<void> {
    const { board, random, log } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        return await board.shown(id, shown);
      } catch (error) {
        if (this.#stopping) throw error;
        log.error({ err: error, group: id }, 'the card is posted, but the store cannot note it');
        await this.#pause(retryDelayMs(failures, random()), this.#stopping);
      }
    }
  }
}
