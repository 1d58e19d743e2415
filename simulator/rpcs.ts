import { child, escapeXml, text, type XmlElement } from '../src/netconf/xml.ts';
import type { Device, Engine } from './device.ts';
import { checksum, fileArchive, fileContent, fileCopy, fileDelete, fileList } from './file-rpcs.ts';
import { clearReboot, rebootInformation, requestReboot } from './reboots.ts';
import { multi, multiText, output, permissionDenied, rpcError, xnmError } from './replies.ts';
import { restartDaemon } from './restarts.ts';
import { CHASSIS_SHOWS } from './show-chassis.ts';
import { type Show, SYSTEM_SHOWS } from './show-system.ts';
import { supportText } from './support-information.ts';
import { may, type Permission, type User } from './users.ts';

/** A reply's content: a text, or pieces of one that is too long to stand in memory. */
export type Content = string | Iterable<Buffer>;

interface Rpc {
  needs: Permission;
  answer(device: Device, operation: XmlElement, user: User): Content;
}

const rpc = (needs: Permission, answer: Rpc['answer']): Rpc => ({ needs, answer });

const SHOWS = new Map([...SYSTEM_SHOWS, ...CHASSIS_SHOWS].map((show) => [show.rpc, show]));

const RPCS: ReadonlyMap<string, Rpc> = new Map(
  Object.entries({
    'get-reboot-information': rpc('view', rebootInformation),
    'clear-reboot': rpc('maintenance', clearReboot),
    'request-reboot': rpc('maintenance', requestReboot),
    'request-vmhost-reboot': rpc('maintenance', requestReboot),
    'request-system-reboot': rpc('maintenance', requestReboot),
    'restart-daemon': rpc('reset', restartDaemon),
    'get-support-information': rpc('maintenance', supportInformation),
    'file-list': rpc('maintenance', fileList),
    'file-delete': rpc('maintenance', fileDelete),
    'file-copy': rpc('maintenance', fileCopy),
    'file-archive': rpc('maintenance', fileArchive),
    'file-get': rpc('maintenance', fileContent),
    'file-show': rpc('maintenance', fileContent),
    'get-checksum-information': rpc('maintenance', checksum),
    'get-sha1-checksum-information': rpc('maintenance', checksum),
    'get-sha256-checksum-information': rpc('maintenance', checksum),
    'get-configuration': rpc('view-configuration', configuration),
    'get-config': rpc('view-configuration', (device, operation) => `<data>${configuration(device, operation)}</data>`),
    get: rpc('view-configuration', (device, operation) => `<data>${configuration(device, operation)}</data>`),
    'get-interface-information': rpc('view', interfaces),
    'close-session': rpc('view', () => '<ok/>'),
  }),
);

/** Whether this platform has a show command for it; a cluster's is known to every SRX. */
export function showOf(device: Device, name: string): Show | undefined {
  if (name === 'get-chassis-cluster-status' && device.platform !== 'srx-cluster') return undefined;
  if (name === 'get-virtual-chassis-information' && device.platform !== 'ex-vc') return undefined;
  return SHOWS.get(name);
}

/** What a show takes without a change of what is shown here. Others are for platforms that are not simulated. */
const SHOW_OPTIONS = new Set(['brief', 'detail', 'format', 'local', 'node', 'all-members', 'member']);

/** The reply's content for one operation. `everyEngine` is `invoke-on all-routing-engines`. */
export function answerRpc(device: Device, operation: XmlElement, user: User, everyEngine = false): Content {
  const failure = device.rpcErrorOn[operation.name];
  if (failure !== undefined) return rpcError(failure, operation.name);
  const show = showOf(device, operation.name);
  if (show) {
    const unknown = operation.children.find((element) => !SHOW_OPTIONS.has(element.name));
    if (unknown) return rpcError('syntax error', unknown.name);
    const several = everyEngine || device.spec.multi.has(show.rpc);
    if (operation.attributes.format === 'text') {
      return output(
        several ? multiText(device, (engine) => show.text(device, engine)) : show.text(device, device.engine),
      );
    }
    return several
      ? multi(device, (engine) => show.xml(device, engine), enginesAsked(device, operation))
      : show.xml(device, device.engine);
  }
  if (operation.name === 'get-chassis-cluster-status' && device.platform === 'srx') {
    return xnmError('jsrpd', 'error: Chassis cluster is not enabled');
  }
  const known = RPCS.get(operation.name);
  if (!known) return rpcError('syntax error', operation.name);
  if (!may(user, known.needs)) return permissionDenied(operation.name);
  return known.answer(device, operation, user);
}

/** `<node>local</node>`: the one the session is on; `primary`, or a number; all that run otherwise. */
function enginesAsked(device: Device, operation: XmlElement): Engine[] {
  const node = text(child(operation, 'node'));
  if (node === 'local') return [device.engine];
  return device.running.filter(({ role, slot }) => ['', 'all', role, `${slot}`].includes(node));
}

function supportInformation(device: Device, operation: XmlElement, user: User): Content {
  const node = child(operation, 'node');
  if (node && device.platform !== 'srx-cluster') return rpcError('syntax error', 'node');
  return inOutput(supportText(device, user.name, device.supportBytes));
}

/** The pieces, escaped, in one output element. A piece that comes again is not escaped again. */
export function* inOutput(pieces: Iterable<string>): Generator<Buffer> {
  yield Buffer.from('<output>\n');
  let last: { piece: string; bytes: Buffer } | undefined;
  for (const piece of pieces) {
    if (last?.piece !== piece) last = { piece, bytes: Buffer.from(escapeXml(piece)) };
    yield last.bytes;
  }
  yield Buffer.from('\n</output>');
}

/** As little as tools need to believe in it: the host name. */
function configuration(device: Device, operation: XmlElement): string {
  if (operation.attributes.format === 'text') {
    return `<configuration-text>\nsystem {\n    host-name ${escapeXml(device.hostname)};\n}\n${escapeXml(device.configured)}</configuration-text>`;
  }
  return `<configuration junos:commit-seconds="1700000000">
<version>${escapeXml(device.version)}</version>
<system>
<host-name>${escapeXml(device.hostname)}</host-name>
</system>
</configuration>`;
}

/** The internal addresses by which an engine knows itself; see /etc/hosts.junos. Other interfaces are not shown. */
function interfaces(device: Device, operation: XmlElement): string {
  if (text(child(operation, 'routing-instance')) !== '__juniper_private1__') {
    return '<interface-information junos:style="normal">\n</interface-information>';
  }
  const addresses = internalAddresses(device).map(
    (address) => `<interface-address>\n<ifa-local junos:emit="emit">${address}</ifa-local>\n</interface-address>`,
  );
  return `<interface-information junos:style="terse">
<logical-interface>
<name>em0.0</name>
<address-family>
<address-family-name>inet</address-family-name>
${addresses.join('\n')}
</address-family>
</logical-interface>
</interface-information>`;
}

function internalAddresses({ platform, engine }: Device): string[] {
  // Node 129 + slot, cluster id times 16; 143 is the primary's.
  if (platform === 'srx-cluster') return [`${129 + engine.slot}.16.0.1/2`, '143.16.0.1/2'];
  return ['128.0.0.1/2', platform === 'ex-vc' ? `128.0.0.${16 + engine.slot}/2` : `128.0.0.${4 + engine.slot}/2`];
}
