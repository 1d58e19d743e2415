import type { Writable } from 'node:stream';
import { RpcError } from './errors.ts';
import type { Facts } from './facts.ts';
import { type OperationOptions, type RpcSession, unanswered } from './operation.ts';
import type { StreamedReply } from './stream.ts';

/** What is needed of a session to write a long reply away as it arrives. */
export interface StreamingSession extends RpcSession {
  stream(
    xml: string,
    sink: Writable,
    options: OperationOptions & {
      timeoutMs: number;
      idleMs?: number;
      elements?: readonly string[];
      progress?(bytes: number): void;
    },
  ): Promise<StreamedReply>;
}

export interface SupportInformation {
  /** How much text the sink got. */
  bytes: number;
  /** False when the reply ended before its last tag: the device broke off, and the text is a part. */
  complete: boolean;
  /** What of the reply was not well-formed XML, or null. That alone takes nothing from the text. */
  malformed: string | null;
}

/** Small devices and Virtual Chassis need 40 minutes; a minute more, because theirs is not exact. */
const SUPPORT_TIMEOUT_MS = 41 * 60_000;

/**
 * Writes the device's support information (`request support information`, up to 100 MB) to a sink, without holding it
 * in memory. The sink is not ended. In a chassis cluster only the primary node is asked: both together take twice as
 * long, and one of them is what a case needs. Throws `NetconfError` (what was written is a part then), `RpcError`,
 * `XmlError` and the sink's own error.
 */
export async function requestSupportInformation(
  session: StreamingSession,
  sink: Writable,
  device: Pick<Facts, 'cluster'>,
  options: OperationOptions & { idleMs?: number; progress?(bytes: number): void } = {},
): Promise<SupportInformation> {
  const node = device.cluster ? '<node>primary</node>' : '';
  const name = 'get-support-information';
  const request = `<${name} format="text"${node === '' ? '/>' : `>${node}</${name}>`}`;
  const reply = await session.stream(request, sink, { ...options, timeoutMs: options.timeoutMs ?? SUPPORT_TIMEOUT_MS });
  const [error] = reply.errors;
  if (error) throw new RpcError(session.target.name, name, error);
  if (reply.bytes === 0) throw unanswered(session, request, 'the reply is empty');
  return { bytes: reply.bytes, complete: reply.complete, malformed: reply.malformed };
}
