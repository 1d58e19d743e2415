import type { AddressInfo } from 'node:net';
import type { Activity, InvokeResponse } from 'botbuilder';
import restify, { type Request, type Response, type Server } from 'restify';
import { AssistantError, referenceOf } from '../errors.ts';
import type { IntakeAnswer } from '../events/intake.ts';
import type { Proof } from '../events/verify.ts';
import type { Log } from '../log.ts';
import { senderOf } from '../networks.ts';
import { isJson, readBody } from './body.ts';
import { localActivityProblem } from './local-mode.ts';

const WEBHOOK_BYTES = 64 * 1_024;
/** Teams' own messages are far smaller; a card with inputs may carry some text. */
const ACTIVITY_BYTES = 256 * 1_024;

/** What a handler may throw to refuse an activity, by the error's code. */
const REFUSALS: Record<string, number> = { unauthorized: 401, forbidden: 403 };

export interface Health {
  isReady: boolean;
  [detail: string]: unknown;
}

export interface Handlers {
  isLocal: boolean;
  /** Name of the header with the webhook's signature. */
  authHeader: () => string;
  /** `traceparent` is the sender's, to be believed when the sender is. */
  takeEvent: (body: Buffer, proof: Proof, source: string, traceparent?: string) => Promise<IntakeAnswer>;
  /** Whose X-Forwarded-For is believed. */
  isTrustedProxy: (address: string) => boolean;
  takeActivity: (authorization: string, activity: Activity) => Promise<InvokeResponse | undefined>;
  health: () => Promise<Health>;
  /** Prometheus text. */
  metrics: () => Promise<string>;
  log: Log;
}

/**
 * The routes, and nothing else: bytes in, a handler's answer out. What a client reads is written here; no
 * error's own text leaves the program.
 */
export function createHttpServer(handlers: Handlers): Server {
  const { authHeader, takeEvent, isTrustedProxy, log } = handlers;
  const server = restify.createServer({ name: 'network-assistant', ignoreTrailingSlash: true });
  // A client that sends slower than this holds a connection for nothing.
  server.server.requestTimeout = 15_000;
  server.server.headersTimeout = 10_000;
  // Longer than proxies keep theirs: of two ends that close at the same moment, the one that sends loses its request.
  server.server.keepAliveTimeout = 75_000;

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
    const sender = senderOf(request.socket.remoteAddress ?? '', header('x-forwarded-for'), isTrustedProxy);
    try {
      const answer = await takeEvent(body, proof, sender, header('traceparent'));
      if ('error' in answer) response.send(answer.status, { error: answer.error });
      else response.send(answer.status, { id: answer.id });
    } catch (error) {
      const reference = referenceOf(error);
      log.error({ reference, err: error }, 'event not stored');
      // The sender keeps the event and comes again: nothing was acknowledged.
      response.setHeader('Retry-After', '5');
      failed(response, 503, 'The event cannot be stored at the moment. Send it again later.', reference);
    }
  });
  server.post('/webhooks/junos', webhook);
  server.post('/junos', webhook);
  server.post(
    '/api/messages',
    guarded(log, (request, response) => messages(handlers, request, response)),
  );
  server.get(
    '/healthz',
    guarded(log, async (_request, response) => void response.send(200, { status: 'ok' })),
  );
  server.get(
    '/readyz',
    guarded(log, async (_request, response) => {
      const health = await handlers.health();
      response.send(health.isReady ? 200 : 503, health);
    }),
  );
  server.get(
    '/metrics',
    guarded(log, async (_request, response) => {
      const text = await handlers.metrics();
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(text);
    }),
  );
  return server;
}

/** Listens; resolves with the port when it does. Throws AssistantError `port` when it cannot. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program is using it' : (error.code ?? error.message);
      reject(new AssistantError('port', `The bot cannot listen on ${host}:${port}: ${reason}.`, { cause: error }));
    };
    // restify passes the error on as its own, and one that nobody hears ends the process.
    server.once('error', onError);
    server.listen(port, host, () => resolve((server.server.address() as AddressInfo).port));
  });
}

/** Takes no more connections; resolves when the requests under way are answered, or after `limitMs`. */
export function close(server: Server, limitMs = 2_000): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.server.closeAllConnections(), limitMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.server.closeIdleConnections();
  });
}

async function messages({ isLocal, takeActivity, log }: Handlers, request: Request, response: Response): Promise<void> {
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
    const status = error instanceof AssistantError ? REFUSALS[error.code] : undefined;
    if (status === undefined) throw error;
    const { message, cause } = error as AssistantError;
    log.warn({ status, reason: cause instanceof Error ? cause.message : message }, 'activity refused');
    response.send(status, { error: message });
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
      typeof activity.channelId === 'string';
    return isActivity ? (activity as Activity) : undefined;
  } catch {
    return undefined;
  }
}

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
