import { AssistantError } from '../errors.ts';
import { decryptToken, deriveKey } from './fernet.ts';
import { compilePattern } from './pattern.ts';
import { DEFAULT_ROUNDS, entriesOf, type SecretEntry, type SecretsDocument } from './schema.ts';

export interface Credential {
  user: string;
  password: string;
}

interface Candidate {
  type: string;
  name: string;
  pattern: RegExp;
  entry: SecretEntry;
}

/** The logins in secrets.yaml. Passwords are decrypted when asked for and not kept; derived keys are. */
export class Credentials {
  readonly #candidates: Candidate[];
  readonly #masterPassword: string | undefined;
  readonly #keys = new Map<string, Promise<Buffer>>();

  /** Takes validated documents (secretsSchema); an empty master password counts as none. */
  constructor(documents: readonly SecretsDocument[], masterPassword: string | undefined) {
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

  /**
   * The login for a device or server. The first entry from the top whose NAME is found in the name is the
   * one: when it does not decrypt, no later entry is tried. Throws AssistantError `no-credentials`,
   * `no-master-password` or `credentials-not-decrypted`.
   */
  async find(type: 'junos' | 'server', name: string): Promise<Credential> {
    const found = this.#candidates.find((candidate) => candidate.type === type && candidate.pattern.test(name));
    if (!found) {
      throw new AssistantError('no-credentials', `secrets.yaml has no ${type} entry whose name matches ${name}.`);
    }
    if (this.#masterPassword === undefined) {
      const how = 'Set NETWORK_ASSISTANT_MASTER_PASSWORD (or chat_master_pw) and start again.';
      throw new AssistantError('no-master-password', `There is no master password to open secrets.yaml with. ${how}`);
    }
    const key = await this.#keyOf(this.#masterPassword, found.entry);
    const password = decryptToken(found.entry.secret, key);
    if (password === undefined) {
      const why = 'Either the master password is not the one it was made with, or its salt or secret was changed.';
      throw new AssistantError(
        'credentials-not-decrypted',
        `The ${type} entry ${found.name} in secrets.yaml, which serves ${name}, does not decrypt. ${why}`,
      );
    }
    return { user: found.entry.user, password };
  }

  /** Deriving takes tens of milliseconds, on purpose; a job that asks again must not wait again. */
  #keyOf(masterPassword: string, { salt, rounds = DEFAULT_ROUNDS }: SecretEntry): Promise<Buffer> {
    const id = `${rounds} ${salt}`;
    const known = this.#keys.get(id) ?? deriveKey(masterPassword, salt, rounds);
    this.#keys.set(id, known);
    return known;
  }
}
