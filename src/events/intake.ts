import type { Priority } from '../config/schemas.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { priorityOf } from './priority.ts';
import { parseTriggerEvent } from './trigger-event.ts';
import { verifySignature } from './verify.ts';

export interface IntakeOptions {
  store: Pick<Store, 'addEvent'>;
  /** Tells the dispatcher that a card may be owed. */
  onStored: () => void;
  secret: string;
  priorities: Record<string, Priority | null>;
  now: () => number;
  log: Log;
}

/** What the sender is answered. */
export type IntakeAnswer =
  /** Taken: stored under that id, or of priority 4 and left at that. */
  { status: 202; id: number | null } | { status: 200; id: number } | { status: 400 | 401; error: string };

/**
 * The line of an event: verify, parse, priority, store, answer. The answer 202 is given only after the
 * store has made the event durable; nothing before the store keeps anything.
 */
export function createIntake({ store, onStored, secret, priorities, now, log }: IntakeOptions) {
  return async (body: Uint8Array, signature: string | undefined, source: string): Promise<IntakeAnswer> => {
    const verification = verifySignature(body, signature, secret);
    if (verification !== 'ok') {
      log.warn({ source, reason: verification, bytes: body.length }, 'webhook refused');
      return { status: 401, error: 'The signature is missing or wrong.' };
    }
    const parsed = parseTriggerEvent(body);
    if ('problem' in parsed) {
      log.warn({ source, problem: parsed.problem }, 'webhook not understood');
      return { status: 400, error: parsed.problem };
    }
    const event = parsed.value;
    const { priority, reason } = priorityOf(event.event, priorities);
    if (priority === 4) {
      log.debug({ device: event.hostname, event: event.event, priority, reason }, 'event ignored');
      return { status: 202, id: null };
    }
    const { id, isDuplicate } = await store.addEvent({
      receivedAt: now(),
      event: event.event,
      process: event.process,
      message: event.message,
      hostname: event.hostname,
      detail: JSON.stringify(event.detail),
      source,
      priority,
      body,
      webhookId: null,
    });
    const fields = { id, device: event.hostname, event: event.event, priority, reason, text: event.message };
    log.info(fields, isDuplicate ? 'event known already' : 'event stored');
    if (isDuplicate) return { status: 200, id };
    if (priority <= 2) onStored();
    return { status: 202, id };
  };
}
