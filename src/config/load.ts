import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadAll, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import { AssistantError } from '../errors.ts';
import { type DeviceEntry, Inventory } from '../inventory.ts';
import { type SecretsDocument, secretsSchema } from '../secrets/schema.ts';
import { type BotIdentity, readIdentity } from './identity.ts';
import {
  type AssistantConfig,
  assistantSchema,
  devicesSchema,
  entitiesSchema,
  type JunosConfig,
  junosConfigSchema,
  type SiteDocument,
} from './schemas.ts';

/** The secret the example configuration ships; good for loopback, refused anywhere else. */
export const EXAMPLE_WEBHOOK_SECRET = 'example-secret-change-me';

/** Shorter secrets of the original keep working, and are complained about. */
const LEAST_SECRET = 16;

export interface Config {
  dir: string;
  identity: BotIdentity;
  assistant: AssistantConfig;
  storeFile: string;
  knownHostsFile: string;
  junos: JunosConfig;
  inventory: Inventory;
  /** The list in entities.yaml: what restarts know by name besides the usual. */
  processes: readonly string[];
  secrets: SecretsDocument[];
  /** Opens secrets.yaml; undefined when the environment has none. */
  masterPassword: string | undefined;
}

/** One finding: `file: path: what`. A warning does not keep the bot from starting. */
export interface Problem {
  level: 'error' | 'warning';
  file: string;
  path: string;
  what: string;
}

/** As one line, the way `check` prints it. Never holds a value from the file, so never a secret. */
export const problemLine = (problem: Problem) =>
  `${problem.file}: ${problem.path === '' ? 'file' : problem.path}: ${problem.level === 'warning' ? 'warning: ' : ''}${problem.what}`;

/**
 * Reads every file of the configuration folder and the environment. All problems are found in one go;
 * `config` is there only when none of them is an error.
 */
export async function loadConfig(
  dir: string,
  env: NodeJS.ProcessEnv,
): Promise<{ config: Config | undefined; problems: Problem[] }> {
  const problems: Problem[] = [];
  const read = <T extends z.ZodType>(file: string, schema: T, need: 'required' | 'optional') =>
    readDocuments(resolve(dir), file, schema, need, problems);

  const identity = readIdentity(env);
  for (const what of identity.problems) problems.push({ level: 'error', file: 'environment', ...what });
  // One after the other, so that the problems are listed in the same order every time.
  const only = <T>(file: string, documents: T[]): T | undefined => {
    if (documents.length > 1) problems.push({ level: 'error', file, path: '', what: 'has more than one document' });
    return documents[0];
  };
  const assistant = only('assistant.yaml', await read('assistant.yaml', assistantSchema, 'optional'));
  const junos = only('junos-config.yaml', await read('junos-config.yaml', junosConfigSchema, 'required'));
  const sites = await read('devices.yaml', devicesSchema, 'required');
  const entities = only('entities.yaml', await read('entities.yaml', entitiesSchema, 'optional'));
  const secrets = await read('secrets.yaml', secretsSchema, 'optional');

  checkPriorities(junos, problems);
  checkDevices(sites, problems);
  const local = identity.value?.mode === 'local';
  // With an identity that is wrong itself, nobody knows which mode was meant.
  const isTenant = identity.value !== undefined && !local;
  if (junos?.config.webhook_secret === EXAMPLE_WEBHOOK_SECRET && !local) {
    problems.push({
      level: 'error',
      file: 'junos-config.yaml',
      path: 'config.webhook_secret',
      what: 'is still the example: anyone can sign events with it. Choose one of your own and put it on the devices',
    });
  }
  if (isTenant && (junos?.config.webhook_secret.length ?? LEAST_SECRET) < LEAST_SECRET) {
    const what = `has fewer than ${LEAST_SECRET} characters: it can be found by trying`;
    problems.push({ level: 'warning', file: 'junos-config.yaml', path: 'config.webhook_secret', what });
  }
  if (isTenant && (assistant?.access.operators ?? []).length === 0) {
    problems.push({
      level: 'warning',
      file: 'assistant.yaml',
      path: 'access.operators',
      what: 'is empty: nobody may act on a device',
    });
  }

  if (local && (assistant?.access.operators ?? []).length > 0) {
    problems.push({
      level: 'error',
      file: 'environment',
      path: 'MicrosoftAppId',
      what: 'is missing, but assistant.yaml lists access.operators: without an identity everyone on this machine may act. Set it, or remove the operators for local mode',
    });
  }

  const broken = problems.some((problem) => problem.level === 'error');
  if (broken || !identity.value || !junos) return { config: undefined, problems };
  const settings = assistant ?? assistantSchema.parse({});
  const config: Config = {
    dir: resolve(dir),
    identity: identity.value,
    assistant: settings,
    storeFile: resolve(dir, settings.store_file),
    knownHostsFile: resolve(dir, settings.known_hosts),
    junos,
    inventory: new Inventory(sites),
    processes: entities?.process ?? [],
    secrets,
    masterPassword: env.NETWORK_ASSISTANT_MASTER_PASSWORD || env.chat_master_pw || undefined,
  };
  return { config, problems };
}

/** The configuration, or one error that lists every problem, a line each. */
export async function loadConfigOrThrow(
  dir: string,
  env: NodeJS.ProcessEnv,
): Promise<{ config: Config; warnings: Problem[] }> {
  const { config, problems } = await loadConfig(dir, env);
  if (!config) {
    const errors = problems.filter((problem) => problem.level === 'error').map(problemLine);
    throw new AssistantError('bad-configuration', errors.join('\n'));
  }
  return { config, warnings: problems };
}

async function readDocuments<T extends z.ZodType>(
  dir: string,
  file: string,
  schema: T,
  need: 'required' | 'optional',
  problems: Problem[],
): Promise<z.output<T>[]> {
  const fail = (path: string, what: string) => {
    problems.push({ level: 'error', file, path, what });
    return [];
  };
  let text: string;
  try {
    text = await readFile(join(dir, file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return need === 'optional' ? [] : fail('', `is missing from ${dir}`);
    return fail('', `cannot be read (${code ?? 'unknown reason'})`);
  }
  let documents: unknown[];
  try {
    // An empty document (a file that ends with `---`) says nothing; the original accepted it.
    documents = (loadAll(text) as unknown[]).filter((document) => document !== null && document !== undefined);
  } catch (error) {
    // js-yaml's message quotes the line it stumbled over, and that line may hold a secret: only where, never what.
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const reason = error instanceof YAMLException ? error.reason : 'is not valid YAML';
    // The reason itself names aliases and tags, and an unquoted secret that begins with * or ! is taken for one.
    return fail(mark ? `line ${mark.line + 1}` : '', reason.replace(/(?:"|!<|: ).*$/su, '(…)'));
  }
  if (documents.length === 0 && need === 'required') return fail('', 'is empty');
  const parsed: z.output<T>[] = [];
  for (const [index, document] of documents.entries()) {
    const result = schema.safeParse(document);
    if (result.success) parsed.push(result.data);
    else for (const issue of result.error.issues) report(issue, documents.length > 1 ? [`document ${index + 1}`] : []);
  }
  return parsed;

  function report(issue: z.core.$ZodIssue, prefix: string[]): void {
    // A union reports every branch; the branch that got furthest is the one the writer meant.
    const branches = issue.code === 'invalid_union' ? issue.errors : [];
    const inner = branches.flat().sort((a, b) => b.path.length - a.path.length)[0];
    if (inner && inner.path.length > 0) {
      report({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, prefix);
      return;
    }
    const path = [...prefix, ...issue.path.map(String)].join('.');
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    fail(path, keys ? `unknown key ${keys.join(', ')}` : issue.message);
  }
}

function checkPriorities(junos: JunosConfig | undefined, problems: Problem[]): void {
  const ids = new Map<string, string>();
  for (const event of Object.keys(junos?.events ?? {})) {
    const other = ids.get(event.toUpperCase());
    if (other !== undefined) {
      const what = `is listed twice, also as ${other}: ids count in any case`;
      problems.push({ level: 'error', file: 'junos-config.yaml', path: `events.${event}`, what });
    }
    ids.set(event.toUpperCase(), event);
  }
  for (const [event, priority] of Object.entries(junos?.events ?? {})) {
    if (priority === null) {
      const what = 'has no priority, so it counts as 1 (Teams with detail)';
      problems.push({ level: 'warning', file: 'junos-config.yaml', path: `events.${event}`, what });
    }
  }
}

function checkDevices(sites: SiteDocument[], problems: Problem[]): void {
  const seen = new Map<string, string>();
  const places = new Map<string, string>();
  for (const { name, address = name, port, jump } of sites.flatMap(({ devices }) => devices) as DeviceEntry[]) {
    // Behind two jump hosts the same address is two places.
    const place = JSON.stringify([address.toLowerCase(), port, jump]);
    const other = places.get(place);
    if (other !== undefined && other.toLowerCase() !== name.toLowerCase()) {
      const what = `has the same address and port as ${other}: a command for one would go to the other`;
      problems.push({ level: 'error', file: 'devices.yaml', path: name, what });
    }
    places.set(place, name);
  }
  for (const { site, devices } of sites) {
    for (const { name } of devices) {
      const other = seen.get(name.toLowerCase());
      if (other) {
        const what = `is listed twice, at ${other} and at ${site}: a command would not know which one is meant`;
        problems.push({ level: 'error', file: 'devices.yaml', path: name, what });
      }
      seen.set(name.toLowerCase(), site);
    }
  }
}
