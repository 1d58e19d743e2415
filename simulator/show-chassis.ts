import { escapeXml } from '../src/netconf/xml.ts';
import { epoch, longLength } from './clock.ts';
import type { Device, Engine } from './device.ts';
import { namespaceRelease } from './replies.ts';
import { type Show, upSeconds } from './show-system.ts';

const LAST_REBOOT = 'Router rebooted after a normal shutdown.';

/** Platforms that answer for each engine apart list one; the others list all that run. */
function listed(device: Device, engine: Engine): Engine[] {
  return device.spec.multi.has('get-route-engine-information') ? [engine] : device.running;
}

const hasPair = (device: Device) => device.platform === 'mx-dual-re' || device.platform === 'ex-vc';

const routeEngine: Show = {
  rpc: 'get-route-engine-information',
  command: 'show chassis routing-engine',
  xml: (device, engine) => {
    const rows = listed(device, engine).map((each) => {
      const up = upSeconds(device, each);
      const mastership = `<slot>${each.slot}</slot>
<mastership-state>${each.role}</mastership-state>
<mastership-priority>${each.role} (default)</mastership-priority>
`;
      return `<route-engine>
${hasPair(device) ? mastership : ''}<status>OK</status>
<memory-buffer-utilization>24</memory-buffer-utilization>
<cpu-user>4</cpu-user>
<cpu-background>0</cpu-background>
<cpu-system>7</cpu-system>
<cpu-interrupt>0</cpu-interrupt>
<cpu-idle>89</cpu-idle>
<model>${escapeXml(device.spec.engineModel)}</model>
<start-time junos:seconds="${epoch(device.clock(each.bootedAt))}">${device.dateTime(each.bootedAt)}</start-time>
<up-time junos:seconds="${up}">${longLength(up)}</up-time>
<last-reboot-reason>${LAST_REBOOT}</last-reboot-reason>
<load-average-one>0.41</load-average-one>
<load-average-five>0.38</load-average-five>
<load-average-fifteen>0.36</load-average-fifteen>
</route-engine>`;
    });
    const namespace = `http://xml.juniper.net/junos/${namespaceRelease(device)}/junos-chassis`;
    return `<route-engine-information xmlns="${namespace}">\n${rows.join('\n')}\n</route-engine-information>`;
  },
  text: (device, engine) =>
    listed(device, engine)
      .map((each) =>
        [
          'Routing Engine status:',
          ...(hasPair(device) ? [`  Slot ${each.slot}:`, `    Current state                  ${each.role}`] : []),
          `    Model                          ${device.spec.engineModel}`,
          `    Start time                     ${device.dateTime(each.bootedAt)}`,
          `    Uptime                         ${longLength(upSeconds(device, each))}`,
          `    Last reboot reason             ${LAST_REBOOT}`,
        ].join('\n'),
      )
      .join('\n'),
};

const GROUPS = [0, 1];

/** A node that is down is `lost` to the other one. */
const nodeStatus = (engine: Engine) => (engine.isUp ? engine.role : 'lost');

export const cluster: Show = {
  rpc: 'get-chassis-cluster-status',
  command: 'show chassis cluster status',
  xml: (device) => {
    // The nodes stand side by side, not each in an element of its own.
    const nodes = device.engines.map(
      (node) => `<device-name>${node.name}</device-name>
<device-priority>${node.isUp ? 200 - node.slot * 100 : 0}</device-priority>
<redundancy-group-status>${nodeStatus(node)}</redundancy-group-status>
<preempt>no</preempt>
<failover-mode>no</failover-mode>
<monitor-failures>None</monitor-failures>`,
    );
    const groups = GROUPS.map(
      (id) => `<redundancy-group>
<cluster-id>1</cluster-id>
<redundancy-group-id>${id}</redundancy-group-id>
<redundancy-group-failover-count>1</redundancy-group-failover-count>
<device-stats>
${nodes.join('\n')}
</device-stats>
</redundancy-group>`,
    );
    return `<chassis-cluster-status>\n<cluster-id>1</cluster-id>\n${groups.join('\n')}\n</chassis-cluster-status>`;
  },
  text: (device) =>
    [
      'Cluster ID: 1',
      'Node   Priority Status               Preempt Manual   Monitor-failures',
      ...GROUPS.flatMap((id) => [
        '',
        `Redundancy group: ${id} , Failover count: 1`,
        ...device.engines.map(
          (node) => `${node.name}  ${200 - node.slot * 100}      ${nodeStatus(node).padEnd(21)}no      no       None`,
        ),
      ]),
    ].join('\n'),
};

const memberRole = (engine: Engine) =>
  engine.role === 'master' ? 'Master*' : engine.role === 'backup' ? 'Backup' : 'Linecard';

export const virtualChassis: Show = {
  rpc: 'get-virtual-chassis-information',
  command: 'show virtual-chassis',
  xml: (device) => {
    const members = device.engines.map((member) =>
      member.isUp
        ? `<member>
<member-status>Prsnt</member-status>
<member-id>${member.slot}</member-id>
<fpc-slot>(FPC ${member.slot})</fpc-slot>
<member-serial-number>${serial(device, member)}</member-serial-number>
<member-model>${escapeXml(device.model)}</member-model>
<member-priority>129</member-priority>
<member-mixed-mode>N</member-mixed-mode>
<member-route-mode>VC</member-route-mode>
<member-role>${memberRole(member)}</member-role>
<neighbor-list>
</neighbor-list>
</member>`
        : `<member>
<member-status>NotPrsnt</member-status>
<member-id>${member.slot}</member-id>
<fpc-slot>(FPC ${member.slot})</fpc-slot>
<member-serial-number>${serial(device, member)}</member-serial-number>
<member-model>${escapeXml(device.model)}</member-model>
</member>`,
    );
    return `<virtual-chassis-information>
<preprovisioned-virtual-chassis-information>
<virtual-chassis-id>70b7.3d82.d346</virtual-chassis-id>
<virtual-chassis-mode>Enabled</virtual-chassis-mode>
</preprovisioned-virtual-chassis-information>
<member-list junos:style="single-slot">
${members.join('\n')}
</member-list>
</virtual-chassis-information>`;
  },
  text: (device) =>
    [
      'Preprovisioned Virtual Chassis',
      'Virtual Chassis ID: 70b7.3d82.d346',
      'Virtual Chassis Mode: Enabled',
      'Member ID  Status   Serial No    Model         Role',
      ...device.engines.map(
        (member) =>
          `${member.slot} (FPC ${member.slot})  ${member.isUp ? 'Prsnt   ' : 'NotPrsnt'} ${serial(device, member)} ${device.model}    ${memberRole(member)}`,
      ),
    ].join('\n'),
};

/** The same for the same host name, so that a device keeps it over restarts. */
function serial(device: Device, engine: Engine): string {
  const sum = [...device.hostname].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 1_000_000, 7);
  return `SM3720${String(sum + engine.slot).padStart(6, '0')}`;
}

const inventory: Show = {
  rpc: 'get-chassis-inventory',
  command: 'show chassis hardware',
  xml: (
    device,
    engine,
  ) => `<chassis-inventory xmlns="http://xml.juniper.net/junos/${namespaceRelease(device)}/junos-chassis">
<chassis junos:style="inventory">
<name>Chassis</name>
<serial-number>${serial(device, engine)}</serial-number>
<description>${escapeXml(device.model.toUpperCase())}</description>
</chassis>
</chassis-inventory>`,
  text: (device, engine) =>
    [
      'Hardware inventory:',
      'Item             Version  Part number  Serial number     Description',
      `Chassis                                ${serial(device, engine)}      ${device.model.toUpperCase()}`,
    ].join('\n'),
};

export const CHASSIS_SHOWS: readonly Show[] = [routeEngine, cluster, virtualChassis, inventory];
