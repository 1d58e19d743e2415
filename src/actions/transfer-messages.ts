import { AssistantError } from '../errors.ts';
import { NetconfError, type NetconfErrorCode } from '../netconf/errors.ts';
import { knownHostsLine, knownKeyTypes, lookUpHostKey } from '../netconf/known-hosts.ts';
import type { SessionTarget } from '../netconf/session.ts';
import { TransferError as FetchError, type TransferErrorCode as FetchErrorCode } from '../netconf/transfer-error.ts';
import { type DestinationSettings, destinationOf, type Logins } from '../transfer/destination.ts';
import { TransferError, type TransferErrorCode } from '../transfer/errors.ts';
import type { Destination } from '../transfer/put.ts';
import type { TransferredArchive } from './archive-transfer.ts';

// What goes between the thread of a transfer and the one that started it. All of it is plain data.

/** Where an archive goes: as `DestinationSettings`, with the text of the known_hosts file in force. */
export type DestinationData = Omit<DestinationSettings, 'hostKeys'> & { knownHosts: string };

/** What the thread is started with. The rest is as in `ArchiveTransfer`. */
export interface TransferOrder {
  target: SessionTarget;
  path: string;
  bytes: number;
  name: string;
  destination: DestinationData;
  /** The temporary name there: whoever started the thread knows it when the thread died. */
  part: string;
  redact: boolean;
  spoolFolder: string;
  /** `fd` is open in the whole process, and stays so until the thread has ended. */
  added: readonly { name: string; bytes: number; fd: number }[];
  /** Whether there is a NETCONF session to ask over. */
  hasSession: boolean;
}

/** What only the starter has: a login is decrypted, the checksum and the replies come over its session. */
export type Question =
  | { ask: 'login'; host: string }
  | { ask: 'sha256' }
  /** Answered with the reply as it came. */
  | { ask: 'rpc'; xml: string; options: { timeoutMs?: number } };

export type FromThread =
  | { say: 'question'; id: number; question: Question }
  | { say: 'progress'; bytes: number; totalBytes: number }
  | { say: 'part-gone' }
  | { say: 'done'; archive: TransferredArchive }
  | { say: 'failed'; error: FlatError };

export type ToThread = { id: number; answer: unknown } | { id: number; error: FlatError } | 'cancel';

export function destinationFor({ knownHosts, ...settings }: DestinationData, logins: Logins): Destination {
  const hostKeys = {
    lookUp: (host: string, port: number, key: Buffer) => lookUpHostKey(knownHosts, host, port, key),
    types: (host: string, port: number) => knownKeyTypes(knownHosts, host, port),
    line: knownHostsLine,
  };
  return destinationOf({ ...settings, hostKeys }, logins);
}

/** An error as data: the classes that somebody decides by, and what is not ours. */
export interface FlatError {
  kind: 'netconf' | 'fetch' | 'transfer' | 'assistant' | 'other';
  code: string;
  message: string;
  stack: string;
  sent: boolean;
  left: string | null;
  cause: FlatError | null;
}

export function flat(error: unknown): FlatError {
  const { message = String(error), stack = '', cause } = error as Partial<Error>;
  return {
    kind: kindOf(error),
    code: String((error as { code?: unknown }).code ?? ''),
    message,
    stack,
    sent: error instanceof NetconfError && error.sent,
    left: error instanceof TransferError ? error.left : null,
    cause: cause instanceof Error ? flat(cause) : null,
  };
}

function kindOf(error: unknown): FlatError['kind'] {
  if (error instanceof NetconfError) return 'netconf';
  if (error instanceof FetchError) return 'fetch';
  if (error instanceof TransferError) return 'transfer';
  return error instanceof AssistantError ? 'assistant' : 'other';
}

/** The error again, of its class, with the stack it had. */
export function unflat({ kind, code, message, stack, sent, left, cause: flatCause }: FlatError): Error {
  const cause = flatCause === null ? undefined : unflat(flatCause);
  const error = (() => {
    switch (kind) {
      case 'netconf':
        return new NetconfError(code as NetconfErrorCode, message, { cause, sent });
      case 'fetch':
        return new FetchError(code as FetchErrorCode, message, cause);
      case 'transfer':
        return new TransferError(code as TransferErrorCode, message, { cause, left });
      case 'assistant':
        return new AssistantError(code, message, { cause });
      case 'other':
        return Object.assign(new Error(message, { cause }), code === '' ? {} : { code });
    }
  })();
  return Object.assign(error, { stack });
}
