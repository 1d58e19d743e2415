import type { Activity, InvokeResponse } from 'botbuilder';
import type { Request, Response, Server } from 'restify';
import type { KeyPair } from '../config/key-pair.ts';
import { AssistantError, referenceOf } from '../errors.ts';
import type { IntakeAnswer } from '../events/intake.ts';
import type { Proof } from '../events/verify.ts';
import type { Log } from '../log.ts';
import { senderOf } from '../networks.ts';
import { isJson, readBody } from './body.ts';
import { createListener } from './listener.ts';
import { localActivityProblem } from './local-mode.ts';
import { Refusals, type Route } from './refusals.ts';

/** The second is the original's. */
const EVENT_PATHS = ['/webhooks/junos', '/junos'];
const WEBHOOK_BYTES = 64 * 1_024;
/** Teams' own messages are far smaller; a card with inputs may carry some text. */
const ACTIVITY_BYTES = 256 * 1_024;
/** Parsed it is whatever the depth; written, into the store for one, it is not. Cards have some twenty. */
const MOST_LEVELS = 100;

/** What a handler may throw to refuse an activity, by the error's code; and after how many seconds to come again. */
const REFUSALS: Record<string, { status: number; retryAfter?: number }> = {
  unauthorized: { status: 401 },
  forbidden: { status: 403 },
  'too-many': { status: 429, retryAfter: 5 },
  unavailable: { status: 503, retryAfter: 10 },
};

export interface Health {
  isReady: boolean;
  [detail: string]: unknown;
}

export interface EventHandlers {
  /** Speaks TLS with it. */
  tls: KeyPair | null;
  /** Name of the header with the webhook's signature. */
  authHeader: () => string;
  /** `traceparent` is the sender's, to be believed when the sender is. */
  takeEvent: (body: Buffer, proof: Proof, source: string, traceparent?: string) => Promise<IntakeAnswer>;
  /** Whose X-Forwarded-For is believed. */
  isTrustedProxy: (address: string) => boolean;
  /** Told of each request that was not believed, and what it was answered with. */
  onRefused: (route: Route, status: number) => void;
  now: () => number;
  log: Log;
}

export interface Handlers extends EventHandlers {
  isLocal: boolean;
  /** Not when they have a port of their own. */
  takesEvents: boolean;
  /** Whether who asks may read the metrics and what is behind readiness. */
  isMonitor: (request: Request) => boolean;
  takeActivity: (authorization: string, activity: Activity) => Promise<InvokeResponse | undefined>;
  health: () => Promise<Health>;
  /** Prometheus text. */
  metrics: () => Promise<string>;
}

/**
 * The routes, and nothing else: bytes in, a handler's answer out. What a client reads is written here; no
 * error's own text leaves the program.
 */
export function createHttpServer(handlers: Handlers): Server {
  const { log, isMonitor } = handlers;
  const server = createListener(handlers.tls);
  const refusals = new Refusals(handlers.now, log, handlers.onRefused);
  if (handlers.takesEvents) takeEvents(server, handlers, refusals);
  else {
    const elsewhere = guarded(log, async (request, response) => {
      request.resume();
      response.send(404, { error: 'Events are not taken on this port: the assistant has another one for them.' });
    });
    for (const path of EVENT_PATHS) server.post(path, elsewhere);
  }
  server.post(
    '/api/messages',
    guarded(log, (request, response) => messages(handlers, refusals, request, response)),
  );
  server.get(
    '/healthz',
    guarded(log, async (_request, response) => void response.send(200, { status: 'ok' })),
  );
  server.get(
    '/readyz',
    guarded(log, async (request, response) => {
      const health = await handlers.health();
      const { isReady } = health;
      response.send(isReady ? 200 : 503, isMonitor(request) ? health : { isReady });
    }),
  );
  server.get(
    '/metrics',
    guarded(log, async (request, response) => {
      if (!isMonitor(request)) {
        const error = 'Metrics are for this machine, and for the monitoring_networks of assistant.yaml.';
        return void response.send(403, { error });
      }
      const text = await handlers.metrics();
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(text);
    }),
  );
  return server;
}

/** The routes of a port that takes events and nothing else. */
export function createEventServer(handlers: EventHandlers): Server {
  const server = createListener(handlers.tls);
  takeEvents(server, handlers, new Refusals(handlers.now, handlers.log, handlers.onRefused));
  return server;
}

function takeEvents(server: Server, handlers: EventHandlers, refusals: Refusals): void {
  const { authHeader, takeEvent, isTrustedProxy, log } = handlers;
  const webhook = guarded(log, async (request, response) => {
    const body = await jsonBody(request, response, WEBHOOK_BYTES);
    if (!body) return;
    const header = (name: string) => {
      const value = request.headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    };
    const proof = {
      signature: header(authHeader()),
      webhookId: header('webhook-id'),
      webhookTimestamp: header('webhook-timestamp'),
      webhookSignature: header('webhook-signature'),
    };
    const source = sourceOf(request, isTrustedProxy);
    try {
      const answer = await takeEvent(body, proof, source, header('traceparent'));
      if (!('error' in answer)) response.send(answer.status, { id: answer.id });
      else if (answer.status === 400) response.send(400, { error: answer.error });
      else {
        const { status, error, fields } = answer;
        refusals.send(response, { route: 'events', status, error, source, message: 'webhook refused', fields });
      }
    } catch (error) {
      const reference = referenceOf(error);
      log.error({ reference, err: error }, 'event not stored');
      // The sender keeps the event and comes again: nothing was acknowledged.
      response.setHeader('Retry-After', '5');
      failed(response, 503, 'The event cannot be stored at the moment. Send it again later.', reference);
    }
  });
  for (const path of EVENT_PATHS) server.post(path, webhook);
}

function sourceOf({ socket, headers }: Request, isTrustedProxy: (address: string) => boolean): string {
  const forwarded = headers['x-forwarded-for'];
  return senderOf(socket.remoteAddress ?? '', typeof forwarded === 'string' ? forwarded : undefined, isTrustedProxy);
}

async function messages(handlers: Handlers, refusals: Refusals, request: Request, response: Response): Promise<void> {
  const { isLocal, takeActivity, isTrustedProxy } = handlers;
  const body = await jsonBody(request, response, ACTIVITY_BYTES);
  if (!body) return;
  const activity = parseActivity(body);
  if (!activity) return void response.send(400, { error: 'The body is not a Bot Framework activity.' });
  const problem = isLocal ? localActivityProblem(request.headers, activity) : null;
  if (problem) return void response.send(403, { error: problem });
  try {
    const answer = await takeActivity(request.headers.authorization ?? '', activity);
    if (answer?.body === undefined) response.send(answer?.status ?? 200);
    else response.send(answer.status, answer.body);
  } catch (error) {
    const refusal = error instanceof AssistantError ? REFUSALS[error.code] : undefined;
    if (refusal === undefined) throw error;
    const { message, cause } = error as AssistantError;
    const source = sourceOf(request, isTrustedProxy);
    const fields = { reason: cause instanceof Error ? cause.message : message };
    if (refusal.retryAfter !== undefined) response.setHeader('Retry-After', String(refusal.retryAfter));
    const { status } = refusal;
    refusals.send(response, { route: 'messages', status, error: message, source, message: 'activity refused', fields });
  }
}

function parseActivity(body: Buffer): Activity | undefined {
  try {
    const activity = JSON.parse(body.toString('utf8')) as Partial<Activity> | null;
    const isActivity =
      typeof activity?.type === 'string' &&
      typeof activity.serviceUrl === 'string' &&
      typeof activity.from?.id === 'string' &&
      typeof activity.conversation?.id === 'string' &&
      typeof activity.channelId === 'string' &&
      !isDeeper(activity, MOST_LEVELS);
    return isActivity ? (activity as Activity) : undefined;
  } catch {
    return undefined;
  }
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));

/** The body, or undefined when the refusal has been sent. */
async function jsonBody(request: Request, response: Response, limit: number): Promise<Buffer | undefined> {
  if (!isJson(request)) {
    request.resume();
    response.send(415, { error: 'Send JSON: Content-Type: application/json, not compressed.' });
    return undefined;
  }
  const body = await readBody(request, limit);
  if ('bytes' in body) return body.bytes;
  if (body.problem === 'too-large') {
    response.setHeader('Connection', 'close');
    response.send(413, { error: `The body is larger than ${limit / 1_024} KiB.` });
  }
  return undefined;
}

/** A handler that cannot take the process with it, nor tell the client why it failed. */
function guarded(log: Log, handler: (request: Request, response: Response) => Promise<void>) {
  return async (request: Request, response: Response): Promise<void> => {
    try {
      await handler(request, response);
    } catch (error) {
      const reference = referenceOf(error);
      log.error({ reference, err: error, route: request.path() }, 'request failed');
      if (!response.headersSent)
        failed(response, 500, 'Something went wrong here. The log has the details.', reference);
    }
  };
}

/** What failed in here: the sentence, and the reference under which the log has the rest. */
function failed(response: Response, status: 500 | 503, error: string, reference: string): void {
  response.setHeader('X-Request-Id', reference);
  response.send(status, { error: `${error} Reference: ${reference}.`, reference });
}
