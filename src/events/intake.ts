import type { EventRule, Priority } from '../config/schemas.ts';
import type { Log } from '../log.ts';
import type { NewEvent } from '../store/store.ts';
import { judge } from './priority.ts';
import { parseTriggerEvent, type TriggerEvent } from './trigger-event.ts';
import { type Proof, verify } from './verify.ts';

/** What the configuration says about events; asked anew for each, as the files may change. */
export interface IntakeRules {
  secrets: readonly string[];
  /** By host name in lower case; such a device is believed with its own only. */
  deviceSecrets: ReadonlyMap<string, readonly string[]>;
  strictTime: boolean;
  priorities: Record<string, Priority | null>;
  rules: readonly EventRule[];
  /** Ids, in upper case, that may clear a card whatever their priority. */
  clearing: ReadonlySet<string>;
}

export interface IntakeOptions {
  /** Stores it durably; `id` null: kept beside the store, which gives it a number later. */
  store: { addEvent(event: NewEvent): Promise<{ id: number | null; isDuplicate: boolean }> };
  /** Tells that a card may be owed. */
  onStored: () => void;
  rules: () => IntakeRules;
  /** Empty for a device of no inventory. */
  siteOf: (hostname: string) => string;
  /** What else a device of the inventory is called: a secret of its own counts under each name. */
  namesOf: (hostname: string) => readonly string[];
  /** Counted for whoever watches. `priority` null: nobody looked at it. */
  onOutcome?: (outcome: EventOutcome, priority: Priority | null) => void;
  /** Around what is done with an event of a sender who was proved to be one, who sent that `traceparent`. */
  around?: (
    seen: { event: string; device: string },
    traceparent: string | undefined,
    work: () => Promise<Taken>,
  ) => Promise<Taken>;
  now: () => number;
  log: Log;
}

export type EventOutcome = 'stored' | 'spooled' | 'duplicate' | 'ignored' | 'refused' | 'not-understood' | 'failed';

type Taken = { status: 202 | 200; id: number | null };

/** What the sender is answered. */
export type IntakeAnswer =
  /** Taken: stored under that id; null: kept for a store that is away, or of priority 4 and left at that. */
  | { status: 202; id: number | null }
  | { status: 200; id: number | null }
  | { status: 400; error: string }
  /** Not believed; `fields` say why, for the log alone. */
  | { status: 401; error: string; fields: { reason: string } & Record<string, unknown> };

/** What is known of an event beside what is in it. */
interface Sent {
  body: Uint8Array;
  source: string;
  webhookId: string | null;
  skewMs: number | null;
}

/** Standard Webhooks' tolerance. */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * The line of an event: verify, parse, judge, store, answer. The answer 202 is given only after the
 * store has made the event durable; nothing before the store keeps anything.
 */
export function createIntake(options: IntakeOptions) {
  const { store, onStored, rules, siteOf, namesOf, now, log, onOutcome = () => {} } = options;
  const { around = (_seen, _traceparent, work) => work() } = options;

  return async (body: Uint8Array, proof: Proof, source: string, traceparent?: string): Promise<IntakeAnswer> => {
    const { secrets, deviceSecrets, strictTime } = rules();
    const known = deviceSecrets.size === 0 ? secrets : (secretsOf(claimedHost(body), deviceSecrets) ?? secrets);
    const verification = verify(body, proof, known, now());
    const refused = (error: string, fields: { reason: string } & Record<string, unknown>): IntakeAnswer => {
      onOutcome('refused', null);
      return { status: 401, error, fields };
    };
    if (verification.reason !== 'ok') {
      return refused('The signature is missing or wrong.', { reason: verification.reason, bytes: body.length });
    }
    const { webhookId, aheadMs } = verification;
    const skewMs = aheadMs !== null && Math.abs(aheadMs) > MOST_SKEW_MS ? aheadMs : null;
    if (aheadMs === null && strictTime) {
      // Without one, whoever saw a request could send it again at any time, less these headers.
      return refused('The timestamp is missing. Send the headers of Standard Webhooks.', { reason: 'no-timestamp' });
    }
    if (skewMs !== null && strictTime) {
      const error = 'The timestamp is more than five minutes off. Set the clock of the sender.';
      return refused(error, { reason: 'old-timestamp', skewMs });
    }
    const parsed = parseTriggerEvent(body);
    if ('problem' in parsed) {
      log.warn({ source, problem: parsed.problem }, 'webhook not understood');
      onOutcome('not-understood', null);
      return { status: 400, error: parsed.problem };
    }
    const event = parsed.value;
    const seen = { event: event.event, device: event.hostname };
    return await around(seen, traceparent, () => take(event, { body, source, webhookId, skewMs }));
  };

  async function take(event: TriggerEvent, { body, source, webhookId, skewMs }: Sent): Promise<Taken> {
    const { priorities, rules: own, clearing } = rules();
    const { hostname, dropped } = event;
    if (dropped > 0) log.warn({ device: hostname, dropped }, 'the device had no room for events: they are lost');
    const { priority, reason, isSilenced } = judge({ ...event, site: siteOf(event.hostname) }, priorities, own);
    if (priority === 4) {
      log.debug({ device: event.hostname, event: event.event, priority, reason }, 'event ignored');
      onOutcome('ignored', priority);
      return { status: 202, id: null };
    }
    const isOwed = (priority <= 2 && !isSilenced) || clearing.has(event.event.toUpperCase());
    const stored = store.addEvent({
      receivedAt: now(),
      event: event.event,
      process: event.process,
      message: event.message,
      hostname: event.hostname,
      detail: JSON.stringify(event.detail),
      source,
      priority,
      body,
      // Ids are the sender's: another device may count as this one does.
      webhookId: webhookId === null ? null : `${event.hostname.toLowerCase()} ${webhookId}`,
      skewMs,
      isOwed,
    });
    const { id, isDuplicate } = await stored.catch((error: unknown) => {
      onOutcome('failed', priority);
      throw error;
    });
    onOutcome(isDuplicate ? 'duplicate' : id === null ? 'spooled' : 'stored', priority);
    const fields = { id, device: event.hostname, event: event.event, priority, reason, text: event.message };
    const more = { ...(isSilenced ? { isSilenced } : {}), ...(skewMs === null ? {} : { skewMs }) };
    log.info({ ...fields, ...more }, isDuplicate ? 'event known already' : 'event stored');
    if (isDuplicate) return { status: 200, id };
    if (isOwed) onStored();
    return { status: 202, id };
  }

  function secretsOf(hostname: string, deviceSecrets: IntakeRules['deviceSecrets']): readonly string[] | undefined {
    const names = [hostname, ...namesOf(hostname)].map((name) => name.toLowerCase());
    return names.map((name) => deviceSecrets.get(name)).find((own) => own !== undefined);
  }
}

/** The device that a body says it is from: it decides under which secret the body has to be signed, and nothing else. */
function claimedHost(body: Uint8Array): string {
  try {
    // Read as it is read later: what only one of the two understands would be believed under the wrong secret.
    const { hostname } = JSON.parse(new TextDecoder().decode(body)) as { hostname?: unknown };
    return typeof hostname === 'string' ? hostname.trim().toLowerCase() : '';
  } catch {
    return '';
  }
}
