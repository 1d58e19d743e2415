import { readFileSync } from 'node:fs';
import type { SqlServerSettings } from '../store/place.ts';

interface SettingsProblem {
  path: string;
  what: string;
}

/** A server that is gone is noticed within this; one that is slow is not asked for ever. */
const CONNECT_MS = 5_000;
const REQUEST_MS = 15_000;
const PORT = 1_433;

/** `MSSQL_AUTHENTICATION`: the value, and how tedious calls it. */
const AUTHENTICATIONS: Record<string, string> = {
  sql: 'default',
  ntlm: 'ntlm',
  'entra-default': 'azure-active-directory-default',
  'entra-msi': 'azure-active-directory-msi-vm',
  'entra-service-principal': 'azure-active-directory-service-principal-secret',
};

/**
 * The connection of `store: mssql`, from the environment: one `MSSQL_URL`
 * (`mssql://USER:PASSWORD@SERVER:PORT/DATABASE?encrypt=…&trustServerCertificate=…`), or separate variables. Each secret
 * may be in a file instead (`MSSQL_URL_FILE`, `MSSQL_PASSWORD_FILE`). No problem quotes a value.
 */
export function readSqlServerSettings(env: NodeJS.ProcessEnv): {
  value?: SqlServerSettings;
  problems: SettingsProblem[];
} {
  const problems: SettingsProblem[] = [];
  const problem = (path: string, what: string) => {
    problems.push({ path, what });
    return undefined;
  };
  const get = (name: string): string | undefined => {
    const file = env[`${name}_FILE`]?.trim();
    if (!file) return env[name]?.trim() || undefined;
    try {
      return readFileSync(file, 'utf8').trim() || problem(`${name}_FILE`, 'names an empty file');
    } catch {
      return problem(`${name}_FILE`, 'names a file that cannot be read');
    }
  };
  const flag = (name: string, text: string | null | undefined, otherwise: boolean) => {
    if (text === undefined || text === null) return otherwise;
    if (/^(?:true|yes|1)$/i.test(text)) return true;
    if (!/^(?:false|no|0)$/i.test(text)) problem(name, 'must be true or false');
    return false;
  };

  const url = get('MSSQL_URL');
  const parsed = url === undefined ? undefined : readUrl(url);
  if (url !== undefined && !parsed)
    problem(
      'MSSQL_URL',
      'is not mssql://USER:PASSWORD@SERVER:PORT/DATABASE, with % codes for what a URL does not take',
    );
  const server = parsed?.server ?? get('MSSQL_SERVER');
  const database = parsed?.database ?? get('MSSQL_DATABASE');
  const user = parsed?.user ?? get('MSSQL_USER');
  const password = parsed?.password ?? get('MSSQL_PASSWORD');
  const port = Number(parsed?.port ?? get('MSSQL_PORT') ?? PORT);
  if (url === undefined && server === undefined) problem('MSSQL_SERVER', 'is missing: set it, or MSSQL_URL');
  if ((parsed || url === undefined) && database === undefined)
    problem(parsed ? 'MSSQL_URL' : 'MSSQL_DATABASE', 'names no database');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problem('MSSQL_PORT', 'is not a port');

  const method = get('MSSQL_AUTHENTICATION') ?? 'sql';
  const type = AUTHENTICATIONS[method];
  if (!type) problem('MSSQL_AUTHENTICATION', `must be one of ${Object.keys(AUTHENTICATIONS).join(', ')}`);
  const needs = (name: string, value: string | undefined) => {
    if (value === undefined && url === undefined)
      problem(name, `is missing, and MSSQL_AUTHENTICATION ${method} needs it`);
    else if (value === undefined && parsed) problem('MSSQL_URL', 'names no user or no password');
  };
  if (method === 'sql' || method === 'ntlm') {
    needs('MSSQL_USER', user);
    needs('MSSQL_PASSWORD', password);
  }
  const clientId = get('MSSQL_CLIENT_ID');
  const clientSecret = get('MSSQL_CLIENT_SECRET');
  const tenantId = get('MSSQL_TENANT_ID');
  if (method === 'entra-service-principal') {
    for (const [name, value] of Object.entries({
      MSSQL_CLIENT_ID: clientId,
      MSSQL_CLIENT_SECRET: clientSecret,
      MSSQL_TENANT_ID: tenantId,
    })) {
      if (value === undefined) problem(name, `is missing, and MSSQL_AUTHENTICATION ${method} needs it`);
    }
  }
  const encrypt = flag(parsed ? 'MSSQL_URL' : 'MSSQL_ENCRYPT', parsed?.encrypt ?? get('MSSQL_ENCRYPT'), true);
  const trustServerCertificate = flag(
    parsed ? 'MSSQL_URL' : 'MSSQL_TRUST_SERVER_CERTIFICATE',
    parsed?.trust ?? get('MSSQL_TRUST_SERVER_CERTIFICATE'),
    false,
  );
  const ca = get('MSSQL_CA_FILE') === undefined ? undefined : readCa(get('MSSQL_CA_FILE') ?? '');
  if (ca === null) problem('MSSQL_CA_FILE', 'names a file that cannot be read');
  if (problems.length > 0 || server === undefined || database === undefined) return { problems };

  const login = { userName: user, password, domain: get('MSSQL_DOMAIN'), clientId, clientSecret, tenantId };
  const given = Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined));
  return {
    problems,
    value: {
      server,
      port,
      database,
      authentication: { type: type ?? 'default', options: given } as SqlServerSettings['authentication'],
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      options: {
        encrypt,
        trustServerCertificate,
        appName: 'network-assistant',
        useUTC: true,
        enableArithAbort: true,
        ...(ca ? { cryptoCredentialsDetails: { ca } } : {}),
      },
    },
  };
}

function readUrl(text: string) {
  try {
    const url = new URL(text);
    if (!/^(?:mssql|sqlserver):$/.test(url.protocol) || url.hostname === '') return undefined;
    const decoded = (part: string) => (part === '' ? undefined : decodeURIComponent(part));
    const option = (name: string) => [...url.searchParams].find(([key]) => key.toLowerCase() === name)?.[1];
    return {
      server: decoded(url.hostname)?.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? undefined : url.port,
      database: decoded(url.pathname.replace(/^\//, '')),
      user: decoded(url.username),
      password: decoded(url.password),
      encrypt: option('encrypt'),
      trust: option('trustservercertificate'),
    };
  } catch {
    return undefined;
  }
}

function readCa(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
