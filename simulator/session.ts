import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerChannel } from 'ssh2';
import { child, escapeXml, parseXml, text, type XmlElement } from '../src/netconf/xml.ts';
import { send } from './channel.ts';
import { answer } from './cli.ts';
import type { Device, RpcRecord } from './device.ts';
import { type Dialect, greeting, NAMESPACE, prefixed } from './hello.ts';
import { beginArchive } from './long-command.ts';
import { namespaceRelease, rpcError, rpcWarning } from './replies.ts';
import { type Content, inOutput } from './rpcs.ts';
import type { User } from './users.ts';
import { END, framed, Requests } from './wire.ts';

export interface SessionContext {
  device: Device;
  user: User;
  sessionId: number;
  dialect: Dialect;
  /** A folder of canned replies, `RPC-NAME.xml`. */
  replies?: string;
  onRpc(record: RpcRecord): void;
  /** Called when the reply has been handed to the network. */
  answered(operation: XmlElement): void;
  /** Drops the TCP connection, once what was written is out. */
  cut(): void;
}

/** Speaks NETCONF as Junos does, on one SSH channel. RPCs are answered in the order they came. */
export function serveNetconf(channel: ServerChannel, context: SessionContext): void {
  const requests = new Requests();
  let queue = Promise.resolve();
  let greeted = false;
  channel.on('data', (bytes: Buffer) => {
    requests.push(bytes);
    try {
      for (let raw = requests.next(); raw !== undefined; raw = requests.next()) {
        const request = raw;
        const isHello = !greeted && request.includes('hello>');
        greeted = true;
        if (isHello) requests.isChunked = context.dialect.chunked && request.includes('netconf:base:1.1');
        else {
          const isChunked = requests.isChunked;
          queue = queue.then(() => serve(channel, request, isChunked, context)).catch(() => context.cut());
        }
      }
    } catch {
      context.cut();
    }
  });
  channel.on('error', () => {});
  channel.write(`${greeting(context.user, context.sessionId, context.dialect)}${END}\n`);
}

async function serve(channel: ServerChannel, raw: string, isChunked: boolean, context: SessionContext): Promise<void> {
  const { device } = context;
  const request = readRequest(raw);
  if (!request) {
    await send(channel, framed(envelope(rpcError('syntax error', 'rpc'), {}, context), isChunked));
    return;
  }
  const { rpc, operation } = request;
  const record: RpcRecord = { at: device.now(), rpc: operation.name, xml: innerXml(raw) };
  device.rpcs.push(record);
  context.onRpc(record);

  // A hung command was never carried out; a cut one was, and only its answer is missing.
  if (device.hits(device.hang, operation.name)) return;
  if (operation.name === 'file-archive' && device.archiveMs > 0) {
    const ended = new AbortController();
    channel.once('close', () => ended.abort());
    const path = text(child(operation, 'destination'));
    // Whoever hangs up ends what the session was doing.
    if (!(await beginArchive(device, context.user, path, ended.signal))) return;
  }
  const canned = await cannedReply(context.replies, operation.name);
  const content = canned ?? ownReply(operation, context);
  if (device.latencyMs > 0) await delay(device.latencyMs);
  const reply = framed(spoiled(envelope(content, rpc.attributes, context), operation.name, device), isChunked);
  if (device.outage || device.hits(device.cutBeforeReply, operation.name)) {
    context.cut();
  } else if (device.hits(device.cutMidReply, operation.name)) {
    const whole = Buffer.concat([...reply]);
    await send(channel, [whole.subarray(0, Math.floor(whole.length / 2))], device.dripBytes);
    context.cut();
  } else {
    await send(channel, reply, device.dripBytes);
  }
  context.answered(operation);
}

function ownReply(operation: XmlElement, { device, user, dialect }: SessionContext): Content {
  const bytes = device.hugeReply[operation.name];
  if (bytes !== undefined) return inOutput(lines(bytes));
  const warning = device.warningOn[operation.name];
  const content = answer(device, operation, user);
  if (typeof content !== 'string') return content;
  const all = warning === undefined ? content : `${rpcWarning(warning)}\n${content}`;
  return dialect.rfcCompliant ? prefixed(all) : all;
}

const LINE = `${'0123456789'.repeat(9)}\n`;

/** Exactly that many bytes of text. */
function* lines(bytes: number): Generator<string> {
  const piece = LINE.repeat(500);
  for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.slice(0, left) : piece;
}

/** The faults of a reply that is sent, but is not what it should be. */
function spoiled(pieces: Iterable<string | Buffer>, rpc: string, device: Device) {
  const noEnd = device.hits(device.noClosingTag, rpc);
  const malformed = device.hits(device.malformed, rpc);
  if (!noEnd && !malformed) return pieces;
  let spoilt = Buffer.concat([...pieces].map((piece) => Buffer.from(piece))).toString();
  if (malformed) spoilt = spoilt.replace(/(<\/output>|<\/(?:nc:)?rpc-reply>)/, '<R&D only>$1');
  if (noEnd) spoilt = spoilt.replace(/<\/(?:nc:)?rpc-reply>\s*$/, '');
  return [spoilt];
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

const CAPTURED = /^\ufeff?\s*(?:(?:<\?[^>]*\?>|<!--[\s\S]*?-->)\s*)*<(?:[\w.-]+:)?rpc-reply\b[^>]*>/;

/** Puts content into an rpc-reply with the request's message-id. A captured rpc-reply keeps its own tag otherwise. */
function* envelope(
  content: Content,
  attributes: Readonly<Record<string, string>>,
  { device, dialect }: SessionContext,
): Generator<string | Buffer> {
  const id = attributes['message-id'];
  const messageId = id === undefined ? '' : ` message-id="${escapeXml(id)}"`;
  const captured = typeof content === 'string' ? CAPTURED.exec(content)?.[0] : undefined;
  if (typeof content === 'string' && captured !== undefined) {
    const end = captured.endsWith('/>') ? '/>' : '>';
    const tag = captured.replace(/\smessage-id\s*=\s*(?:"[^"]*"|'[^']*')/, '').slice(0, -end.length);
    yield `${tag}${messageId}${end}${content.slice(captured.length)}\n`;
    return;
  }
  const p = dialect.rfcCompliant ? 'nc:' : '';
  const own = dialect.rfcCompliant ? `xmlns:nc="${NAMESPACE}"` : `xmlns="${NAMESPACE}"`;
  const junos = `http://xml.juniper.net/junos/${namespaceRelease(device)}/junos`;
  const head = `<${p}rpc-reply ${own} xmlns:junos="${junos}"${messageId}>\n`;
  const tail = `\n</${p}rpc-reply>\n`;
  if (typeof content === 'string') yield `${head}${content}${tail}`;
  else {
    yield head;
    yield* content;
    yield tail;
  }
}

/** Longer files are not made a text of: they are sent as they are, in pieces. */
const LONG = 1024 * 1024;
const PIECE = 64 * 1024;

/** Read for every RPC, so that a file can be changed while the device runs. */
async function cannedReply(folder: string | undefined, rpc: string): Promise<Content | undefined> {
  if (folder === undefined || !/^[\w-]+$/.test(rpc)) return undefined;
  try {
    const bytes = await readFile(join(folder, `${rpc}.xml`));
    // A capture of the wire ends with the mark, which is framing and not content.
    const tail = bytes.subarray(-100).toString('latin1').trimEnd();
    const content = tail.endsWith(END) ? bytes.subarray(0, bytes.lastIndexOf(END)) : bytes;
    const isLong = content.length > LONG && !CAPTURED.test(content.subarray(0, PIECE).toString('utf8'));
    return isLong ? piecesOf(content) : content.toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function* piecesOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; start += PIECE) yield content.subarray(start, start + PIECE);
}
