import ssh2 from 'ssh2';
import { TransferError, type TransferErrorCode } from './errors.ts';
import { capital, connectionError, lost, type Server } from './server-errors.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

/** Turns what ssh2 throws before the login is finished into a sentence. */
export function loginError(error: Error & { level?: string }, server: Server): TransferError {
  const { where, port } = server;
  const connection = connectionError(server, error);
  if (connection) return connection;
  if (error.level === 'client-authentication') {
    const sentence = `${capital(where)} refused the login. Check the user and password in its server entry in secrets.yaml.`;
    return new TransferError('login', sentence, { cause: error });
  }
  // sshd drops connections without a word when too many log in at once.
  if (/lost before handshake/i.test(error.message)) return lost(where, error);
  if (error.level === 'protocol' || /handshake|identification|protocol/i.test(error.message)) {
    const sentence = `${capital(where)} answers on port ${port}, but an SSH connection cannot be set up with it. Check the port.`;
    return new TransferError('no-sftp', sentence, { cause: error });
  }
  return lost(where, error);
}

/** Turns a status of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 7) into a sentence. */
export function sftpError(error: unknown, server: Server, step: 'directory' | 'write' | 'rename'): TransferError {
  if (error instanceof TransferError) return error;
  const connection = connectionError(server, error);
  if (connection) return connection;
  const where = capital(server.where);
  const fail = (code: TransferErrorCode, what: string) => new TransferError(code, `${where} ${what}`, { cause: error });
  switch ((error as { code?: unknown } | undefined)?.code) {
    case STATUS_CODE.PERMISSION_DENIED:
      return fail('permission', "does not allow writing there. Check the directory and the user's rights.");
    case STATUS_CODE.NO_SUCH_FILE:
      return fail('no-such-directory', 'has not got the directory, and it could not be made. Check its name.');
    case STATUS_CODE.NO_CONNECTION:
    case STATUS_CODE.CONNECTION_LOST:
      return lost(server.where, error);
    default:
      break;
  }
  if (step === 'directory') {
    return fail('no-such-directory', 'does not make the directory: part of its path may be a file. Check its name.');
  }
  return fail('rejected', 'could not write the file. Its disk or a quota may be full.');
}
