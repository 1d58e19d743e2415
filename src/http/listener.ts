import type { ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import restify, { type Server } from 'restify';
import type { KeyPair } from '../config/key-pair.ts';
import { AssistantError } from '../errors.ts';

const TLS = { minVersion: 'TLSv1.2' } as const;
const HANDSHAKE_MS = 10_000;
/** How long what a client still writes is read and thrown away, so that it gets to hear why it was refused. */
const LINGER_MS = 2_000;

/** A server without routes, with an end for everything that a client can hold open. `pair`: speaks TLS, 1.2 or later. */
export function createListener(pair: KeyPair | null): Server {
  const secure = pair ? { httpsServerOptions: { ...contextOf(pair), handshakeTimeout: HANDSHAKE_MS } } : {};
  const server = restify.createServer({ name: 'network-assistant', ignoreTrailingSlash: true, ...secure });
  // A client that sends slower than this holds a connection for nothing.
  server.server.requestTimeout = 15_000;
  server.server.headersTimeout = 10_000;
  // Longer than proxies keep theirs: of two ends that close at the same moment, the one that sends loses its request.
  server.server.keepAliveTimeout = 75_000;
  server.server.on('clientError', refuseUnread);
  const unanswered = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  OPEN.set(server, { unanswered, sockets });
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.server.prependListener('request', (_request, response: ServerResponse) => {
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    if (!server.server.listening) sayGoodbye(response);
  });
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

/** Of each server: responses that are not sent yet, and connections, also those that never came to a request. */
const OPEN = new WeakMap<Server, { unanswered: Set<ServerResponse>; sockets: Set<Socket> }>();

/** Tells a client that keeps its connection that the next request needs another one. */
function sayGoodbye(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

/**
 * Takes no more connections, and no more requests on those that are kept open; resolves when the requests under way are
 * answered, or after `limitMs`.
 */
export function close(server: Server, limitMs = 2_000): Promise<void> {
  // Node itself goes on serving a kept connection for as long as its client has something to ask.
  const { unanswered = [], sockets = [] } = OPEN.get(server) ?? {};
  for (const response of unanswered) sayGoodbye(response);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      // Not closeAllConnections: it does not know who has not finished the TLS handshake.
      for (const socket of sockets) socket.destroy();
    }, limitMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.server.closeIdleConnections();
  });
}

/** From the next connection on. Throws when the pair cannot be used; then everything is as before. */
export function useKeyPair(server: Server, pair: KeyPair): void {
  (server.server as HttpsServer).setSecureContext(contextOf(pair));
}

const contextOf = ({ certificate, privateKey }: KeyPair) => ({ cert: certificate, key: privateKey, ...TLS });

const UNREAD: Record<string, [status: string, error: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long.'],
};

/**
 * Answers what is no request at all. Node's own answer is lost to the client when it goes on writing: the connection is
 * reset under it.
 */
function refuseUnread({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    if (code === 'ECONNRESET') socket.destroy();
    return;
  }
  const [status, error] = UNREAD[code] ?? ['400 Bad Request', 'This is not an HTTP request.'];
  const body = JSON.stringify({ error });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
