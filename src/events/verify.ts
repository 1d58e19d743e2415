import { createHmac, timingSafeEqual } from 'node:crypto';

/** Why a webhook was let in or not; the reason goes to the log and the tests, never to the sender. */
export type Verification = 'ok' | 'no-signature' | 'malformed-signature' | 'wrong-signature';

/**
 * Verifies the original's signature: lower-case hex HMAC-SHA256 of the body's exact bytes. `body` must be
 * what arrived on the wire: a decoded and re-encoded string is a different text as soon as it is not valid
 * UTF-8. The comparison takes the same time wherever the first difference is.
 */
export function verifySignature(body: Uint8Array, signature: string | undefined, secret: string): Verification {
  if (signature === undefined || signature === '') return 'no-signature';
  if (!/^[0-9a-f]{64}$/.test(signature)) return 'malformed-signature';
  const expected = createHmac('sha256', secret).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? 'ok' : 'wrong-signature';
}

/** The signature an agent sends. */
export const sign = (body: Uint8Array, secret: string) => createHmac('sha256', secret).update(body).digest('hex');
