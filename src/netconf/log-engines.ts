import type { Facts } from './facts.ts';

/** One engine, node or member whose /var/log is to be had. */
export interface LogEngine {
  /** `node1`, `re1`, `fpc1`, as Junos begins a path with it; null for an only engine. */
  name: string | null;
  /** The session is on it. */
  own: boolean;
  /** The name of the one that the session is on; null when it does not show, or is the only one. */
  ownName: string | null;
  /** How one gets there from the CLI of the own engine; null for the own one, and where there is no way. */
  login: string | null;
  /** What the CLI shows above its prompt there: `:node1}`; null where any other banner than the own one proves it. */
  bannerEnd: string | null;
  /** Why its logs cannot be had, as a sentence. */
  impossible: string | null;
}

type Device = Pick<Facts, 'hostname' | 'engines' | 'ownEngine' | 'cluster' | 'virtualChassis' | 'evolved'>;

const ONLY: LogEngine = { name: null, own: true, ownName: null, login: null, bannerEnd: null, impossible: null };

/**
 * Every engine of a device whose logs count, the session's own first. Known from published procedures: `file archive`
 * packs the files of the engine one is logged in to; a cluster's other node is reached with `request routing-engine login
 * node N`, a member with `request session member N`, the other Routing Engine with `request routing-engine login
 * other-routing-engine`; and `file copy` takes `node1:`, `fpc1:` and `re1:` before a path. Nothing shows `file archive`
 * with such a source, so it is not used.
 */
export function logEngines(device: Device): LogEngine[] {
  const own = device.ownEngine?.replace(/^member/, 'fpc') ?? null;
  const others = otherEngines(device, own);
  if (others.length === 0) return [ONLY];
  return [{ ...ONLY, name: own, ownName: own }, ...others];
}

function otherEngines(
  { hostname, engines, cluster, virtualChassis, evolved }: Device,
  own: string | null,
): LogEngine[] {
  const unknownOwn = own === null ? `${hostname} does not tell which of its engines the session is on.` : null;
  const other = (name: string, login: string, bannerEnd: string | null, impossible: string | null = null) => ({
    name,
    own: false,
    ownName: own,
    login: (impossible ?? unknownOwn) ? null : login,
    bannerEnd,
    impossible: impossible ?? unknownOwn,
  });
  const members = virtualChassis?.members ?? [];
  if (cluster) {
    const nodes = cluster.groups.find(({ id }) => id === 0)?.nodes ?? [];
    return nodes
      .filter(({ name }) => name !== own)
      .map(({ name, state }) => {
        const away = /^(?:lost|disabled|unknown)$/i.test(state) ? `${name} of ${hostname} is ${state}.` : null;
        return other(name, `request routing-engine login node ${name.replace(/\D+/, '')}`, `:${name}}`, away);
      });
  }
  if (members.length > 1) {
    return members
      .filter(({ id }) => `fpc${id}` !== own)
      .map(({ id, status }) => {
        const away = /^NotPrsnt$/i.test(status) ? `Member ${id} of ${hostname} is not present.` : null;
        return other(`fpc${id}`, `request session member ${id}`, `:${id}}`, away);
      });
  }
  const named = engines.flatMap(({ name }) => (name !== null && name !== own ? [name] : []));
  if (engines.length < 2) return [];
  const evo = evolved ? `How to reach another Routing Engine of Junos Evolved is not known to the assistant.` : null;
  return named.map((name) => other(name, 'request routing-engine login other-routing-engine', null, evo));
}
