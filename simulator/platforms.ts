export const PLATFORMS = ['srx', 'ex-vc', 'mx-dual-re', 'srx-cluster', 'evo'] as const;
export type Platform = (typeof PLATFORMS)[number];

export interface EngineSpec {
  /** As Junos names it in `re-name`: `re0`, `node1`, `fpc0`. */
  name: string;
  slot: number;
  /** `master`, `backup`, `primary`, `secondary`, `linecard`: in the words of the platform. */
  role: string;
}

export interface PlatformSpec {
  model: string;
  version: string;
  /** What `show chassis routing-engine` calls the board. */
  engineModel: string;
  /** The first one is the one that a session is on. */
  engines: readonly EngineSpec[];
  /** The line above the prompt, which platforms of one engine do not have. */
  banner: string | null;
  /** Reboot requests it knows, each with the child elements it accepts. */
  reboots: Readonly<Record<string, readonly string[]>>;
  /** Some read-only RPCs answer for every engine in a `multi-routing-engine-item` of its own. */
  multi: ReadonlySet<string>;
  /** Daemons of this platform beyond those that all have. */
  daemons: readonly string[];
}

const WHEN = ['in', 'at', 'message'] as const;
const EVERY_MEMBER = [
  'get-software-information',
  'get-system-uptime-information',
  'get-system-storage',
  'get-reboot-information',
  'clear-reboot',
];

/** Models and releases that exist together; the boards are those sold for them. */
export const PLATFORM_SPECS: Readonly<Record<Platform, PlatformSpec>> = {
  srx: {
    model: 'srx345',
    version: '22.4R3-S6.5',
    engineModel: 'RE-SRX345',
    engines: [{ name: 're0', slot: 0, role: 'master' }],
    banner: null,
    reboots: { 'request-reboot': WHEN },
    multi: new Set(),
    daemons: ['forwarding', 'ipsec-key-management', 'web-management'],
  },
  'ex-vc': {
    model: 'ex4300-48p',
    version: '21.4R3-S9.5',
    engineModel: 'EX4300-48P',
    engines: [
      { name: 'fpc0', slot: 0, role: 'master' },
      { name: 'fpc1', slot: 1, role: 'backup' },
    ],
    banner: '{master:0}',
    reboots: { 'request-reboot': [...WHEN, 'all-members', 'member', 'local'] },
    multi: new Set(EVERY_MEMBER),
    daemons: ['l2-learning', 'web-management'],
  },
  'mx-dual-re': {
    model: 'mx480',
    version: '23.4R2-S3.9',
    engineModel: 'RE-S-1800x4',
    engines: [
      { name: 're0', slot: 0, role: 'master' },
      { name: 're1', slot: 1, role: 'backup' },
    ],
    banner: '{master}',
    reboots: { 'request-reboot': [...WHEN, 'both-routing-engines', 'other-routing-engine'] },
    multi: new Set(),
    daemons: ['l2-learning'],
  },
  'srx-cluster': {
    model: 'srx345',
    version: '22.4R3-S6.5',
    engineModel: 'RE-SRX345',
    engines: [
      { name: 'node0', slot: 0, role: 'primary' },
      { name: 'node1', slot: 1, role: 'secondary' },
    ],
    banner: '{primary:node0}',
    reboots: { 'request-reboot': [...WHEN, 'node'] },
    multi: new Set([...EVERY_MEMBER, 'get-route-engine-information', 'get-system-alarm-information']),
    daemons: ['forwarding', 'ipsec-key-management', 'web-management'],
  },
  evo: {
    model: 'ptx10001-36mr',
    version: '23.4R2-S3.11-EVO',
    engineModel: 'RE-PTX10001-36MR',
    engines: [{ name: 're0', slot: 0, role: 'master' }],
    banner: null,
    reboots: { 'request-system-reboot': WHEN },
    multi: new Set(),
    daemons: [],
  },
};

/** The same MX with Routing Engines that run Junos as a guest of Linux: such a board is sold as RE-S-X6-64G. */
export function withVmhost(spec: PlatformSpec): PlatformSpec {
  return {
    ...spec,
    engineModel: 'RE-S-2X00x6',
    reboots: { ...spec.reboots, 'request-vmhost-reboot': [...WHEN, 'routing-engine'] },
  };
}
