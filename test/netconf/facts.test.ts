import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetconfError, RpcError } from '../../src/netconf/errors.ts';
import { facts } from '../../src/netconf/junos.ts';
import { engines, fakeSession, rpcError, software, uptime } from './fake-session.ts';

const NOW = Date.UTC(2026, 10, 23, 10);
const SECONDS = NOW / 1000;
const now = () => NOW;
const unnamed = { name: null, state: null, mastership: null, model: null, uptimeSeconds: null, bootedAt: null };

function routeEngine(details: Record<string, string>, bootedSeconds: number): string {
  const each = Object.entries(details).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<route-engine>${each.join('')}<start-time junos:seconds="${bootedSeconds}">x</start-time><up-time junos:seconds="${SECONDS - bootedSeconds}">x</up-time></route-engine>`;
}
const routeEngines = (...all: string[]) => `<route-engine-information>${all.join('')}</route-engine-information>`;

test('a device with one Routing Engine, and without what its platform lacks', async () => {
  const session = fakeSession({
    'get-software-information': software('hq-fw01', 'srx345', '22.4R3-S6.5'),
    'get-system-uptime-information': uptime('2026-11-23 10:00:05 UTC', SECONDS + 5, 90_061),
    'get-route-engine-information': routeEngines(
      routeEngine({ status: 'OK', model: 'RE-SRX345' }, SECONDS + 5 - 90_061),
    ),
    'get-chassis-cluster-status': `<xnm:error xmlns="http://xml.juniper.net/xnm/1.1/xnm" xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm"><message>error: Chassis cluster is not enabled</message></xnm:error>`,
  });
  const bootedAt = new Date(NOW + 5_000 - 90_061_000);
  assert.deepEqual(await facts(session, { now }), {
    hostname: 'hq-fw01',
    model: 'srx345',
    version: '22.4R3-S6.5',
    uptimeSeconds: 90_061,
    bootedAt,
    deviceTime: '2026-11-23 10:00:05 UTC',
    clock: { now: new Date(NOW + 5_000), zone: 'UTC', offsetMinutes: 0, skewMs: 5_000 },
    engines: [{ name: null, state: 'OK', mastership: null, model: 'RE-SRX345', uptimeSeconds: 90_056, bootedAt }],
    ownEngine: null,
    cluster: null,
    virtualChassis: null,
    vmhost: false,
    evolved: false,
  });
});

test('two Routing Engines: the session is on the one that booted when the plain answer says', async () => {
  const booted = SECONDS - 3_600;
  const answers = {
    'get-software-information': software('hq-rtr01-re1'),
    'get-system-uptime-information': uptime('2026-11-23 11:00:00 CET', SECONDS),
    'get-route-engine-information': routeEngines(
      routeEngine({ slot: '0', 'mastership-state': 'master', status: 'OK', model: 'RE-S-2X00x6' }, booted - 9),
      routeEngine({ slot: '1', 'mastership-state': 'backup', status: 'OK', model: 'RE-S-2X00x6' }, booted),
    ),
  };
  const found = await facts(fakeSession(answers), { now });
  assert.deepEqual(
    found.engines.map(({ name, mastership }) => [name, mastership]),
    [
      ['re0', 'master'],
      ['re1', 'backup'],
    ],
  );
  assert.deepEqual([found.ownEngine, found.vmhost, found.clock?.offsetMinutes], ['re1', true, 60]);
  // Booted together, they cannot be told apart.
  const twins = routeEngines(
    routeEngine({ slot: '0', model: 'RE-S-1800x4' }, booted),
    routeEngine({ slot: '1', model: 'RE-S-1800x4' }, booted),
  );
  const unclear = await facts(fakeSession({ ...answers, 'get-route-engine-information': twins }), { now });
  assert.deepEqual([unclear.ownEngine, unclear.vmhost], [null, false]);
});

const groups = (
  node1: string,
) => `<chassis-cluster-status><cluster-id>1</cluster-id><redundancy-group><cluster-id>1</cluster-id><redundancy-group-id>0</redundancy-group-id><device-stats>
<device-name>node0</device-name><device-priority>200</device-priority><redundancy-group-status>primary</redundancy-group-status><preempt>no</preempt>
<device-name>node1</device-name><device-priority>100</device-priority><redundancy-group-status>${node1}</redundancy-group-status><preempt>no</preempt>
</device-stats></redundancy-group></chassis-cluster-status>`;

test('a cluster: both nodes answer, and the local one says which it is', async () => {
  const both = engines({
    node0: uptime('2026-11-23 10:00:00 UTC', SECONDS, 100),
    node1: uptime('2026-11-23 10:00:00 UTC', SECONDS, 200),
  });
  const answers = {
    'get-software-information': engines({ node0: software('fw-a', 'vSRX'), node1: software('fw-b', 'vSRX') }),
    'get-system-uptime-information': [both, engines({ node1: uptime('2026-11-23 10:00:00 UTC', SECONDS, 200) })],
    'get-chassis-cluster-status': groups('secondary'),
  };
  const session = fakeSession(answers);
  const found = await facts(session, { now });
  assert.deepEqual([found.hostname, found.uptimeSeconds, found.ownEngine], ['fw-b', 200, 'node1']);
  assert.deepEqual(
    found.engines.map(({ name, mastership, uptimeSeconds }) => [name, mastership, uptimeSeconds]),
    [
      ['node0', 'primary', 100],
      ['node1', 'secondary', 200],
    ],
  );
  assert.deepEqual(found.cluster, {
    id: 1,
    node: 'node1',
    role: 'secondary',
    groups: [
      {
        id: 0,
        nodes: [
          { name: 'node0', priority: 200, state: 'primary' },
          { name: 'node1', priority: 100, state: 'secondary' },
        ],
      },
    ],
  });
  assert.equal(
    session.sent.at(-1),
    '<get-system-uptime-information><node>local</node></get-system-uptime-information>',
  );
  // A release that does not understand the question answers for both again, or with an error. Which node this is cannot
  // be told then, and the other node's name must not stand for it.
  for (const local of [both, rpcError('syntax error', 'node')]) {
    const other = await facts(fakeSession({ ...answers, 'get-system-uptime-information': [both, local] }), { now });
    assert.deepEqual([other.hostname, other.ownEngine, other.cluster?.role], ['', null, null]);
  }
});

test('one node of a cluster that does not answer does not hide the other', async () => {
  const session = fakeSession({
    'get-software-information': `${rpcError('could not connect to node1 : Host is down')}${engines({ node0: software('fw-a') })}`,
    'get-chassis-cluster-status': groups('lost'),
  });
  const found = await facts(session, { now });
  assert.equal(found.hostname, 'fw-a');
  assert.deepEqual(
    found.engines.map(({ name, mastership }) => [name, mastership]),
    [
      ['node0', 'primary'],
      ['node1', 'lost'],
    ],
  );
});

test('a Virtual Chassis: members with their roles, one of them away', async () => {
  const session = fakeSession({
    'get-software-information': engines({ fpc0: software('sw-a', 'ex4300-48p'), fpc1: software('sw-b', 'ex4300-48p') }),
    'get-virtual-chassis-information': `<virtual-chassis-information><virtual-chassis-id-information><virtual-chassis-mode>Enabled</virtual-chassis-mode></virtual-chassis-id-information><member-list>
<member><member-status>Prsnt</member-status><member-id>0</member-id><member-serial-number>S0</member-serial-number><member-model>ex4300-48p</member-model><member-priority>128</member-priority><member-role>Backup</member-role><neighbor-list></neighbor-list></member>
<member><member-status>Prsnt</member-status><member-id>1</member-id><member-model>ex4300-48p</member-model><member-role>Master*</member-role></member>
<member><member-status>NotPrsnt</member-status><member-id>2</member-id></member></member-list></virtual-chassis-information>`,
    'get-route-engine-information': routeEngines(
      routeEngine({ slot: '0', 'mastership-state': 'backup' }, 1),
      routeEngine({ slot: '1', 'mastership-state': 'master' }, 2),
    ),
  });
  const found = await facts(session, { now });
  assert.deepEqual([found.hostname, found.ownEngine, found.virtualChassis?.member], ['sw-b', 'member1', 1]);
  assert.deepEqual(
    found.engines.map(({ name }) => name),
    ['member0', 'member1'],
  );
  assert.deepEqual(found.virtualChassis?.members, [
    { id: 0, status: 'Prsnt', role: 'backup', model: 'ex4300-48p', serialNumber: 'S0', priority: 128 },
    { id: 1, status: 'Prsnt', role: 'master', model: 'ex4300-48p', serialNumber: null, priority: null },
    { id: 2, status: 'NotPrsnt', role: null, model: null, serialNumber: null, priority: null },
  ]);
});

test('an old release has its version in a package; Evolved has it in its version', async () => {
  const old = fakeSession({
    'get-software-information': `<software-information><product-model>firefly</product-model>
<package-information><name>jbase</name><comment>JUNOS Base [1.1]</comment></package-information>
<package-information><name>junos</name><comment>JUNOS Software Release [12.1X46-D15.3]</comment></package-information></software-information>`,
  });
  const found = await facts(old, { now });
  assert.deepEqual([found.hostname, found.version, found.evolved], ['', '12.1X46-D15.3', false]);
  assert.deepEqual([found.uptimeSeconds, found.bootedAt, found.deviceTime, found.clock], [null, null, null, null]);
  assert.deepEqual([found.engines, found.vmhost], [[unnamed], null]);
  const evolved = fakeSession({ 'get-software-information': software('pe1', 'ptx10001-36mr', '23.4R2-S3.11-EVO') });
  assert.equal((await facts(evolved, { now })).evolved, true);
});

test('without its software there are no facts: refused, without it, empty, or lost', async () => {
  const refused = facts(
    fakeSession({ 'get-software-information': rpcError('permission denied', 'get-software-information') }),
  );
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof RpcError);
    return /^hq-fw01 answered get-software-information with an error: permission denied/.test(error.message);
  });
  for (const reply of ['', '<ok/>', '<output>no</output>']) {
    await assert.rejects(facts(fakeSession({ 'get-software-information': reply })), /holds no software-information/);
  }
  // A lost session is no missing fact, whichever question it was.
  const lost = fakeSession({
    'get-software-information': software('x'),
    'get-chassis-cluster-status': new NetconfError('closed', 'Gone.', { sent: true }),
  });
  await assert.rejects(facts(lost), NetconfError);
});
