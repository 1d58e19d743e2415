import type { Client } from 'ssh2';
import { authentication } from './authentication.ts';
import { NetconfError } from './errors.ts';
import { openThrough } from './jump.ts';
import { type LoginOptions, logInOver } from './login.ts';
import { seconds } from './pending-rpc.ts';
import { place, type SessionTarget, type Timeouts } from './target.ts';
import { openTcp } from './tcp.ts';
import type { Wire } from './wire.ts';

export { abandoned, type SessionTarget, type Timeouts } from './target.ts';

/** An SSH connection that is logged in. */
export interface Transport {
  client: Client;
  port: number;
  /** Resolves when the connection is closed, from whichever side. */
  closed: Promise<void>;
  /** Frees the connection, and the one to a jump host, at once. */
  destroy(): void;
}

/** Opens TCP, through the jump host if there is one, and SSH up to the finished login. Throws `NetconfError`; then nothing stays open. */
export async function logIn(
  target: SessionTarget,
  timeouts: Timeouts,
  signal?: AbortSignal,
  checkKey?: LoginOptions['checkKey'],
): Promise<Transport> {
  // A key file that cannot be used is told before anything is opened.
  const login = authentication(target);
  const { jump } = target;
  if (!jump) return logInWith((port, connectMs) => openTcp(target, port, connectMs, signal));
  const first = await logIn(jump, timeouts, signal).catch((error: unknown) => {
    if (!(error instanceof NetconfError)) throw error;
    const sentence = `${target.name} is reached through ${jump.name}. ${error.message}`;
    throw new NetconfError(error.code, sentence, { cause: error });
  });
  try {
    return await logInWith((port, connectMs) => openThrough(first, { ...target, jump }, port, connectMs, signal));
  } catch (error) {
    first.destroy();
    throw error;
  }

  async function logInWith(open: (port: number, connectMs: number) => Promise<Wire>): Promise<Transport> {
    const { wire, port } = await firstOpenPort(target, timeouts.connectMs, open);
    const client = await logInOver(wire, target, port, {
      login,
      loginMs: timeouts.loginMs,
      signal,
      checkKey,
    });
    return { client, port, closed: wire.closed, destroy: () => wire.destroy() };
  }
}

/**
 * Tries the ports in turn. They share the time: each gets an equal part of what is left, so that a firewall that drops
 * 830 does not keep 22 from being tried.
 */
async function firstOpenPort(
  target: SessionTarget,
  connectMs: number,
  open: (port: number, connectMs: number) => Promise<Wire>,
): Promise<{ wire: Wire; port: number }> {
  const failures: { port: number; error: NetconfError; afterMs: number }[] = [];
  const end = performance.now() + connectMs;
  for (const [index, port] of target.ports.entries()) {
    const afterMs = Math.max(1, Math.round((end - performance.now()) / (target.ports.length - index)));
    try {
      return { wire: await open(port, afterMs), port };
    } catch (error) {
      if (!(error instanceof NetconfError) || (error.code !== 'refused' && error.code !== 'timeout')) throw error;
      failures.push({ port, error, afterMs });
    }
  }
  throw noPort(target, failures);
}

/** One sentence for all ports. `refused` says more than `timeout`: something answered. */
function noPort(
  target: SessionTarget,
  failures: { port: number; error: NetconfError; afterMs: number }[],
): NetconfError {
  const refused = failures.filter(({ error }) => error.code === 'refused');
  const silent = failures.filter(({ error }) => error.code === 'timeout');
  const last = failures.at(-1)?.error;
  if (failures.length === 1 && last && (last.code === 'timeout' || target.jump)) return last;
  const ports = (some: typeof failures, word: string) => some.map(({ port }) => port).join(` ${word} `);
  const facts = [
    ...(refused.length > 0 ? [`refuses connections on port ${ports(refused, 'and')}`] : []),
    ...(silent.length > 0
      ? [
          `does not answer on port ${ports(silent, 'or')} (waited ${silent.map(({ afterMs }) => seconds(afterMs)).join(' and ')})`,
        ]
      : []),
  ];
  const advice =
    refused.length > 0
      ? 'Check that NETCONF over SSH is configured on it (set system services netconf ssh) and open to this server.'
      : 'Check that it is up and that no firewall drops the ports.';
  return new NetconfError(
    refused.length > 0 ? 'refused' : 'timeout',
    `${place(target)} ${facts.join(' and ')}. ${advice}`,
    { cause: failures.length === 1 ? last?.cause : last },
  );
}
