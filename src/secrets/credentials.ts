import { AssistantError } from '../errors.ts';
import { decryptToken, deriveKey, isToken } from './fernet.ts';
import { passwordOf } from './password-command.ts';
import { compilePattern } from './pattern.ts';
import { DEFAULT_ROUNDS, entriesOf, type SecretEntry, type SecretsDocument } from './schema.ts';

export type CredentialType = 'junos' | 'server';

export interface Credential {
  user: string;
  /** Null when the entry has a key and no password. */
  password: string | null;
}

/** One entry of the file. NAME, a pattern, is its name. */
export interface NamedEntry {
  type: string;
  name: string;
  entry: SecretEntry;
}

interface Candidate extends NamedEntry {
  pattern: RegExp;
}

/** To tell a wrong master password from an entry that was changed, so many others are tried: somebody waits for it. */
const MOST_OTHERS = 5;

export const noEntry = (type: CredentialType, name: string) =>
  new AssistantError('no-credentials', `secrets.yaml has no ${type} entry whose name matches ${name}.`);

/**
 * The logins in secrets.yaml. Passwords are decrypted when asked for and not kept; derived keys are, in memory only.
 */
export class Credentials {
  #candidates: Candidate[] = [];
  #masterPassword: string | undefined;
  readonly #env: NodeJS.ProcessEnv;
  readonly #keys = new Map<string, Promise<Buffer>>();

  /** Takes validated documents (secretsSchema); an empty master password counts as none. */
  constructor(
    documents: readonly SecretsDocument[],
    masterPassword: string | undefined,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#env = env;
    this.use(documents, masterPassword);
  }

  /** Other documents count from now on; whoever asks sees all of the old ones or all of the new ones. */
  use(documents: readonly SecretsDocument[], masterPassword: string | undefined): void {
    if (masterPassword !== this.#masterPassword) this.#keys.clear();
    this.#masterPassword = masterPassword || undefined;
    this.#candidates = documents.flatMap((document) =>
      entriesOf(document).map(([name, entry]) => ({
        type: document.type,
        name,
        pattern: compilePattern(name),
        entry,
      })),
    );
  }

  /** Every entry, in the order of the file. */
  entries(): NamedEntry[] {
    return this.#candidates.map(({ type, name, entry }) => ({ type, name, entry }));
  }

  /** The entry that serves a device or server: the first from the top whose NAME is found in the name. */
  serving(type: CredentialType, name: string): NamedEntry | undefined {
    return this.#candidates.find((candidate) => candidate.type === type && candidate.pattern.test(name));
  }

  /**
   * The login for a device or server. When its entry does not open, no later one is tried. Throws AssistantError
   * `no-credentials`, `no-master-password`, `credentials-not-decrypted` or `credentials-not-found`.
   */
  async find(type: CredentialType, name: string): Promise<Credential> {
    const found = this.serving(type, name);
    if (!found) throw noEntry(type, name);
    return { user: found.entry.user, password: await this.passwordOf(found, name) };
  }

  /** Whether the master password opens any entry. A wrong one is tried on all of them, tens of milliseconds each. */
  async opensAny(): Promise<boolean> {
    for (const { entry } of this.#candidates) {
      if (entry.secret !== undefined && (await this.#open(entry)) !== undefined) return true;
    }
    return false;
  }

  /**
   * The password of an entry for a device or server, or what opens its key; null when it has a key alone. Throws
   * AssistantError, as `find`.
   */
  async passwordOf({ name, entry, type }: NamedEntry, wanted: string): Promise<string | null> {
    const { env, command, secret } = entry;
    if (command !== undefined) {
      const ofOthers = this.#candidates.flatMap((each) => each.entry.env ?? []);
      return await passwordOf(command, wanted, name, this.#env, ofOthers);
    }
    if (env !== undefined) {
      const password = this.#env[env];
      if (password) return password;
      const sentence = `The environment variable ${env} is not set. The ${type} entry ${name} in secrets.yaml says that it has the password for ${wanted}.`;
      throw new AssistantError('credentials-not-found', sentence);
    }
    return secret === undefined ? null : await this.#decrypted({ name, entry, type }, wanted);
  }

  async #decrypted(of: NamedEntry, wanted: string): Promise<string> {
    const { name, entry, type } = of;
    if (this.#masterPassword === undefined) {
      const how = 'Set NETWORK_ASSISTANT_MASTER_PASSWORD (or chat_master_pw) and start again.';
      throw new AssistantError('no-master-password', `There is no master password to open secrets.yaml with. ${how}`);
    }
    const password = await this.#open(entry);
    if (password !== undefined) return password;
    const fact = `The ${type} entry ${name} in secrets.yaml, which serves ${wanted}, does not decrypt.`;
    throw new AssistantError('credentials-not-decrypted', `${fact} ${await this.#why(of)}`);
  }

  async #open({ secret = '', salt = '', rounds = DEFAULT_ROUNDS }: SecretEntry): Promise<string | undefined> {
    return decryptToken(secret, await this.#keyOf(this.#masterPassword ?? '', salt, rounds));
  }

  /** A token does not tell a wrong key from a change of its own; the other entries do. */
  async #why({ entry }: NamedEntry): Promise<string> {
    if (!isToken(entry.secret ?? '')) return 'Its secret is cut off or was changed: it is no Fernet token any more.';
    const others = this.#candidates.filter((each) => each.entry !== entry && each.entry.secret !== undefined);
    for (const other of others.slice(0, MOST_OTHERS)) {
      if ((await this.#open(other.entry)) === undefined) continue;
      return `The entry ${other.name} does, so the master password is right: the salt or secret of this one was changed, or it was made with another master password.`;
    }
    if (others.length > MOST_OTHERS) {
      return `${MOST_OTHERS} other entries do not either: the master password is probably not the one they were made with.`;
    }
    return others.length > 0
      ? 'No other entry does either: the master password is not the one they were made with.'
      : 'Either the master password is not the one it was made with, or its salt or secret was changed.';
  }

  /** Deriving takes tens of milliseconds, on purpose; a job that asks again must not wait again. */
  #keyOf(masterPassword: string, salt: string, rounds: number): Promise<Buffer> {
    const id = `${rounds} ${salt}`;
    const known = this.#keys.get(id) ?? deriveKey(masterPassword, salt, rounds);
    this.#keys.set(id, known);
    return known;
  }
}
