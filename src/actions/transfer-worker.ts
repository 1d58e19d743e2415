import { parentPort, workerData } from 'node:worker_threads';
import type { OperationOptions } from '../netconf/operation.ts';
import { parseReply } from '../netconf/reply.ts';
import { readSpooled } from '../transfer/spool.ts';
import { transferArchive } from './archive-transfer.ts';
import {
  destinationFor,
  type FromThread,
  flat,
  type Question,
  type ToThread,
  type TransferOrder,
  unflat,
} from './transfer-messages.ts';

/** The thread of one transfer. It ends with it; `transfer-thread.ts` is its other side. */
const port = parentPort;
if (!port) throw new Error('This file is the thread of a transfer and runs in a thread only.');
const order = workerData as TransferOrder;
const say = (message: FromThread) => port.postMessage(message);

const waiting = new Map<number, PromiseWithResolvers<unknown>>();
const cancelled = new AbortController();
port.on('message', (message: ToThread) => {
  if (message === 'cancel') return cancelled.abort();
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if ('error' in message) asked?.reject(unflat(message.error));
  else asked?.resolve(message.answer);
});

let lastId = 0;
function ask<Answer>(question: Question): Promise<Answer> {
  const asked = Promise.withResolvers<unknown>();
  lastId += 1;
  waiting.set(lastId, asked);
  say({ say: 'question', id: lastId, question });
  return asked.promise as Promise<Answer>;
}

const session = {
  target: order.target,
  // The other side stops waiting when the transfer is cancelled.
  rpc: async (xml: string, { signal: _, ...options }: OperationOptions = {}) =>
    parseReply(await ask<string>({ ask: 'rpc', xml, options })),
};

try {
  const archive = await transferArchive({
    ...order,
    sha256: ask<string>({ ask: 'sha256' }),
    destination: destinationFor(order.destination, { find: (_type, host) => ask({ ask: 'login', host }) }),
    added: order.added.map(({ name, bytes, fd }) => ({ name, bytes, read: () => readSpooled(fd, bytes) })),
    ...(order.hasSession ? { session } : {}),
    partGone: () => say({ say: 'part-gone' }),
    signal: cancelled.signal,
    progress: (bytes, totalBytes) => say({ say: 'progress', bytes, totalBytes }),
    now: () => performance.now(),
  });
  say({ say: 'done', archive });
} catch (error) {
  say({ say: 'failed', error: flat(error) });
}
