import { distance } from 'fastest-levenshtein';
import type { Unresolved } from './intent.ts';
import { type Token, wordsAt } from './text.ts';

/**
 * Junos processes by the name that `restart` knows, each with the names people and `show system processes` use. From
 * Juniper's CLI reference of `restart`; what entities.yaml names is known besides.
 * https://www.juniper.net/documentation/us/en/software/junos/cli-reference/topics/ref/command/restart.html
 */
const NAMES: Readonly<Record<string, string>> = {
  routing: 'rpd routing-protocol routing-protocols',
  'chassis-control': 'chassisd chassis',
  'interface-control': 'dcd',
  management: 'mgd',
  snmp: 'snmpd',
  'mib-process': 'mib2d mib',
  'dhcp-service': 'jdhcpd dhcpd dhcp',
  'web-management': 'httpd jweb j-web',
  ntp: 'xntpd ntpd',
  'l2-learning': 'l2ald l2-learning-process layer-2-learning',
  lacp: 'lacpd',
  vrrp: 'vrrpd',
  'class-of-service': 'cosd cos',
  firewall: 'dfwd',
  'ipsec-key-management': 'kmd iked ike',
  'general-authentication-service': 'authd',
  'event-processing': 'eventd',
  'alarm-control': 'alarmd',
  forwarding: 'flowd pfe packet-forwarding-engine',
  'idp-policy': 'idpd idp',
  'network-security': 'nsd',
  utmd: 'utm',
  sampling: 'sampled',
  'periodic-packet-services': 'ppmd',
  'l2cpd-service': 'l2cpd',
  'ethernet-switching': 'eswd esw',
  'lldpd-service': 'lldpd lldp',
  'dot1x-protocol': 'dot1xd dot1x',
  'pki-service': 'pkid pki',
  'statistics-service': 'pfed',
  'kernel-replication': 'ksyncd',
  'multicast-snooping': 'mcsnoopd',
  'remote-operations': 'rmopd',
  'application-identification': 'appidd appid',
  'user-ad-authentication': 'useridd',
  'security-intelligence': 'ipfd',
  'redundancy-interface-process': 'rdd',
  'firewall-authentication-service': 'fwauthd',
};

const MOST_SUGGESTED = 3;
const LONGEST_TYPED = 40;

/** Everything that can be restarted by name: those of entities.yaml first, in its order. */
export function processNames(own: readonly string[]): string[] {
  return [...new Set([...own, ...Object.keys(NAMES)])];
}

/** The process whose name stands at this place, with or without hyphens, the longest first. */
export function processAt(
  tokens: readonly Token[],
  at: number,
  own: readonly string[],
): { name: string; next: number } | undefined {
  let best: { name: string; next: number } | undefined;
  const take = (name: string, spoken: string) => {
    const parts = spoken.split('-');
    const words = wordsAt(tokens, at, [spoken]) ? 1 : wordsAt(tokens, at, parts) ? parts.length : 0;
    if (words > 0 && at + words > (best?.next ?? at)) best = { name, next: at + words };
  };
  for (const name of own) take(name, name.toLowerCase());
  for (const [name, aliases] of Object.entries(NAMES)) {
    // The configuration's own spelling of a name wins over the table's.
    const real = own.find((each) => each.toLowerCase() === name) ?? name;
    for (const spoken of [name, ...aliases.split(' ')]) take(real, spoken);
  }
  return best;
}

/** What an unknown process may have been. */
export function unknownProcess(text: string, own: readonly string[]): Unresolved {
  const typed = text.toLowerCase();
  if (typed.length > LONGEST_TYPED) return { text, suggestions: [] };
  const near = processNames(own)
    .map((name) => ({ name, far: distance(typed, name) }))
    .filter(
      ({ name, far }) => far <= Math.max(1, Math.floor(Math.min(typed.length, name.length) / 3)) || isPart(typed, name),
    )
    .sort((a, b) => a.far - b.far);
  return { text, suggestions: near.slice(0, MOST_SUGGESTED).map(({ name }) => name) };
}

const isPart = (typed: string, name: string) => typed.length >= 3 && name.includes(typed);
