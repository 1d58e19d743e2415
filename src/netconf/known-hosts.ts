import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

interface Entry {
  /** In the file, from 1. */
  line: number;
  marker: 'revoked' | 'authority' | undefined;
  patterns: string[];
  type: string;
  key: string;
}

export interface HostKeyLookUp {
  verdict: HostKeyVerdict;
  /** The lines that stand in the way: the revoked key, or the host's other keys. Counted from 1. */
  lines: number[];
  /** A `@cert-authority` line speaks of the host. It makes no key known: ssh2 cannot ask for host certificates. */
  hasAuthority: boolean;
}

/**
 * Looks a host key up in the text of an OpenSSH known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
 * `key` is the public key blob of the handshake. A host listed only with other keys is `changed`, whatever their
 * type: the client asks for the listed types first (see `knownKeyTypes`), so another one means another key.
 */
export function lookUpHostKey(fileText: string, host: string, port: number, key: Buffer): HostKeyLookUp {
  const encoded = key.toString('base64');
  const entries = entriesFor(fileText, host, port);
  const revoked = entries.filter((entry) => entry.marker === 'revoked' && entry.key === encoded);
  const listed = entries.filter((entry) => entry.marker === undefined);
  const hasAuthority = entries.some((entry) => entry.marker === 'authority');
  const found = (verdict: HostKeyVerdict, inTheWay: Entry[]): HostKeyLookUp => ({
    verdict,
    lines: [...new Set(inTheWay.map((entry) => entry.line))].sort((a, b) => a - b),
    hasAuthority,
  });
  if (revoked.length > 0) return found('revoked', revoked);
  if (listed.some((entry) => entry.key === encoded)) return found('known', []);
  return listed.length > 0 ? found('changed', listed) : found('unknown', []);
}

/** Only the verdict of `lookUpHostKey`. */
export function checkHostKey(fileText: string, host: string, port: number, key: Buffer): HostKeyVerdict {
  return lookUpHostKey(fileText, host, port, key).verdict;
}

/** The key types (`ssh-ed25519`, `ssh-rsa`, ...) listed for a host, in the file's order. */
export function knownKeyTypes(fileText: string, host: string, port: number): string[] {
  const listed = entriesFor(fileText, host, port).filter((entry) => entry.marker === undefined);
  return [...new Set(listed.map((entry) => entry.type))];
}

/** The form ssh-keygen -l and every SSH client show: `SHA256:` and base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The line that makes this key known. */
export function knownHostsLine(host: string, port: number, key: Buffer): string {
  return `${hostName(host, port)} ${keyType(key)} ${key.toString('base64')}`;
}

/** RFC 4253 section 6.6: a key blob begins with the length and the name of its type. It comes from the other side. */
function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.toString('latin1', 4, 4 + Math.min(length, 64)).replace(/[^\w@.-]/g, '?');
}

function hostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/**
 * The lines that speak of a host. A line without a port counts for every port, as in OpenSSH, when no line names this
 * one: a device shows the same key on 22 and 830.
 */
function entriesFor(fileText: string, host: string, port: number): Entry[] {
  const entries = fileText.split(/\r?\n/).flatMap((line, index) => parseLine(line, index + 1) ?? []);
  const matching = (name: string) => entries.filter((entry) => matches(entry.patterns, name));
  const exact = matching(hostName(host, port));
  if (port === 22) return exact;
  const plain = matching(host.toLowerCase());
  return exact.some((entry) => entry.marker === undefined)
    ? [...exact, ...plain.filter((entry) => entry.marker !== undefined)]
    : [...exact, ...plain];
}

/** A line with a marker that is not known says nothing: guessing could make a key known. */
function parseLine(text: string, line: number): Entry | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields[0] === '' || fields[0]?.startsWith('#')) return undefined;
  const word = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const marker = word === '@revoked' ? 'revoked' : word === '@cert-authority' ? 'authority' : undefined;
  if (word !== undefined && marker === undefined) return undefined;
  const [hosts, type, key] = fields;
  if (!hosts || !type || !key) return undefined;
  return { line, marker, patterns: hosts.split(','), type, key: unpadded(key) };
}

/** Brings base64 to the one spelling `Buffer` writes. */
function unpadded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64');
}

/** True when a pattern fits and no negated one does: a negated match rules the whole line out. */
function matches(patterns: string[], name: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (patternMatches(pattern.slice(1), name)) return false;
    } else if (patternMatches(pattern, name)) {
      found = true;
    }
  }
  return found;
}

function patternMatches(pattern: string, name: string): boolean {
  if (pattern.startsWith('|1|')) return hashMatches(pattern, name);
  return wildcardMatches(pattern.toLowerCase(), name);
}

/** `|1|salt|hash`, both base64, with hash = HMAC-SHA1(salt, host). */
function hashMatches(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (!salt || !hash) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** `*` is any run, `?` any one character; nothing else is special, brackets included. Linear backtracking, no RegExp. */
function wildcardMatches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
