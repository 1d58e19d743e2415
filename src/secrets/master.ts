import { readSecret } from './secret-source.ts';

export interface MasterPassword {
  /** Undefined when the environment has none. */
  password: string | undefined;
  /** The variable that names a file which cannot be used, and why. */
  problem: { path: string; what: string } | null;
}

/**
 * The password that opens secrets.yaml: from `NETWORK_ASSISTANT_MASTER_PASSWORD`, from `chat_master_pw` as the original
 * had it, from the file that `NETWORK_ASSISTANT_MASTER_PASSWORD_FILE` names, or from systemd's credentials.
 */
export async function readMasterPassword(env: NodeJS.ProcessEnv): Promise<MasterPassword> {
  const { secret, problem } = await readSecret(env, {
    variables: ['NETWORK_ASSISTANT_MASTER_PASSWORD', 'chat_master_pw'],
    fileVariable: 'NETWORK_ASSISTANT_MASTER_PASSWORD_FILE',
    credential: 'master-password',
  });
  return { password: secret, problem };
}
