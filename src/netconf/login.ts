import ssh2, { type AnyAuthMethod, type AuthenticationType, type Client } from 'ssh2';
import type { Authentication } from './authentication.ts';
import { NetconfError } from './errors.ts';
import { algorithmsFor, hostKeyError } from './host-key.ts';
import { seconds } from './pending-rpc.ts';
import { abandoned, place, type SessionTarget } from './target.ts';
import type { Wire } from './wire.ts';

/** Devices send no keepalives by default, so a dead path would otherwise look like a slow reply. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MISSED = 3;

export interface LoginOptions {
  login: Authentication;
  loginMs: number;
  signal?: AbortSignal | undefined;
  /** Says no to a host key by an error; `hostKeyError` when not given. */
  checkKey?: ((key: Buffer, port: number) => NetconfError | undefined) | undefined;
}

/** SSH over what is open already, up to the finished login. Throws `NetconfError`; the wire is closed then. */
export function logInOver(wire: Wire, target: SessionTarget, port: number, options: LoginOptions): Promise<Client> {
  const { login, loginMs, signal, checkKey = (key: Buffer) => hostKeyError(target, port, key) } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const client = new ssh2.Client();
  let keyError: NetconfError | undefined;
  let encrypted = false;

  const fail = (error: NetconfError) => {
    reject(error);
    wire.destroy();
  };
  const late = `${place(target)} accepted the connection on port ${port}, but the SSH login did not finish within ${seconds(loginMs)}.`;
  const timer = setTimeout(() => fail(new NetconfError('timeout', late)), loginMs);
  const abort = () => signal && fail(abandoned(target, signal));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();

  // Stays for the client's life: ssh2 reports late socket errors here, and an unheard 'error' ends the process.
  client.on('error', (error) => {
    const cause = error as Error & { level?: string };
    if (keyError) fail(keyError);
    // ssh2 goes on to the next way to log in by itself.
    else if (cause.level === 'agent') login.agentFailed(cause);
    else if (cause.level === 'client-authentication' || login.refused()) fail(login.error(cause));
    else if (cause.level === 'client-socket') fail(closedEarly(target, port, cause));
    // A connection closed without a byte is a limit or a filter at work, not another protocol.
    else if (!encrypted && wire.hasSpoken()) fail(noSsh(target, port, cause));
    else fail(closedEarly(target, port, cause));
  });
  client.on('close', () => fail(keyError ?? (login.refused() ? login.error() : closedEarly(target, port))));
  client.on('handshake', () => {
    encrypted = true;
  });
  client.on('ready', () => resolve(client));
  client.on('keyboard-interactive', (_name, _instructions, _lang, prompts, finish) => finish(login.answers(prompts)));
  client.on('change password', () => fail(login.expired()));
  client.connect({
    sock: wire.stream as NonNullable<Parameters<Client['connect']>[0]['sock']>,
    username: target.user,
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVES_MISSED,
    tryKeyboard: true,
    algorithms: algorithmsFor(target, port),
    authHandler: (left: AuthenticationType[] | null, partial: boolean | null, next) =>
      next(login.next(left, partial) as AnyAuthMethod),
    hostVerifier: (key: Buffer) => {
      keyError = checkKey(key, port);
      return keyError === undefined;
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

function noSsh(target: SessionTarget, port: number, cause: Error): NetconfError {
  const fact = `${place(target)} answers on port ${port}, but an SSH connection cannot be set up: ${cause.message.replace(/\.$/, '')}.`;
  // ssh2: "Handshake failed: no matching key exchange algorithm" (or "C->S cipher", ...).
  const isOld = /no matching/i.test(cause.message) && !target.legacy;
  const advice = isOld ? ` For a device with an old Junos, set "legacy: true" for ${target.name} in devices.yaml.` : '';
  return new NetconfError('not-netconf', fact + advice, { cause });
}
