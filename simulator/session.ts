import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerChannel } from 'ssh2';
import { MessageSplitter } from '../src/netconf/framing.ts';
import { escapeXml, parseXml, type XmlElement } from '../src/netconf/xml.ts';
import type { Device, Fault, RpcRecord } from './device.ts';
import { rpcError } from './replies.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const JUNOS = 'http://xml.juniper.net/junos/22.4R0/junos';
const END = ']]>]]>';

export interface SessionContext {
  device: Device;
  user: string;
  sessionId: number;
  /** A folder of canned replies, `RPC-NAME.xml`. */
  replies?: string;
  onRpc(record: RpcRecord): void;
  /** Called when the reply has been handed to the network. */
  answered(operation: XmlElement): void;
  /** Drops the TCP connection, once what was written is out. */
  cut(): void;
}

/** Speaks NETCONF base:1.0 as Junos does, on one SSH channel. RPCs are answered in the order they came. */
export function serveNetconf(channel: ServerChannel, context: SessionContext): void {
  const splitter = new MessageSplitter();
  let queue = Promise.resolve();
  let greeted = false;
  channel.on('data', (bytes: Buffer) => {
    for (const message of splitter.push(bytes)) {
      const raw = message.toString('utf8');
      if (!greeted && raw.includes('hello>')) greeted = true;
      else queue = queue.then(() => answer(channel, raw, context)).catch(() => context.cut());
    }
  });
  channel.on('error', () => {});
  channel.write(hello(context));
}

function hello({ user, sessionId }: SessionContext): string {
  const capabilities = [
    'urn:ietf:params:netconf:base:1.0',
    'urn:ietf:params:netconf:capability:candidate:1.0',
    'urn:ietf:params:netconf:capability:validate:1.0',
    'http://xml.juniper.net/netconf/junos/1.0',
    'http://xml.juniper.net/dmi/system/1.0',
  ];
  return `<!-- No zombies were killed during the creation of this user interface -->
<!-- user ${escapeXml(user)}, class j-super-user -->
<hello xmlns="${NAMESPACE}">
<capabilities>
${capabilities.map((capability) => `<capability>${capability}</capability>`).join('\n')}
</capabilities>
<session-id>${sessionId}</session-id>
</hello>
${END}
`;
}

async function answer(channel: ServerChannel, raw: string, context: SessionContext): Promise<void> {
  const { device } = context;
  const request = readRequest(raw);
  if (!request) {
    channel.write(envelope(rpcError('syntax error', 'rpc'), {}));
    return;
  }
  const { rpc, operation } = request;
  const record: RpcRecord = { at: device.now(), rpc: operation.name, xml: innerXml(raw) };
  device.rpcs.push(record);
  context.onRpc(record);
  const hits = (fault: Fault) => fault === true || fault === operation.name;

  // A hung command was never carried out; a cut one was, and only its answer is missing.
  if (hits(device.hang)) return;
  const canned = await cannedReply(context.replies, operation.name);
  const content = canned ?? device.answer(operation, context.user);
  const reply = envelope(content, rpc.attributes);
  if (device.latencyMs > 0) await delay(device.latencyMs);
  if (hits(device.cutBeforeReply)) {
    context.cut();
  } else if (hits(device.cutMidReply)) {
    await write(channel, reply.slice(0, Math.floor(reply.length / 2)));
    context.cut();
  } else {
    await write(channel, reply);
  }
  context.answered(operation);
}

function readRequest(raw: string): { rpc: XmlElement; operation: XmlElement } | undefined {
  try {
    const rpc = parseXml(raw);
    const operation = rpc.children[0];
    return rpc.name === 'rpc' && operation ? { rpc, operation } : undefined;
  } catch {
    return undefined;
  }
}

function innerXml(raw: string): string {
  return (/<(?:[\w.-]+:)?rpc\b[^>]*>([\s\S]*)<\/(?:[\w.-]+:)?rpc\s*>/.exec(raw)?.[1] ?? raw).trim();
}

/** A write that ended: the bytes are with the network, or the channel is gone, which the caller does not mind. */
function write(channel: ServerChannel, data: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      channel.off('close', done);
      resolve();
    };
    channel.on('close', done);
    channel.write(data, done);
  });
}

/** Puts content into an rpc-reply with the request's message-id. A captured rpc-reply keeps its own tag otherwise. */
function envelope(content: string, attributes: Readonly<Record<string, string>>): string {
  const id = attributes['message-id'];
  const messageId = id === undefined ? '' : ` message-id="${escapeXml(id)}"`;
  const captured = /^\ufeff?\s*(?:(?:<\?[^>]*\?>|<!--[\s\S]*?-->)\s*)*<(?:[\w.-]+:)?rpc-reply\b[^>]*>/.exec(
    content,
  )?.[0];
  if (captured === undefined) {
    return `<rpc-reply xmlns="${NAMESPACE}" xmlns:junos="${JUNOS}"${messageId}>\n${content}\n</rpc-reply>\n${END}\n`;
  }
  const tag = captured.replace(/\smessage-id\s*=\s*(?:"[^"]*"|'[^']*')/, '').replace(/>$/, `${messageId}>`);
  return `${tag}${content.slice(captured.length)}\n${END}\n`;
}

/** Read for every RPC, so that a file can be changed while the device runs. */
async function cannedReply(folder: string | undefined, rpc: string): Promise<string | undefined> {
  if (folder === undefined || !/^[\w-]+$/.test(rpc)) return undefined;
  try {
    return await readFile(join(folder, `${rpc}.xml`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
