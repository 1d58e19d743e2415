import { NetconfError, RpcError, type RpcErrorInfo } from './errors.ts';
import type { RpcReply } from './reply.ts';
import { capped } from './spoken.ts';
import { looseText, XmlError } from './xml.ts';

export interface OperationOptions {
  /** Per RPC; the operation's own, mostly the session's 60 s, when not given. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What the operations need of a session: one RPC, answered or thrown as `NetconfError` or `XmlError`. */
export interface RpcSession {
  readonly target: { readonly name: string };
  rpc(xml: string, options?: OperationOptions): Promise<RpcReply>;
}

/** What nobody answered: only the device itself can tell what came of the command, so it must not be sent again. */
export interface Unknown {
  outcome: 'unknown';
  text: string;
}

/** Asks a question. Throws `RpcError` when the device answers with an error, even beside an answer. */
export async function ask(session: RpcSession, xml: string, options: OperationOptions = {}): Promise<RpcReply> {
  const reply = await session.rpc(xml, rpcOptions(options));
  if (reply.errors[0]) throw new RpcError(session.target.name, rpcName(xml), reply.errors[0]);
  return reply;
}

/**
 * Sends a command that must not be repeated, once. What the reply means is `read`'s to say; everything else that can
 * happen once the request may be with the device is `unknown`. Throws `NetconfError` only when nothing was sent.
 */
export async function sendOnce<Outcome>(
  session: RpcSession,
  xml: string,
  options: OperationOptions,
  read: (reply: RpcReply) => Outcome,
  lost: (error: NetconfError) => Outcome | Unknown = unknown,
): Promise<Outcome | Unknown> {
  let reply: RpcReply;
  try {
    reply = await session.rpc(xml, rpcOptions(options));
  } catch (error) {
    if (!(error instanceof NetconfError)) return unknown(error);
    if (!error.sent) throw error;
    return lost(error);
  }
  return read(reply);
}

/** The outcome of a request whose answer is missing, with the device's last words. */
export function unknown(error: unknown): Unknown {
  return { outcome: 'unknown', text: capped(lastWords(error)) };
}

function lastWords(error: unknown): string {
  if (error instanceof XmlError) return looseText(error.raw);
  if (!(error instanceof NetconfError)) return 'The reply could not be read.';
  return error.partial ? `${error.message} It had said: ${error.partial}` : error.message;
}

/** The error for a reply that does not hold what was asked for. `missing` says what, as a clause. */
export function unanswered(session: RpcSession, xml: string, missing: string, reply?: RpcReply): RpcError {
  const nothing = { type: null, tag: null, severity: 'error', path: null, badElement: null } as const;
  return new RpcError(session.target.name, rpcName(xml), reply?.errors[0] ?? { ...nothing, message: missing });
}

export const PERMISSION = /permission denied|access denied|not authorized/i;
/**
 * The device did not understand or does not know the request, so nothing has begun. Other errors are no proof of
 * that: `System shutdown time has arrived` comes from a device that is going down.
 */
const REJECTED =
  /syntax error|command is not valid|unknown command|unsupported|not supported|missing mandatory argument|invalid (?:value|argument|time)/i;
const REJECTED_TAGS = new Set([
  'operation-not-supported',
  'unknown-element',
  'bad-element',
  'missing-element',
  'invalid-value',
]);

/** Why nothing has begun: a reason only when every error is a known refusal. */
export function refusalReason(errors: RpcErrorInfo[]): 'permission' | 'rejected' | undefined {
  if (errors.length === 0) return undefined;
  const forbidden = (error: RpcErrorInfo) => error.tag === 'access-denied' || PERMISSION.test(error.message);
  const rejected = (error: RpcErrorInfo) => REJECTED_TAGS.has(error.tag ?? '') || REJECTED.test(error.message);
  if (errors.every(forbidden)) return 'permission';
  return errors.every((error) => forbidden(error) || rejected(error)) ? 'rejected' : undefined;
}

/** `<get-x><path>` is `get-x`. */
function rpcName(xml: string): string {
  return /<\s*([^\s/>]+)/.exec(xml)?.[1] ?? 'the request';
}

function rpcOptions({ timeoutMs, signal }: OperationOptions): OperationOptions {
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) };
}
