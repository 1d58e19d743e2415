import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseTriggerEvent } from '../src/events/trigger-event.ts';
import { verify } from '../src/events/verify.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { BENCH_SECRET } from './ingest.ts';

/** The least a server can do and keep the promise: verify, read, store durably, answer. */
const store = await openSqliteStore(join(process.argv[2] ?? '', 'baseline.sqlite'));
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const parsed = parseTriggerEvent(body);
    if (
      verify(body, { signature: String(request.headers['junos-auth']) }, [BENCH_SECRET], Date.now()).reason !== 'ok' ||
      !('value' in parsed)
    ) {
      response.writeHead(401).end();
      return;
    }
    const { event, process: daemon, message, hostname, detail } = parsed.value;
    const source = request.socket.remoteAddress ?? '';
    void store
      .addEvent({
        receivedAt: Date.now(),
        event,
        process: daemon,
        message,
        hostname,
        detail: JSON.stringify(detail),
        source,
        priority: 3,
        body,
        webhookId: null,
        skewMs: null,
        isOwed: false,
      })
      .then(({ id }) => response.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id })));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => {
  server.close(() => void store.close());
  server.closeAllConnections();
});
