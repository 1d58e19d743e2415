import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a webhook carries to prove where it comes from. */
export interface Proof {
  /** The original's header: lower-case hex HMAC-SHA256 of the body's exact bytes. */
  signature?: string | undefined;
  /** Standard Webhooks: https://www.standardwebhooks.com */
  webhookId?: string | undefined;
  webhookTimestamp?: string | undefined;
  webhookSignature?: string | undefined;
}

/** Why a webhook was let in or not; the reason goes to the log and the tests, never to the sender. */
export type Verification =
  /** `webhookId` and the clock of the sender are signed; without Standard Webhooks headers both are null. */
  | { reason: 'ok'; webhookId: string | null; aheadMs: number | null }
  | { reason: 'no-signature' | 'malformed-signature' | 'wrong-signature' | 'malformed-headers' };

/** Ids and what is signed with them stay small; a timestamp is in seconds. */
const ID = /^[\x21-\x7e]{1,200}$/;
const TIMESTAMP = /^\d{1,12}$/;

/**
 * Verifies either of the two signatures under any of the secrets. `body` must be what arrived on the wire: a decoded
 * and re-encoded string is a different text as soon as it is not valid UTF-8. Who sends Standard Webhooks headers is
 * held to them. Every comparison takes the same time wherever the first difference is.
 */
export function verify(body: Uint8Array, proof: Proof, secrets: readonly string[], now: number): Verification {
  if (proof.webhookSignature !== undefined) return verifyStandard(body, proof, secrets, now);
  const { signature } = proof;
  if (signature === undefined || signature === '') return { reason: 'no-signature' };
  if (!/^[0-9a-f]{64}$/.test(signature)) return { reason: 'malformed-signature' };
  const given = Buffer.from(signature, 'hex');
  // All of them, so that the time tells nothing about which.
  const fits = secrets.map((secret) => timingSafeEqual(hmac(secret, body), given));
  return fits.includes(true) ? { reason: 'ok', webhookId: null, aheadMs: null } : { reason: 'wrong-signature' };
}

function verifyStandard(body: Uint8Array, proof: Proof, secrets: readonly string[], now: number): Verification {
  const { webhookId = '', webhookTimestamp = '', webhookSignature = '' } = proof;
  if (!ID.test(webhookId) || !TIMESTAMP.test(webhookTimestamp)) return { reason: 'malformed-headers' };
  const given = webhookSignature
    .split(' ')
    .slice(0, 10)
    .flatMap((each) => (each.startsWith('v1,') ? Buffer.from(each.slice(3), 'base64') : []))
    .filter(({ length }) => length === 32);
  if (given.length === 0) return { reason: 'malformed-signature' };
  const expected = secrets.map((secret) => standardHmac(secret, webhookId, webhookTimestamp, body));
  const fits = expected.flatMap((mine) => given.map((each) => timingSafeEqual(mine, each)));
  if (!fits.includes(true)) return { reason: 'wrong-signature' };
  return { reason: 'ok', webhookId, aheadMs: Number(webhookTimestamp) * 1_000 - now };
}

const hmac = (secret: string, body: Uint8Array) => createHmac('sha256', secret).update(body).digest();

function standardHmac(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  // Their secrets come as `whsec_` and base64; any other text is a key as it is.
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** The signature that the original's agents send. */
export const sign = (body: Uint8Array, secret: string) => createHmac('sha256', secret).update(body).digest('hex');

/** The headers of Standard Webhooks. `timestamp` in seconds. */
export const signStandard = (body: Uint8Array, secret: string, id: string, timestamp: number) => ({
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': `v1,${standardHmac(secret, id, String(timestamp), body).toString('base64')}`,
});
