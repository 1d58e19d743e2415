import { Worker } from 'node:worker_threads';
import { AssistantError } from '../errors.ts';
import type { RpcSession } from '../netconf/operation.ts';
import type { Logins } from '../transfer/destination.ts';
import type { TransferredArchive } from './archive-transfer.ts';
import {
  type FromThread,
  flat,
  type Question,
  type ToThread,
  type TransferOrder,
  unflat,
} from './transfer-messages.ts';

/** A transfer needs some 20 MB. An archive that wants much more ends its own thread, and nothing else. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

export interface ThreadedTransfer extends Omit<TransferOrder, 'hasSession'> {
  /** The destination's. */
  logins: Logins;
  /** Nothing of the temporary name is left at the destination, however it ended. */
  partGone(): void;
  /** What the device says, or will say, its SHA-256 is. */
  sha256: string | Promise<string>;
  /** For devices that hand out files over NETCONF alone. */
  session?: RpcSession;
  signal: AbortSignal;
  /** Twice a second at most. */
  progress(bytes: number, totalBytes: number): void;
}

/**
 * `transferArchive` in a thread of its own: a gigabyte that goes by, its encryption and its garbage hold up neither
 * webhooks nor cards. Settles when the thread has ended; it throws what `transferArchive` throws, and AssistantError
 * `transfer-died` when the thread died. Then `partGone` was not called, and the temporary file is the caller's to remove.
 */
export async function transferInThread({
  logins,
  sha256,
  session,
  signal,
  progress,
  partGone,
  ...rest
}: ThreadedTransfer): Promise<TransferredArchive> {
  const order: TransferOrder = { ...rest, hasSession: session !== undefined };
  // It may fail before anybody asks for it.
  Promise.resolve(sha256).catch(() => {});
  const answers = (question: Question): Promise<unknown> | string => {
    switch (question.ask) {
      case 'login':
        return logins.find('server', question.host);
      case 'sha256':
        return sha256;
      case 'rpc':
        return session
          ? session.rpc(question.xml, { ...question.options, signal }).then(({ raw }) => raw)
          : Promise.reject(new Error('There is no session.'));
    }
  };

  const worker = new Worker(new URL('./transfer-worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: LIMITS,
  });
  const send = (message: ToThread) => worker.postMessage(message);
  const answer = async (id: number, question: Question) => {
    try {
      send({ id, answer: await answers(question) });
    } catch (error) {
      send({ id, error: flat(error) });
    }
  };
  let end: Extract<FromThread, { say: 'done' | 'failed' }> | undefined;
  let death: unknown;
  worker.on('message', (message: FromThread) => {
    if (message.say === 'question') void answer(message.id, message.question);
    else if (message.say === 'progress') progress(message.bytes, message.totalBytes);
    else if (message.say === 'part-gone') partGone();
    else {
      end = message;
      // What a connection leaves behind must not keep it.
      void worker.terminate();
    }
  });
  worker.on('error', (error) => {
    death = error;
  });
  const cancel = () => send('cancel');
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  await new Promise((resolve) => worker.once('exit', resolve));
  signal.removeEventListener('abort', cancel);
  if (end?.say === 'done') return end.archive;
  throw end ? unflat(end.error) : died(order, death);
}

function died({ name }: TransferOrder, cause: unknown): AssistantError {
  const why = (cause as { code?: string })?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? ' for want of memory' : '';
  const sentence = `The transfer of ${name} broke off inside the assistant${why}. It was not stored: collect it again.`;
  return new AssistantError('transfer-died', sentence, { cause });
}
