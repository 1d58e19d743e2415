import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadAll, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import { type Catalogue, loadCatalogue } from '../catalogue/catalogue.ts';
import { loadPairs, type Pair } from '../catalogue/pairs.ts';
import { AssistantError } from '../errors.ts';
import { type DeviceEntry, Inventory } from '../inventory.ts';
import { readMasterPassword } from '../secrets/master.ts';
import { type SecretsDocument, secretsSchema } from '../secrets/schema.ts';
import type { SqlServerPlace } from '../store/place.ts';
import { checkAccess } from './access.ts';
import { checkAcross } from './cross-file.ts';
import { checkDestination } from './destination.ts';
import { type BotIdentity, readIdentity } from './identity.ts';
import type { KeyPair } from './key-pair.ts';
import { readListeners } from './listeners.ts';
import { masked } from './masked.ts';
import { type Problem, problemLine } from './problem.ts';
import {
  type AssistantConfig,
  assistantSchema,
  devicesSchema,
  entitiesSchema,
  isPriority,
  type JunosConfig,
  junosConfigSchema,
  type Priority,
  type SiteDocument,
  showCommandsSchema,
} from './schemas.ts';
import { readSqlServerSettings } from './sqlserver.ts';
import { type Stamp, stampOf } from './stamp.ts';
import { linesOf } from './yaml-places.ts';

/** The secret the example configuration ships; good for loopback, refused anywhere else. */
export const EXAMPLE_WEBHOOK_SECRET = 'example-secret-change-me';

/** Shorter secrets of the original keep working, and are complained about. */
const LEAST_SECRET = 16;

/** Of the extensive mode, when show-commands.yaml does not say otherwise: what a first answer asks for. */
const SHOW_COMMANDS = [
  'show version detail',
  'show chassis hardware detail',
  'show chassis alarms',
  'show chassis environment',
  'show chassis routing-engine',
  'show system alarms',
  'show system core-dumps',
  'show system processes extensive',
  'show system storage',
  'show system uptime',
  'show interfaces extensive',
  'show route summary',
  'show configuration',
];

export interface Config {
  dir: string;
  /** Of the files, before they were read. */
  stamp: Stamp;
  identity: BotIdentity;
  /** For TLS on the bot's port and on the one for events; null where there is none. */
  tls: { bot: KeyPair | null; events: KeyPair | null };
  assistant: AssistantConfig;
  storeFile: string;
  /** Where the tables are; null for the SQLite file. */
  sqlServer: SqlServerPlace | null;
  knownHostsFile: string;
  junos: Omit<JunosConfig, 'events'> & { events: Record<string, Priority | null> };
  inventory: Inventory;
  /** What events mean, and which of them clear each other. */
  catalogue: Catalogue;
  pairs: readonly Pair[];
  /** What the extensive mode of collecting logs runs. */
  showCommands: readonly string[];
  /** Junos processes that entities.yaml names. */
  processes: string[];
  secrets: SecretsDocument[];
  /** Opens secrets.yaml; undefined when the environment has none. */
  masterPassword: string | undefined;
  /** Reads the same folder and environment anew. */
  reload: () => ReturnType<typeof loadConfig>;
}

/** A command says nothing in Teams: it is nobody there, and need not have the bot's secret at hand. */
type Reader = 'bot' | 'command';
const NOBODY: BotIdentity = { mode: 'local' };

/**
 * Reads every file of the configuration folder and the environment. All problems are found in one go;
 * `config` is there only when none of them is an error. `running`: what was read at the start and stays until the next one;
 * what is wrong with it by now is a warning, so that it keeps no other change out.
 */
export async function loadConfig(
  dir: string,
  env: NodeJS.ProcessEnv,
  now: () => number = Date.now,
  reader: Reader = 'bot',
  running?: Pick<Config, 'identity' | 'tls'>,
): Promise<{ config: Config | undefined; problems: Problem[] }> {
  const { config, problems } = await readConfig(dir, env, now, reader, running);
  return { config, problems: await withLines(dir, problems) };
}

/** Each with the line that it is about. */
async function withLines(dir: string, problems: Problem[]): Promise<Problem[]> {
  const read = async (file: string) => linesOf(await readFile(join(dir, file), 'utf8').catch(() => ''));
  const files = [...new Set(problems.map(({ file }) => file))];
  const lines = new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
  return problems.map((problem) => {
    const line = problem.path === '' ? null : (lines.get(problem.file)?.(problem.path) ?? null);
    return line === null ? problem : { ...problem, line };
  });
}

async function readConfig(
  dir: string,
  env: NodeJS.ProcessEnv,
  now: () => number,
  reader: Reader,
  running?: Pick<Config, 'identity' | 'tls'>,
): Promise<{ config: Config | undefined; problems: Problem[] }> {
  const problems: Problem[] = [];
  const read = <T extends z.ZodType>(file: string, schema: T, need: 'required' | 'optional') =>
    readDocuments(resolve(dir), file, schema, need, problems);

  const stamp = await stampOf(resolve(dir));
  const master = await readMasterPassword(env);
  if (master.problem) problems.push({ level: 'error', file: 'environment', ...master.problem });
  // One after the other, so that the problems are listed in the same order every time.
  const only = <T>(file: string, documents: T[]): T | undefined => {
    if (documents.length > 1) problems.push({ level: 'error', file, path: '', what: 'has more than one document' });
    return documents[0];
  };
  const assistant = only('assistant.yaml', await read('assistant.yaml', assistantSchema, 'optional'));
  const settings = assistant ?? assistantSchema.parse({});
  // Of a file that is broken nobody knows what it says of the identity.
  const isKnown =
    reader === 'bot' && !problems.some(({ level, file }) => level === 'error' && file === 'assistant.yaml');
  const identity: Awaited<ReturnType<typeof readIdentity>> = isKnown
    ? await readIdentity(resolve(dir), settings.bot, env, now())
    : { problems: [] };
  const ofStart = [...identity.problems];
  const tls = await readListeners(resolve(dir), settings, now(), ofStart);
  problems.push(...ofStart.map((problem) => (running ? { ...problem, level: 'warning' as const } : problem)));
  const junos = only('junos-config.yaml', await read('junos-config.yaml', junosConfigSchema, 'required'));
  const sites = await read('devices.yaml', devicesSchema, 'required');
  const entities = only('entities.yaml', await read('entities.yaml', entitiesSchema, 'optional'));
  const secrets = await read('secrets.yaml', secretsSchema, 'optional');
  const showCommands = only('show-commands.yaml', await read('show-commands.yaml', showCommandsSchema, 'optional'));

  const sqlServer = assistant?.store === 'mssql' ? readSqlServerSettings(env) : undefined;
  for (const what of sqlServer?.problems ?? []) problems.push({ level: 'error', file: 'environment', ...what });

  const priorities = readPriorities(junos, problems);
  checkRules(junos, problems);
  checkDevices(sites, problems);
  checkDestination(junos, secrets, problems);
  const { catalogue, problems: ofCatalogue } = await loadCatalogue(resolve(dir));
  const { pairs, problems: ofPairs } = await loadPairs(resolve(dir));
  problems.push(...ofCatalogue, ...ofPairs);
  const known = running?.identity ?? identity.value;
  const local = known?.mode === 'local';
  // With an identity that is wrong itself, nobody knows which mode was meant.
  const isTenant = known !== undefined && !local;
  const webhookSecrets = junos?.config.webhook_secret ?? [];
  if (webhookSecrets.includes(EXAMPLE_WEBHOOK_SECRET) && !local && isKnown) {
    problems.push({
      level: 'error',
      file: 'junos-config.yaml',
      path: 'config.webhook_secret',
      what: 'is still the example: anyone can sign events with it. Choose one of your own and put it on the devices',
    });
  }
  if (isTenant && webhookSecrets.some(({ length }) => length < LEAST_SECRET)) {
    const what = `has fewer than ${LEAST_SECRET} characters: it can be found by trying`;
    problems.push({ level: 'warning', file: 'junos-config.yaml', path: 'config.webhook_secret', what });
  }
  checkAccess(assistant?.access, sites, { isLocal: local, isTenant }, problems);

  const broken = problems.some((problem) => problem.level === 'error');
  const inventory = broken ? undefined : readInventory(sites, problems);
  const who = reader === 'command' ? NOBODY : known;
  if (!inventory || !who || !junos) return { config: undefined, problems };
  checkAcross(
    { inventory, secrets, catalogue, events: priorities, junos, assistant: settings, isLocal: local },
    problems,
  );
  const config: Config = masked({
    dir: resolve(dir),
    stamp,
    identity: who,
    tls: running?.tls ?? tls,
    assistant: settings,
    storeFile: resolve(dir, settings.store_file),
    sqlServer: sqlServer?.value
      ? { settings: sqlServer.value, schema: settings.store_schema, table: junos.config.sql_table }
      : null,
    knownHostsFile: resolve(dir, settings.known_hosts),
    junos: { ...junos, events: priorities },
    inventory,
    catalogue,
    pairs,
    showCommands: showCommands ?? SHOW_COMMANDS,
    processes: entities?.process ?? [],
    secrets,
    masterPassword: master.password,
    reload: () => loadConfig(dir, env, now, reader, running ?? { identity: who, tls }),
  });
  return { config, problems };
}

/** The configuration, or one error that lists every problem, a line each. */
export async function loadConfigOrThrow(
  dir: string,
  env: NodeJS.ProcessEnv,
  reader: Reader = 'bot',
): Promise<{ config: Config; warnings: Problem[] }> {
  const { config, problems } = await loadConfig(dir, env, Date.now, reader);
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
    documents = loadAll(text);
  } catch (error) {
    // js-yaml's message quotes the line it stumbled over, and that line may hold a secret: only where, never what.
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const reason = error instanceof YAMLException ? error.reason : 'is not valid YAML';
    // The reason itself names aliases and tags, and an unquoted secret that begins with * or ! is taken for one.
    return fail(mark ? `line ${mark.line + 1}` : '', reason.replace(/(?:"|!<|: ).*$/su, '(…)'));
  }
  // An empty document (a file that ends with `---`) says nothing; the original accepted it.
  const filled = [...documents.entries()].filter(([, document]) => document !== null && document !== undefined);
  if (filled.length === 0 && need === 'required') return fail('', 'is empty');
  const parsed: z.output<T>[] = [];
  for (const [index, document] of filled) {
    const result = schema.safeParse(document);
    if (result.success) parsed.push(result.data);
    else for (const issue of result.error.issues) report(issue, filled.length > 1 ? [`document ${index + 1}`] : []);
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
    // A file that is a list has nothing else to say where.
    const parts = issue.path.map((part, n) =>
      n === 0 && typeof part === 'number' ? `entry ${part + 1}` : String(part),
    );
    const path = [...prefix, ...parts].join('.');
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    fail(path, keys ? `unknown key ${keys.join(', ')}` : issue.message);
  }
}

/** A priority that is none is reported and counts as missing: a slip in one line must not silence every device. */
function readPriorities(junos: JunosConfig | undefined, problems: Problem[]): Record<string, Priority | null> {
  const ids = new Map<string, string>();
  const read: [string, Priority | null][] = [];
  for (const [event, priority] of Object.entries(junos?.events ?? {})) {
    const report = (level: Problem['level'], what: string) =>
      problems.push({ level, file: 'junos-config.yaml', path: `events.${event}`, what });
    const other = ids.get(event.toUpperCase());
    if (other !== undefined) report('error', `is listed twice, also as ${other}: ids count in any case`);
    ids.set(event.toUpperCase(), event);
    const isGood = isPriority(priority);
    if (priority === null) report('warning', 'has no priority, so it counts as 1 (Teams with detail)');
    else if (!isGood) {
      const what = 'must be 1 (Teams with detail), 2 (Teams summary), 3 (stored only) or 4 (ignored); it counts as 1';
      report('warning', what);
    }
    read.push([event, isGood ? priority : null]);
  }
  return Object.fromEntries(read);
}

/** A rule behind one that matches the same and sets the same is never reached; that is for its writer to see. */
function checkRules(junos: JunosConfig | undefined, problems: Problem[]): void {
  const parts = new Set(['event', 'device', 'site', 'message']);
  for (const [index, { group, silence, priority }] of (junos?.rules ?? []).entries()) {
    const report = (path: string, what: string) =>
      problems.push({ level: 'warning', file: 'junos-config.yaml', path: `rules.${index}.${path}`, what });
    if (group && !group.some((part) => parts.has(part))) {
      report('group', 'names attributes only: events without them all share one card');
    }
    if (silence === true && priority === 1) report('silence', 'hides events of priority 1: nobody is told of them');
  }
}

/** Undefined with a problem when the jump hosts lead nowhere. */
function readInventory(sites: SiteDocument[], problems: Problem[]): Inventory | undefined {
  try {
    return new Inventory(sites);
  } catch (error) {
    if (!(error instanceof AssistantError)) throw error;
    const [file = '', path = '', ...what] = error.message.split(': ');
    problems.push({ level: 'error', file, path, what: what.join(': ') });
    return undefined;
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
