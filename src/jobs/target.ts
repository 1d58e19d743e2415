import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AssistantError } from '../errors.ts';
import type { Host, JumpHost } from '../inventory.ts';
import { needsPassphrase } from '../netconf/authentication.ts';
import type { SessionTarget } from '../netconf/session.ts';
import { type Credentials, type CredentialType, noEntry } from '../secrets/credentials.ts';

export interface TargetOptions {
  credentials: Credentials;
  /** Read anew for every connection: a key that was just added counts at once. */
  knownHostsFile: string;
  /** Where relative `key_file`s start; the folder of the known_hosts file when not given. */
  configDir?: string;
  /** The environment's SSH_AUTH_SOCK. */
  agentSocket?: string | undefined;
}

/**
 * Makes what a session needs of a device and of the jump hosts on the way to it: keys read, passwords decrypted.
 * Throws AssistantError; nothing is sent before all of it is there.
 */
export function createTargets(options: TargetOptions): (host: Host | JumpHost) => Promise<SessionTarget> {
  return async (host) => withLogins(host, await readKnownHosts(options.knownHostsFile), options);
}

/** The text of the file; empty when there is none yet. Throws AssistantError `known-hosts`. */
export async function readKnownHosts(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new AssistantError('known-hosts', `The file with the devices' host keys cannot be read: ${file}.`, {
      cause: error,
    });
  }
}

async function withLogins(host: Host | JumpHost, knownHosts: string, options: TargetOptions): Promise<SessionTarget> {
  const { name, address, ports, jump } = host;
  return {
    name,
    address,
    ports: [...ports],
    knownHosts,
    ...(host.legacy ? { legacy: true } : {}),
    ...agentOf(host, options),
    ...(await loginOf(host, options)),
    ...(jump ? { jump: await withLogins(jump, knownHosts, options) } : {}),
  };
}

export type Login = Pick<SessionTarget, 'user' | 'password' | 'key'>;

/** Whose entries of secrets.yaml serve it. */
export const credentialTypeOf = (host: Host | JumpHost): CredentialType =>
  'isDevice' in host && !host.isDevice ? 'server' : 'junos';

/**
 * How to log in to one host: with its key, with the agent's, or with the password. With a key or an agent no password is
 * sent. What devices.yaml says counts before the entry of secrets.yaml, of which only what is needed is opened.
 * Throws AssistantError.
 */
export async function loginOf(
  host: Host | JumpHost,
  options: Pick<TargetOptions, 'credentials' | 'knownHostsFile' | 'configDir'>,
): Promise<Login> {
  const { name, agent } = host;
  const type = credentialTypeOf(host);
  const served = options.credentials.serving(type, name);
  const user = host.user ?? served?.entry.user;
  const keyFile = host.keyFile ?? (agent ? undefined : served?.entry.key_file);
  if (user === undefined || (!served && keyFile === undefined && !agent)) throw noEntry(type, name);
  const password = async () => (served && (await options.credentials.passwordOf(served, name))) ?? undefined;
  if (keyFile === undefined) return agent ? { user } : { user, password: (await password()) ?? '' };
  const text = await readKey(name, keyFile, options);
  return { user, key: { text, file: keyFile, passphrase: needsPassphrase(text) ? await password() : undefined } };
}

function agentOf({ name, agent }: Host, { agentSocket = process.env.SSH_AUTH_SOCK }: TargetOptions) {
  if (!agent) return {};
  if (agentSocket) return { agent: agentSocket };
  const sentence = `${name} is to be logged in to with an SSH agent, but there is none: SSH_AUTH_SOCK is not set. Start the assistant with an agent, or use key_file.`;
  throw new AssistantError('no-agent', sentence);
}

const UNREADABLE: Record<string, string> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
};

async function readKey(
  name: string,
  keyFile: string,
  { configDir, knownHostsFile }: Pick<TargetOptions, 'knownHostsFile' | 'configDir'>,
): Promise<string> {
  const file = resolve(configDir ?? dirname(knownHostsFile), keyFile);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    const sentence = `The key file of ${name} ${UNREADABLE[code] ?? `cannot be read (${code})`}: ${file}.`;
    throw new AssistantError('key-file', sentence, { cause: error });
  }
}
