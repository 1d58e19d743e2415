import { AssistantError } from '../errors.ts';
import type { Delivery } from '../events/dispatcher.ts';
import type { Group } from '../events/group.ts';
import type { EventOutcome } from '../events/intake.ts';
import { type Lane, laneOf } from '../events/next-operation.ts';
import type { Metrics } from '../metrics.ts';
import type { Job, Store } from '../store/store.ts';
import { EventTraces } from './event-traces.ts';
import { watchedStore } from './store.ts';
import type { Traces } from './traces.ts';

type Work<T> = () => Promise<T>;

/** The part of an activity that its trace says something of. */
interface Turn {
  type: string;
  name?: string | undefined;
  value?: unknown;
  channelId?: string;
  conversation?: { id?: string };
}

/** Words of ours in what a click brings; anything else is not repeated. */
const VERB = /^[a-z-]{1,30}$/;

/**
 * What is measured and traced along the two ways through the bot. Each method goes around a piece of the way and changes
 * nothing of it: the same result, the same error.
 */
export class Watch {
  readonly #metrics: Metrics;
  readonly #traces: Traces;
  readonly #now: () => number;
  readonly #eventTraces = new EventTraces();

  constructor(metrics: Metrics, traces: Traces, now: () => number) {
    this.#metrics = metrics;
    this.#traces = traces;
    this.#now = now;
  }

  store<S extends Store>(store: S): S {
    return watchedStore(store, this.#metrics, this.#traces);
  }

  /** From the body of a webhook to its answer. */
  intake<A extends unknown[], T>(take: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      const begunAt = performance.now();
      try {
        return await take(...args);
      } finally {
        this.#metrics.intake(performance.now() - begunAt);
      }
    };
  }

  readonly eventOutcome = (outcome: EventOutcome, priority: number | null): void =>
    this.#metrics.event(outcome, priority);

  /** What is done with an event whose sender was proved: only such a one begins a trace, or goes on with the sender's. */
  readonly event = <T extends { id: number | null }>(
    seen: { event: string; device: string },
    traceparent: string | undefined,
    work: Work<T>,
  ): Promise<T> => {
    if (!this.#traces.isOn) return work();
    return this.#traces.span('webhook', { kind: 'server', traceparent, attributes: seen }, async (note) => {
      const answer = await work();
      const place = this.#traces.here();
      if (answer.id !== null && place) this.#eventTraces.stored(answer.id, place);
      note({ id: answer.id ?? undefined });
      return answer;
    });
  };

  readonly eventPlaced = (eventId: number, groupId: string | null): void => this.#eventTraces.placed(eventId, groupId);

  /** A card on its way to Teams: it goes on from its oldest event that it does not show yet, and links to the others. */
  async card(group: Group, isUpdate: boolean, deliver: Work<Delivery>): Promise<Delivery> {
    const lane: Lane = laneOf(group);
    const waiting = this.#eventTraces.of(group.id);
    const [parent, ...links] = waiting;
    const attributes = { group: group.id, event: group.event ?? undefined, events: group.count, lane };
    const name = isUpdate ? 'card update' : 'card post';
    return await this.#traces.span(name, { kind: 'consumer', parent, links, attributes }, async (note) => {
      const delivery = await deliver();
      note({ outcome: delivery.outcome });
      if (delivery.outcome !== 'posted') return delivery;
      this.#eventTraces.shown(group.id, waiting);
      const isFirst = group.shownRevision === 0 && group.notice === null;
      if (isFirst) this.#metrics.cardDelay(lane, this.#now() - group.openedAt);
      return delivery;
    });
  }

  /** One request to Teams. `operation` is ours; the answer's status, or the error's, is counted: Entra's too, for the token. */
  readonly teams = async <T>(operation: string, work: Work<T>): Promise<T> =>
    await this.#traces.span(`teams ${operation}`, { kind: 'client', isPart: true }, async (note) => {
      const begunAt = performance.now();
      const ended = (status: number | null) => {
        note({ 'http.response.status_code': status ?? undefined });
        this.#metrics.teamsAnswer(operation, status, performance.now() - begunAt);
      };
      try {
        const answer = await work();
        ended((answer as { status?: number }).status ?? null);
        return answer;
      } catch (error) {
        ended(statusOf(error));
        throw error;
      }
    });

  /** What somebody says or clicks, once it is proved to come from Teams. */
  turn<T>({ type, name, value, conversation }: Turn, work: Work<T>): Promise<T> {
    const verb = (value as { action?: { verb?: unknown } } | undefined)?.action?.verb;
    const attributes = {
      'activity.type': type,
      conversation: conversation?.id,
      verb: typeof verb === 'string' && VERB.test(verb) ? verb : undefined,
    };
    return this.#traces.span(name === 'adaptiveCard/action' ? 'click' : 'turn', { kind: 'server', attributes }, work);
  }

  /** A job, or the part of it that follows a device: parts of the click, or after a restart a trace of their own. */
  readonly job = async <T>(step: 'job' | 'follow', job: Job, work: Work<T>): Promise<T> => {
    const { id, device, confirmation } = job;
    const attributes = { job: id, confirmation: confirmation.id, action: confirmation.action, device };
    return await this.#traces.span(`${step} ${confirmation.action}`, { attributes }, work);
  };

  readonly jobEnded = (action: string, result: string): void => this.#metrics.jobEnded(action, result);

  /** Around every NETCONF login, RPC and streamed reply. `rpc` is the name of the request's element. */
  readonly netconf = async <T>(step: 'connect' | 'rpc' | 'stream', rpc: string, work: Work<T>): Promise<T> =>
    await this.#traces.span(`netconf ${step} ${rpc}`.trim(), { kind: 'client', isPart: true }, async (note) => {
      const begunAt = performance.now();
      const ended = (kind: string | null) => this.#metrics.netconf(step, performance.now() - begunAt, kind);
      try {
        const reply = await work();
        const isRefused = ((reply as { errors?: unknown[] }).errors ?? []).length > 0;
        if (isRefused) note({ outcome: 'rpc-error' });
        ended(isRefused ? 'rpc-error' : null);
        return reply;
      } catch (error) {
        ended(error instanceof AssistantError ? error.code : 'other');
        throw error;
      }
    });
}

/** Entra says 400 to a bot that it no longer knows. */
const NOT_LET_IN = ['invalid_client', 'unauthorized_client'];

/** Of Teams' answer (`statusCode`), or of Entra's in MSAL's error. */
function statusOf(error: unknown): number | null {
  const { statusCode, status, errorCode } = error as { statusCode?: number; status?: number; errorCode?: string };
  if (statusCode !== undefined) return statusCode;
  return NOT_LET_IN.includes(errorCode ?? '') ? 401 : (status ?? null);
}
