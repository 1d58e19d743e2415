import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';

/** A key as the SDK's token extractor takes it. */
export interface SigningKey {
  /** PEM. */
  key: string;
  /** The channels it may sign for. */
  endorsements: string[];
}

const DAY_MS = 24 * 3_600_000;
/** A key nobody knows is looked for at most so often, whatever requests name; so is an endpoint that is away. */
const AGAIN_MS = 5 * 60_000;
const AWAY_MS = 10_000;
const TIMEOUT_MS = 5_000;
/** Microsoft's list is some 20 KiB. */
const MOST_BYTES = 1_048_576;

/**
 * The public keys of a token issuer, from its OpenID metadata: fetched when first needed, once a day, and when a token names
 * one that is not among them. The SDK's own list forgets what it has when the endpoint is away, and waits for one that hangs
 * for ever; this one goes on with what it has, and everybody waits for the same request.
 */
export class SigningKeys {
  readonly #url: string;
  readonly #now: () => number;
  readonly #log: Log;
  #keys: Map<string, SigningKey> | null = null;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #fetching: Promise<void> | null = null;

  constructor(url: string, now: () => number, log: Log) {
    this.#url = url;
    this.#now = now;
    this.#log = log;
  }

  /**
   * The key of this id, null when the issuer has none. Throws AssistantError `unavailable` while nobody can tell, because
   * the issuer's list cannot be fetched.
   */
  async getKey(id: string): Promise<SigningKey | null> {
    // A clock that was set back must not make it wait until it is then again.
    const since = (at: number) => Math.abs(this.#now() - at);
    const isDue = since(this.#fetchedAt) > DAY_MS || !this.#keys?.has(id);
    if (isDue && since(this.#triedAt) >= (this.#isAway ? AWAY_MS : AGAIN_MS)) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = null;
      });
    }
    // Who has a key that is known does not wait for the new list.
    const known = this.#keys?.get(id);
    if (known) return known;
    await this.#fetching;
    const found = this.#keys?.get(id);
    if (found) return found;
    if (!this.#isAway) return null;
    throw new AssistantError('unavailable', 'The request cannot be verified at the moment. Send it again later.');
  }

  async #fetch(): Promise<void> {
    try {
      const { jwks_uri: url } = (await this.#json(this.#url)) as { jwks_uri?: unknown };
      const { keys } = (await this.#json(String(url))) as { keys?: unknown };
      const read = new Map(Array.isArray(keys) ? keys.flatMap(keyOf) : []);
      if (read.size === 0) throw new Error('no RSA key in the list');
      if (this.#isAway) this.#log.info({ keys: read.size }, "Microsoft's signing keys can be fetched again");
      this.#keys = read;
      this.#fetchedAt = this.#now();
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) {
        const known = this.#keys?.size ?? 0;
        this.#log.error({ err: error, url: this.#url, known }, "Microsoft's signing keys cannot be fetched");
      }
      this.#isAway = true;
    } finally {
      this.#triedAt = this.#now();
    }
  }

  async #json(url: string): Promise<unknown> {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new Error(`${url} answered with too much`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  }
}

function keyOf(jwk: JsonWebKey & { kid?: unknown; endorsements?: unknown }): [string, SigningKey][] {
  if (jwk?.kty !== 'RSA' || typeof jwk.kid !== 'string') return [];
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
    const endorsements = Array.isArray(jwk.endorsements)
      ? jwk.endorsements.filter((each) => typeof each === 'string')
      : [];
    return [[jwk.kid, { key, endorsements }]];
  } catch {
    return [];
  }
}
