import { createPrivateKey, createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cloud } from '../../src/teams/cloud.ts';
import { cloudOf } from '../../src/teams/cloud.ts';

interface SigningPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
  endorsements: string[] | undefined;
}

/** A request for a token, as Entra got it. */
export interface TokenRequest {
  /** Where it was meant to go. */
  url: string;
  form: Record<string, string>;
}

export interface TokenOptions {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** Signs in place of the one that the key id names. */
  sign?: (data: string) => Buffer;
}

const PUBLIC = cloudOf({ cloud: 'public', service_hosts: [] });
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Microsoft as far as a bot sees it, on loopback: the OpenID metadata and keys of the Bot Framework, which sign real RS256
 * tokens, and Entra, where the bot gets its own. What the bot sends to login.microsoftonline.com arrives here.
 */
export class Microsoft {
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #keys = new Map<string, SigningPair>();
  readonly tokenRequests: TokenRequest[] = [];
  /** Of machines that ask for the token of their managed identity. */
  readonly identityRequests: { searchParams: URLSearchParams; header: string | undefined }[] = [];
  /** How often the list of keys was asked for. */
  keyRequests = 0;
  /** What the endpoint of the keys does instead. */
  fault: { status: number } | 'hang' | 'not JSON' | 'no keys' | null = null;
  /** What Entra answers who asks for a token instead. */
  tokenFault: { status: number; error: string } | null = null;
  /** A new one for each token that Entra gives. */
  lastAccessToken = '';

  static async start(): Promise<Microsoft> {
    const microsoft = new Microsoft();
    microsoft.addKey('teams', ['msteams']);
    await new Promise<void>((resolve) => microsoft.#server.listen(0, '127.0.0.1', resolve));
    return microsoft;
  }

  addKey(id: string, endorsements?: string[]): void {
    this.#keys.set(id, { ...generateKeyPairSync('rsa', { modulusLength: 2_048 }), endorsements });
  }

  /** The public half, as everybody can read it. */
  publicPem(id: string): string {
    return this.#key(id).publicKey.export({ type: 'spki', format: 'pem' }) as string;
  }

  /** What `start` takes: the public cloud, but here. */
  get cloud(): Cloud {
    return {
      ...PUBLIC,
      metadataUrl: `${this.#url}/keys/openidconfiguration`,
      serviceHosts: ['127.0.0.1'],
      serviceProtocol: 'http:',
      network: {
        sendGetRequestAsync: (url) => this.#forward(url, { method: 'GET' }),
        sendPostRequestAsync: (url, options) =>
          this.#forward(url, { method: 'POST', headers: options?.headers ?? {}, body: options?.body ?? '' }),
      },
    };
  }

  /** A token as the Bot Framework signs it; what is given replaces claims and parts of the header. */
  token({ claims, header, sign }: TokenOptions = {}): string {
    const seconds = Math.floor(Date.now() / 1_000);
    const head = { alg: 'RS256', kid: 'teams', x5t: 'teams', typ: 'JWT', ...header };
    const body = { iss: PUBLIC.issuer, nbf: seconds - 60, exp: seconds + 3_600, ...claims };
    const data = `${encoded(head)}.${encoded(body)}`;
    const own = (text: string) =>
      createSign('RSA-SHA256')
        .update(text)
        .sign(this.#key(String(head.kid)).privateKey);
    return `${data}.${(sign ?? own)(data).toString('base64url')}`;
  }

  /** A key that nobody knows. */
  static strangerSign(data: string): Buffer {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    return createSign('RSA-SHA256')
      .update(data)
      .sign(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #key(id: string): SigningPair {
    const found = this.#keys.get(id);
    if (!found) throw new Error(`There is no key ${id}.`);
    return found;
  }

  get identityUrl(): string {
    return `${this.#url}/identity`;
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #forward<T>(url: string, init: RequestInit) {
    const response = await fetch(`${this.#url}/entra/${encodeURIComponent(url)}`, init);
    const headers = Object.fromEntries(response.headers.entries());
    return { status: response.status, headers, body: (await response.json()) as T };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const send = (status: number, body: object | string) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (path.startsWith('/keys/')) {
      if (path.endsWith('openidconfiguration')) this.keyRequests += 1;
      if (this.fault === 'hang') return;
      if (this.fault === 'not JSON') return send(200, '<html>');
      if (this.fault !== null && this.fault !== 'no keys') return send(this.fault.status, { error: 'away' });
      if (path.endsWith('openidconfiguration'))
        return send(200, { issuer: PUBLIC.issuer, jwks_uri: `${this.#url}/keys/jwks` });
      const keys = [...this.#keys].map(([kid, { publicKey, endorsements }]) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        use: 'sig',
        ...(endorsements ? { endorsements } : {}),
      }));
      return send(200, { keys: this.fault === 'no keys' ? [] : keys });
    }
    if (path.startsWith('/identity')) {
      const header = request.headers['x-identity-header'];
      const { searchParams } = new URL(path, this.#url);
      this.identityRequests.push({ searchParams, header: typeof header === 'string' ? header : undefined });
      this.lastAccessToken = `token-${randomUUID()}`;
      const expires = String(Math.floor(Date.now() / 1_000) + 3_600);
      const resource = searchParams.get('resource');
      return send(200, { access_token: this.lastAccessToken, expires_on: expires, resource, token_type: 'Bearer' });
    }
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const url = decodeURIComponent(path.replace('/entra/', ''));
    const { origin, pathname } = new URL(url);
    const tenant = pathname.split('/')[1];
    if (pathname.endsWith('/openid-configuration')) {
      return send(200, {
        issuer: `${origin}/${tenant}/v2.0`,
        token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
        authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
        jwks_uri: `${origin}/${tenant}/keys`,
      });
    }
    if (!pathname.endsWith('/oauth2/v2.0/token')) return send(404, { error: 'not_found' });
    this.tokenRequests.push({ url, form: Object.fromEntries(new URLSearchParams(text)) });
    if (this.tokenFault) {
      const { status, error } = this.tokenFault;
      return send(status, { error, error_description: 'AADSTS: refused', error_codes: [7_000_222] });
    }
    this.lastAccessToken = `token-${randomUUID()}`;
    send(200, { token_type: 'Bearer', expires_in: 3_600, access_token: this.lastAccessToken });
  }
}
