import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';

const dir = await mkdtemp(join(tmpdir(), 'assistant-mssql-'));
after(() => rm(dir, { recursive: true, force: true }));
const SECRET = 'p@ss:w/ord';
const URL_ = `mssql://netassist:${encodeURIComponent(SECRET)}@sql.example.com:1444/network`;
const PARTS = {
  MSSQL_SERVER: 'sql.example.com',
  MSSQL_DATABASE: 'network',
  MSSQL_USER: 'netassist',
  MSSQL_PASSWORD: SECRET,
};

describe('the connection of store: mssql', () => {
  it('is encrypted and its certificate checked, from a URL or from separate variables', () => {
    for (const env of [{ MSSQL_URL: URL_ }, { ...PARTS, MSSQL_PORT: '1444' }]) {
      const { value, problems } = readSqlServerSettings(env);
      assert.deepEqual(problems, []);
      assert.deepEqual([value?.server, value?.port, value?.database], ['sql.example.com', 1444, 'network']);
      assert.deepEqual(value?.authentication, {
        type: 'default',
        options: { userName: 'netassist', password: SECRET },
      });
      assert.deepEqual([value?.options.encrypt, value?.options.trustServerCertificate], [true, false]);
    }
  });

  it('less only when it is said', () => {
    const { value } = readSqlServerSettings({ MSSQL_URL: `${URL_}?encrypt=false&trustServerCertificate=true` });
    assert.deepEqual([value?.options.encrypt, value?.options.trustServerCertificate], [false, true]);
    const parts = readSqlServerSettings({ ...PARTS, MSSQL_TRUST_SERVER_CERTIFICATE: 'yes' });
    assert.equal(parts.value?.options.trustServerCertificate, true);
  });

  it('takes secrets from files', async () => {
    await writeFile(join(dir, 'url'), `${URL_}\n`);
    await writeFile(join(dir, 'password'), `${SECRET}\n`);
    await writeFile(join(dir, 'ca.pem'), 'PEM');
    const url = readSqlServerSettings({ MSSQL_URL_FILE: join(dir, 'url'), MSSQL_CA_FILE: join(dir, 'ca.pem') });
    assert.equal(url.value?.server, 'sql.example.com');
    assert.deepEqual(url.value?.options.cryptoCredentialsDetails, { ca: 'PEM' });
    const { MSSQL_PASSWORD: _, ...rest } = PARTS;
    const parts = readSqlServerSettings({ ...rest, MSSQL_PASSWORD_FILE: join(dir, 'password') });
    assert.equal((parts.value?.authentication?.options as { password?: string } | undefined)?.password, SECRET);
  });

  const methods: [method: string, env: Record<string, string>, type: string][] = [
    ['ntlm', { MSSQL_USER: 'u', MSSQL_PASSWORD: 'p', MSSQL_DOMAIN: 'CORP' }, 'ntlm'],
    ['entra-default', {}, 'azure-active-directory-default'],
    ['entra-msi', { MSSQL_CLIENT_ID: 'c' }, 'azure-active-directory-msi-vm'],
    [
      'entra-service-principal',
      { MSSQL_CLIENT_ID: 'c', MSSQL_CLIENT_SECRET: 's', MSSQL_TENANT_ID: 't' },
      'azure-active-directory-service-principal-secret',
    ],
  ];
  for (const [method, env, type] of methods) {
    it(`logs in by ${method}`, () => {
      const at = { MSSQL_SERVER: 's', MSSQL_DATABASE: 'd', MSSQL_AUTHENTICATION: method, ...env };
      assert.equal(readSqlServerSettings(at).value?.authentication?.type, type);
    });
  }

  const wrong: [what: string, env: Record<string, string>, paths: string[]][] = [
    ['nothing', {}, ['MSSQL_SERVER', 'MSSQL_DATABASE', 'MSSQL_USER', 'MSSQL_PASSWORD']],
    ['not a URL', { MSSQL_URL: `Server=x;Password=${SECRET}` }, ['MSSQL_URL']],
    ['no database', { MSSQL_URL: 'mssql://u:p@h' }, ['MSSQL_URL']],
    ['no password', { MSSQL_URL: 'mssql://u@h/d' }, ['MSSQL_URL']],
    ['a port that is none', { ...PARTS, MSSQL_PORT: SECRET }, ['MSSQL_PORT']],
    ['a method that is none', { ...PARTS, MSSQL_AUTHENTICATION: SECRET }, ['MSSQL_AUTHENTICATION']],
    ['neither true nor false', { ...PARTS, MSSQL_ENCRYPT: SECRET }, ['MSSQL_ENCRYPT']],
    ['no such file', { ...PARTS, MSSQL_CA_FILE: '/none' }, ['MSSQL_CA_FILE']],
    [
      'a principal without its parts',
      { ...PARTS, MSSQL_AUTHENTICATION: 'entra-service-principal', MSSQL_CLIENT_ID: 'c' },
      ['MSSQL_CLIENT_SECRET', 'MSSQL_TENANT_ID'],
    ],
  ];
  for (const [what, env, paths] of wrong) {
    it(`${what}: says where, and no secret`, () => {
      const { value, problems } = readSqlServerSettings(env);
      assert.equal(value, undefined);
      assert.deepEqual(
        problems.map(({ path }) => path),
        paths,
      );
      assert.ok(!JSON.stringify(problems).includes(SECRET));
    });
  }
});
