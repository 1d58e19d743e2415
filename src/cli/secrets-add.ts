import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { loadConfig } from '../config/load.ts';
import { alone, readOriginal, replaceFile } from '../config/replace-file.ts';
import { AssistantError, sentenceOf } from '../errors.ts';
import { Credentials, type CredentialType } from '../secrets/credentials.ts';
import { encryptSecret } from '../secrets/fernet.ts';
import { readMasterPassword } from '../secrets/master.ts';
import { compilePattern } from '../secrets/pattern.ts';
import { entriesOf, nameProblem, parseSecrets, type SecretsDocument } from '../secrets/schema.ts';
import { addEntry } from '../secrets/secrets-file.ts';
import { hiddenInput } from './hidden-input.ts';
import { placesToLogIn } from './logins.ts';

/** OWASP's number for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet). */
const ROUNDS = 600_000;
const MOST_NAMED = 20;

export interface SecretsAddOptions {
  user: string;
  type: 'junos' | 'server';
  replace?: boolean;
}

/**
 * Adds a credential to secrets.yaml, encrypted under the master password. The password is asked for without an echo, or
 * read from stdin. Prints where it stands and whom it serves; never a secret.
 */
export async function secretsAdd(dir: string, name: string, options: SecretsAddOptions): Promise<void> {
  const { user, type, replace = false } = options;
  const file = join(dir, 'secrets.yaml');
  // A file that is broken, a name that is no pattern and one that is there are told before anything is asked for.
  const { text } = await readOriginal(file);
  const documents = documentsIn(text);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new AssistantError('bad-name', `The name ${problem}. Nothing was changed.`);
  if (user.trim() === '') throw new AssistantError('bad-name', 'The user is empty. Nothing was changed.');
  addEntry(text, { type, name, fields: { user } }, { replace });
  const masterPassword = await masterPasswordFor(documents, replace ? { type, name } : null);
  const password = await newPassword(`Password of ${user} for ${name}: `);
  const sealed = await encryptSecret(password, masterPassword, {
    rounds: ROUNDS,
    now: () => new Date(),
    random: randomBytes,
  });
  const added = await alone(file, async () => {
    const original = await readOriginal(file);
    const result = addEntry(original.text, { type, name, fields: { user, ...sealed } }, { replace });
    const isThere = documentsIn(result.text).some(
      (document) => document.type === type && entriesOf(document).some(([each]) => each === name),
    );
    if (!isThere) throw new AssistantError('bad-name', `${name} cannot be the name of an entry. Nothing was changed.`);
    await replaceFile(file, original, result.text);
    return result;
  });
  const where = added.isReplaced
    ? 'replaced'
    : added.before === null
      ? 'added at the end'
      : `added before ${added.before}, which matches it too`;
  process.stdout.write(`${file}: ${type} entry ${name}, user ${user}: ${where}.\n`);
  process.stdout.write(`${await whomItServes(dir, type, name)}\n`);
}

/** What of devices.yaml the entry serves, and what an earlier one serves all the same although it matches. */
async function whomItServes(dir: string, type: CredentialType, name: string): Promise<string> {
  const { config } = await loadConfig(dir, process.env, Date.now, 'command');
  if (!config) return 'The configuration has mistakes, so whom it serves is not known: see check, then secrets check.';
  const credentials = new Credentials(config.secrets, undefined);
  const pattern = compilePattern(name);
  const matching = placesToLogIn(config).filter((place) => place.type === type && pattern.test(place.name));
  const names = [...new Set(matching.map((place) => place.name))];
  const servedBy = Map.groupBy(names, (each) => credentials.serving(type, each)?.name ?? name);
  const own = servedBy.get(name) ?? [];
  const nobody = type === 'junos' ? 'no device of devices.yaml' : 'no jump host and no log server';
  const lines = [`It serves ${own.length === 0 ? nobody : named(own)}.`];
  servedBy.delete(name);
  for (const [earlier, those] of servedBy)
    lines.push(`Served by the earlier entry ${earlier} all the same: ${named(those)}.`);
  return lines.join('\n');
}

const named = (names: readonly string[]) =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : names.join(', ');

function documentsIn(text: string): SecretsDocument[] {
  let documents: unknown[];
  try {
    documents = text.trim() === '' ? [] : loadAll(text);
  } catch {
    throw new AssistantError('bad-secrets', 'secrets.yaml is not valid YAML. See which line with: check');
  }
  try {
    return parseSecrets(documents);
  } catch (error) {
    const sentence = `secrets.yaml has mistakes. Nothing was changed.\n${sentenceOf(error)}`;
    throw new AssistantError('bad-secrets', sentence, { cause: error });
  }
}

/** The one of the environment, which has to open what is there; only for a first entry is a new one made up. */
async function masterPasswordFor(
  all: SecretsDocument[],
  replaced: { type: string; name: string } | null,
): Promise<string> {
  // What is replaced need not open: that may be why it is.
  const documents = all.map((document) => {
    const others = { ...document };
    if (document.type === replaced?.type) delete others[replaced.name];
    return others;
  });
  const { password: given, problem } = await readMasterPassword(process.env);
  if (problem) throw new AssistantError('no-master-password', `${problem.path}: ${problem.what}.`);
  const isFirst = documents.flatMap(entriesOf).every(([, { secret }]) => secret === undefined);
  if (given === undefined && !process.stdin.isTTY) {
    const sentence =
      'There is no master password to encrypt with. Set NETWORK_ASSISTANT_MASTER_PASSWORD, or NETWORK_ASSISTANT_MASTER_PASSWORD_FILE, and run it again.';
    throw new AssistantError('no-master-password', sentence);
  }
  const master =
    given ?? (isFirst ? await newPassword('New master password: ') : await hiddenInput('Master password: '));
  if (!isFirst && !(await new Credentials(documents, master).opensAny())) {
    const sentence =
      'The master password opens none of the entries in secrets.yaml. Nothing was changed: an entry made with it would not open together with them.';
    throw new AssistantError('wrong-master-password', sentence);
  }
  return master;
}

async function newPassword(prompt: string): Promise<string> {
  const password = await hiddenInput(prompt);
  if (password === '') throw new AssistantError('no-password', 'The password is empty. Nothing was changed.');
  if (/[\r\n]/.test(password)) {
    throw new AssistantError('no-password', 'The password has more than one line. Nothing was changed.');
  }
  if (process.stdin.isTTY && (await hiddenInput('Once more: ')) !== password) {
    throw new AssistantError('no-password', 'The two passwords differ. Nothing was changed.');
  }
  return password;
}
