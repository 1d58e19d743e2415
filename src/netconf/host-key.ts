import type { Algorithms } from 'ssh2';
import { NetconfError } from './errors.ts';
import { fingerprint, knownHostsLine, knownKeyTypes, lookUpHostKey } from './known-hosts.ts';
import { place, type SessionTarget } from './target.ts';

const RSA = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
const HOST_KEYS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', ...RSA];

/**
 * What to offer. Host key types that the file lists come first, so that a device with several keys shows the one that
 * can be checked. ssh2's own choice stands for the rest: it has ssh-rsa and hmac-sha1, which old Junos needs, and
 * `legacy` adds what else it needs, behind everything better.
 */
export function algorithmsFor(target: SessionTarget, port: number): Algorithms {
  const known = knownKeyTypes(target.knownHosts, target.address, port);
  const listed = known
    .flatMap((type) => (type === 'ssh-rsa' ? RSA : [type]))
    .filter((type) => HOST_KEYS.includes(type));
  const serverHostKey = [...new Set([...listed, ...HOST_KEYS])] as NonNullable<Algorithms['serverHostKey']> & string[];
  if (!target.legacy) return { serverHostKey };
  return {
    serverHostKey,
    kex: {
      append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1'],
      prepend: [],
      remove: [],
    },
    cipher: { append: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc'], prepend: [], remove: [] },
  };
}

/** The error for a key that is not known, or undefined when it is. */
export function hostKeyError(target: SessionTarget, port: number, key: Buffer): NetconfError | undefined {
  const { verdict, lines, hasAuthority } = lookUpHostKey(target.knownHosts, target.address, port, key);
  if (verdict === 'known') return undefined;
  const print = fingerprint(key);
  const line = knownHostsLine(target.address, port, key);
  const where = place(target);
  const old = lines.length > 1 ? `lines ${lines.join(', ')}` : `line ${lines[0]}`;
  const authority = hasAuthority
    ? ' The file has a @cert-authority line for it, but host certificates cannot be checked, so the key itself has to be listed.'
    : '';
  const sentence = {
    revoked: `${where} shows the host key ${print}, which the known_hosts file marks as revoked (${old}). Nothing was sent to it.`,
    changed: `${where} shows another host key than the known_hosts file has: ${print}. Nothing was sent to it. Find out whether the device was replaced; if the new key is right, remove ${old} and add: ${line}`,
    unknown: `${where} shows a host key that is not in the known_hosts file: ${print}. Nothing was sent to it.${authority} Compare the fingerprint with the device's; if it is right, add the line: ${line}`,
  }[verdict];
  return new NetconfError('host-key', sentence);
}
