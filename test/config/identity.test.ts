import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { readIdentity } from '../../src/config/identity.ts';
import { assistantSchema } from '../../src/config/schemas.ts';
import { requireProgram } from '../fakes/requires.ts';
import { loadFolder } from './folder.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const TENANT = '66666666-7777-8888-9999-000000000000';
const PASSWORD = 'a-client-secret';
const NOW = Date.parse('2026-11-28T12:00:00Z');

const TYPES = [undefined, 'SingleTenant', 'UserAssignedMSI', 'MultiTenant'];

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'assistant-identity-'));
});
after(() => rmSync(dir, { recursive: true }));

/** With this under `bot` of assistant.yaml. */
const read = (env: NodeJS.ProcessEnv, bot: object = {}, now = NOW) =>
  readIdentity(dir, assistantSchema.parse({ bot }).bot, env, now);
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

/** What the combination must come to: a mode, or the variables that are reported. */
function expected(type?: string, id?: string, tenant?: string, password?: string): string | string[] {
  const bad: string[] = [];
  if (id === undefined) {
    if (type) bad.push('MicrosoftAppType');
    if (tenant) bad.push('MicrosoftAppTenantId');
    if (password) bad.push('MicrosoftAppPassword');
    return bad.length > 0 ? bad : 'local';
  }
  if (tenant === undefined) bad.push('MicrosoftAppTenantId');
  if (type !== 'SingleTenant' && type !== 'UserAssignedMSI') bad.push('MicrosoftAppType');
  if (type === 'UserAssignedMSI' && password) bad.push('MicrosoftAppPassword');
  if (type === 'SingleTenant' && !password) bad.push('MicrosoftAppPassword');
  return bad.length > 0 ? bad : (type ?? '');
}

describe('identity, every combination of the four variables', () => {
  for (const type of TYPES)
    for (const id of [undefined, ID])
      for (const tenant of [undefined, TENANT])
        for (const password of [undefined, PASSWORD]) {
          const outcome = expected(type, id, tenant, password);
          const set = [type, id && 'id', tenant && 'tenant', password && 'password'].filter(Boolean).join(', ');
          it(`${set || 'nothing'}: ${typeof outcome === 'string' ? outcome : `refused for ${outcome.join(', ')}`}`, async () => {
            const { value, problems } = await read({
              MicrosoftAppType: type,
              MicrosoftAppId: id,
              MicrosoftAppTenantId: tenant,
              MicrosoftAppPassword: password,
            });
            assert.ok(!problems.some(({ what }) => what.includes(PASSWORD)));
            if (typeof outcome === 'string') {
              assert.deepEqual(problems, []);
              assert.equal(value?.mode, outcome);
            } else {
              assert.equal(value, undefined);
              assert.deepEqual(
                problems.map(({ path }) => path),
                outcome,
              );
            }
          });
        }

  it('carries what the adapter needs', async () => {
    const env = { MicrosoftAppId: ID, MicrosoftAppTenantId: TENANT };
    assert.deepEqual((await read({ ...env, MicrosoftAppType: 'singletenant', MicrosoftAppPassword: PASSWORD })).value, {
      mode: 'SingleTenant',
      appId: ID,
      tenantId: TENANT,
      credential: { password: PASSWORD },
    });
    assert.deepEqual((await read({ ...env, MicrosoftAppType: 'UserAssignedMSI' })).value, {
      mode: 'UserAssignedMSI',
      appId: ID,
      tenantId: TENANT,
    });
  });

  it('takes white space for nothing, and an id that is no GUID for a mistake', async () => {
    assert.equal((await read({ MicrosoftAppId: ' ', MicrosoftAppPassword: '\t' })).value?.mode, 'local');
    const { value, problems } = await read({
      MicrosoftAppType: 'UserAssignedMSI',
      MicrosoftAppId: 'my-bot',
      MicrosoftAppTenantId: 'contoso.onmicrosoft.com',
    });
    assert.equal(value, undefined);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['MicrosoftAppId', 'MicrosoftAppTenantId'],
    );
  });
});

describe('identity in assistant.yaml', () => {
  const bot = { type: 'SingleTenant', app_id: ID, tenant_id: TENANT };
  const secret = { MicrosoftAppPassword: PASSWORD };

  it('is the same as in the environment, and may stand in both', async () => {
    const env = { MicrosoftAppType: 'singletenant', MicrosoftAppId: ID.toUpperCase(), MicrosoftAppTenantId: TENANT };
    const fromFile = await read(secret, bot);
    assert.deepEqual(fromFile.problems, []);
    assert.deepEqual(fromFile, await read({ ...env, ...secret }));
    assert.deepEqual(fromFile, await read({ ...env, ...secret }, bot));
    assert.deepEqual(
      fromFile,
      await read({ MicrosoftAppTenantId: TENANT, ...secret }, { ...bot, tenant_id: undefined }),
    );
  });

  it('has its secret in a file, or among the credentials of systemd, with or without a line end', async () => {
    const credential = { password: PASSWORD };
    const named = { MicrosoftAppPassword_FILE: file('secret', `${PASSWORD}\n`) };
    file('app-password', `${PASSWORD}\r\n`);
    for (const env of [named, { CREDENTIALS_DIRECTORY: dir }]) {
      const { value, problems } = await read(env, bot);
      assert.deepEqual(problems, []);
      assert.deepEqual(value, { mode: 'SingleTenant', appId: ID, tenantId: TENANT, credential });
    }
    // It is there for every start, whatever the identity is.
    assert.equal((await read({ CREDENTIALS_DIRECTORY: dir })).value?.mode, 'local');
    const msi = await read({ CREDENTIALS_DIRECTORY: dir }, { ...bot, type: 'UserAssignedMSI' });
    assert.equal(msi.value?.mode, 'UserAssignedMSI');
  });

  const cases: [name: string, bot: object, env: () => NodeJS.ProcessEnv, places: string[]][] = [
    [
      'no app id',
      { ...bot, app_id: undefined },
      () => secret,
      ['assistant.yaml bot.type', 'assistant.yaml bot.tenant_id', 'environment MicrosoftAppPassword'],
    ],
    [
      'a certificate and nothing else',
      { certificate_file: 'a.pem', key_file: 'a.key' },
      () => ({}),
      ['assistant.yaml bot.certificate_file'],
    ],
    [
      'no tenant and no type',
      { app_id: ID },
      () => secret,
      ['assistant.yaml bot.tenant_id', 'assistant.yaml bot.type'],
    ],
    ['no secret', bot, () => ({}), ['environment MicrosoftAppPassword']],
    [
      'another app id in the environment',
      bot,
      () => ({ ...secret, MicrosoftAppId: TENANT }),
      ['environment MicrosoftAppId'],
    ],
    [
      'another type in the environment',
      bot,
      () => ({ ...secret, MicrosoftAppType: 'UserAssignedMSI' }),
      ['environment MicrosoftAppType'],
    ],
    [
      'ids that are none',
      { ...bot, app_id: 'my-bot', tenant_id: 'contoso' },
      () => secret,
      ['assistant.yaml bot.app_id', 'assistant.yaml bot.tenant_id'],
    ],
    [
      'a managed identity with a secret',
      { ...bot, type: 'UserAssignedMSI' },
      () => secret,
      ['environment MicrosoftAppPassword'],
    ],
    [
      'a managed identity with a secret in a file',
      { ...bot, type: 'UserAssignedMSI' },
      () => ({ MicrosoftAppPassword_FILE: file('secret', PASSWORD) }),
      ['environment MicrosoftAppPassword_FILE'],
    ],
    [
      'a managed identity with a certificate',
      { ...bot, type: 'UserAssignedMSI', key_file: 'a.key' },
      () => ({}),
      ['assistant.yaml bot.key_file'],
    ],
    [
      'the secret twice',
      bot,
      () => ({ ...secret, MicrosoftAppPassword_FILE: file('secret', PASSWORD) }),
      ['environment MicrosoftAppPassword_FILE'],
    ],
    [
      'a secret in a file that is not there',
      bot,
      () => ({ MicrosoftAppPassword_FILE: '/nonexistent' }),
      ['environment MicrosoftAppPassword_FILE'],
    ],
    [
      'a secret in an empty file',
      bot,
      () => ({ MicrosoftAppPassword_FILE: file('empty', '\n') }),
      ['environment MicrosoftAppPassword_FILE'],
    ],
    ['a certificate without a key', { ...bot, certificate_file: 'a.pem' }, () => ({}), ['assistant.yaml bot.key_file']],
    ['a key without a certificate', { ...bot, key_file: 'a.key' }, () => ({}), ['assistant.yaml bot.certificate_file']],
    [
      'files that are not there',
      { ...bot, certificate_file: 'a.pem', key_file: 'a.key' },
      () => ({}),
      ['assistant.yaml bot.certificate_file', 'assistant.yaml bot.key_file'],
    ],
  ];
  for (const [name, own, env, places] of cases) {
    it(`${name}: refused for ${places.join(', ')}`, async () => {
      const { value, problems } = await read(env(), own);
      assert.equal(value, undefined);
      assert.deepEqual(
        problems.map((problem) => `${problem.file} ${problem.path}`),
        places,
      );
      assert.ok(!problems.some(({ what }) => what.includes(PASSWORD)));
    });
  }

  it('is strict: the secret has no key there, and every other slip is named', async () => {
    for (const [yaml, line] of [
      ['bot: { app_password: x }', 'assistant.yaml: bot: unknown key app_password'],
      ['bot: { type: MultiTenant }', 'assistant.yaml: bot.type: must be SingleTenant or UserAssignedMSI'],
      ['bot: { cloud: china }', 'assistant.yaml: bot.cloud: must be public or us-government'],
      [
        'bot: { service_hosts: ["https://smba.example.com/"] }',
        'assistant.yaml: bot.service_hosts.0: is not a host name: no https://, port or *',
      ],
      [
        'bot: { service_hosts: ["*.trafficmanager.net"] }',
        'assistant.yaml: bot.service_hosts.0: is not a host name: no https://, port or *',
      ],
    ]) {
      const { config, lines } = await loadFolder({ 'assistant.yaml': yaml ?? '' });
      assert.equal(config, undefined);
      assert.deepEqual(lines, [line]);
    }
  });
});

const openssl = requireProgram(['openssl'], 'openssl');

describe('a certificate in place of the secret', { skip: 'skip' in openssl && openssl.skip }, () => {
  const bot = { type: 'SingleTenant', app_id: ID, tenant_id: TENANT };
  const files = (name: string) => ({ certificate_file: `${name}.pem`, key_file: `${name}.key` });
  const make = (name: string, key: string[], days: number, more = ['-nodes']) =>
    execFileSync(
      'path' in openssl ? openssl.path : '',
      ['req', '-x509', ...key, ...more, '-days', String(days), '-subj', '/CN=bot', '-batch'].concat([
        '-keyout',
        join(dir, `${name}.key`),
        '-out',
        join(dir, `${name}.pem`),
      ]),
      { stdio: 'ignore' },
    );
  const RSA = ['-newkey', 'rsa:2048'];
  before(() => {
    make('rsa', RSA, 90);
    make('other', RSA, 90);
    make('soon', RSA, 10);
    make('ec', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 90);
    make('locked', RSA, 90, ['-passout', 'pass:hunter2']);
    file('text.pem', 'hello');
    file('text.key', 'hello');
  });

  it('is read, with when it ends, and never shown', async () => {
    const { value, problems } = await read({}, { ...bot, ...files('rsa') }, Date.now());
    assert.deepEqual(problems, []);
    assert.ok(value?.mode === 'SingleTenant' && 'certificate' in value.credential);
    const { certificate, privateKey, expiresAt } = value.credential.certificate;
    assert.match(certificate, /BEGIN CERTIFICATE/);
    assert.match(privateKey, /PRIVATE KEY/);
    assert.ok(expiresAt > Date.now() + 80 * 86_400_000);
    const { config } = await loadFolder({
      'assistant.yaml': `bot: ${JSON.stringify({ ...bot, certificate_file: join(dir, 'rsa.pem'), key_file: join(dir, 'rsa.key') })}`,
    });
    assert.ok(config);
    assert.doesNotMatch(JSON.stringify(config) + inspect(config, { depth: 9 }), /PRIVATE KEY/);
  });

  it('that ends within 30 days is warned of, and one that has ended too', async () => {
    for (const [ahead, what] of [
      [0, /^expires on \d{4}-\d\d-\d\d, in 10 days: put a new one in its place before, in Entra as well$/],
      [9.5, /^expires on .*, in one day: /],
      [11, /^has expired on /],
    ] as const) {
      const { value, problems } = await read({}, { ...bot, ...files('soon') }, Date.now() + ahead * 86_400_000);
      assert.equal(value?.mode, 'SingleTenant');
      assert.deepEqual(
        problems.map(({ level, path }) => [level, path]),
        [['warning', 'bot.certificate_file']],
      );
      assert.match(problems[0]?.what ?? '', what);
    }
  });

  it('of a port, which may be of any kind, is warned of in the same way', async () => {
    make('port', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 5);
    const port = { certificate_file: join(dir, 'port.pem'), key_file: join(dir, 'port.key') };
    const { config, lines } = await loadFolder({
      'assistant.yaml': JSON.stringify({ tls: port, events: { listen: { port: 8443 }, ...port } }),
    });
    assert.deepEqual([config?.tls.bot?.keyType, config?.tls.events?.keyType], ['ec', 'ec']);
    assert.deepEqual(
      lines.map((line) => line.replace(/\d{4}-\d\d-\d\d/, 'DAY')),
      ['tls', 'events'].map(
        (section) =>
          `assistant.yaml: ${section}.certificate_file: warning: expires on DAY, in 5 days: put a new one in its place before`,
      ),
    );
  });

  const cases: [name: string, files: object, env: NodeJS.ProcessEnv, problem: RegExp][] = [
    [
      'beside a secret',
      files('rsa'),
      { MicrosoftAppPassword: PASSWORD },
      /^MicrosoftAppPassword is set, and assistant\.yaml has a certificate/,
    ],
    [
      'with the key of another',
      { ...files('rsa'), key_file: 'other.key' },
      {},
      /^bot\.key_file is not the key of certificate_file$/,
    ],
    ['with a key that Entra does not take', files('ec'), {}, /^bot\.key_file is not an RSA key/],
    ['with a key behind a passphrase', files('locked'), {}, /^bot\.key_file .*locked\.key has a passphrase/],
    [
      'that is none',
      { ...files('rsa'), certificate_file: 'text.pem' },
      {},
      /^bot\.certificate_file .*text\.pem is no PEM certificate$/,
    ],
    [
      'with a key that is none',
      { ...files('rsa'), key_file: 'text.key' },
      {},
      /^bot\.key_file .*text\.key is no PEM private key$/,
    ],
  ];
  for (const [name, own, env, problem] of cases) {
    it(`${name}: refused`, async () => {
      const { value, problems } = await read(env, { ...bot, ...own }, Date.now());
      assert.equal(value, undefined);
      assert.equal(problems.length, 1);
      assert.match(`${problems[0]?.path} ${problems[0]?.what}`, problem);
    });
  }
});
