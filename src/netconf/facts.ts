import { type ClusterFacts, clusterIn, type VirtualChassisFacts, virtualChassisIn } from './cluster.ts';
import { type DeviceClock, readClock } from './device-clock.ts';
import {
  type EngineElement,
  type EngineFacts,
  engineBootedAt,
  enginesIn,
  enginesInUptime,
  instant,
  perEngine,
  secondsOf,
} from './engines.ts';
import { type OperationOptions, type RpcSession, unanswered } from './operation.ts';
import type { RpcReply } from './reply.ts';
import { child, find, findAll, text, type XmlElement, XmlError } from './xml.ts';

/** What a device is. Null is what its platform lacks, does not tell, or what the user may not ask for. */
export interface Facts {
  /** Empty when the device has none configured, or when its engines differ and it does not show which one answers. */
  hostname: string;
  model: string;
  version: string;
  uptimeSeconds: number | null;
  bootedAt: Date | null;
  /** The device's clock as it writes it, with its zone: `2017-06-29 16:59:47 PDT`. */
  deviceTime: string | null;
  clock: DeviceClock | null;
  /** Never empty: one without a name and a state when the device says nothing about its engines. */
  engines: EngineFacts[];
  /** The engine, node or member the session is on; null when it has no name or does not show. */
  ownEngine: string | null;
  cluster: ClusterFacts | null;
  virtualChassis: VirtualChassisFacts | null;
  /** Junos as a guest on a host of its own: rebooted with another request. */
  vmhost: boolean | null;
  /** Junos OS Evolved: rebooted with yet another request. */
  evolved: boolean | null;
}

export interface FactsOptions extends OperationOptions {
  /** Our own clock, epoch ms, to measure the device's skew. */
  now?: () => number;
}

const SOFTWARE = '<get-software-information/>';
const UPTIME = '<get-system-uptime-information/>';
const LOCAL_UPTIME = '<get-system-uptime-information><node>local</node></get-system-uptime-information>';

/**
 * What the device is and since when it runs; where several engines answer, those of the session's own engine or else of
 * the first. Throws `NetconfError`, and `RpcError` or `XmlError` when the device does not even tell its software.
 */
export async function facts(session: RpcSession, options: FactsOptions = {}): Promise<Facts> {
  const { now = Date.now, ...rpcOptions } = options;
  let uptimeAt: number | null = null;
  const optional = (xml: string) => tell(session, xml, rpcOptions);
  const [software, uptime, routeEngines, clusterStatus, chassis] = await Promise.all([
    session.rpc(SOFTWARE, rpcOptions),
    optional(UPTIME).finally(() => {
      uptimeAt = now();
    }),
    optional('<get-route-engine-information/>'),
    optional('<get-chassis-cluster-status/>'),
    optional('<get-virtual-chassis-information/>'),
  ]);
  const descriptions = perEngine(software.root, 'software-information');
  if (descriptions.length === 0) {
    throw unanswered(session, SOFTWARE, 'the reply holds no software-information', software);
  }
  const virtualChassis = chassis && virtualChassisIn(chassis.root);
  const nodes = clusterStatus && clusterIn(clusterStatus.root, null);
  const engines = engineFacts(routeEngines, uptime, descriptions, nodes, virtualChassis);
  const ownEngine = await ownEngineOf(session, rpcOptions, engines, uptime, virtualChassis);
  const cluster = clusterStatus && clusterIn(clusterStatus.root, ownEngine);
  const information = ofEngine(descriptions, ownEngine);
  const running = uptime && ofEngine(perEngine(uptime.root, 'system-uptime-information'), ownEngine);
  const version = text(child(information, 'junos-version')) || packageVersion(information);
  return {
    hostname: hostnameOf(descriptions, ownEngine),
    model: text(child(information, 'product-model')),
    version,
    ...uptimeFacts(running),
    clock: running ? readClock(running, uptimeAt) : null,
    engines: withClusterRoles(engines, cluster),
    ownEngine,
    cluster,
    virtualChassis,
    vmhost: isVmhost(engines),
    evolved: version === '' ? null : /-EVO\b/i.test(version),
  };
}

/**
 * An answer that not every platform gives: null when it cannot be read. Errors stay in it, because one engine can
 * fail to answer beside another that does; who reads it looks for what it needs.
 */
async function tell(session: RpcSession, xml: string, options: OperationOptions): Promise<RpcReply | null> {
  try {
    return await session.rpc(xml, options);
  } catch (error) {
    if (error instanceof XmlError) return null;
    throw error;
  }
}

/** The own engine's host name. Another one's would prove nothing about the device the session is on. */
function hostnameOf(answers: EngineElement[], ownEngine: string | null): string {
  const nameOf = ({ element }: EngineElement) => text(child(element, 'host-name'));
  const own = answers.find((each) => isEngine(each, ownEngine));
  if (own) return nameOf(own);
  const names = new Set(answers.map(nameOf));
  return names.size === 1 ? ([...names][0] ?? '') : '';
}

const isEngine = ({ engine }: EngineElement, name: string | null) =>
  engine !== null && engine.replace(/^fpc/, 'member') === name;

/** The answer of that engine, or the first. A member of a Virtual Chassis answers as `fpc0` or as `member0`. */
function ofEngine(answers: EngineElement[], engine: string | null) {
  const own = answers.find((each) => isEngine(each, engine));
  return (own ?? answers[0])?.element;
}

/**
 * The engines as get-route-engine-information tells them. One that is away, or a platform or a user without that, still
 * shows as a node or member, or by its other answers: what shows most of them says which there are.
 */
function engineFacts(
  routeEngines: RpcReply | null,
  uptime: RpcReply | null,
  descriptions: EngineElement[],
  cluster: ClusterFacts | null,
  virtualChassis: VirtualChassisFacts | null,
): EngineFacts[] {
  const members = virtualChassis?.members ?? [];
  const told = routeEngines ? enginesIn(routeEngines.root, members.length > 1 ? 'member' : 're') : [];
  const running = uptime ? enginesInUptime(uptime.root) : [];
  const present = members.filter(({ status }) => !/^NotPrsnt$/i.test(status));
  const sources = [
    told,
    running,
    descriptions.map(({ engine }) => engineNamed(engine)),
    rolesIn(cluster).map(({ name }) => engineNamed(name)),
    members.length > 1 ? present.map(({ id, role }) => engineNamed(`member${id}`, role)) : [],
  ];
  const most = sources.reduce((best, each) => (each.length > best.length ? each : best));
  return most.map((engine) => [...told, ...running].find(({ name }) => name === engine.name) ?? engine);
}

function engineNamed(name: string | null, mastership: string | null = null): EngineFacts {
  return { name, state: null, mastership, model: null, uptimeSeconds: null, bootedAt: null };
}

/** The nodes of a cluster with their states in group 0, which decides about the Routing Engines. */
function rolesIn(cluster: ClusterFacts | null): { name: string; state: string }[] {
  return cluster?.groups.find(({ id }) => id === 0)?.nodes ?? [];
}

async function ownEngineOf(
  session: RpcSession,
  options: OperationOptions,
  engines: EngineFacts[],
  uptime: RpcReply | null,
  virtualChassis: VirtualChassisFacts | null,
): Promise<string | null> {
  const member = virtualChassis?.member ?? null;
  if (member !== null && engines.some(({ name }) => name === `member${member}`)) return `member${member}`;
  if (engines.length === 1) return engines[0]?.name ?? null;
  const answers = uptime ? perEngine(uptime.root, 'system-uptime-information') : [];
  // Several Routing Engines in one chassis: a plain answer is the own engine's.
  if (answers.length === 1 && answers[0]?.engine === null) {
    return engineBootedAt(engines, uptimeFacts(answers[0].element).bootedAt);
  }
  // Nodes of a cluster all answer, unless only the local one is asked.
  if (!answers.some(({ engine }) => engine !== null && /^node\d$/.test(engine))) return null;
  const local = await tell(session, LOCAL_UPTIME, options);
  const alone = local ? perEngine(local.root, 'system-uptime-information') : [];
  return alone.length === 1 ? (alone[0]?.engine ?? null) : null;
}

/** A cluster node's mastership is its state in redundancy group 0, which the Routing Engine itself does not tell. */
function withClusterRoles(engines: EngineFacts[], cluster: ClusterFacts | null): EngineFacts[] {
  const nodes = rolesIn(cluster);
  return engines.map((engine) => ({
    ...engine,
    mastership: engine.mastership ?? nodes.find(({ name }) => name === engine.name)?.state ?? null,
  }));
}

/** Before 13.x there is no junos-version, only `JUNOS Base OS boot [12.3R6.6]` in the package named junos. */
function packageVersion(information: XmlElement | undefined): string {
  const packages = information ? findAll(information, 'package-information') : [];
  const junos = packages.find((candidate) => text(child(candidate, 'name')) === 'junos') ?? packages[0];
  return /\[([^\]]+)\]/.exec(text(child(junos, 'comment')))?.[1] ?? '';
}

function uptimeFacts(
  information: XmlElement | null | undefined,
): Pick<Facts, 'uptimeSeconds' | 'bootedAt' | 'deviceTime'> {
  const booted = information ? find(information, 'system-booted-time') : undefined;
  const now = information ? child(find(information, 'current-time'), 'date-time') : undefined;
  const bootedSeconds = secondsOf(child(booted, 'date-time'));
  const nowSeconds = secondsOf(now);
  const difference = bootedSeconds !== null && nowSeconds !== null ? nowSeconds - bootedSeconds : null;
  return {
    uptimeSeconds: secondsOf(child(booted, 'time-length')) ?? difference,
    bootedAt: instant(bootedSeconds),
    deviceTime: text(now) || null,
  };
}

/**
 * Routing Engines on which Junos is a guest, by the models Juniper's "Routing Engines with VM Host Support" lists:
 * RE-S-X6, RE-S-X8 and RE-PTX-X8 (`RE-S-2X00x6`), and the fixed platforms' `RE-S-1600x8`.
 */
const VMHOST_MODEL = /^RE-(?:[A-Z]+-)?(?:2X00x[68]|1600x8|X[68]\b|QFX10002-60C|PTX10002-60C|ACX-5448)/i;

function isVmhost(engines: EngineFacts[]): boolean | null {
  const models = engines.flatMap(({ model }) => model ?? []);
  return models.length === 0 ? null : models.some((model) => VMHOST_MODEL.test(model));
}
