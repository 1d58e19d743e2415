import { createVerify } from 'node:crypto';
import type { SigningKey } from './signing-keys.ts';

/** Why a token was not believed. It goes to the log and the tests, never to the sender. */
export type TokenProblem =
  | 'no-token'
  | 'no-jwt'
  | 'wrong-algorithm'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'no-lifetime'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-service-url'
  | 'unknown-key'
  | 'not-endorsed'
  | 'wrong-signature';

export interface TokenRules {
  issuer: string;
  appId: string;
  /** The two fields of the activity that the token has to speak for. */
  channelId: string;
  serviceUrl: string;
  now: number;
  /** Null when the issuer has no such key. */
  keyOf: (id: string) => Promise<SigningKey | null>;
}

/** Clocks differ; Microsoft's own tolerance. */
const SKEW_SECONDS = 300;
const MOST_CHARACTERS = 8_192;

/**
 * What the Bot Framework asks a bot to look at in the token of a request, each rule named, cheap ones first:
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#connector-to-bot.
 * Null when there is nothing to say against it. Only tokens of the channel pass: none of the Emulator, none of another bot
 * (a skill's caller), which the SDK takes as well, and no key without an endorsement, which the SDK lets through.
 */
export async function tokenProblem(authorization: string, rules: TokenRules): Promise<TokenProblem | null> {
  if (authorization.trim() === '') return 'no-token';
  const [, head = '', body = '', signature = ''] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(authorization.slice(0, MOST_CHARACTERS)) ?? [];
  const [header, claims] = [objectOf(head), objectOf(body)];
  if (!header || !claims) return 'no-jwt';
  if (header.alg !== 'RS256') return 'wrong-algorithm';
  if (claims.iss !== rules.issuer) return 'wrong-issuer';
  if (claims.aud !== rules.appId) return 'wrong-audience';
  const [now, from, to] = [rules.now / 1_000, claims.nbf ?? 0, claims.exp];
  if (typeof from !== 'number' || typeof to !== 'number') return 'no-lifetime';
  if (now >= to + SKEW_SECONDS) return 'expired';
  if (now < from - SKEW_SECONDS) return 'not-yet-valid';
  if (claims.serviceurl !== rules.serviceUrl) return 'wrong-service-url';
  const key = typeof header.kid === 'string' ? await rules.keyOf(header.kid) : null;
  if (!key) return 'unknown-key';
  if (!key.endorsements.includes(rules.channelId)) return 'not-endorsed';
  const isGood = createVerify('RSA-SHA256').update(`${head}.${body}`).verify(key.key, signature, 'base64url');
  return isGood ? null : 'wrong-signature';
}

function objectOf(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
