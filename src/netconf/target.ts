import { NetconfError } from './errors.ts';

/** A private key as its file has it. */
export interface PrivateKey {
  /** OpenSSH or PEM text. */
  text: string;
  passphrase?: string | undefined;
  /** Where it was read, for sentences. */
  file: string;
}

/** Where to connect, and as whom. The ways to log in that are given are tried in the order agent, key, password. */
export interface SessionTarget {
  /** What people call the device; every error names it. */
  name: string;
  /** Host name or IP address. */
  address: string;
  /** Tried in this order; the next one only when a port refuses the connection or does not answer. */
  ports: number[];
  user: string;
  /** Also the answer to keyboard-interactive. */
  password?: string | undefined;
  key?: PrivateKey | undefined;
  /** The socket of an SSH agent. */
  agent?: string | undefined;
  /** The text of the OpenSSH known_hosts file in force. */
  knownHosts: string;
  /** Old Junos: SHA-1 key exchanges and CBC ciphers are offered as well, after everything better. */
  legacy?: boolean | undefined;
  /** The SSH server to go through. Its host key is checked as well, under its own address. */
  jump?: SessionTarget | undefined;
}

export interface Timeouts {
  /** TCP connection, all ports together. A jump host has as much again for itself. */
  connectMs: number;
  /** SSH key exchange and login together. A device whose RADIUS server is away needs most of it. */
  loginMs: number;
  /** From the login to the device's hello. */
  helloMs: number;
  /** For the device to answer close-session. */
  closeMs: number;
}

/** `hq-fw01 (10.1.1.1)`, or the name alone when it is the address too; and the jump host it is reached through. */
export function place({ name, address, jump }: Pick<SessionTarget, 'name' | 'address' | 'jump'>): string {
  const where = [name === address ? '' : address, jump ? `through ${jump.name}` : ''].filter((part) => part !== '');
  return where.length === 0 ? name : `${name} (${where.join(', ')})`;
}

/** The error of work that was called off from outside. */
export function abandoned(target: SessionTarget, signal: AbortSignal): NetconfError {
  return new NetconfError(
    'cancelled',
    `The connection to ${target.name} was given up because the work was cancelled.`,
    {
      cause: signal.reason,
    },
  );
}
