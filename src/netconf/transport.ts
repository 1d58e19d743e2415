import { connect as connectTcp, type Socket } from 'node:net';
import ssh2, { type Algorithms, type AnyAuthMethod, type AuthenticationType, type Client } from 'ssh2';
import { NetconfError, type NetconfErrorCode } from './errors.ts';
import { checkHostKey, fingerprint, type HostKeyVerdict, knownHostsLine, knownKeyTypes } from './known-hosts.ts';

export interface SessionTarget {
  /** What people call the device; every error names it. */
  name: string;
  /** Host name or IP address. */
  address: string;
  /** Tried in this order; the next one only when a port refuses the connection. */
  ports: number[];
  user: string;
  password: string;
  /** The text of the OpenSSH known_hosts file in force. */
  knownHosts: string;
}

export interface Timeouts {
  /** TCP connection, per port. */
  connectMs: number;
  /** SSH key exchange and login together. A device whose RADIUS server is away needs most of it. */
  loginMs: number;
  /** From the login to the device's hello. */
  helloMs: number;
  /** For the device to answer close-session. */
  closeMs: number;
}

export interface Transport {
  client: Client;
  socket: Socket;
  port: number;
}

/** Devices send no keepalives by default, so a dead path would otherwise look like a slow reply. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MISSED = 3;

/** Opens TCP and SSH up to the finished login. Throws `NetconfError`; then nothing stays open. */
export async function logIn(target: SessionTarget, timeouts: Timeouts, signal?: AbortSignal): Promise<Transport> {
  let refusal: unknown;
  for (const port of target.ports) {
    try {
      const socket = await openSocket(target, port, timeouts.connectMs, signal);
      return { client: await authenticate(target, port, socket, timeouts.loginMs, signal), socket, port };
    } catch (error) {
      if (!(error instanceof NetconfError) || error.code !== 'refused') throw error;
      refusal = error.cause;
    }
  }
  const ports = target.ports.join(' and ');
  throw new NetconfError(
    'refused',
    `${place(target)} refuses connections on port ${ports}. Check that NETCONF over SSH is configured on it (set system services netconf ssh) and open to this server.`,
    { cause: refusal },
  );
}

/** `hq-fw01 (10.1.1.1)`, or the name alone when it is the address too. */
export function place(target: Pick<SessionTarget, 'name' | 'address'>): string {
  return target.name === target.address ? target.name : `${target.name} (${target.address})`;
}

/** The error of work that was called off from outside. */
export function abandoned(target: SessionTarget, signal: AbortSignal): NetconfError {
  return new NetconfError('closed', `The connection to ${target.name} was given up because the work was cancelled.`, {
    cause: signal.reason,
  });
}

/** 1500 -> `1.5 s`. */
export function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function openSocket(target: SessionTarget, port: number, connectMs: number, signal?: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  if (signal?.aborted) return Promise.reject(abandoned(target, signal));
  const socket = connectTcp({ host: target.address, port, noDelay: true });
  const fail = (error: NetconfError) => {
    socket.destroy();
    reject(error);
  };
  const late = () =>
    new NetconfError(
      'timeout',
      `${place(target)} does not answer on port ${port} within ${seconds(connectMs)}. Check that it is up and that no firewall drops the port.`,
    );
  const timer = setTimeout(() => fail(late()), connectMs);
  const abort = () => signal && fail(abandoned(target, signal));
  signal?.addEventListener('abort', abort);
  socket.on('error', (error) => fail(codeOf(error) === 'ETIMEDOUT' ? late() : connectError(target, port, error)));
  socket.once('connect', () => resolve(socket));
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

/** A name with several addresses fails with all their errors: that one of them was refused says the most. */
function codeOf(error: Error): string | undefined {
  const errors: NodeJS.ErrnoException[] = error instanceof AggregateError ? error.errors : [error];
  const codes = errors.map((each) => each.code);
  return ['ECONNREFUSED', 'ETIMEDOUT'].find((code) => codes.includes(code)) ?? codes[0];
}

function connectError(target: SessionTarget, port: number, error: Error): NetconfError {
  const [code, sentence]: [NetconfErrorCode, string] = (() => {
    switch (codeOf(error)) {
      case 'ECONNREFUSED':
        return ['refused', `${place(target)} refuses connections on port ${port}.`];
      case 'ENOTFOUND':
        return [
          'unknown-host',
          `The name ${target.address} of ${target.name} is not known. Add it to DNS, or give the device's IP address in devices.yaml.`,
        ];
      case 'EAI_AGAIN':
        return [
          'unknown-host',
          `The name ${target.address} of ${target.name} could not be looked up, because DNS does not answer. Check this server's DNS.`,
        ];
      default:
        return [
          'unreachable',
          `${place(target)} cannot be reached (${codeOf(error) ?? 'no reason given'}). Check the route from this server to the device.`,
        ];
    }
  })();
  return new NetconfError(code, sentence, { cause: error });
}

function authenticate(
  target: SessionTarget,
  port: number,
  socket: Socket,
  loginMs: number,
  signal?: AbortSignal,
): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const client = new ssh2.Client();
  const login = passwordLogin(target);
  let hostKeyError: NetconfError | undefined;
  let encrypted = false;

  const fail = (error: NetconfError) => {
    reject(error);
    socket.destroy();
  };
  const timer = setTimeout(
    () =>
      fail(
        new NetconfError(
          'timeout',
          `${place(target)} accepted the connection on port ${port}, but the SSH login did not finish within ${seconds(loginMs)}.`,
        ),
      ),
    loginMs,
  );
  const abort = () => signal && fail(abandoned(target, signal));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();

  // Stays for the client's life: ssh2 reports late socket errors here, and an unheard 'error' ends the process.
  client.on('error', (error) => {
    const cause = error as Error & { level?: string };
    if (hostKeyError) fail(hostKeyError);
    else if (cause.level === 'client-authentication' || login.refused()) fail(login.error(cause));
    else if (cause.level === 'client-socket') fail(closedEarly(target, port, cause));
    // A connection closed without a byte is a limit or a filter at work, not another protocol.
    else if (!encrypted && socket.bytesRead > 0)
      fail(
        new NetconfError(
          'not-netconf',
          `${place(target)} answers on port ${port}, but an SSH connection cannot be set up: ${cause.message}.`,
          { cause },
        ),
      );
    else fail(closedEarly(target, port, cause));
  });
  client.on('close', () => fail(hostKeyError ?? (login.refused() ? login.error() : closedEarly(target, port))));
  client.on('handshake', () => {
    encrypted = true;
  });
  client.on('ready', () => resolve(client));
  client.on('keyboard-interactive', (_name, _instructions, _lang, prompts, finish) => finish(login.answers(prompts)));
  client.connect({
    sock: socket,
    username: target.user,
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVES_MISSED,
    tryKeyboard: true,
    algorithms: hostKeyAlgorithms(target, port),
    authHandler: (left, partial, next) => next(login.next(left, partial) as AnyAuthMethod),
    hostVerifier: (key: Buffer) => {
      const verdict = checkHostKey(target.knownHosts, target.address, port, key);
      if (verdict !== 'known') hostKeyError = untrusted(target, port, key, verdict);
      return verdict === 'known';
    },
  });
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

function closedEarly(target: SessionTarget, port: number, cause?: unknown): NetconfError {
  return new NetconfError(
    'closed',
    `${place(target)} closed the connection on port ${port} before the login was finished. Its connection limit may be reached.`,
    { cause },
  );
}

function untrusted(target: SessionTarget, port: number, key: Buffer, verdict: HostKeyVerdict): NetconfError {
  const print = fingerprint(key);
  const line = knownHostsLine(target.address, port, key);
  if (verdict === 'revoked') {
    return new NetconfError(
      'host-key',
      `${place(target)} shows the host key ${print}, which the known_hosts file marks as revoked. Nothing was sent to it.`,
    );
  }
  const fact =
    verdict === 'changed'
      ? `${place(target)} shows another host key than the known_hosts file has: ${print}. Nothing was sent to it. Find out whether the device was replaced; if the new key is right, remove the old line and add`
      : `${place(target)} shows a host key that is not in the known_hosts file: ${print}. Nothing was sent to it. Compare the fingerprint with the device's; if it is right, add the line`;
  return new NetconfError('host-key', `${fact}: ${line}`);
}

/** Asks for the types the file lists first, so that a device with several keys shows the one that can be checked. */
function hostKeyAlgorithms(target: SessionTarget, port: number): Algorithms {
  const rsa = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
  const all = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', ...rsa];
  const known = knownKeyTypes(target.knownHosts, target.address, port);
  const listed = known.flatMap((type) => (type === 'ssh-rsa' ? rsa : [type])).filter((type) => all.includes(type));
  return { serverHostKey: [...new Set([...listed, ...all])] as NonNullable<Algorithms['serverHostKey']> & string[] };
}

/** Password first, then keyboard-interactive with the same password: some RADIUS set-ups know only the latter. */
function passwordLogin(target: SessionTarget) {
  const tried: AuthenticationType[] = [];
  let offered: AuthenticationType[] = [];
  let rejections = 0;
  let answered = false;
  return {
    next(left: AuthenticationType[] | null, partial: boolean | null) {
      if (tried.length > 1 && !partial) rejections++;
      if (left === null) {
        tried.push('none');
        return { type: 'none', username: target.user };
      }
      offered = left;
      const method = (['password', 'keyboard-interactive'] as const).find(
        (candidate) => !tried.includes(candidate) && (left.length === 0 || left.includes(candidate)),
      );
      if (!method) return false;
      tried.push(method);
      return method === 'password' ? { type: method, username: target.user, password: target.password } : method;
    },
    /** One hidden prompt gets the password, once: a second one asks for something else, such as a new password. */
    answers(prompts: { echo?: boolean }[]): string[] {
      return prompts.map((prompt) => {
        if (prompt.echo || answered) return '';
        answered = true;
        return target.password;
      });
    },
    refused: () => rejections > 0,
    error(cause?: unknown): NetconfError {
      const sentence =
        tried.length > 1
          ? `${target.name} refused the password for user ${target.user}. Check its entry in secrets.yaml.`
          : `${target.name} does not accept passwords for user ${target.user} (it offers ${offered.join(', ') || 'nothing'}). Allow password logins over SSH on the device.`;
      return new NetconfError('authentication', sentence, { cause });
    },
  };
}
