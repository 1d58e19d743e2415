import { setTimeout as delay } from 'node:timers/promises';
import type { Activity, ConversationReference, ResourceResponse, TurnContext } from 'botbuilder';
import { AssistantError } from '../errors.ts';
import type { Delivery } from '../events/dispatcher.ts';
import type { BotAdapter } from './adapter.ts';
import type { Conversations } from './conversations.ts';
import { nextSlot, stillCounting, type Urgency } from './pacing.ts';

/** Teams answers in well under a second; a connector that hangs would otherwise hang us for ever. */
const TIMEOUT_MS = 15_000;

/** Operations that may wait for one conversation; beyond it the caller is told to come back. */
const MAX_QUEUE = 100;

const MAX_LANES = 1_000;

const STOPPING: Delivery = { outcome: 'retry', reason: 'the assistant is stopping', afterMs: null, status: null };

export interface Speech {
  /** Urgent ones wait for Teams' limits only, not for each other, and some room is kept for them. */
  urgency?: Urgency;
  timeoutMs?: number;
}

interface Lane {
  last: Promise<unknown>;
  waiting: number;
  operations: number[];
}

/**
 * Everything the bot says outside a turn goes through here: within Teams' limits for each conversation, with a time
 * limit, and one operation at a time unless it is urgent. It reports what happened and never retries by itself: the caller knows
 * whether a second message would be a nuisance or a need.
 */
export class Notifier {
  readonly #adapter: BotAdapter;
  readonly #conversations: Conversations;
  readonly #now: () => number;
  readonly #cutOff: AbortSignal;
  readonly #timeoutMs: number;
  readonly #lanes = new Map<string, Lane>();

  /** `cutOff` ends every wait; what was under way then is reported as to be tried again. */
  constructor(
    adapter: BotAdapter,
    conversations: Conversations,
    now: () => number,
    cutOff: AbortSignal,
    timeoutMs = TIMEOUT_MS,
  ) {
    this.#adapter = adapter;
    this.#conversations = conversations;
    this.#now = now;
    this.#cutOff = cutOff;
    this.#timeoutMs = timeoutMs;
  }

  /** Posts a new message. */
  post(conversationId: string, message: Partial<Activity>, options: Speech = {}): Promise<Delivery> {
    return this.#inLane(conversationId, options, (context) => context.sendActivity(message));
  }

  /** Replaces a message that was posted earlier. */
  update(
    conversationId: string,
    activityId: string,
    message: Partial<Activity>,
    options: Speech = {},
  ): Promise<Delivery> {
    return this.#inLane(conversationId, options, async (context) => {
      await context.updateActivity({ ...message, id: activityId });
      return { id: activityId };
    });
  }

  #inLane(
    id: string,
    { urgency = 'normal', timeoutMs = this.#timeoutMs }: Speech,
    operation: (context: TurnContext) => Promise<ResourceResponse | undefined>,
  ): Promise<Delivery> {
    const lane = this.#lanes.get(id) ?? { last: Promise.resolve(), waiting: 0, operations: [] };
    this.#lanes.set(id, lane);
    if (lane.waiting >= MAX_QUEUE) {
      return Promise.resolve({
        outcome: 'retry',
        reason: 'too many messages are waiting for this conversation',
        afterMs: null,
        status: null,
      });
    }
    lane.waiting += 1;
    this.#forgetIdle();
    const begin = urgency === 'urgent' ? Promise.resolve() : lane.last;
    const result = begin.then(async () => {
      try {
        const begunAt = await this.#slot(lane, urgency);
        return await this.#speak(id, timeoutMs, operation).finally(() => this.#ended(lane, begunAt));
      } catch (error) {
        // A store that fails to find the conversation must not take the messages behind this one along.
        return this.#cutOff.aborted ? STOPPING : outcomeOf(error);
      }
    });
    const ended = result.finally(() => {
      lane.waiting -= 1;
    });
    if (urgency === 'normal') lane.last = ended;
    return result;
  }

  /** Resolves with the instant when the operation may happen, and counts it. Others may have taken the slot that was waited for. */
  async #slot(lane: Lane, urgency: Urgency): Promise<number> {
    for (;;) {
      lane.operations = stillCounting(lane.operations, this.#now());
      const waitMs = nextSlot(lane.operations, this.#now(), urgency) - this.#now();
      if (waitMs <= 0) break;
      await delay(waitMs, undefined, { signal: this.#cutOff });
    }
    const begunAt = this.#now();
    lane.operations.push(begunAt);
    return begunAt;
  }

  /**
   * Teams counts an operation when it gets there, which is some time between its begin and its answer. Counted from
   * the begin, one that was slow on its way and fast ones behind it are more in Teams' window than in ours.
   */
  #ended(lane: Lane, begunAt: number): void {
    const index = lane.operations.indexOf(begunAt);
    if (index >= 0) lane.operations[index] = this.#now();
    lane.operations.sort((a, b) => a - b);
  }

  /** A bot in many channels meets a conversation per thread; those that are silent for an hour count for nothing. */
  #forgetIdle(): void {
    if (this.#lanes.size <= MAX_LANES) return;
    for (const [id, { waiting, operations }] of this.#lanes) {
      if (waiting === 0 && stillCounting(operations, this.#now()).length === 0) this.#lanes.delete(id);
    }
  }

  async #speak(
    conversationId: string,
    timeoutMs: number,
    operation: (context: TurnContext) => Promise<ResourceResponse | undefined>,
  ): Promise<Delivery> {
    const reference = await this.#conversations.find(conversationId);
    if (!reference) return { outcome: 'gone', reason: 'the bot was never spoken to in this conversation' };
    let response: ResourceResponse | undefined;
    const turn = this.#adapter.continueConversationAsync(
      this.#adapter.appId,
      reference as ConversationReference,
      async (context) => {
        response = await operation(context);
      },
    );
    const limit = new AbortController();
    try {
      const signal = AbortSignal.any([limit.signal, this.#cutOff]);
      const first = await Promise.race([turn, delay(timeoutMs, 'timeout', { signal })]);
      if (first === 'timeout')
        return { outcome: 'retry', reason: 'Teams did not answer in time', afterMs: null, status: null };
      const activityId = response?.id;
      return activityId
        ? { outcome: 'posted', conversationId, activityId }
        : { outcome: 'retry', reason: 'Teams gave the message no id', afterMs: null, status: null };
    } catch (error) {
      return this.#cutOff.aborted ? STOPPING : outcomeOf(error);
    } finally {
      limit.abort();
      // The loser of the race may still fail; nobody waits for it any more.
      turn.catch(() => {});
    }
  }
}

/**
 * What an error of Teams' connector means. 403 is the conversation's (the app was removed, the bot blocked); 400, 413
 * and 415 the message's; everything else may pass. 404 too: it also comes from a Teams that is being moved.
 */
export function outcomeOf(error: unknown): Delivery {
  if (error instanceof AssistantError) return { outcome: 'retry', reason: error.message, afterMs: null, status: null };
  const { statusCode, code, message, response } = error as {
    statusCode?: number;
    code?: string;
    message?: string;
    response?: { headers?: { get?: (name: string) => string | undefined } };
  };
  const reason =
    statusCode === undefined
      ? `Teams cannot be reached (${code ?? message ?? 'no reason given'})`
      : `Teams answered ${statusCode}${code ? ` ${code}` : ''}`;
  if (statusCode === 403) return { outcome: 'gone', reason };
  if (statusCode === 400 || statusCode === 413 || statusCode === 415) return { outcome: 'rejected', reason };
  const seconds = Number(response?.headers?.get?.('retry-after') ?? Number.NaN);
  return {
    outcome: 'retry',
    reason,
    afterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
    status: statusCode ?? null,
  };
}
