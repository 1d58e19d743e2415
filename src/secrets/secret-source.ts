import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one secret of the environment can stand. */
export interface SecretSource {
  /** Variables with the secret itself; the first that is set counts. */
  variables: readonly string[];
  /** The variable that names a file with it. */
  fileVariable: string;
  /** Its name among systemd's credentials (`LoadCredential=NAME:FILE`, systemd.exec(5)). */
  credential: string;
}

export interface FoundSecret {
  /** Undefined when it is nowhere. */
  secret: string | undefined;
  /** The variable it came from. */
  from: string | null;
  /** The variable that names a file which cannot be used, and why. Never the secret. */
  problem: { path: string; what: string } | null;
}

/** The secret, from the first of its sources that has it. A file's last line end does not belong to it. */
export async function readSecret(env: NodeJS.ProcessEnv, source: SecretSource): Promise<FoundSecret> {
  const { variables, fileVariable, credential } = source;
  const variable = variables.find((name) => env[name]);
  if (variable) return { secret: env[variable], from: variable, problem: null };
  const named = env[fileVariable];
  const folder = env.CREDENTIALS_DIRECTORY;
  const file = named || (folder && join(folder, credential));
  if (!file) return { secret: undefined, from: null, problem: null };
  const from = named ? fileVariable : 'CREDENTIALS_DIRECTORY';
  const failed = (what: string) => ({ secret: undefined, from, problem: { path: from, what } });
  try {
    const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    return secret === '' ? failed(`${file} is empty`) : { secret, from, problem: null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Other credentials can be there without this one.
    if (!named && code === 'ENOENT') return { secret: undefined, from: null, problem: null };
    return failed(`${file} cannot be read (${code ?? 'unknown reason'})`);
  }
}
