import { FTPError } from 'basic-ftp';
import { TransferError, type TransferErrorCode } from './errors.ts';
import { capital, connectionError, lost, type Server, wordsOf } from './server-errors.ts';

const FULL = /no space|disk (?:is )?full|quota|storage allocation|insufficient (?:disk|storage)/i;
const TOO_FULL_TO_WRITE = /fail(?:ed|ure) writing/i;
const WANTS_TLS = /encrypt|\b(?:SSL|TLS)\b|^52[12]/i;
const NOT_ALLOWED = /permission|denied|not allowed|forbidden|read.?only|privilege/i;

/** Turns what basic-ftp throws into a sentence. `secret` never appears in it. */
export function ftpError(
  error: unknown,
  server: Server & { protocol: string },
  step: 'connect' | 'tls' | 'login' | 'directory' | 'data' | 'write' | 'rename',
  secret: string,
): TransferError {
  if (error instanceof TransferError) return error;
  if (error instanceof FTPError) return refusal(error, server, step, secret);
  const bad = certificateError(error, server);
  if (bad) return bad;
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (step === 'data' && ['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(code ?? '')) {
    const sentence = `${capital(server.where)} cannot be reached for the data of a file (${code}). Check that its passive ports are open.`;
    return new TransferError(code === 'ECONNREFUSED' ? 'refused' : 'unreachable', sentence, { cause: error });
  }
  const connection = connectionError(server, error);
  if (connection) return connection;
  const message = error instanceof Error ? error.message : '';
  if (/timeout/i.test(message)) {
    const sentence = `${capital(server.where)} did not answer in time. Check that it is up and reachable.`;
    return new TransferError('timeout', sentence, { cause: error });
  }
  if (/FIN packet|closed connection|transmission error|Client is closed|disconnected/i.test(message)) {
    return lost(server.where, error);
  }
  const sentence = `${capital(server.where)} could not be used: it answers in a way that is not understood.`;
  return new TransferError('rejected', sentence, { cause: error });
}

function refusal(
  error: FTPError,
  { where, protocol }: Server & { protocol: string },
  step: string,
  secret: string,
): TransferError {
  const words = wordsOf(error.message, secret);
  // The server's own words could hold what was sent to it, so the error itself is no cause to keep.
  const fail = (code: TransferErrorCode, what: string) => new TransferError(code, `${capital(where)} ${what}${words}`);
  if (error.code === 421) return fail('closed', 'closes the connection. Try again later.');
  if (error.code === 452 || error.code === 552 || FULL.test(error.message)) {
    return fail('server-full', 'has no room for the file. Make room there.');
  }
  if (step === 'tls') return fail('no-tls', 'does not speak TLS. Use ftp:// for it, or turn TLS on there.');
  if (protocol === 'ftp' && WANTS_TLS.test(error.message)) {
    return fail('no-tls', 'wants TLS. Use ftpes:// for it.');
  }
  if (step === 'login' && error.code >= 500) {
    return fail('login', 'refused the login. Check the user and password in its server entry in secrets.yaml.');
  }
  if (error.code === 530) return fail('login', 'wants another login for that. Check the user in secrets.yaml.');
  if (step === 'write' && TOO_FULL_TO_WRITE.test(error.message)) {
    return fail('server-full', 'could not write the file: it has most likely no room for it. Make room there.');
  }
  if (step === 'write' && error.code === 426) return fail('closed', 'broke off half way. Try again.');
  if (error.code === 550 || error.code === 553) {
    if (step === 'directory' && !NOT_ALLOWED.test(error.message)) {
      return fail('no-such-directory', 'has not got the directory, and does not let us make it. Check its name.');
    }
    return fail('permission', "does not allow writing there. Check the directory and the user's rights.");
  }
  return fail('rejected', 'said no.');
}

/** Node's codes for a certificate that does not prove what it should. */
function certificateError(error: unknown, { where, host }: Server): TransferError | undefined {
  const code = typeof error === 'string' ? error : (error as NodeJS.ErrnoException | undefined)?.code;
  const its = `The TLS certificate of ${where}`;
  const fail = (name: TransferErrorCode, what: string) =>
    new TransferError(name, `${its} ${what} Nothing was sent to it.`, { cause: error });
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return fail(
        'certificate-self-signed',
        'is signed by itself. If it is the right one, give it as logs.ca_file in assistant.yaml.',
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return fail(
        'certificate-untrusted',
        'is signed by nobody we trust. Give the certificate that signed it as logs.ca_file in assistant.yaml.',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail('certificate-wrong-name', `is for another name than ${host}. Use the name that it is for.`);
    case 'CERT_HAS_EXPIRED':
      return fail('certificate-expired', 'has expired. It has to be renewed there.');
    case 'CERT_NOT_YET_VALID':
      return fail('certificate-not-yet-valid', 'is not valid yet. Check the clocks of the server and of this machine.');
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return new TransferError(
        'no-tls',
        `${capital(where)} does not speak TLS on this port. Check the port and the kind of FTP.`,
        {
          cause: error,
        },
      );
    default:
      return undefined;
  }
}
