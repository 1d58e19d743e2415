import { NetconfError } from './errors.ts';
import { fingerprint, type HostKeyLookUp, knownHostsLine, lookUpHostKey } from './known-hosts.ts';
import { DEFAULT_TIMEOUTS } from './ssh-access.ts';
import { logIn, type SessionTarget, type Timeouts } from './transport.ts';

/** The key a device shows, and what the known_hosts file says of it. */
export interface ShownHostKey extends HostKeyLookUp {
  port: number;
  /** `SHA256:...` */
  fingerprint: string;
  /** The line that makes it known. */
  line: string;
}

/**
 * Connects far enough to see the host key, and hangs up: neither a user name nor a password is sent to the target.
 * Jump hosts on the way are logged in to, so their keys have to be known. Throws `NetconfError`.
 */
export async function readHostKey(
  target: Omit<SessionTarget, 'user' | 'password'>,
  options: { signal?: AbortSignal; timeouts?: Partial<Timeouts> } = {},
): Promise<ShownHostKey> {
  let shown: ShownHostKey | undefined;
  const look = (key: Buffer, port: number) => {
    const lookUp = lookUpHostKey(target.knownHosts, target.address, port, key);
    const line = knownHostsLine(target.address, port, key);
    shown = { ...lookUp, port, fingerprint: fingerprint(key), line };
    return new NetconfError('host-key', `The host key of ${target.name} was only to be looked at.`);
  };
  try {
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    const transport = await logIn({ ...target, user: '' }, timeouts, options.signal, look);
    transport.destroy();
  } catch (error) {
    if (!shown) throw error;
  }
  if (!shown) throw new NetconfError('not-netconf', `${target.name} showed no host key.`);
  return shown;
}
