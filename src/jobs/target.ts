import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AssistantError } from '../errors.ts';
import type { Host, JumpHost } from '../inventory.ts';
import { needsPassphrase } from '../netconf/authentication.ts';
import type { SessionTarget } from '../netconf/session.ts';
import type { Credentials } from '../secrets/credentials.ts';

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
    ...(await loginOf(host, options)),
    ...(jump ? { jump: await withLogins(jump, knownHosts, options) } : {}),
  };
}

type Login = Pick<SessionTarget, 'user' | 'password' | 'key' | 'agent'>;

/** With a key or an agent no password is sent; without both it is the default. */
async function loginOf(host: Host | JumpHost, options: TargetOptions): Promise<Login> {
  const { name, agent } = host;
  const type = 'isDevice' in host && !host.isDevice ? 'server' : 'junos';
  const find = () => options.credentials.find(type, name);
  // A key in secrets.yaml counts where devices.yaml says nothing.
  const served = options.credentials.serving(type, name);
  const keyFile = host.keyFile ?? (agent ? undefined : served?.entry.key_file);
  if (keyFile === undefined && !agent) {
    const { user, password } = await find();
    return { user: host.user ?? user, password: password ?? '' };
  }
  const agentSocket = options.agentSocket ?? process.env.SSH_AUTH_SOCK;
  if (agent && !agentSocket) {
    const sentence = `${name} is to be logged in to with an SSH agent, but there is none: SSH_AUTH_SOCK is not set. Start the assistant with an agent, or use key_file.`;
    throw new AssistantError('no-agent', sentence);
  }
  const text = keyFile === undefined ? undefined : await readKey(name, keyFile, options);
  const isEncrypted = text !== undefined && needsPassphrase(text);
  const entry = isEncrypted || host.user === undefined ? await find() : undefined;
  return {
    user: host.user ?? entry?.user ?? '',
    ...(agent ? { agent: agentSocket } : {}),
    ...(keyFile === undefined || text === undefined
      ? {}
      : { key: { text, file: keyFile, passphrase: isEncrypted ? (entry?.password ?? undefined) : undefined } }),
  };
}

async function readKey(name: string, keyFile: string, options: TargetOptions): Promise<string> {
  const file = resolve(options.configDir ?? dirname(options.knownHostsFile), keyFile);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AssistantError(
      'key-file',
      `The key file of ${name} cannot be read (${code ?? 'unknown reason'}): ${file}.`,
      {
        cause: error,
      },
    );
  }
}
