import { AssistantError } from '../errors.ts';
import { perEngine } from './engines.ts';
import { ask, type OperationOptions, type RpcSession } from './operation.ts';
import { escapeXml, type XmlElement } from './xml.ts';

/** A command that must not be sent this way. */
export class InvalidCommand extends AssistantError {
  constructor(command: string, fact: string) {
    super('invalid-command', `The command ${JSON.stringify(command.slice(0, 200))} ${fact} Nothing was sent.`);
    this.name = 'InvalidCommand';
  }
}

const MAX_LENGTH = 1_024;
/** What only looks. Everything that changes a device is an operation of its own, with an outcome. */
const READS = /^(?:show|ping|traceroute|file (?:list|show|checksum)|request support information)\b/;

/**
 * Runs a CLI command that only looks, and returns what it prints, several engines' answers under their names as the
 * CLI has them. Throws `InvalidCommand`, `NetconfError`, `RpcError` or `XmlError`.
 */
export async function commandText(
  session: RpcSession,
  command: string,
  options: OperationOptions = {},
): Promise<string> {
  const line = commandLine(command, READS);
  const { root } = await ask(session, commandRequest(line), options);
  const items = perEngine(root, 'multi-routing-engine-item');
  const plain = printed(root, 'multi-routing-engine-item');
  if (items.length === 0) return unpadded(plain);
  const parts = items.map(({ engine, element }) => `${engine}:\n${RULE}\n${unpadded(printed(element))}`);
  return [unpadded(plain), ...parts].filter((part) => part !== '').join('\n\n');
}

/** The request for what a command prints. */
export function commandRequest(line: string): string {
  return `<command format="text">${escapeXml(line)}</command>`;
}

/** A command as it may be sent. Throws `InvalidCommand`. */
export function commandLine(command: string, allowed: RegExp): string {
  const line = command.trim().replace(/ +/g, ' ');
  if (/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}/u.test(command)) throw new InvalidCommand(command, 'contains control characters.');
  if (line.length > MAX_LENGTH) throw new InvalidCommand(command, `is longer than ${MAX_LENGTH} characters.`);
  // A device ignores pipes here without a word: "| save" saves nothing, "| match" matches everything.
  if (line.includes('|')) throw new InvalidCommand(command, 'contains a pipe, which devices ignore over NETCONF.');
  if (!allowed.test(line))
    throw new InvalidCommand(command, 'does more than look. Only commands like "show" can be run.');
  return line;
}

/** As the CLI underlines the name of an engine. */
const RULE = '-'.repeat(74);
/** The CLI's prompt and an engine's name are not what the command printed. */
const NOT_PRINTED = new Set(['banner', 're-name']);

export function printed(element: XmlElement, without = ''): string {
  if (NOT_PRINTED.has(element.name) || element.name === without) return '';
  return [element.text, ...element.children.map((each) => printed(each, without))].join('');
}

/** Without the line end that Junos puts behind `<output>` and before its end; spaces of the first line stay. */
function unpadded(value: string): string {
  return value.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}
