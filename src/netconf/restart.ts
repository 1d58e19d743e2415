import { NetconfError } from './errors.ts';
import { type OperationOptions, type RpcSession, refusalReason, sendOnce, unknown } from './operation.ts';
import type { RpcReply } from './reply.ts';
import { capped, spokenText } from './spoken.ts';
import { escapeXml } from './xml.ts';

/** `immediately` is SIGKILL, `soft` is SIGHUP: reread the configuration, keep running. */
export type RestartMode = 'graceful' | 'immediately' | 'soft';

/**
 * What became of a restart. `done`: the device said that the process started, with its new pid, or for `soft` that it
 * was signalled. `done-unproven`: everything that can be expected happened, but the device names no new process:
 * `no-words` after an accepted kill, `session-lost` with a process whose restart takes the session along.
 * Only the process list can prove those.
 */
export type RestartOutcome =
  | { outcome: 'done'; pid: number | null; text: string }
  | { outcome: 'done-unproven'; because: 'no-words' | 'session-lost'; text: string }
  | {
      outcome: 'refused';
      reason: 'not-running' | 'no-such-process' | 'permission' | 'rejected';
      text: string;
    }
  | { outcome: 'unknown'; text: string };

/** A process that does not end is given 28 s more and then another signal, before the device answers. */
const RESTART_TIMEOUT_MS = 90_000;

/** Their restart takes the forwarding plane, and with it the session, down for minutes. */
const TAKES_THE_SESSION: ReadonlySet<string> = new Set(['forwarding', 'chassis-control', 'interface-control']);

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/i;
const MODE_ELEMENT: Readonly<Record<RestartMode, string>> = {
  graceful: '',
  immediately: '<immediately/>',
  soft: '<soft/>',
};

/**
 * Restarts a Junos process by the name that `restart` knows (`routing`, `mib-process`), once. Throws `NetconfError`
 * only when nothing was sent.
 */
export async function restartProcess(
  session: RpcSession,
  name: string,
  mode: RestartMode,
  options: OperationOptions = {},
): Promise<RestartOutcome> {
  if (!NAME.test(name)) {
    const text = `${JSON.stringify(name.slice(0, 64))} cannot be the name of a Junos process. Nothing was sent.`;
    return { outcome: 'refused', reason: 'no-such-process', text };
  }
  const request = `<restart-daemon><daemon-name>${escapeXml(name)}</daemon-name>${MODE_ELEMENT[mode]}</restart-daemon>`;
  const lost = (error: NetconfError): RestartOutcome => {
    const { text } = unknown(error);
    const cut = error.code === 'closed' && !(error.cause instanceof NetconfError && error.cause.code === 'cancelled');
    const expected = cut && mode !== 'soft' && TAKES_THE_SESSION.has(name.toLowerCase());
    return expected ? { outcome: 'done-unproven', because: 'session-lost', text } : { outcome: 'unknown', text };
  };
  const patient = { ...options, timeoutMs: options.timeoutMs ?? RESTART_TIMEOUT_MS };
  return sendOnce<RestartOutcome>(session, request, patient, (reply) => restartOutcome(reply, mode), lost);
}

/** `Routing protocols process started, pid 48721`. */
const STARTED = /\b(?:re)?started, pid (\d+)/gi;
/** `vrrp subsystem not running - not needed by configuration.`, as an error or as a warning. */
const NOT_RUNNING = /\bsubsystem not running\b/i;
const NO_SUCH_PROCESS = /\binvalid daemon\b/i;
/** `… signalled but still running, waiting 28 seconds more`, `… still running, sending another terminate signal`. */
const STILL_RUNNING = /\bstill running\b/i;
const SIGNALLED = /\bsignalled\b/i;

/** Reads the reply to restart-daemon. What is neither a known success nor a known refusal is `unknown`. */
export function restartOutcome(reply: RpcReply, mode: RestartMode): RestartOutcome {
  const everything = spokenText(reply.root);
  const text = capped(everything);
  const pids = [...everything.matchAll(STARTED)].map((match) => Number(match[1]));
  const stopped = NOT_RUNNING.test(everything);
  const absent = NO_SUCH_PROCESS.test(everything);
  // "not running" may arrive as an error; it is understood, so it is no reason for doubt by itself.
  const doubtful = reply.errors.filter(({ message }) => !NOT_RUNNING.test(message) && !NO_SUCH_PROCESS.test(message));
  if (pids.length > 0) {
    return doubtful.length > 0 ? { outcome: 'unknown', text } : { outcome: 'done', pid: pids.at(-1) ?? null, text };
  }
  if (absent) return { outcome: 'refused', reason: 'no-such-process', text };
  if (stopped && doubtful.length === 0) return { outcome: 'refused', reason: 'not-running', text };
  if (reply.errors.length > 0) {
    const reason = STILL_RUNNING.test(everything) ? undefined : refusalReason(reply.errors);
    return reason ? { outcome: 'refused', reason, text } : { outcome: 'unknown', text };
  }
  if (STILL_RUNNING.test(everything)) return { outcome: 'unknown', text };
  if (mode === 'soft' && SIGNALLED.test(everything)) return { outcome: 'done', pid: null, text };
  // A killed process has nobody to speak for it, and a signal is not answered: no words are the good answer here.
  if (mode !== 'graceful' && everything === '') return { outcome: 'done-unproven', because: 'no-words', text };
  return { outcome: 'unknown', text };
}
