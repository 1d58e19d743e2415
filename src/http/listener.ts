import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import restify, { type Server } from 'restify';
import type { KeyPair } from '../config/key-pair.ts';

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
  return server;
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
