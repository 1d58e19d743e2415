import type { RpcErrorInfo } from './errors.ts';
import { folded, type RpcReply } from './reply.ts';
import { findAll, type XmlElement } from './xml.ts';

/** What became of a command that must not be repeated. `text` is the device's own, folded to one line and capped. */
export type CommandOutcome =
  | { outcome: 'done'; text: string; pid: number | null }
  | { outcome: 'refused'; reason: 'already-scheduled' | 'permission' | 'rejected'; text: string }
  | { outcome: 'unknown'; text: string };

const MAX_TEXT = 500;

const SHUTDOWN_STARTED = /\bShutdown (?:NOW!|at \S)/;
const PROCESS_ID = /\[pid (\d+)\]/;
const ALREADY_SCHEDULED = /another shutdown is running/i;
const PERMISSION = /permission denied|access denied|not authorized/i;
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

/** Reads the reply to request-reboot. What is neither a known success nor a known refusal is `unknown`. */
export function rebootOutcome(reply: RpcReply): CommandOutcome {
  const everything = folded(spokenText(reply.root));
  const said = capped(everything);
  const started = SHUTDOWN_STARTED.test(everything);
  const severalEngines = findAll(reply.root, 'multi-routing-engine-item').length > 1;
  if (ALREADY_SCHEDULED.test(everything)) {
    // One engine is going down and another one is not: neither done nor refused.
    if (started && severalEngines) return { outcome: 'unknown', text: said };
    return { outcome: 'refused', reason: 'already-scheduled', text: said };
  }
  const pid = PROCESS_ID.exec(everything)?.[1];
  if (reply.errors.length > 0) {
    const reason = started || pid ? undefined : refusalReason(reply.errors);
    return reason ? { outcome: 'refused', reason, text: said } : { outcome: 'unknown', text: said };
  }
  if (!started && pid === undefined) return { outcome: 'unknown', text: said };
  return { outcome: 'done', text: said, pid: pid === undefined ? null : Number(pid) };
}

/** A reason only when every error is a known refusal. */
function refusalReason(errors: RpcErrorInfo[]): 'permission' | 'rejected' | undefined {
  if (errors.every((error) => error.tag === 'access-denied' || PERMISSION.test(error.message))) return 'permission';
  const rejected = (error: RpcErrorInfo) => REJECTED_TAGS.has(error.tag ?? '') || REJECTED.test(error.message);
  return errors.every((error) => rejected(error) || PERMISSION.test(error.message)) ? 'rejected' : undefined;
}

/** What is machinery, not speech: the CLI's question and prompt, and an rpc-error's codes. */
const SILENT = new Set(['rpc', 'cli', 'error-type', 'error-tag', 'error-severity', 'error-path', 'error-info']);

function spokenText(element: XmlElement): string {
  if (SILENT.has(element.name)) return '';
  return [element.text, ...element.children.map(spokenText)].join(' ');
}

/** White space folded, and no longer than a card or a log line should carry. */
export function capped(value: string): string {
  const line = folded(value);
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}
