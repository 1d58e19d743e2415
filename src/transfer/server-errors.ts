import { TransferError, type TransferErrorCode } from './errors.ts';
import { inWords } from './wait.ts';

/** A server as sentences name it, and what must not appear in one. */
export interface Server {
  /** `the FTP server ftp.example.com`, with the port where it is not the usual one. */
  where: string;
  host: string;
  port: number;
}

/** The error of a connection that could not be opened or was lost, or undefined when it is of another kind. */
export function connectionError({ where, host, port }: Server, error: unknown): TransferError | undefined {
  const fail = (code: TransferErrorCode, sentence: string) => new TransferError(code, sentence, { cause: error });
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return fail(
        'refused',
        `${capital(where)} refuses connections on port ${port}. Check the port, and that the server runs.`,
      );
    case 'ENOTFOUND':
    case 'EAI_NONAME':
      return fail('unknown-host', `The name ${host} is not known. Check the name of the server, and DNS.`);
    case 'EAI_AGAIN':
      return fail(
        'unknown-host',
        `The name ${host} could not be looked up, because DNS does not answer. Check this machine's DNS.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return fail('unreachable', `${capital(where)} cannot be reached. Check the route from this machine to it.`);
    case 'ETIMEDOUT':
      return fail('timeout', `${capital(where)} does not answer. Check that it is up and that no firewall is between.`);
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
    case 'ERR_STREAM_PREMATURE_CLOSE':
    case 'ERR_STREAM_DESTROYED':
      return lost(where, error);
    default:
      return undefined;
  }
}

/** A name with several addresses fails with all their errors: that one of them was refused says the most. */
function codeOf(error: unknown): string | undefined {
  const errors = (error instanceof AggregateError ? error.errors : [error]) as NodeJS.ErrnoException[];
  const codes = errors.map((each) => each?.code);
  return ['ECONNREFUSED', 'ETIMEDOUT'].find((code) => codes.includes(code)) ?? codes[0];
}

export function lost(where: string, cause?: unknown): TransferError {
  return new TransferError('closed', `${capital(where)} closed the connection before it was done. Try again.`, {
    cause,
  });
}

export function tooLate(where: string, doing: string, ms: number): TransferError {
  const sentence = `${capital(where)} did not ${doing} within ${inWords(ms)}. Check that it is up and reachable.`;
  return new TransferError('timeout', sentence);
}

/**
 * What a server said, fit for a sentence: one line without control characters, not too long, and nothing at all when
 * the secret is in it.
 */
export function wordsOf(message: string, secret: string): string {
  const line = message
    .replace(/[^\x20-\x7e\u00a0-\u024f]+/g, ' ')
    .trim()
    .slice(0, 200);
  if (line === '' || (secret !== '' && message.includes(secret))) return '';
  return ` It said: "${line}".`;
}

export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
