import { NetconfError } from './errors.ts';
import { fingerprint, type HostKeyLookUp, type HostKeyVerdict, knownHostsLine, lookUpHostKey } from './known-hosts.ts';
import { DEFAULT_TIMEOUTS } from './ssh-access.ts';
import { logIn, type SessionTarget, type Timeouts } from './transport.ts';

/** A key that a device shows, and what the known_hosts file says of it on the ports that show it. */
export interface ShownHostKey extends HostKeyLookUp {
  /** The first port that shows it and has this verdict. */
  port: number;
  /** All that show it. */
  ports: number[];
  /** `SHA256:...` */
  fingerprint: string;
  /** The line that makes it known: without a port where the target has several and no two of them show different keys. */
  line: string;
}

type Target = Omit<SessionTarget, 'user' | 'password'>;
interface Options {
  signal?: AbortSignal;
  timeouts?: Partial<Timeouts>;
}
interface Seen {
  port: number;
  key: Buffer;
}

/** A key is as little to be trusted as on the port where it is least. */
const WORST_FIRST: readonly HostKeyVerdict[] = ['revoked', 'changed', 'unknown', 'known'];

/**
 * Connects far enough to see the host key, on each port that answers, and hangs up: neither a user name nor a password is
 * sent to the target. Jump hosts on the way are logged in to, so their keys have to be known. Each key once, in the order of
 * the ports. Throws `NetconfError` when no port shows one.
 */
export async function readHostKeys(target: Target, options: Options = {}): Promise<ShownHostKey[]> {
  const first = await seeHostKey(target, options);
  const seen = [first];
  // Those before it did not answer.
  for (const port of target.ports.slice(target.ports.indexOf(first.port) + 1)) {
    const found = await seeHostKey({ ...target, ports: [port] }, options).catch((error: unknown) => {
      if (error instanceof NetconfError && error.code !== 'cancelled') return null;
      throw error;
    });
    if (found) seen.push(found);
  }
  const keys = [...Map.groupBy(seen, ({ key }) => key.toString('base64')).values()];
  const isPlain = target.ports.length > 1 && keys.length === 1;
  return keys.map((places) => shownOn(places, target, isPlain));
}

function shownOn(places: Seen[], { address, knownHosts }: Target, isPlain: boolean): ShownHostKey {
  const lookUps = places.map(({ port, key }) => ({ port, key, ...lookUpHostKey(knownHosts, address, port, key) }));
  const verdict = WORST_FIRST.find((each) => lookUps.some((lookUp) => lookUp.verdict === each));
  const worst = lookUps.filter((lookUp) => lookUp.verdict === verdict);
  const [first] = worst;
  if (!first) throw new TypeError('A key is shown on one port at least.');
  return {
    verdict: first.verdict,
    lines: [...new Set(worst.flatMap(({ lines }) => lines))].sort((a, b) => a - b),
    hasAuthority: lookUps.some(({ hasAuthority }) => hasAuthority),
    port: first.port,
    ports: places.map(({ port }) => port),
    fingerprint: fingerprint(first.key),
    line: knownHostsLine(address, isPlain ? PLAIN : first.port, first.key),
  };
}

/** The port whose line is written without one, and counts for the others too. */
const PLAIN = 22;

async function seeHostKey(target: Target, { signal, timeouts }: Options): Promise<Seen> {
  let seen: Seen | undefined;
  const look = (key: Buffer, port: number) => {
    seen = { port, key };
    return new NetconfError('host-key', `The host key of ${target.name} was only to be looked at.`);
  };
  try {
    const transport = await logIn({ ...target, user: '' }, { ...DEFAULT_TIMEOUTS, ...timeouts }, signal, look);
    transport.destroy();
  } catch (error) {
    if (!seen) throw error;
  }
  if (!seen) throw new NetconfError('not-netconf', `${target.name} showed no host key.`);
  return seen;
}
