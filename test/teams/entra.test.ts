import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, randomUUID, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Cloud, cloudOf } from '../../src/teams/cloud.ts';
import { Assistant } from '../fakes/assistant.ts';
import { Microsoft } from '../fakes/microsoft.ts';
import { requireProgram } from '../fakes/requires.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';

const TENANT = '66666666-7777-4888-9999-000000000000';
const openssl = requireProgram(['openssl'], 'openssl');
const skip = 'skip' in openssl && openssl.skip;
const alex = newPerson('Alex Wilber');

let microsoft: Microsoft;
before(async () => {
  microsoft = await Microsoft.start();
});
after(() => microsoft.close());

/** Lets a bot with this identity be spoken to; the header of its answer. */
async function answerOf(bot: object, env: Record<string, string> = {}, cloud: Partial<Cloud> = {}) {
  const appId = randomUUID();
  const assistant = await Assistant.start({
    env,
    assistant: { host: '127.0.0.1', bot: { app_id: appId, tenant_id: TENANT, ...bot } },
    cloud: { ...microsoft.cloud, ...cloud },
  });
  try {
    assistant.teams.tenantId = TENANT;
    const claims = { aud: appId, serviceurl: assistant.connector.url };
    assistant.teams.authorization = () => `Bearer ${microsoft.token({ claims })}`;
    const answer = await assistant.teams.ask(alex, personalChat(alex), 'devices');
    // The next one goes with the same token.
    await assistant.teams.ask(alex, personalChat(alex), 'devices');
    return { appId, authorization: answer.authorization };
  } finally {
    await assistant.close();
  }
}

const TOKEN_URL = `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`;

describe("the bot's own token, from Entra", () => {
  it('with a secret', async () => {
    const before = microsoft.tokenRequests.length;
    const { appId, authorization } = await answerOf(
      { type: 'SingleTenant' },
      { MicrosoftAppPassword: 'hunter2&more=%' },
    );
    assert.equal(authorization, `Bearer ${microsoft.lastAccessToken}`);
    const [{ url, form } = { url: '', form: {} }, ...more] = microsoft.tokenRequests.slice(before);
    assert.deepEqual(more, []);
    assert.equal(url.split('?')[0], TOKEN_URL);
    const { client_id, client_secret, grant_type, scope, client_assertion } = form as Record<string, string>;
    assert.deepEqual([client_id, client_secret, grant_type], [appId, 'hunter2&more=%', 'client_credentials']);
    assert.match(scope ?? '', /^https:\/\/api\.botframework\.com\/\.default\b/);
    assert.equal(client_assertion, undefined);
  });

  it('from the one of the US government, where the bot is there', async () => {
    const { loginUrl, audience } = cloudOf({ cloud: 'us-government', service_hosts: [] });
    const env = { MicrosoftAppPassword: 'hunter2' };
    const { authorization } = await answerOf({ type: 'SingleTenant' }, env, { loginUrl, audience });
    assert.equal(authorization, `Bearer ${microsoft.lastAccessToken}`);
    const { url, form } = microsoft.tokenRequests.at(-1) ?? {};
    assert.equal(url?.split('?')[0], `https://login.microsoftonline.us/${TENANT}/oauth2/v2.0/token`);
    assert.match(form?.scope ?? '', /^https:\/\/api\.botframework\.us\/\.default\b/);
  });

  it('with a certificate: an assertion that it verifies', { skip }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'assistant-entra-'));
    try {
      const [certificate_file, key_file] = [join(dir, 'entra.pem'), join(dir, 'entra.key')];
      const output = ['-keyout', key_file, '-out', certificate_file];
      const program = 'path' in openssl ? openssl.path : '';
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj', '/CN=bot', '-batch'];
      execFileSync(program, [...request, ...output], { stdio: 'ignore' });
      const before = microsoft.tokenRequests.length;
      const { appId, authorization } = await answerOf({ type: 'SingleTenant', certificate_file, key_file });
      assert.equal(authorization, `Bearer ${microsoft.lastAccessToken}`);

      const [{ url, form } = { url: '', form: {} }, ...more] = microsoft.tokenRequests.slice(before);
      assert.deepEqual(more, []);
      assert.equal(url.split('?')[0], TOKEN_URL);
      const { client_id, client_secret, client_assertion_type, client_assertion = '' } = form as Record<string, string>;
      assert.deepEqual(
        [client_id, client_secret, client_assertion_type],
        [appId, undefined, 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      );
      const certificate = new X509Certificate(readFileSync(certificate_file));
      const [head = '', body = '', signature = ''] = client_assertion.split('.');
      const parsed = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
      const { alg, x5c, 'x5t#S256': thumbprint } = parsed(head);
      assert.equal(alg, 'PS256');
      assert.equal(
        thumbprint,
        Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
      );
      assert.deepEqual(x5c, [certificate.raw.toString('base64')]);
      const { aud, iss, sub, nbf, exp, jti } = parsed(body);
      assert.deepEqual([aud, iss, sub], [TOKEN_URL, appId, appId]);
      const seconds = Date.now() / 1_000;
      assert.ok(Number(exp) > seconds && Number(exp) < seconds + 3_600 && Number(nbf) <= seconds + 1);
      assert.match(String(jti), /^[\w-]{10,}$/);
      const key = { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('with a managed identity: asked for at the machine, for this bot', async () => {
    // Where App Service says that its identities are.
    process.env.IDENTITY_ENDPOINT = microsoft.identityUrl;
    process.env.IDENTITY_HEADER = 'a-header-of-the-machine';
    try {
      const { appId, authorization } = await answerOf({ type: 'UserAssignedMSI' });
      assert.equal(authorization, `Bearer ${microsoft.lastAccessToken}`);
      const { searchParams, header } = microsoft.identityRequests.at(-1) ?? {};
      assert.equal(header, 'a-header-of-the-machine');
      assert.equal(searchParams?.get('resource'), 'https://api.botframework.com');
      assert.equal(searchParams?.get('client_id'), appId);
    } finally {
      delete process.env.IDENTITY_ENDPOINT;
      delete process.env.IDENTITY_HEADER;
    }
  });

  for (const [what, tokenFault] of [
    ['a secret that expired', { status: 401, error: 'invalid_client' }],
    ['a bot that was removed', { status: 400, error: 'unauthorized_client' }],
  ] as const) {
    it(`${what} is counted as the refusal that it is`, async () => {
      const app_id = randomUUID();
      const assistant = await Assistant.start({
        env: { MicrosoftAppPassword: 'hunter2' },
        assistant: { host: '127.0.0.1', bot: { type: 'SingleTenant', app_id, tenant_id: TENANT } },
        cloud: microsoft.cloud,
      });
      microsoft.tokenFault = tokenFault;
      try {
        assistant.teams.tenantId = TENANT;
        const claims = { aud: app_id, serviceurl: assistant.connector.url };
        assistant.teams.authorization = () => `Bearer ${microsoft.token({ claims })}`;
        await assistant.teams.say(alex, personalChat(alex), 'devices').catch(() => {});
        const text = await (await fetch(`${assistant.url}/metrics`)).text();
        assert.match(text, /^assistant_teams_requests_total\{operation="token",status="401"\} [1-9]/m);
        assert.doesNotMatch(text, /status="none"/);
      } finally {
        microsoft.tokenFault = null;
        await assistant.close();
      }
    });
  }
});
