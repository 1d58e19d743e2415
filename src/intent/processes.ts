import { slipsBetween } from './slips.ts';
import type { Token } from './text.ts';

/**
 * What Junos can restart, under the names of its `restart` command, and the daemons that people say instead.
 *
 * Names: "restart" in the Junos OS command reference, releases 10.3 to 13.2, for MX, EX, QFX and SRX
 * (juniper.net/documentation/en_US/junos13.2/topics/reference/command-summary/restart.html), and [edit system
 * processes] of the SRX for network-security. A device that does not have one of them says so.
 */
const NAMES =
  'adaptive-services ancpd-service application-identification audit-process auto-configuration chassis-control ' +
  'class-of-service clksyncd-service database-replication dhcp-service diameter-service disk-monitoring dot1x-protocol ' +
  'dynamic-flow-capture ecc-error-logging ethernet-connectivity-fault-management ethernet-link-fault-management ' +
  'ethernet-switching event-processing firewall forwarding general-authentication-service iccp-service idp-policy ' +
  'interface-control ipsec-key-management kernel-replication l2-learning l2cpd-service l2tp-service l2tp-universal-edge ' +
  'lacp license-service link-management lldpd-service mib-process mountd-service mpls-traceroute multicast-snooping ' +
  'named-service network-security nfsd-service ntp pgm pki-service ppp ppp-service pppoe redundancy-interface-process ' +
  'remote-operations routing sampling secure-neighbor-discovery service-deployment sflow-service smg-service snmp ' +
  'statistics-service usb-control utmd vrrp web-management management';

const DAEMONS: Readonly<Record<string, string>> = {
  rpd: 'routing',
  'routing protocol': 'routing',
  'routing protocols': 'routing',
  chassisd: 'chassis-control',
  chassis: 'chassis-control',
  dcd: 'interface-control',
  mgd: 'management',
  snmpd: 'snmp',
  mib2d: 'mib-process',
  mib: 'mib-process',
  dhcpd: 'dhcp-service',
  jdhcpd: 'dhcp-service',
  dhcp: 'dhcp-service',
  pfed: 'statistics-service',
  httpd: 'web-management',
  jweb: 'web-management',
  'j-web': 'web-management',
  ntpd: 'ntp',
  xntpd: 'ntp',
  l2ald: 'l2-learning',
  l2cpd: 'l2cpd-service',
  lacpd: 'lacp',
  lldpd: 'lldpd-service',
  lldp: 'lldpd-service',
  vrrpd: 'vrrp',
  cosd: 'class-of-service',
  cos: 'class-of-service',
  dfwd: 'firewall',
  kmd: 'ipsec-key-management',
  iked: 'ipsec-key-management',
  authd: 'general-authentication-service',
  eventd: 'event-processing',
  flowd: 'forwarding',
  pfe: 'forwarding',
  'packet forwarding': 'forwarding',
  'packet forwarding engine': 'forwarding',
  idpd: 'idp-policy',
  idp: 'idp-policy',
  nsd: 'network-security',
  utm: 'utmd',
  sampled: 'sampling',
  eswd: 'ethernet-switching',
  pppd: 'ppp',
  jpppd: 'ppp-service',
  pppoed: 'pppoe',
  pkid: 'pki-service',
  sflowd: 'sflow-service',
  sflow: 'sflow-service',
  appidd: 'application-identification',
  'bbe-smgd': 'smg-service',
};

/** Protocols without a process of their own: restarting rpd restarts all of them, so it is offered and never taken. */
const PARTS_OF_ROUTING = new Set('bgp ospf ospf3 isis is-is rip ldp rsvp mpls pim msdp bfd igmp'.split(' '));

/** Everything that can be restarted by name, those of entities.yaml first: a list to choose from. */
export function processNames(configured: readonly string[]): string[] {
  return [...new Set([...configured, ...NAMES.split(' ').sort()])];
}

const LONGEST_NAME_WORDS = 6;
const MOST_SUGGESTIONS = 3;

/** `interface-control`, "interface control" and "interfacecontrol" are one. */
const squash = (text: string) => text.toLowerCase().replace(/[\s_-]/gu, '');

const KNOWN = new Map([
  ...Object.entries(DAEMONS).map(([daemon, name]): [string, string] => [squash(daemon), name]),
  ...NAMES.split(' ').map((name): [string, string] => [squash(name), name]),
]);

/** A process known by name at this place, the longest that fits: how many tokens it takes, and its Junos name. */
export function processAt(
  tokens: readonly Token[],
  at: number,
  configured: readonly string[],
): { taken: number; name: string } | undefined {
  for (let taken = LONGEST_NAME_WORDS; taken > 0; taken -= 1) {
    const words = tokens.slice(at, at + taken);
    if (words.length < taken || words.some(({ kind }) => kind === 'mark')) continue;
    const typed = squash(words.map(({ lower }) => lower).join(''));
    const name = configured.find((other) => squash(other) === typed) ?? KNOWN.get(typed);
    if (name !== undefined && typed !== '') return { taken, name };
  }
  return undefined;
}

/** Up to three names near what was typed, nearest first: to choose from, never to act on. */
export function suggestProcesses(typed: string, configured: readonly string[]): string[] {
  if (PARTS_OF_ROUTING.has(typed.toLowerCase())) return ['routing'];
  const wanted = squash(typed);
  const limit = Math.min(3, Math.floor(wanted.length / 3));
  const names = new Map([...configured.map((name): [string, string] => [squash(name), name]), ...KNOWN]);
  const near = [...names].flatMap(([key, name]) => {
    const isPart = wanted.length >= 3 && key.includes(wanted);
    const far = isPart ? 0 : slipsBetween(wanted, key);
    return isPart || far <= limit ? [{ name, far }] : [];
  });
  near.sort((a, b) => a.far - b.far);
  return [...new Set(near.map(({ name }) => name))].slice(0, MOST_SUGGESTIONS);
}
