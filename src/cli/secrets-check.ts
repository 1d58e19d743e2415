import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, loadConfigOrThrow } from '../config/load.ts';
import { placesOf } from '../config/yaml-places.ts';
import { sentenceOf } from '../errors.ts';
import { loginOf } from '../jobs/target.ts';
import { readPrivateKey } from '../netconf/authentication.ts';
import { Credentials, type NamedEntry } from '../secrets/credentials.ts';
import { serverLogin } from '../transfer/destination.ts';
import { type PlaceToLogIn, placesToLogIn } from './logins.ts';

const MOST_NAMED = 5;

/**
 * Says for each device, jump host and log server which entry of secrets.yaml serves it, and whether that and its SSH key
 * open; never what is in them. A line each, then the sum; exit 1 when one does not open. One without an entry is a warning.
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
  for (const place of placesToLogIn(config)) {
    const { type, name, user } = place;
    const found = credentials.serving(type, name);
    const own = ownWay(place);
    if (!found && own === null) {
      counts.missing += 1;
      print(`${name}: warning: no ${type} entry matches`);
      continue;
    }
    const { problem, needsEntry } = await tried(place, found, credentials, config);
    const served = found && (own === null || needsEntry) ? found : undefined;
    if (found && (served || problem !== null)) used.add(found.entry);
    const ways = [...(own === null ? [] : [`${own} of devices.yaml`]), ...(served ? [inWords(served)] : [])].join(', ');
    // What an agent has, the bot alone can say.
    const isProven = served !== undefined || own === 'key_file';
    if (problem !== null) counts.closed += 1;
    else if (isProven) counts.opens += 1;
    const good = [...(isProven ? ['opens'] : []), ...(served ? [] : ['needs no entry'])].join(', ');
    const result = problem === null ? good : `${problem}${reachedBy(place)}`;
    print(`${name}: ${ways}, user ${user ?? found?.entry.user}: ${result}`);
  }
  for (const each of entries) if (!used.has(each.entry)) print(`${inWords(each)}: serves nothing`);
  const { opens, missing, closed } = counts;
  print(`${opens} open, ${missing} without an entry, ${closed} do not open.`);
  if (closed > 0) process.exitCode = 1;
}

/** What devices.yaml says that is enough to log in with, unless it is a key with a passphrase. */
function ownWay({ host }: PlaceToLogIn): 'key_file' | 'SSH agent' | null {
  if (host?.user === undefined) return null;
  return host.keyFile !== undefined ? 'key_file' : host.agent ? 'SSH agent' : null;
}

/** Makes the login as the bot would, and opens its key and its entry. */
async function tried(
  place: PlaceToLogIn,
  found: NamedEntry | undefined,
  credentials: Credentials,
  { dir, knownHostsFile }: Config,
): Promise<{ problem: string | null; needsEntry: boolean }> {
  const { name, host } = place;
  let needsEntry = false;
  try {
    if (host === null) {
      await serverLogin(credentials, name, null);
      return { problem: null, needsEntry };
    }
    const login = await loginOf(host, { credentials, knownHostsFile, configDir: dir });
    needsEntry = login.password !== undefined || login.key?.passphrase !== undefined;
    if (login.key) readPrivateKey(name, login.key);
    // What is there and not needed yet is to open all the same.
    if (found && !needsEntry && ownWay(place) === null) await credentials.passwordOf(found, name);
    return { problem: null, needsEntry };
  } catch (error) {
    return { problem: sentenceOf(error), needsEntry };
  }
}

function reachedBy({ through }: PlaceToLogIn): string {
  if (through.length === 0) return '';
  const more = through.length > MOST_NAMED ? ` and ${through.length - MOST_NAMED} more` : '';
  return ` It is the way to ${through.slice(0, MOST_NAMED).join(', ')}${more}.`;
}

/** The line of each entry, in the order of the file. */
function linesOf(text: string): number[] {
  const lineAt = (at: number) => text.slice(0, at).split('\n').length;
  return placesOf(text).flatMap(({ children }) =>
    [...children].flatMap(([key, { start }]) => (key === 'type' ? [] : [lineAt(start)])),
  );
}
