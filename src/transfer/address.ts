import { hasControl, nameProblem } from './names.ts';

export type Protocol = 'ftp' | 'ftps' | 'ftpes' | 'sftp';

/** Where files go. `ftps` is TLS from the first byte, `ftpes` plain FTP that turns to TLS before the login. */
export type Address =
  | { protocol: 'file'; directory: string }
  | {
      protocol: Protocol;
      host: string;
      port: number;
      /** Who logs in, when the address says so. */
      user: string | null;
      /** Absolute, or relative to where the login leads; `''` is there. */
      directory: string;
    };

const SCHEMES: Readonly<Record<string, { protocol: Protocol; port: number }>> = {
  ftp: { protocol: 'ftp', port: 21 },
  ftps: { protocol: 'ftps', port: 990 },
  ftpes: { protocol: 'ftpes', port: 21 },
  'ftp+tls': { protocol: 'ftpes', port: 21 },
  sftp: { protocol: 'sftp', port: 22 },
};
const KNOWN = 'ftp, ftps, ftpes, ftp+tls, sftp or file';

const URL_PARTS =
  /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<login>[^@/]*)@)?(?<host>\[[0-9A-Fa-f:.]+\]|[^:/@[\]]*)(?::(?<port>[^/]*))?(?<path>\/.*)?$/;
const PLAIN = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^:/@[\]]+)(?::(?<port>[^/]*))?$/;
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)$/;

/**
 * Reads `ftp_server` and `ftp_dir`: `host` or `host:port` (plain FTP, as the original had it), or a URL. A path in an
 * `ftp` URL starts where the login leads (RFC 1738), with two slashes at the root; in `sftp` and `file` URLs it starts
 * at the root, with `/~/` in the home folder. `ftp_dir` goes on from there. Returns what is wrong, as a sentence
 * without its subject and without the text itself, which may hold a password.
 */
export function parseAddress(server: string, directory = ''): Address | { problem: string } {
  if (hasControl(server) || hasControl(directory)) return { problem: 'holds control characters' };
  const isUrl = server.includes('://');
  const parts = (isUrl ? URL_PARTS : PLAIN).exec(server.trim())?.groups;
  if (!parts) {
    return { problem: 'is neither a host, host:port nor a URL such as sftp://ftp.example.com/incoming' };
  }
  const { scheme = 'ftp', login, host = '', port, path = '' } = parts;
  const below = decoded(path);
  if (below === null || hasControl(below)) return { problem: 'has a path that cannot be read' };
  if (scheme.toLowerCase() === 'file') return fileAddress(host, login, port, below, directory);
  const known = Object.hasOwn(SCHEMES, scheme.toLowerCase()) ? SCHEMES[scheme.toLowerCase()] : undefined;
  if (!known) return { problem: `begins with a scheme that is not known: it must be ${KNOWN}` };
  if (login?.includes(':')) return { problem: 'holds a password: remove it, and put it into secrets.yaml' };
  const user = login === undefined ? null : decoded(login);
  if (user === '' || (user !== null && hasControl(user)) || (login !== undefined && user === null)) {
    return { problem: 'names a user that cannot be read' };
  }
  if (!HOST.test(host)) return { problem: 'has no host name or IP address' };
  const number = port === undefined ? known.port : Number(/^\d{1,5}$/.test(port) ? port : Number.NaN);
  if (!(number >= 1 && number <= 65_535)) return { problem: 'has a port that is not a number from 1 to 65535' };
  const start = known.protocol === 'sftp' ? fromRoot(below) : below.replace(/^\//, '');
  const joined = join(start, directory);
  if (typeof joined !== 'string') return joined;
  return { protocol: known.protocol, host: host.replace(/^\[|\]$/g, ''), port: number, user, directory: joined };
}

function fileAddress(
  host: string,
  login: string | undefined,
  port: string | undefined,
  path: string,
  directory: string,
): Address | { problem: string } {
  if (login !== undefined || port !== undefined || (host !== '' && host.toLowerCase() !== 'localhost')) {
    return { problem: 'is a file URL of another machine: write file:///path' };
  }
  const joined = join(path, directory);
  if (typeof joined !== 'string') return joined;
  return joined.startsWith('/') ? { protocol: 'file', directory: joined } : { problem: 'names no folder' };
}

function fromRoot(path: string): string {
  return /^\/~(?:\/|$)/.test(path) ? path.slice(3) : path;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** One spelling without a slash at the end; what leads upwards or cannot be the name of a directory is a problem. */
function join(start: string, directory: string): string | { problem: string } {
  if (start !== '' && start !== '/' && directory.startsWith('/')) {
    return { problem: 'has a path, and the directory beside it starts at the root: give only one of them' };
  }
  const whole = directory.startsWith('/') || start === '' ? directory : `${start}/${directory}`;
  const names = whole.split('/').filter((name) => name !== '' && name !== '.');
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem) return { problem: `has a directory that cannot be used: one of its names ${problem}` };
  }
  return `${whole.startsWith('/') ? '/' : ''}${names.join('/')}`;
}

/** As people read it, without anyone's password: `sftp://user@host:2222/incoming`. */
export function addressText(address: Address): string {
  if (address.protocol === 'file') return address.directory;
  const { protocol, host, port, user, directory } = address;
  const usual = SCHEMES[protocol]?.port === port ? '' : `:${port}`;
  const place = host.includes(':') ? `[${host}]` : host;
  const isHome = protocol === 'sftp' && directory !== '' && !directory.startsWith('/');
  const path =
    directory === '' ? '' : `/${isHome ? '~/' : ''}${protocol === 'sftp' ? directory.replace(/^\//, '') : directory}`;
  return `${protocol}://${user === null ? '' : `${encodeURIComponent(user)}@`}${place}${usual}${path}`;
}
