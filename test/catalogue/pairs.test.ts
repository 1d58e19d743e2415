import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { matchesMessage, wordsOf } from '../../src/catalogue/message-pattern.ts';
import { loadPairs, OWN_PAIRS, type PairSide, pairOf, upIds } from '../../src/catalogue/pairs.ts';
import { problemLine } from '../../src/config/problem.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true }))));

/** What is loaded with this text as event-pairs.yaml; without a text there is no such file. */
async function loadWith(text?: string) {
  const dir = await mkdtemp(join(tmpdir(), 'pairs-'));
  folders.push(dir);
  if (text !== undefined) await writeFile(join(dir, OWN_PAIRS), text);
  const { pairs, problems } = await loadPairs(dir);
  return { pairs, lines: problems.map(problemLine) };
}

const { pairs: SHIPPED, lines: NO_LINES } = await loadWith();

const side = (event: string, message: string, attributes: Record<string, string> = {}) =>
  pairOf({ event, message, attributes }, SHIPPED);

/** As the end of a row of the table. */
const said = (found: PairSide | null) => (found ? [found.direction, found.down, found.subject] : null);

const FRU = 'jnxFruContentsIndex 7, jnxFruL1Index 2, jnxFruL2Index 0, jnxFruL3Index 0';
const PART = 'jnxContentsContainerIndex 2, jnxContentsL1Index 1, jnxContentsL2Index 0, jnxContentsL3Index 0';

type Row = [event: string, message: string, direction: 'down' | 'up', down: string, subject: string];

const MESSAGES: Row[] = [
  [
    'SNMP_TRAP_LINK_DOWN',
    'ifIndex 502, ifAdminStatus up(1), ifOperStatus down(2), ifName xe-0/0/0',
    'down',
    'SNMP_TRAP_LINK_DOWN',
    'xe-0/0/0',
  ],
  [
    'SNMP_TRAP_LINK_UP',
    'ifIndex 502, ifAdminStatus up(1), ifOperStatus up(1), ifName xe-0/0/0',
    'up',
    'SNMP_TRAP_LINK_DOWN',
    'xe-0/0/0',
  ],
  [
    'LACP_INTF_MUX_STATE_CHANGED',
    'ae0: et-0/0/25:3: Lacp state changed from COLLECTING_DISTRIBUTING to ATTACHED, actor port state : |-|',
    'down',
    'LACP_INTF_MUX_STATE_CHANGED',
    'ae0 member et-0/0/25:3',
  ],
  [
    'LACP_INTF_MUX_STATE_CHANGED',
    'ae0: et-0/0/25:3: Lacp state changed from ATTACHED to COLLECTING_DISTRIBUTING, actor port state : |-|',
    'up',
    'LACP_INTF_MUX_STATE_CHANGED',
    'ae0 member et-0/0/25:3',
  ],
  ['LLDP_NEIGHBOR_DOWN', 'A neighbor of interface ge-0/0/1 has gone down.', 'down', 'LLDP_NEIGHBOR_DOWN', 'ge-0/0/1'],
  ['LLDP_NEIGHBOR_UP', 'A neighbor has come up for interface ge-0/0/1.', 'up', 'LLDP_NEIGHBOR_DOWN', 'ge-0/0/1'],
  [
    'BFDD_TRAP_SHOP_STATE_DOWN',
    'local discriminator: 77, new state: down, interface: ge-0/0/7.30, peer addr: 10.30.0.1',
    'down',
    'BFDD_TRAP_SHOP_STATE_DOWN',
    'ge-0/0/7.30 to 10.30.0.1',
  ],
  [
    'BFDD_TRAP_SHOP_STATE_UP',
    'local discriminator: 30, new state: up, interface: xe-1/1/10:0.86, peer addr: 192.168.130.221',
    'up',
    'BFDD_TRAP_SHOP_STATE_DOWN',
    'xe-1/1/10:0.86 to 192.168.130.221',
  ],
  [
    'BFDD_TRAP_MHOP_STATE_DOWN',
    'local discriminator: 36, new state: down, peer addr: 10.44.225.3',
    'down',
    'BFDD_TRAP_MHOP_STATE_DOWN',
    '10.44.225.3',
  ],
  [
    'BFDD_TRAP_MHOP_STATE_UP',
    'local discriminator: 36, new state: up, peer addr: 10.44.225.3',
    'up',
    'BFDD_TRAP_MHOP_STATE_DOWN',
    '10.44.225.3',
  ],
  [
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    'BGP peer 192.0.2.1 (External AS 65001) changed state from Established to Idle (event HoldTime) (instance master)',
    'down',
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    '192.0.2.1',
  ],
  [
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    'BGP peer 192.0.2.1 (External AS 65001) changed state from OpenConfirm to Established (event RecvKeepAlive) (instance master)',
    'up',
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    '192.0.2.1',
  ],
  [
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    'BGP peer 192.0.2.1 (External AS 65001) changed state from Established to Idle (event Stop) (instance CUST-A)',
    'down',
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    '192.0.2.1 in CUST-A',
  ],
  [
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    'BGP peer 2001:db8::1 (Internal AS 65000) changed state from Established to Idle (event RecvNotify)',
    'down',
    'RPD_BGP_NEIGHBOR_STATE_CHANGED',
    '2001:db8::1',
  ],
  [
    'RPD_OSPF_NBRDOWN',
    'OSPF neighbor 10.0.12.2 (realm ospf-v2 ge-0/0/1.0 area 0.0.0.0) state changed from Full to Down due to KillNbr (event reason: interface went down)',
    'down',
    'RPD_OSPF_NBRDOWN',
    '10.0.12.2 on ge-0/0/1.0',
  ],
  [
    'RPD_OSPF_NBRUP',
    'OSPF neighbor 10.0.12.2 (realm ospf-v2 ge-0/0/1.0 area 0.0.0.0) state changed from Loading to Full due to LoadDone (event reason: OSPF loading completed)',
    'up',
    'RPD_OSPF_NBRDOWN',
    '10.0.12.2 on ge-0/0/1.0',
  ],
  [
    'RPD_OSPF_NBRDOWN',
    'OSPF neighbor fe80::1 (realm ipv6-unicast ge-0/0/1.0 area 0.0.0.0) state changed from Full to Init due to 1WayRcvd',
    'down',
    'RPD_OSPF_NBRDOWN',
    'fe80::1 (ipv6-unicast) on ge-0/0/1.0',
  ],
  [
    'RPD_ISIS_ADJDOWN',
    'IS-IS lost L2 adjacency to core-2 on ge-0/0/1.0, reason: Aged Out',
    'down',
    'RPD_ISIS_ADJDOWN',
    'L2 core-2 on ge-0/0/1.0',
  ],
  [
    'RPD_ISIS_ADJUP',
    'IS-IS new L2 adjacency to core-2 on ge-0/0/1.0',
    'up',
    'RPD_ISIS_ADJDOWN',
    'L2 core-2 on ge-0/0/1.0',
  ],
  [
    'RPD_PIM_NBRDOWN',
    'PIM neighbor 10.0.0.1 timeout interface ge-0/0/1.0',
    'down',
    'RPD_PIM_NBRDOWN',
    '10.0.0.1 on ge-0/0/1.0',
  ],
  [
    'RPD_PIM_NBRUP',
    'PIM new neighbor 10.0.0.1 interface ge-0/0/1.0',
    'up',
    'RPD_PIM_NBRDOWN',
    '10.0.0.1 on ge-0/0/1.0',
  ],
  [
    'RPD_LDP_NBRDOWN',
    'LDP neighbor 10.0.0.2 (ge-0/0/1.0) is down',
    'down',
    'RPD_LDP_NBRDOWN',
    '10.0.0.2 on ge-0/0/1.0',
  ],
  ['RPD_LDP_NBRUP', 'LDP neighbor 10.0.0.2 (ge-0/0/1.0) is up', 'up', 'RPD_LDP_NBRDOWN', '10.0.0.2 on ge-0/0/1.0'],
  [
    'RPD_LDP_SESSIONDOWN',
    'LDP session 10.255.0.2 is down, reason: hold time expired',
    'down',
    'RPD_LDP_SESSIONDOWN',
    '10.255.0.2',
  ],
  ['RPD_LDP_SESSIONUP', 'LDP session 10.255.0.2 is up', 'up', 'RPD_LDP_SESSIONDOWN', '10.255.0.2'],
  [
    'RPD_RSVP_NBRDOWN',
    'RSVP neighbor 10.0.0.2 down on interface ae0.177 nbr-type Direct, triggered by IGP neighbor down event',
    'down',
    'RPD_RSVP_NBRDOWN',
    '10.0.0.2 on ae0.177',
  ],
  [
    'RPD_RSVP_NBRUP',
    'RSVP neighbor 10.0.0.2 up on interface ae0.177 nbr-type Direct',
    'up',
    'RPD_RSVP_NBRDOWN',
    '10.0.0.2 on ae0.177',
  ],
  ['RPD_MPLS_LSP_DOWN', 'MPLS LSP to-pe2 down on primary(via-p1)', 'down', 'RPD_MPLS_LSP_DOWN', 'to-pe2'],
  [
    'RPD_MPLS_LSP_UP',
    'MPLS LSP to-pe2 up on primary(via-p1) Route  10.0.0.1 10.0.0.5 lsp bandwidth 0bps',
    'up',
    'RPD_MPLS_LSP_DOWN',
    'to-pe2',
  ],
  ['RPD_MPLS_PATH_DOWN', 'MPLS path  down on LSP to-pe2', 'down', 'RPD_MPLS_PATH_DOWN', 'to-pe2'],
  ['RPD_MPLS_PATH_UP', 'MPLS path  up on LSP to-pe2 path bandwidth 0 bps', 'up', 'RPD_MPLS_PATH_DOWN', 'to-pe2'],
  ['RPD_MPLS_PATH_DOWN', 'MPLS path via-p1 down on LSP to-pe2', 'down', 'RPD_MPLS_PATH_DOWN', 'via-p1 of to-pe2'],
  [
    'CHASSISD_SNMP_TRAP6',
    `SNMP trap generated: Power Supply failed (${PART}, jnxContentsDescr PEM 0, jnxOperatingState/Temp 6)`,
    'down',
    'CHASSISD_SNMP_TRAP6',
    'PEM 0',
  ],
  [
    'CHASSISD_SNMP_TRAP6',
    `SNMP trap generated: Power Supply OK (${PART}, jnxContentsDescr PEM 0, jnxOperatingState/Temp 2)`,
    'up',
    'CHASSISD_SNMP_TRAP6',
    'PEM 0',
  ],
  [
    'CHASSISD_SNMP_TRAP6',
    `SNMP trap generated: Fan/Blower Failed (${PART}, jnxContentsDescr Fan Tray 0 Fan, jnxOperatingState/Temp 6)`,
    'down',
    'CHASSISD_SNMP_TRAP6',
    'Fan Tray 0 Fan',
  ],
  [
    'CHASSISD_SNMP_TRAP6',
    `SNMP trap generated: Fan/Blower OK (${PART}, jnxContentsDescr a name of five words, jnxOperatingState/Temp 2)`,
    'up',
    'CHASSISD_SNMP_TRAP6',
    'part 2.1',
  ],
  [
    'CHASSISD_SNMP_TRAP10',
    `SNMP trap generated: FRU power off (${FRU}, jnxFruName FPC: MPC3E NG HQoS @ 1/*/*, jnxFruType 3, jnxFruSlot 1, jnxFruOfflineReason 7`,
    'down',
    'CHASSISD_SNMP_TRAP10',
    'FPC 1/*/*',
  ],
  [
    'CHASSISD_SNMP_TRAP10',
    `SNMP trap generated: FRU power on (${FRU}, jnxFruName FPC: MPC3E NG HQoS @ 1/*/*, jnxFruType 3, jnxFruSlot 1)`,
    'up',
    'CHASSISD_SNMP_TRAP10',
    'FPC 1/*/*',
  ],
  [
    'CHASSISD_SNMP_TRAP7',
    `SNMP trap generated: FRU removal (${FRU}, jnxFruName Fan Tray 0, jnxFruType 4, jnxFruSlot 0)`,
    'down',
    'CHASSISD_SNMP_TRAP7',
    'Fan Tray 0',
  ],
  [
    'CHASSISD_SNMP_TRAP7',
    `SNMP trap generated: FRU insertion (${FRU}, jnxFruName Fan Tray 0, jnxFruType 4, jnxFruSlot 0)`,
    'up',
    'CHASSISD_SNMP_TRAP7',
    'Fan Tray 0',
  ],
  [
    'CHASSISD_BLOWERS_SPEED_FULL',
    'Fans and impellers being set to full speed [fan/blower missing]',
    'down',
    'CHASSISD_BLOWERS_SPEED_FULL',
    '',
  ],
  [
    'CHASSISD_BLOWERS_SPEED',
    'Fans and impellers are now running at normal speed',
    'up',
    'CHASSISD_BLOWERS_SPEED_FULL',
    '',
  ],
  [
    'RTPERF_CPU_THRESHOLD_EXCEEDED',
    'FPC 0 PIC 1 CPU utilization exceeds threshold, current value=95',
    'down',
    'RTPERF_CPU_THRESHOLD_EXCEEDED',
    'FPC 0 PIC 1',
  ],
  [
    'RTPERF_CPU_USAGE_OK',
    'FPC 0 PIC 1 CPU utilization returns to normal, current value=40',
    'up',
    'RTPERF_CPU_THRESHOLD_EXCEEDED',
    'FPC 0 PIC 1',
  ],
  [
    'DDOS_PROTOCOL_VIOLATION_SET',
    'Warning: Host-bound traffic for protocol/exception  ARP:aggregate exceeded its allowed bandwidth at fpc 0 for 6 times, started at 2020-11-09 01:02:39 UTC',
    'down',
    'DDOS_PROTOCOL_VIOLATION_SET',
    'ARP:aggregate at FPC 0',
  ],
  [
    'DDOS_PROTOCOL_VIOLATION_SET',
    'Protocol SSH:aggregate is violated at routing-engine for 59 times, started at 2017-07-01 07:00:30 ICT',
    'down',
    'DDOS_PROTOCOL_VIOLATION_SET',
    'SSH:aggregate at routing-engine',
  ],
  [
    'DDOS_PROTOCOL_VIOLATION_CLEAR',
    'Protocol SSH:aggregate has returned to normal. Violated at fpc 0 for 59 times',
    'up',
    'DDOS_PROTOCOL_VIOLATION_SET',
    'SSH:aggregate at FPC 0',
  ],
  [
    'KMD_VPN_DOWN_ALARM_USER',
    'VPN branch-7 from 198.51.100.7 is down. Local-ip: 10.0.1.50, gateway name: gw-7',
    'down',
    'KMD_VPN_DOWN_ALARM_USER',
    'branch-7 to 198.51.100.7',
  ],
  [
    'KMD_VPN_UP_ALARM_USER',
    'VPN branch-7 from 198.51.100.7 is up. Local-ip: 10.0.1.50, gateway name: gw-7',
    'up',
    'KMD_VPN_DOWN_ALARM_USER',
    'branch-7 to 198.51.100.7',
  ],
  [
    'JSRPD_RG_STATE_CHANGE',
    "Redundancy-group 1 transitioned from 'secondary' to 'ineligible' state due to Control link failure",
    'down',
    'JSRPD_RG_STATE_CHANGE',
    'redundancy group 1',
  ],
  [
    'JSRPD_RG_STATE_CHANGE',
    "Redundancy-group 1 transitioned from 'ineligible' to 'disabled' state due to Ineligible timer expired",
    'down',
    'JSRPD_RG_STATE_CHANGE',
    'redundancy group 1',
  ],
  [
    'JSRPD_RG_STATE_CHANGE',
    "Redundancy-group 1 transitioned from 'ineligible' to 'secondary' state due to Ineligible timer expired",
    'up',
    'JSRPD_RG_STATE_CHANGE',
    'redundancy group 1',
  ],
  ['JSRPD_HA_CONTROL_LINK_UP', 'HA control link monitor status is marked up', 'up', 'JSRPD_HA_CONTROL_LINK_DOWN', ''],
  [
    'PING_TEST_FAILED',
    'pingCtlOwnerIndex = http-rpm, pingCtlTestName = http',
    'down',
    'PING_TEST_FAILED',
    'http-rpm http',
  ],
  [
    'PING_TEST_COMPLETED',
    'pingCtlOwnerIndex = http-rpm, pingCtlTestName = http',
    'up',
    'PING_TEST_FAILED',
    'http-rpm http',
  ],
];

describe('pairOf, the shipped table', () => {
  it('loads without a problem', () => assert.deepEqual(NO_LINES, []));

  for (const [event, message, ...expected] of MESSAGES) {
    it(`${event}: ${message}`, () => {
      assert.deepEqual(said(side(event, message)), expected);
      assert.deepEqual(said(side(event, `${event}: ${message}\n`)), expected, 'with the id in front');
      assert.deepEqual(said(side(event.toLowerCase(), `${event}: ${message}`)), expected, 'with the id in lower case');
    });
  }

  it('prefers the attribute of the interface, and does without', () => {
    const message = 'ifIndex 1, ifAdminStatus up(1), ifOperStatus down(2), ifName ge-0/0/1';
    assert.equal(side('SNMP_TRAP_LINK_DOWN', message, { 'interface-name': 'ge-3/1/7' })?.subject, 'ge-3/1/7');
    assert.equal(side('SNMP_TRAP_LINK_DOWN', '', { 'interface-name': 'ge-3/1/7' })?.subject, 'ge-3/1/7');
    assert.equal(side('SNMP_TRAP_LINK_DOWN', message, { 'interface-name': ' ' })?.subject, 'ge-0/0/1');
  });

  it('names a BGP peer alike from the message and from the attribute', () => {
    const message = 'BGP peer 192.0.2.1 (External AS 65001) changed state from Established to Idle (event Stop)';
    const attributes = { 'peer-name': '192.0.2.1 (External AS 65001)' };
    assert.equal(side('RPD_BGP_NEIGHBOR_STATE_CHANGED', message, attributes)?.subject, '192.0.2.1');
    assert.equal(side('RPD_BGP_NEIGHBOR_STATE_CHANGED', message)?.subject, '192.0.2.1');
  });

  const none: [event: string, message: string, why: string][] = [
    ['UI_COMMIT', "User 'a' requested 'commit' operation", 'no pair has it'],
    ['', '', 'no event'],
    ['__proto__', '', 'no event'],
    ['SNMP_TRAP_LINK_DOWN', 'ifIndex 502', 'no name'],
    ['SNMP_TRAP_LINK_DOWN', 'ifIndex 502, ifName ', 'an empty name'],
    [
      'RPD_BGP_NEIGHBOR_STATE_CHANGED',
      'BGP peer 192.0.2.1 (External AS 65001) changed state from Active to Connect (event TransportError) (instance master)',
      'a try',
    ],
    [
      'RPD_OSPF_NBRUP',
      'OSPF neighbor 10.0.12.2 (realm ospf-v2 ge-0/0/1.0 area 0.0.0.0) state changed from Init to 2Way due to 2WayRcvd',
      'not yet Full',
    ],
    [
      'RPD_OSPF_NBRDOWN',
      'OSPF neighbor 10.0.12.2 (realm ospf-v2 ge-0/0/1.0 area 0.0.0.0) state changed from 2Way to Down due to InactivityTimer',
      'never was Full',
    ],
    [
      'LACP_INTF_MUX_STATE_CHANGED',
      'ae0: xe-0/0/1: Lacp state changed from WAITING to ATTACHED, actor port state : |-|',
      'on the way',
    ],
    [
      'JSRPD_RG_STATE_CHANGE',
      "Redundancy-group 1 transitioned from 'secondary-hold' to 'secondary' state due to Ready to become secondary",
      'a failover',
    ],
    [
      'VRRPD_NEW_MASTER',
      'Interface ae0.1102 (local address 100.64.102.12) became VRRP master for group 1',
      'not known which is the failure',
    ],
  ];
  for (const [event, message, why] of none) {
    it(`null, ${why}: ${event}: ${message}`, () => assert.equal(side(event, message), null));
  }

  it('a flapping link is down and up in turn, always of the same thing', () => {
    const order = ['DOWN', 'UP', 'DOWN', 'DOWN', 'UP', 'UP'];
    const found = order.map((way) => side(`SNMP_TRAP_LINK_${way}`, 'ifIndex 7, ifName ge-0/0/7'));
    assert.deepEqual(
      found.map((one) => one?.direction.toUpperCase()),
      order,
    );
    assert.equal(new Set(found.map((one) => `${one?.down} ${one?.subject}`)).size, 1);
  });

  it('takes no long time for a hostile message', () => {
    const fillers = [
      'a',
      ' ',
      ': ',
      '{}',
      '*',
      'BGP peer ',
      'jnxContentsDescr a b c ',
      "'disabled' to",
      'x: '.repeat(9),
    ];
    const lead = 'state changed from COLLECTING_DISTRIBUTING to Power Supply OK generated: FRU power on ';
    const started = performance.now();
    for (const event of new Set(SHIPPED.flatMap(({ down, up }) => [down, up]))) {
      for (const filler of fillers) {
        side(event, lead + filler.repeat(65_536 / filler.length), { 'interface-name': ':'.repeat(65_536) });
      }
    }
    // Some 500 messages of 64 KiB, a second on a slow machine; without a bound it would be hours.
    assert.ok(performance.now() - started < 20_000);
  });
});

describe('upIds', () => {
  it('has every id of an up event in upper case', () => {
    const ids = upIds([...SHIPPED, { down: 'a', up: 'b_up', subject: [] }]);
    for (const id of ['SNMP_TRAP_LINK_UP', 'RPD_BGP_NEIGHBOR_STATE_CHANGED', 'RTPERF_CPU_USAGE_OK', 'B_UP']) {
      assert.ok(ids.has(id), id);
    }
    assert.ok(!ids.has('SNMP_TRAP_LINK_DOWN'));
  });
});

describe('event-pairs.yaml', () => {
  it('stands in place of the shipped table', async () => {
    const { pairs, lines } = await loadWith(`
- {down: our_down, up: OUR_UP, subject: ['thing {} of {} => {} ({})']}
- {down: LAMP, down_when: '* off', up: LAMP, up_when: '* on'}
`);
    assert.deepEqual(lines, []);
    const of = (event: string, message: string) => said(pairOf({ event, message, attributes: {} }, pairs));
    assert.deepEqual(of('OUR_DOWN', 'thing "a", of (b);'), ['down', 'OUR_DOWN', 'a ((b)']);
    assert.deepEqual(of('our_up', 'THING a of b'), ['up', 'OUR_DOWN', 'a (b)']);
    assert.deepEqual(of('lamp', 'It is Off'), ['down', 'LAMP', '']);
    assert.deepEqual(of('lamp', 'It is on'), ['up', 'LAMP', '']);
    assert.equal(of('lamp', 'It is on the table'), null);
    assert.equal(of('SNMP_TRAP_LINK_DOWN', 'ifName ge-0/0/0'), null);
  });

  it('an empty list pairs nothing; an empty file changes nothing', async () => {
    assert.deepEqual((await loadWith('[]')).pairs, []);
    assert.deepEqual(await loadWith('# later\n'), { pairs: SHIPPED, lines: [] });
  });

  const broken: [name: string, text: string, expected: RegExp][] = [
    ['is no YAML', '- {down: A', /^event-pairs\.yaml: (?:line \d+|file): warning: /],
    ['is no list', 'down: A', /^event-pairs\.yaml: file: warning: must be a list of pairs/],
    ['lacks the up event', '- {down: A}', /^event-pairs\.yaml: pair 1\.up: warning: must be a text$/],
    ['has a key too many', '- {down: A, up: B, when: x}', /^event-pairs\.yaml: pair 1: warning: unknown key when$/],
    ['takes words in a condition', "- {down: A, up: B, up_when: '* {}'}", /pair 1\.up_when: warning: has \{\} in it/],
    ['takes no word', '- {down: A, up: B, subject: [ifName]}', /pair 1\.subject\.0: warning: must be a pattern with/],
    ['has words in a row', "- {down: A, up: B, subject: ['a {}{}']}", /pair 1\.subject\.0: warning: has two \{\}/],
    [
      'says more than it takes',
      "- {down: A, up: B, subject: ['a {} => {} {}']}",
      /subject\.0: warning: must be a pattern/,
    ],
  ];
  for (const [name, text, expected] of broken) {
    it(`${name}: a problem, and the shipped table stays`, async () => {
      const { pairs, lines } = await loadWith(text);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', expected);
      assert.deepEqual(pairs, SHIPPED);
    });
  }
});

describe('patterns', () => {
  const conditions: [pattern: string, message: string, matches: boolean][] = [
    ['*', '', true],
    ['a', 'a', true],
    ['a', 'A', true],
    ['a', 'ab', false],
    ['a*', 'ab', true],
    ['*b', 'ab', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*b*b*', 'ab', false],
    ['a*b*c', 'a b x c', true],
    ['a*bc*c', 'abc', false],
    ['.*', 'x', false],
    ['to  idle*', 'to idle now', true],
  ];
  for (const [pattern, message, matches] of conditions) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${message}`, () =>
      assert.equal(matchesMessage(pattern, message), matches));
  }

  const words: [pattern: string, message: string, found: string[] | null][] = [
    ['ifName {}', 'x ifName ge-0/0/0', ['ge-0/0/0']],
    ['ifName {}', 'ifName', null],
    ['ifName {}', "ifName 'ge-0/0/0';).", ['ge-0/0/0']],
    ['ifName {}', 'ifName ;;; ifName b', ['b']],
    ['({})', 'a (b) c', ['b']],
    ['{}: {}:', 'ab: c: d', ['ab', 'c']],
    ['{}x', 'abx', ['ab']],
    ['{} b', 'aa b', ['aa']],
    ['a {} * z {}', 'a b c z d z e', ['b', 'd']],
    ['peer {} (x', 'peer a (y) peer b (x)', ['b']],
    ['peer {}', `peer ${'a'.repeat(200)}`, ['a'.repeat(200)]],
    ['peer {}', `peer ${'a'.repeat(201)}`, null],
    ['a {}', 'İ A b', ['b']],
  ];
  for (const [pattern, message, found] of words) {
    it(`${pattern} in ${message.slice(0, 40)}`, () => assert.deepEqual(wordsOf(pattern, message), found));
  }
});
