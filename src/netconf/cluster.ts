import { folded } from './reply.ts';
import { child, find, findAll, text, type XmlElement } from './xml.ts';

export interface RedundancyGroup {
  id: number;
  nodes: { name: string; priority: number | null; state: string }[];
}

/** An SRX chassis cluster. Group 0 decides which node's Routing Engine is primary. */
export interface ClusterFacts {
  id: number | null;
  /** The node the session is on, `node0` or `node1`, when the device tells. */
  node: string | null;
  /** That node's state in group 0: `primary`, `secondary`, `disabled`. */
  role: string | null;
  groups: RedundancyGroup[];
}

/** Reads get-chassis-cluster-status; null when the device is in no cluster. */
export function clusterIn(root: XmlElement, node: string | null): ClusterFacts | null {
  const status = find(root, 'chassis-cluster-status');
  const groups = status ? findAll(status, 'redundancy-group').flatMap((group) => redundancyGroup(group) ?? []) : [];
  if (!status || groups.length === 0) return null;
  const role = groups.find(({ id }) => id === 0)?.nodes.find(({ name }) => name === node)?.state ?? null;
  return { id: numberIn(child(status, 'cluster-id')), node, role, groups };
}

function redundancyGroup(group: XmlElement): RedundancyGroup | undefined {
  const id = numberIn(child(group, 'redundancy-group-id'));
  if (id === null) return undefined;
  const nodes: RedundancyGroup['nodes'] = [];
  // device-stats is one flat list: every device-name begins the next node.
  for (const stats of findAll(group, 'device-stats')) {
    for (const each of stats.children) {
      const current = nodes.at(-1);
      if (each.name === 'device-name') nodes.push({ name: text(each), priority: null, state: 'unknown' });
      else if (current && each.name === 'device-priority') current.priority = numberIn(each);
      else if (current && each.name === 'redundancy-group-status') current.state = text(each);
    }
  }
  return { id, nodes };
}

export interface Member {
  id: number;
  /** `Prsnt`, `NotPrsnt`, as the device says it. */
  status: string;
  /** `master`, `backup`, `linecard`; null for a member that is away. */
  role: string | null;
  model: string | null;
  serialNumber: string | null;
  priority: number | null;
}

/** A Virtual Chassis: several switches or routers that are managed as one device. */
export interface VirtualChassisFacts {
  /** `Enabled`, `Mixed`, as the device says it. */
  mode: string | null;
  /** The member the session is on: Junos marks it with an asterisk behind its role. */
  member: number | null;
  members: Member[];
}

/** Reads get-virtual-chassis-information; null when the device knows no members. A lone switch is a chassis of one. */
export function virtualChassisIn(root: XmlElement): VirtualChassisFacts | null {
  const information = find(root, 'virtual-chassis-information');
  if (!information) return null;
  let own: number | null = null;
  const members = findAll(information, 'member').flatMap((member): Member[] => {
    const id = numberIn(child(member, 'member-id'));
    if (id === null) return [];
    const role = text(child(member, 'member-role'));
    if (role.endsWith('*')) own = id;
    return [
      {
        id,
        status: text(child(member, 'member-status')),
        role: role.replace(/\*$/, '').toLowerCase() || null,
        model: text(child(member, 'member-model')) || null,
        serialNumber: text(child(member, 'member-serial-number')) || null,
        priority: numberIn(child(member, 'member-priority')),
      },
    ];
  });
  if (members.length === 0) return null;
  return { mode: text(find(information, 'virtual-chassis-mode')) || null, member: own, members };
}

function numberIn(element: XmlElement | undefined): number | null {
  const value = folded(text(element));
  return /^\d{1,9}$/.test(value) ? Number(value) : null;
}
