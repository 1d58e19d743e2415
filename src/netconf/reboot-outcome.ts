import { refusalReason } from './operation.ts';
import type { RpcReply } from './reply.ts';
import { capped, spokenText } from './spoken.ts';
import { findAll } from './xml.ts';

/**
 * What became of a command that must not be repeated. `text` is the device's own, folded to one line and capped.
 * `not-possible` was refused here, with a sentence of ours, and never sent.
 */
export type CommandOutcome =
  | { outcome: 'done'; text: string; pid: number | null }
  | { outcome: 'refused'; reason: 'already-scheduled' | 'permission' | 'rejected' | 'not-possible'; text: string }
  | { outcome: 'unknown'; text: string };

/** `Rebooting fpc1` is a Virtual Chassis' whole answer for another member. */
const SHUTDOWN_STARTED = /\bShutdown (?:NOW!|at \S)|\bRebooting (?:fpc|member|re|node)\d/;
const PROCESS_ID = /\[pid (\d+)\]/;
const ALREADY_SCHEDULED = /another shutdown is running/i;

/** Reads the reply to request-reboot. What is neither a known success nor a known refusal is `unknown`. */
export function rebootOutcome(reply: RpcReply): CommandOutcome {
  const everything = spokenText(reply.root);
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
