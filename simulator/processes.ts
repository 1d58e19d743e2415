export interface Process {
  /** As `restart` and `restart-daemon` name it. */
  name: string;
  /** As its messages name it: `Routing protocols process`. */
  title: string;
  pid: number;
  /** False: the configuration does not need it, so it does not run. */
  isNeeded: boolean;
  /** How it takes a SIGTERM: some are still running after 2 s, some need a second signal. */
  ending: 'prompt' | 'slow' | 'stuck';
}

const TITLES: Readonly<Record<string, string>> = {
  'chassis-control': 'Chassis control process',
  'dhcp-service': 'Dynamic Host Configuration Protocol process',
  forwarding: 'Forwarding process',
  'interface-control': 'Interface control process',
  'ipsec-key-management': 'IPSec Key Management daemon',
  'l2-learning': 'Layer 2 address flooding and learning process',
  lacp: 'Link Aggregation Control Protocol process',
  management: 'Management process',
  'mib-process': 'Management Information Base II process',
  ntp: 'Network Time Protocol process',
  routing: 'Routing protocols process',
  snmp: 'Simple Network Management Protocol process',
  vrrp: 'Virtual Router Redundancy Protocol process',
  'web-management': 'Web management process',
};

const EVERYWHERE = [
  'chassis-control',
  'dhcp-service',
  'interface-control',
  'lacp',
  'management',
  'mib-process',
  'ntp',
  'routing',
  'snmp',
  'vrrp',
];
const NOT_CONFIGURED = ['ipsec-key-management', 'vrrp'];

/** The daemons of a platform, with the first pids after a boot. */
export function processTable(ofPlatform: readonly string[]): Map<string, Process> {
  const names = [...EVERYWHERE, ...ofPlatform].sort();
  const table = names.map((name, index): [string, Process] => [
    name,
    {
      name,
      title: TITLES[name] ?? name,
      pid: 2_100 + index * 7,
      isNeeded: !NOT_CONFIGURED.includes(name),
      ending: 'prompt',
    },
  ]);
  return new Map(table);
}
