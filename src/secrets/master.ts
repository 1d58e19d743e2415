import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface MasterPassword {
  /** Undefined when the environment has none. */
  password: string | undefined;
  /** The variable that names a file which cannot be used, and why. */
  problem: { path: string; what: string } | null;
}

const FILE = 'NETWORK_ASSISTANT_MASTER_PASSWORD_FILE';
/** Of systemd's LoadCredential=master-password:FILE (systemd.exec(5)). */
const CREDENTIAL = 'master-password';

/**
 * The password that opens secrets.yaml: from `NETWORK_ASSISTANT_MASTER_PASSWORD`, from `chat_master_pw` as the original
 * had it, from the file that `NETWORK_ASSISTANT_MASTER_PASSWORD_FILE` names, or from systemd's credentials. A file's last
 * line end does not belong to it.
 */
export async function readMasterPassword(env: NodeJS.ProcessEnv): Promise<MasterPassword> {
  const given = env.NETWORK_ASSISTANT_MASTER_PASSWORD || env.chat_master_pw;
  if (given) return { password: given, problem: null };
  const named = env[FILE];
  const folder = env.CREDENTIALS_DIRECTORY;
  const file = named || (folder && join(folder, CREDENTIAL));
  if (!file) return { password: undefined, problem: null };
  try {
    const password = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    if (password !== '') return { password, problem: null };
    return { password: undefined, problem: { path: named ? FILE : 'CREDENTIALS_DIRECTORY', what: `${file} is empty` } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Other credentials can be there without this one.
    if (!named && code === 'ENOENT') return { password: undefined, problem: null };
    const what = `${file} cannot be read (${code ?? 'unknown reason'})`;
    return { password: undefined, problem: { path: named ? FILE : 'CREDENTIALS_DIRECTORY', what } };
  }
}
