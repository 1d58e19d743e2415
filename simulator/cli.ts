import { find, looseText, parseXml, text, walk, type XmlElement } from '../src/netconf/xml.ts';
import type { Device } from './device.ts';
import { multiText, output, rpcError } from './replies.ts';
import { answerRpc, type Content, showOf } from './rpcs.ts';
import { CHASSIS_SHOWS } from './show-chassis.ts';
import { SYSTEM_SHOWS } from './show-system.ts';
import { supportText } from './support-information.ts';
import { may, type User } from './users.ts';

/** What the CLI printed for one command. */
export interface CommandResult {
  text: string;
  isError: boolean;
}

/** CLI commands and the RPCs behind them; `$1` stands for a word. What is not here is not a command. */
const COMMANDS: readonly [pattern: RegExp, rpc: string][] = [
  [/^show system reboot$/, '<get-reboot-information/>'],
  [/^clear system reboot$/, '<clear-reboot/>'],
  [/^restart ([\w-]+)(?: gracefully)?$/, '<restart-daemon><daemon-name>$1</daemon-name></restart-daemon>'],
  [/^restart ([\w-]+) (immediately|soft)$/, '<restart-daemon><daemon-name>$1</daemon-name><$2/></restart-daemon>'],
  [/^request system reboot$/, '<request-reboot/>'],
  [/^request system reboot (in|at) "?([\d:]+)"?$/, '<request-reboot><$1>$2</$1></request-reboot>'],
  [
    /^request system reboot (both-routing-engines|other-routing-engine|all-members)$/,
    '<request-reboot><$1/></request-reboot>',
  ],
  [/^request vmhost reboot$/, '<request-vmhost-reboot/>'],
  [/^file delete (\S+)$/, '<file-delete><path>$1</path></file-delete>'],
  [/^file list(?: (\S+?))?$/, '<file-list><path>$1</path></file-list>'],
  [/^file list (\S+) detail$/, '<file-list><detail/><path>$1</path></file-list>'],
  [/^file show (\S+)$/, '<file-show><filename>$1</filename></file-show>'],
  [
    /^file checksum sha-?256 (\S+)$/,
    '<get-sha256-checksum-information><path>$1</path></get-sha256-checksum-information>',
  ],
  [/^show log messages$/, '<file-show><filename>/var/log/messages</filename></file-show>'],
  [
    /^file archive compress source (\S+) destination (\S+)$/,
    '<file-archive><compress/><source>$1</source><destination>$2</destination></file-archive>',
  ],
  [/^file copy (\S+) (\S+)$/, '<file-copy><source>$1</source><destination>$2</destination></file-copy>'],
  [/^show configuration$/, '<get-configuration format="text"/>'],
];

/** Every engine, asked through the one you are on. */
const INVOKE = / (?:invoke-on all-routing-engines|all-members)$/;

/** The RPC of a command, or undefined when there is no such command on this platform. */
function rpcOf(device: Device, command: string): string | undefined {
  const show = showNamed(device, command);
  if (show) return `<${show.rpc}/>`;
  for (const [pattern, rpc] of COMMANDS) {
    if (!pattern.test(command)) continue;
    const evo = device.platform === 'evo' ? rpc.replaceAll('request-reboot', 'request-system-reboot') : rpc;
    return command.replace(pattern, evo);
  }
  return undefined;
}

function showNamed(device: Device, command: string) {
  const show = [...SYSTEM_SHOWS, ...CHASSIS_SHOWS].find((each) => each.command === command.replace(/ detail$/, ''));
  return show && showOf(device, show.rpc);
}

/** Everything the CLI prints for a command line without pipes. The text has no line end after its last line. */
export function runCommand(device: Device, user: User, line: string): CommandResult {
  const command = line.trim().replace(/\s+/g, ' ');
  if (command === '') return { text: '', isError: false };
  const show = showNamed(device, command);
  if (show) {
    const say = (engine = device.engine) => show.text(device, engine);
    return { text: device.spec.multi.has(show.rpc) ? multiText(device, say) : say(), isError: false };
  }
  if (command === 'request support information') {
    if (!may(user, 'maintenance')) return { text: 'error: permission denied', isError: true };
    return { text: [...supportText(device, user.name, device.supportBytes)].join('').trimEnd(), isError: false };
  }
  const rpc = rpcOf(device, command);
  if (rpc === undefined) return { text: UNKNOWN, isError: true };
  return spoken(answerRpc(device, parseXml(rpc), user));
}

const UNKNOWN = '            ^\nunknown command.';

const asElement = (content: string) => `<r xmlns:junos="j" xmlns:xnm="x">${content}</r>`;

/** The words of a reply, as the CLI would print them. */
function spoken(content: Content): CommandResult {
  if (typeof content !== 'string') return { text: looseText(Buffer.concat([...content]).toString()), isError: false };
  const root = parseXml(asElement(content));
  const error = find(root, 'rpc-error');
  if (error && text(find(error, 'error-severity')) === 'error') {
    return { text: `error: ${text(find(error, 'error-message'))}`, isError: true };
  }
  const outputs = [...walk(root)].filter((element) => element.text.trim() !== '').map(text);
  return { text: outputs.join('\n'), isError: false };
}

/** `<command>`: pipes are ignored here, `| save` included; the text comes inline. */
function answerCommand(device: Device, user: User, line: string, format: string): Content {
  const command = (line.split('|')[0] ?? '').trim().replace(/\s+/g, ' ');
  const everywhere = INVOKE.test(command) && device.engines.length > 1 && device.platform !== 'srx-cluster';
  const asked = everywhere ? command.replace(INVOKE, '') : command;
  const show = showNamed(device, asked);
  const isXml = format !== 'text' && format !== 'ascii';
  if (show && everywhere && isXml) return answerRpc(device, parseXml(`<${show.rpc}/>`), user, true);
  if (asked === 'request support information') return answerRpc(device, parseXml('<get-support-information/>'), user);
  const rpc = rpcOf(device, asked);
  if (rpc === undefined) return rpcError('syntax error', badWord(asked));
  const answer = answerRpc(device, parseXml(rpc), user);
  if (isXml || (typeof answer === 'string' && answer.includes('<rpc-error>'))) return answer;
  return show ? output(runCommand(device, user, asked).text) : output(spoken(answer).text);
}

/** The first word the parser does not know; tools look at it to find out what a platform lacks. */
function badWord(command: string): string {
  const words = command.split(' ');
  const known = ['show', 'request', 'clear', 'file', 'system', 'chassis', 'version'];
  return words.find((word) => !known.includes(word)) ?? words.at(-1) ?? '';
}

/** The reply's content for any operation, `<command>` included. */
export function answer(device: Device, operation: XmlElement, user: User): Content {
  if (operation.name !== 'command' || device.rpcErrorOn.command !== undefined)
    return answerRpc(device, operation, user);
  return answerCommand(device, user, text(operation), operation.attributes.format ?? 'xml');
}
