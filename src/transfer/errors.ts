import { AssistantError } from '../errors.ts';

/**
 * What can go wrong on the way to a destination:
 * `bad-destination` and `bad-name` the setting or the file's name cannot be used; nothing was sent;
 * `unknown-host`, `refused`, `unreachable`, `timeout` no connection, or no answer in time;
 * `host-key-unknown`, `host-key-changed`, `host-key-revoked` the SSH host key is not the expected one;
 * `certificate-*` the TLS certificate is not; `no-tls` the server does not speak TLS; `no-sftp` it does not speak SFTP;
 * `login` the user or password was refused; `no-such-directory` and `permission` where the file was to go;
 * `exists` a file of that name is there already; `server-full` and `disk-full` there is no room, there or here;
 * `size-differs` what arrived is not what was sent; `closed` the server went away half way;
 * `rejected` the server said no for another reason; `source` what was to be sent could not be read;
 * `archive-damaged` it is no whole archive; `cancelled` the caller called it off.
 */
export type TransferErrorCode =
  | 'bad-destination'
  | 'bad-name'
  | 'unknown-host'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'certificate-self-signed'
  | 'certificate-untrusted'
  | 'certificate-wrong-name'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'no-tls'
  | 'no-sftp'
  | 'login'
  | 'no-such-directory'
  | 'permission'
  | 'exists'
  | 'server-full'
  | 'disk-full'
  | 'size-differs'
  | 'closed'
  | 'rejected'
  | 'source'
  | 'archive-damaged'
  | 'cancelled';

/** A file could not be stored. The message is one for people and never holds a password. */
export class TransferError extends AssistantError {
  declare readonly code: TransferErrorCode;
  /** Name of a partial file that could not be removed, or null when nothing is left. */
  readonly left: string | null;

  constructor(code: TransferErrorCode, sentence: string, details: { cause?: unknown; left?: string | null } = {}) {
    super(code, sentence, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TransferError';
    this.left = details.left ?? null;
  }
}

/** The same error, which also says that a partial file is left. */
export function withLeftover(error: TransferError, part: string, where: string): TransferError {
  const sentence = `${error.message} ${leftover(part, where)}`;
  return new TransferError(error.code, sentence, { cause: error.cause, left: part });
}

export function leftover(part: string, where: string): string {
  return `The partial file ${part} could not be removed from ${where}: remove it by hand.`;
}

/** The error of work that was called off from outside. */
export function cancelled(signal: AbortSignal): TransferError {
  if (signal.reason instanceof TransferError) return signal.reason;
  return new TransferError('cancelled', 'The transfer was called off.', { cause: signal.reason });
}
