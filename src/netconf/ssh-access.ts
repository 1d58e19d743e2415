import type { SessionTarget, Timeouts } from './target.ts';

/** For every wait of a connection but those of its RPCs. */
export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, loginMs: 30_000, helloMs: 30_000, closeMs: 3_000 };

/** The port that Junos keeps for NETCONF: shells, SFTP and SCP are refused there. */
const NETCONF_ONLY = 830;

/** The same target for a shell or a transfer: the port for NETCONF alone is tried last. */
export function forFiles(target: SessionTarget): SessionTarget {
  const general = target.ports.filter((port) => port !== NETCONF_ONLY);
  return { ...target, ports: [...general, ...target.ports.filter((port) => port === NETCONF_ONLY)] };
}
