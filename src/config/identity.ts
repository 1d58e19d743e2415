import { readSecret } from '../secrets/secret-source.ts';
import { expiryProblem, type KeyPair, readKeyPair } from './key-pair.ts';
import type { Problem } from './problem.ts';
import type { AssistantConfig } from './schemas.ts';

/**
 * Who the bot is towards Microsoft. Without an app id it is nobody: local mode, loopback only. A half-configured
 * identity is refused, because the SDK's adapter lets every unsigned request in when its configuration is empty.
 */
export type BotIdentity =
  | { mode: 'local' }
  | ({ mode: 'SingleTenant'; credential: BotCredential } & Registration)
  | ({ mode: 'UserAssignedMSI' } & Registration);

interface Registration {
  /** In lower case, as Microsoft's tokens have it. */
  appId: string;
  tenantId: string;
}

/** How the bot proves to Entra who it is. */
export type BotCredential = { password: string } | { certificate: KeyPair };

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The three settings that can stand in assistant.yaml or in the environment, under Azure's names there. */
const SETTINGS = {
  type: 'MicrosoftAppType',
  app_id: 'MicrosoftAppId',
  tenant_id: 'MicrosoftAppTenantId',
} as const;
type Setting = keyof typeof SETTINGS;

const PASSWORD = {
  variables: ['MicrosoftAppPassword'],
  fileVariable: 'MicrosoftAppPassword_FILE',
  credential: 'app-password',
};

/**
 * The identity from `bot` of assistant.yaml and from the environment, which may not contradict each other. The secret
 * stands in the environment, in a file, or among systemd's credentials, never in assistant.yaml; in place of it there may
 * be a certificate. A problem names the place where the setting is, or where it is missing, and never a value.
 */
export async function readIdentity(
  dir: string,
  bot: AssistantConfig['bot'],
  env: NodeJS.ProcessEnv,
  now: number,
): Promise<{ value?: BotIdentity; problems: Problem[] }> {
  const problems: Problem[] = [];
  const inFile = (key: string, what: string, level: Problem['level'] = 'error') =>
    void problems.push({ level, file: 'assistant.yaml', path: `bot.${key}`, what });
  const inEnv = (path: string, what: string) => void problems.push({ level: 'error', file: 'environment', path, what });
  /** Where somebody began to write the identity is where the rest of it is looked for. */
  const isInFile = Object.keys(SETTINGS).some((key) => bot[key as Setting] !== undefined);
  const about = (key: Setting, what: string) =>
    bot[key] !== undefined || (isInFile && !env[SETTINGS[key]]?.trim())
      ? inFile(key, what)
      : inEnv(SETTINGS[key], what);
  const get = (key: Setting): string => {
    const [written, set] = [bot[key], env[SETTINGS[key]]?.trim() || undefined];
    if (written !== undefined && set !== undefined && written.toLowerCase() !== set.toLowerCase())
      inEnv(SETTINGS[key], `is not what assistant.yaml says under bot.${key}: remove one of the two`);
    return (written ?? set ?? '').toLowerCase();
  };

  const [type, appId, tenantId] = [get('type'), get('app_id'), get('tenant_id')];
  const password = await readSecret(trimmed(env), PASSWORD);
  if (env.MicrosoftAppPassword?.trim() && env.MicrosoftAppPassword_FILE?.trim())
    inEnv('MicrosoftAppPassword_FILE', 'is set beside MicrosoftAppPassword: remove one of the two');
  if (password.problem) inEnv(password.problem.path, password.problem.what);
  const hasCertificate = bot.certificate_file !== undefined || bot.key_file !== undefined;

  if (appId === '') {
    const what = `is set, but ${isInFile ? 'bot.app_id' : 'MicrosoftAppId'} is not: set both, or neither for local mode`;
    if (type !== '') about('type', what);
    if (tenantId !== '') about('tenant_id', what);
    // A credential that systemd hands over to every start says nothing of what is meant.
    if (password.secret !== undefined && password.from !== 'CREDENTIALS_DIRECTORY') inEnv(password.from ?? '', what);
    if (hasCertificate) inFile(bot.certificate_file === undefined ? 'key_file' : 'certificate_file', what);
    return problems.length > 0 ? { problems } : { value: { mode: 'local' }, problems };
  }

  if (!UUID.test(appId)) about('app_id', 'is not an application id (a GUID)');
  if (tenantId === '') about('tenant_id', 'is missing');
  else if (!UUID.test(tenantId)) about('tenant_id', 'is not a tenant id (a GUID)');
  const isMsi = type === 'userassignedmsi';
  if (!isMsi && type !== 'singletenant')
    about('type', `${type === '' ? 'is missing: it must be' : 'must be'} SingleTenant or UserAssignedMSI`);
  const where = password.from ?? PASSWORD.variables[0] ?? '';
  if (isMsi) {
    const what = 'must not be set for UserAssignedMSI: the managed identity is the proof';
    if (password.secret !== undefined && where !== 'CREDENTIALS_DIRECTORY') inEnv(where, what);
    if (hasCertificate) inFile(bot.certificate_file === undefined ? 'key_file' : 'certificate_file', what);
    if (problems.length > 0) return { problems };
    return { value: { mode: 'UserAssignedMSI', appId, tenantId }, problems };
  }
  if (type === 'singletenant' && password.secret === undefined && !password.problem && !hasCertificate)
    inEnv(where, 'is missing: set it, MicrosoftAppPassword_FILE, or bot.certificate_file in assistant.yaml');
  if (password.secret !== undefined && hasCertificate)
    inEnv(where, 'is set, and assistant.yaml has a certificate under bot: use one of the two');
  const { pair, problems: ofPair } = await readKeyPair(dir, bot);
  for (const { key, what } of ofPair) inFile(key, what);
  if (pair && pair.keyType !== 'rsa') inFile('key_file', 'is not an RSA key: Entra takes no other kind');
  if (problems.length > 0) return { problems };
  const expiry = pair ? expiryProblem(pair, now) : null;
  if (expiry !== null) inFile('certificate_file', `${expiry}, in Entra as well`, 'warning');
  const credential = pair ? { certificate: pair } : { password: password.secret ?? '' };
  return { value: { mode: 'SingleTenant', appId, tenantId, credential }, problems };
}

/** White space around a variable is a slip of the shell, not part of it. */
const trimmed = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  MicrosoftAppPassword: env.MicrosoftAppPassword?.trim(),
  MicrosoftAppPassword_FILE: env.MicrosoftAppPassword_FILE?.trim(),
});
