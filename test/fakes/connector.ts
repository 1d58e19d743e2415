import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Activity } from 'botbuilder';

/** What the connector does with a request instead of taking it. */
export type Fault =
  | { status: number; headers?: OutgoingHttpHeaders; code?: string }
  /** Never answered. */
  | { hang: true }
  /** Taken and answered when this resolves. */
  | { until: Promise<unknown> };

/** One request as it came. */
export interface ConnectorRequest {
  method: 'POST' | 'PUT';
  conversationId: string;
  /** Of the message: given by us for a POST, named by the bot for a PUT. */
  activityId: string;
  replyTo: string | null;
  activity: Partial<Activity>;
  /** The bot's own token, as it stands in the header. */
  authorization: string | null;
  /** Status answered; null while it is not answered. */
  status: number | null;
  /** When its first bytes were here, and when it was answered; milliseconds of `performance.now()`. */
  arrivedAt: number;
  answeredAt: number | null;
}

type Matches = (request: ConnectorRequest) => boolean;

interface Planned {
  fault: Fault;
  left: number;
  matches: Matches;
}

/** Much longer than anything here takes: only a test that fails gets to see it. */
const WAIT_MS = 90_000;

/** Microsoft's Bot Connector as far as a bot sees it: takes messages, gives them ids, and remembers everything. */
export class Connector {
  /** Every request in the order it came, whatever was answered. */
  readonly requests: ConnectorRequest[] = [];
  /** The requests that were taken, in the order they were answered. */
  readonly messages: ConnectorRequest[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #changed = new EventEmitter().setMaxListeners(0);
  #planned: Planned[] = [];
  #mood: (request: ConnectorRequest) => Fault | undefined = () => undefined;
  #lastId = 0;

  static async start(): Promise<Connector> {
    const connector = new Connector();
    await new Promise<void>((resolve) => connector.#server.listen(0, '127.0.0.1', resolve));
    return connector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/connector/`;
  }

  /** The next `times` requests that match are treated so. */
  plan(fault: Fault, times = 1, matches: Matches = () => true): void {
    this.#planned.push({ fault, left: times, matches });
  }

  /** From now on this says what becomes of each request for which nothing is planned. */
  behave(mood: (request: ConnectorRequest) => Fault | undefined): void {
    this.#mood = mood;
  }

  /** From now on every request is taken. */
  heal(): void {
    this.#planned = [];
    this.#mood = () => undefined;
  }

  /** Messages of a conversation that were taken, or of all conversations. */
  taken(conversationId?: string): ConnectorRequest[] {
    return this.messages.filter((message) => conversationId === undefined || message.conversationId === conversationId);
  }

  /** The first message, past or to come, that was taken and matches. */
  waitFor(matches: Matches): Promise<ConnectorRequest> {
    return this.#wait(this.messages, matches, 'taken');
  }

  /** The first request, past or to come, that matches, whether it gets an answer or not. */
  waitForRequest(matches: Matches): Promise<ConnectorRequest> {
    return this.#wait(this.requests, matches, 'request');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #wait(among: ConnectorRequest[], matches: Matches, event: string): Promise<ConnectorRequest> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = among.find(matches);
        if (!found) return;
        clearTimeout(timer);
        this.#changed.off(event, look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#changed.off(event, look);
        const seen = this.requests.map(({ method, status, activity }) => `${method} ${status}: ${wordsOf(activity)}`);
        reject(new Error(`The connector waited in vain for ${matches}. It saw:\n${seen.join('\n')}`));
      }, WAIT_MS);
      this.#changed.on(event, look);
      look();
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = performance.now();
    const path = /^\/connector\/v3\/conversations\/([^/]+)\/activities(?:\/([^/]+))?$/.exec(incoming.url ?? '');
    const { method } = incoming;
    if (!path || (method !== 'POST' && method !== 'PUT')) {
      response.writeHead(501).end();
      return;
    }
    const named = path[2] === undefined ? null : decodeURIComponent(path[2]);
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    this.#lastId += 1;
    const request: ConnectorRequest = {
      method,
      conversationId: decodeURIComponent(path[1] ?? ''),
      activityId: method === 'PUT' ? (named ?? '') : `message-${this.#lastId}`,
      replyTo: method === 'PUT' ? null : named,
      activity: JSON.parse(body) as Partial<Activity>,
      authorization: incoming.headers.authorization ?? null,
      status: null,
      arrivedAt,
      answeredAt: null,
    };
    this.requests.push(request);
    const fault = this.#faultFor(request);
    this.#changed.emit('request');
    if (fault && 'hang' in fault) return;
    if (fault && 'until' in fault) await fault.until;
    const refusal = fault && 'status' in fault ? fault : undefined;
    request.status = refusal?.status ?? 200;
    request.answeredAt = performance.now();
    if (!refusal) {
      this.messages.push(request);
      this.#changed.emit('taken');
    }
    response.writeHead(request.status, { 'Content-Type': 'application/json', ...refusal?.headers });
    const error = { code: refusal?.code ?? 'ServiceError', message: 'refused' };
    response.end(JSON.stringify(refusal ? { error } : { id: request.activityId }));
  }

  #faultFor(request: ConnectorRequest): Fault | undefined {
    const planned = this.#planned.find(({ left, matches }) => left > 0 && matches(request));
    if (!planned) return this.#mood(request);
    planned.left -= 1;
    return planned.fault;
  }
}

/** Every one of these is to be read on it, in whatever order the card has them. */
export function assertSays(words: string, ...patterns: RegExp[]): void {
  for (const pattern of patterns) assert.match(words, pattern);
}

type Node = { [key: string]: unknown };

/** The card a message carries. */
export function cardOf(activity: Partial<Activity>): Node | undefined {
  return activity.attachments?.[0]?.content as Node | undefined;
}

/** Everything a person can read in a message or a card, with markdown's backslashes read as Teams reads them. */
export function wordsOf(from: Partial<Activity> | Node): string {
  const card = 'body' in from ? (from as Node) : cardOf(from as Partial<Activity>);
  return [(from as Partial<Activity>).text ?? '', ...shownTexts(card ?? {})]
    .join('\n')
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '');
}

/** The texts of a card as they are sent, escapes and all. */
export function shownTexts(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(shownTexts);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === 'data') return [];
    return typeof value === 'string' ? (['text', 'title', 'value'].includes(key) ? [value] : []) : shownTexts(value);
  });
}
