import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readIdentity } from '../../src/config/identity.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const TENANT = '66666666-7777-8888-9999-000000000000';
const PASSWORD = 'a-client-secret';

const TYPES = [undefined, 'SingleTenant', 'UserAssignedMSI', 'MultiTenant'];

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
          it(`${set || 'nothing'}: ${typeof outcome === 'string' ? outcome : `refused for ${outcome.join(', ')}`}`, () => {
            const { value, problems } = readIdentity({
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

  it('carries what the adapter needs', () => {
    const env = { MicrosoftAppId: ID, MicrosoftAppTenantId: TENANT };
    assert.deepEqual(readIdentity({ ...env, MicrosoftAppType: 'singletenant', MicrosoftAppPassword: PASSWORD }).value, {
      mode: 'SingleTenant',
      appId: ID,
      tenantId: TENANT,
      password: PASSWORD,
    });
    assert.deepEqual(readIdentity({ ...env, MicrosoftAppType: 'UserAssignedMSI' }).value, {
      mode: 'UserAssignedMSI',
      appId: ID,
      tenantId: TENANT,
    });
  });

  it('takes white space for nothing, and an id that is no GUID for a mistake', () => {
    assert.equal(readIdentity({ MicrosoftAppId: ' ', MicrosoftAppPassword: '\t' }).value?.mode, 'local');
    const { value, problems } = readIdentity({
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
