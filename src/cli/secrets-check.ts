import { access, constants, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Config, loadConfigOrThrow } from '../config/load.ts';
import { placesOf } from '../config/yaml-places.ts';
import { sentenceOf } from '../errors.ts';
import type { Host } from '../inventory.ts';
import { Credentials, type CredentialType, type NamedEntry } from '../secrets/credentials.ts';
import { parseAddress } from '../transfer/address.ts';

/** Something that is logged in to. */
interface Login {
  type: CredentialType;
  name: string;
  /** How it gets on without an entry; null when it needs one. */
  without: string | null;
}

/**
 * Says for each device, jump host and log server which entry of secrets.yaml serves it, and whether that opens; never
 * what is in it. A line each, then the sum; exit 1 when one does not open. One without an entry is a warning.
 */
export async function secretsCheck(dir: string): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const credentials = new Credentials(config.secrets, config.masterPassword);
  const text = await readFile(join(config.dir, 'secrets.yaml'), 'utf8').catch(() => '');
  const lines = linesOf(text);
  const entries = credentials.entries();
  const inWords = ({ type, name, entry }: NamedEntry) =>
    `${type} entry ${name} (line ${lines[entries.findIndex((each) => each.entry === entry)]})`;
  const used = new Set<NamedEntry['entry']>();
  const counts = { opens: 0, missing: 0, closed: 0 };
  const print = (line: string) => process.stdout.write(`${line}\n`);
  for (const { type, name, without } of loginsOf(config)) {
    const found = credentials.serving(type, name);
    if (!found) {
      if (without === null) counts.missing += 1;
      print(`${name}: ${without === null ? `warning: no ${type} entry matches` : `${without}, needs no entry`}`);
      continue;
    }
    used.add(found.entry);
    const problem = await problemOf(credentials, type, name, config);
    counts[problem === null ? 'opens' : 'closed'] += 1;
    print(`${name}: ${inWords(found)}, user ${found.entry.user}: ${problem ?? 'opens'}`);
  }
  for (const each of entries) if (!used.has(each.entry)) print(`${inWords(each)}: serves nothing`);
  const { opens, missing, closed } = counts;
  print(`${opens} open, ${missing} without an entry, ${closed} do not open.`);
  if (closed > 0) process.exitCode = 1;
}

async function problemOf(
  credentials: Credentials,
  type: CredentialType,
  name: string,
  { dir }: Config,
): Promise<string | null> {
  try {
    const { keyFile } = await credentials.find(type, name);
    if (keyFile === null) return null;
    const file = resolve(dir, keyFile);
    return await access(file, constants.R_OK).then(
      () => null,
      () => `its key_file ${file} cannot be read`,
    );
  } catch (error) {
    return sentenceOf(error);
  }
}

function loginsOf({ inventory, junos }: Config): Login[] {
  const logins = new Map<string, Login>();
  const add = (type: CredentialType, name: string, without: string | null) =>
    logins.set(`${type} ${name}`, { type, name, without });
  const addHost = (host: Host, type: CredentialType) => {
    const { name, user, keyFile, agent, jump } = host;
    const isEnough = user !== undefined && (keyFile !== undefined || agent === true);
    add(type, name, isEnough ? `${agent ? 'SSH agent' : 'key_file'} of devices.yaml` : null);
    if (jump) addHost(jump, jump.isDevice ? 'junos' : 'server');
  };
  for (const device of inventory.all()) addHost(device, 'junos');
  const { ftp_server: server } = junos.config;
  const address = server ? parseAddress(server) : null;
  if (address && 'host' in address) add('server', address.host, null);
  return [...logins.values()];
}

/** The line of each entry, in the order of the file. */
function linesOf(text: string): number[] {
  const lineAt = (at: number) => text.slice(0, at).split('\n').length;
  return placesOf(text).flatMap(({ children }) =>
    [...children].flatMap(([key, { start }]) => (key === 'type' ? [] : [lineAt(start)])),
  );
}
