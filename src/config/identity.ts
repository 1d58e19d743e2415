/**
 * Who the bot is towards Microsoft, from the environment under the SDK's own names. Without an app id
 * it is nobody: local mode, loopback only. A half-configured identity is refused, because the SDK's
 * adapter lets every unsigned request in when its configuration is empty.
 */
export type BotIdentity =
  | { mode: 'local' }
  | { mode: 'SingleTenant'; appId: string; tenantId: string; password: string }
  | { mode: 'UserAssignedMSI'; appId: string; tenantId: string };

interface IdentityProblem {
  path: string;
  what: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readIdentity(env: NodeJS.ProcessEnv): { value?: BotIdentity; problems: IdentityProblem[] } {
  const get = (name: string) => env[name]?.trim() ?? '';
  const [type, appId, tenantId, password] = [
    get('MicrosoftAppType'),
    get('MicrosoftAppId'),
    get('MicrosoftAppTenantId'),
    get('MicrosoftAppPassword'),
  ];
  const problems: IdentityProblem[] = [];
  const problem = (path: string, what: string) => problems.push({ path, what });

  if (appId === '') {
    for (const [path, value] of Object.entries({
      MicrosoftAppType: type,
      MicrosoftAppTenantId: tenantId,
      MicrosoftAppPassword: password,
    })) {
      if (value !== '') problem(path, 'is set, but MicrosoftAppId is not: set both, or neither for local mode');
    }
    return problems.length > 0 ? { problems } : { value: { mode: 'local' }, problems };
  }

  if (!UUID.test(appId)) problem('MicrosoftAppId', 'is not an application id (a GUID)');
  if (tenantId === '') problem('MicrosoftAppTenantId', 'is missing');
  else if (!UUID.test(tenantId)) problem('MicrosoftAppTenantId', 'is not a tenant id (a GUID)');
  const isMsi = type.toLowerCase() === 'userassignedmsi';
  const isSingleTenant = type.toLowerCase() === 'singletenant';
  if (!isMsi && !isSingleTenant) {
    problem(
      'MicrosoftAppType',
      type === '' ? 'is missing: SingleTenant or UserAssignedMSI' : 'must be SingleTenant or UserAssignedMSI',
    );
  }
  if (isMsi && password !== '') problem('MicrosoftAppPassword', 'must not be set for UserAssignedMSI');
  if (isSingleTenant && password === '') problem('MicrosoftAppPassword', 'is missing');
  if (problems.length > 0) return { problems };
  return isMsi
    ? { value: { mode: 'UserAssignedMSI', appId, tenantId }, problems }
    : { value: { mode: 'SingleTenant', appId, tenantId, password }, problems };
}
