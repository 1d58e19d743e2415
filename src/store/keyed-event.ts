import { hash, randomBytes } from 'node:crypto';
import type { NewEvent } from './store.ts';

/** An event with the key under which it is stored once, however often it is handed over. */
export interface KeyedEvent {
  key: Uint8Array;
  event: NewEvent;
}

/** Of the webhook's id, or drawn: whoever hands over the same event again has to keep it. */
export const intakeKey = ({ webhookId }: NewEvent): Uint8Array =>
  webhookId === null ? randomBytes(16) : hash('sha256', webhookId, 'buffer');
