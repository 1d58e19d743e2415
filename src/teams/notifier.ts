import { setTimeout as delay } from 'node:timers/promises';
import type { Activity, ConversationReference, ResourceResponse, TurnContext } from 'botbuilder';
import { AssistantError } from '../errors.ts';
import type { Delivery } from '../events/dispatcher.ts';
import type { BotAdapter } from './adapter.ts';
import type { Conversations } from './conversations.ts';
import { nextSlot, stillCounting } from './pacing.ts';

/** Teams answers in well under a second; a connector that hangs would otherwise hang us for ever. */
const TIMEOUT_MS = 15_000;

/** Operations that may wait for one conversation; beyond it the caller is told to come back. */
const MAX_QUEUE = 100;

interface Lane {
  last: Promise<unknown>;
  waiting: number;
  operations: number[];
}

/**
 * Everything the bot says outside a turn goes through here: one operation at a time per conversation, within
 * Teams' limits, with a time limit. It reports what happened and never retries by itself: the caller knows
 * whether a second message would be a nuisance or a need.
 */
export class Notifier {
  readonly #adapter: BotAdapter;
  readonly #conversations: Conversations;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(adapter: BotAdapter, conversations: Conversations, now: () => number, timeoutMs = TIMEOUT_MS) {
    this.#adapter = adapter;
    this.#conversations = conversations;
    this.#now = now;
    this.#timeoutMs = timeoutMs;
  }

  /** Posts a new message. */
  post(conversationId: string, message: Partial<Activity>): Promise<Delivery> {
    return this.#inLane(conversationId, (context) => context.sendActivity(message));
  }

  /** Replaces a message that was posted earlier. */
  update(conversationId: string, activityId: string, message: Partial<Activity>): Promise<Delivery> {
    return this.#inLane(conversationId, async (context) => {
      await context.updateActivity({ ...message, id: activityId });
      return { id: activityId };
    });
  }

  #inLane(id: string, operation: (context: TurnContext) => Promise<ResourceResponse | undefined>): Promise<Delivery> {
    const lane = this.#lanes.get(id) ?? { last: Promise.resolve(), waiting: 0, operations: [] };
    this.#lanes.set(id, lane);
    if (lane.waiting >= MAX_QUEUE) {
      return Promise.resolve({
        outcome: 'retry',
        reason: 'too many messages are waiting for this conversation',
        afterMs: null,
      });
    }
    lane.waiting += 1;
    const result = lane.last.then(async () => {
      const slot = nextSlot(lane.operations, this.#now());
      if (slot > this.#now()) await delay(slot - this.#now());
      lane.operations = [...stillCounting(lane.operations, this.#now()), this.#now()];
      // A store that fails to find the conversation must not take the messages behind this one along.
      return await this.#speak(id, operation).catch(outcomeOf);
    });
    lane.last = result.finally(() => {
      lane.waiting -= 1;
    });
    return result;
  }

  async #speak(
    conversationId: string,
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
      const first = await Promise.race([turn, delay(this.#timeoutMs, 'timeout', { signal: limit.signal })]);
      if (first === 'timeout') return { outcome: 'retry', reason: 'Teams did not answer in time', afterMs: null };
      const activityId = response?.id;
      return activityId
        ? { outcome: 'posted', conversationId, activityId }
        : { outcome: 'retry', reason: 'Teams gave the message no id', afterMs: null };
    } catch (error) {
      return outcomeOf(error);
    } finally {
      limit.abort();
      // The loser of the race may still fail; nobody waits for it any more.
      turn.catch(() => {});
    }
  }
}

/**
 * What an error of Teams' connector means. 403 and 404 are the conversation's (the app was removed, the chat
 * deleted, the bot blocked); 400, 413 and 415 the message's; everything else passes.
 */
export function outcomeOf(error: unknown): Delivery {
  if (error instanceof AssistantError) return { outcome: 'retry', reason: error.message, afterMs: null };
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
  if (statusCode === 403 || statusCode === 404) return { outcome: 'gone', reason };
  if (statusCode === 400 || statusCode === 413 || statusCode === 415) return { outcome: 'rejected', reason };
  const seconds = Number(response?.headers?.get?.('retry-after') ?? Number.NaN);
  return { outcome: 'retry', reason, afterMs: Number.isFinite(seconds) ? seconds * 1_000 : null };
}
