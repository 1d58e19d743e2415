import { type EngineChoice, scheduleElements } from './engine-choice.ts';
import { NetconfError, RpcError } from './errors.ts';
import { type OperationOptions, type RpcSession, refusalReason, sendOnce } from './operation.ts';
import { type PendingOptions, type PendingReboot, pendingReboot } from './pending.ts';
import type { RpcReply } from './reply.ts';
import { capped, spokenText } from './spoken.ts';
import { XmlError } from './xml.ts';

/**
 * What became of a cancellation. `done` is proved: asked afterwards, the device has nothing scheduled. `was` is what it
 * said before that. `unknown` with `pending` undefined means that nobody could ask.
 */
export type CancelOutcome =
  | { outcome: 'done'; was: 'cancelled' | 'nothing-scheduled' | 'unclear'; text: string }
  | { outcome: 'refused'; reason: 'permission' | 'rejected' | 'still-scheduled'; text: string; pending?: PendingReboot }
  | { outcome: 'unknown'; text: string };

export interface CancelOptions extends OperationOptions {
  /** Whose schedules; the own engine's when not given. */
  engines?: EngineChoice;
  clock?: PendingOptions['clock'];
}

type Answer = { said: 'cancelled' | 'nothing-scheduled' | 'unclear' | 'permission' | 'rejected'; text: string };

/**
 * Cancels a scheduled reboot, halt or shutdown, once, and asks afterwards whether it is gone. Throws `NetconfError`
 * only when nothing was sent.
 */
export async function cancelReboot(session: RpcSession, options: CancelOptions = {}): Promise<CancelOutcome> {
  const { engines = 'this', clock, ...rpcOptions } = options;
  const elements = scheduleElements(engines);
  const request = elements === '' ? '<clear-reboot/>' : `<clear-reboot>${elements}</clear-reboot>`;
  const answer = await sendOnce(session, request, rpcOptions, readAnswer);
  if ('outcome' in answer) return answer;
  const { said, text } = answer;
  if (said === 'permission' || said === 'rejected') return { outcome: 'refused', reason: said, text };
  let pending: PendingReboot | null;
  try {
    pending = await pendingReboot(session, { ...rpcOptions, engines, ...(clock === undefined ? {} : { clock }) });
  } catch (error) {
    if (!(error instanceof NetconfError || error instanceof RpcError || error instanceof XmlError)) throw error;
    return { outcome: 'unknown', text: capped(`${text} Asked afterwards: ${error.message}`) };
  }
  if (pending) return { outcome: 'refused', reason: 'still-scheduled', text, pending };
  return { outcome: 'done', was: said, text };
}

function readAnswer(reply: RpcReply): Answer {
  const everything = spokenText(reply.root);
  const text = capped(everything);
  const refused = refusalReason(reply.errors);
  if (refused) return { said: refused, text };
  // Of two engines one can have had something; the word of the one that did counts.
  if (/\bTerminating\b/i.test(everything)) return { said: 'cancelled', text };
  if (/No shutdown\/reboot scheduled/i.test(everything)) return { said: 'nothing-scheduled', text };
  return { said: 'unclear', text };
}
