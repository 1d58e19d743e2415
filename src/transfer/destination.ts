import { type Address, addressText, parseAddress } from './address.ts';
import { TransferError } from './errors.ts';
import { ftpServer } from './ftp.ts';
import type { HostKeys } from './host-keys.ts';
import { localFolder } from './local.ts';
import type { Destination } from './put.ts';
import { sftpServer } from './sftp.ts';
import { LIMITS, type Limits } from './wait.ts';

export interface DestinationSettings {
  /** `ftp_server`: a host, host:port or URL; without one, files go to the local folder. */
  server?: string | null | undefined;
  /** `ftp_dir`: a directory below what the server setting names. */
  directory?: string | null | undefined;
  /** PEM certificates to trust for FTPS instead of the public ones. */
  ca?: string | undefined;
  /** Absolute. */
  localFolder: string;
  hostKeys: HostKeys;
}

/** Where logins come from, as `Credentials` has it. What it throws is what `put` throws. */
export interface Logins {
  find(type: 'server', name: string): Promise<{ user: string; password: string | null }>;
}

/** The destination that the settings name. Throws `bad-destination`; connects to nothing yet. */
export function destinationOf(settings: DestinationSettings, logins: Logins, limits: Limits = LIMITS): Destination {
  if (!settings.server) return localFolder(settings.localFolder);
  const parsed = parseAddress(settings.server, settings.directory ?? '');
  if ('problem' in parsed) throw new TransferError('bad-destination', `ftp_server ${parsed.problem}.`);
  if (parsed.protocol === 'file') return localFolder(parsed.directory);
  return serverOf(parsed, settings, logins, limits);
}

/** The login for a log server; `user` counts before the entry's. Throws `login` for an entry without a password. */
export async function serverLogin(logins: Logins, host: string, user: string | null) {
  const found = await logins.find('server', host);
  if (found.password === null) {
    const sentence = `The server entry in secrets.yaml for ${host} has a key and no password. Logs are stored there with a password: give the entry one, or put one with a password before it.`;
    throw new TransferError('login', sentence);
  }
  return { user: user ?? found.user, password: found.password };
}

function serverOf(
  address: Exclude<Address, { protocol: 'file' }>,
  settings: DestinationSettings,
  logins: Logins,
  limits: Limits,
): Destination {
  const { protocol, host, port, user, directory } = address;
  const login = () => serverLogin(logins, host, user);
  const isUsual = port === { ftp: 21, ftpes: 21, ftps: 990, sftp: 22 }[protocol];
  const where = `the ${protocol === 'sftp' ? 'SFTP' : 'FTP'} server ${host}${isUsual ? '' : ` (port ${port})`}`;
  const server = { where, host, port, directory, login };
  const text = addressText(address);
  if (protocol === 'sftp') return sftpServer(text, { ...server, hostKeys: settings.hostKeys }, limits);
  return ftpServer(text, { ...server, protocol, ca: settings.ca }, limits);
}
