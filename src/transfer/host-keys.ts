import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { TransferError } from './errors.ts';
import { capital } from './server-errors.ts';

/** What is known of SSH servers' keys: the known_hosts file in force, read by whoever reads it for devices too. */
export interface HostKeys {
  /** `lines` of the file stand in the way of a key that is changed or revoked. */
  lookUp(
    host: string,
    port: number,
    key: Buffer,
  ): { verdict: 'known' | 'unknown' | 'changed' | 'revoked'; lines: number[] };
  /** The key types (`ssh-ed25519`, ...) that are listed for a host. */
  types(host: string, port: number): string[];
  /** The line that makes a key known. */
  line(host: string, port: number, key: Buffer): string;
}

interface Asked {
  where: string;
  host: string;
  port: number;
  hostKeys: HostKeys;
}

/** The error for a key that is not known, or undefined when it is. Nothing has been sent by then. */
export function hostKeyError({ where, host, port, hostKeys }: Asked, key: Buffer): TransferError | undefined {
  const { verdict, lines } = hostKeys.lookUp(host, port, key);
  if (verdict === 'known') return undefined;
  const print = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  const line = hostKeys.line(host, port, key);
  const old = `line ${lines.join(', ')}`;
  const sentence = {
    revoked: `shows the host key ${print}, which the known_hosts file marks as revoked (${old}). Nothing was sent to it.`,
    changed: `shows another host key than the known_hosts file has: ${print}. Nothing was sent to it. Find out whether the server was replaced; if the new key is right, remove ${old} and add: ${line}`,
    unknown: `shows a host key that is not in the known_hosts file: ${print}. Nothing was sent to it. Compare the fingerprint with the server's; if it is right, add the line: ${line}`,
  }[verdict];
  return new TransferError(`host-key-${verdict}`, `${capital(where)} ${sentence}`);
}

const RSA: ServerHostKeyAlgorithm[] = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
const ALL: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  ...RSA,
];

/** Types that are listed come first, so that a server with several keys shows the one that can be checked. */
export function offeredHostKeys({ host, port, hostKeys }: Asked): ServerHostKeyAlgorithm[] {
  const listed = hostKeys.types(host, port).flatMap((type) => {
    if (type === 'ssh-rsa') return RSA;
    return ALL.filter((each) => each === type);
  });
  return [...new Set([...listed, ...ALL])];
}
