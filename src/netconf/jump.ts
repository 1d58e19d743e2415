import { NetconfError, type NetconfErrorCode } from './errors.ts';
import { seconds } from './pending-rpc.ts';
import { abandoned, place, type SessionTarget } from './target.ts';
import type { Transport } from './transport.ts';
import type { Wire } from './wire.ts';

/** ssh2 gives RFC 4254's reason of a refused channel as a number: administratively prohibited. */
const PROHIBITED = 1;

/**
 * Opens a TCP connection from the jump host to the target (RFC 4254 section 7.2, what ProxyJump uses). The jump host
 * looks the address up. Throws `NetconfError`; the session to the jump host is the caller's to end then.
 */
export function openThrough(
  first: Transport,
  target: SessionTarget & { jump: SessionTarget },
  port: number,
  connectMs: number,
  signal?: AbortSignal,
): Promise<Wire> {
  const { promise, resolve, reject } = Promise.withResolvers<Wire>();
  const via = place(target.jump);
  const late = () =>
    reject(
      new NetconfError(
        'timeout',
        `${place(target)} does not answer on port ${port} within ${seconds(connectMs)}. Check that it is up and that ${via} may connect to it.`,
      ),
    );
  const timer = setTimeout(late, connectMs);
  const abort = () => signal && reject(abandoned(target, signal));
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  const lost = (cause?: unknown) =>
    reject(
      new NetconfError('closed', `The connection to ${via}, the jump host of ${target.name}, was lost.`, { cause }),
    );
  void first.closed.then(() => lost());
  let given = false;
  void promise.catch(() => {
    given = true;
  });
  try {
    first.client.forwardOut('127.0.0.1', 0, target.address, port, (error, channel) => {
      if (error) return reject(refusal(target, port, error));
      // The time was up; nobody wants it any more.
      if (given) return channel.destroy();
      let spoken = false;
      channel.once('data', () => {
        spoken = true;
      });
      // The first listener would start the flow before ssh2 listens.
      channel.pause();
      channel.on('error', () => {});
      const closed = new Promise<void>((done) => channel.once('close', () => done()));
      resolve({
        stream: channel,
        closed: Promise.race([closed, first.closed]),
        hasSpoken: () => spoken,
        destroy: () => {
          channel.destroy();
          first.destroy();
        },
      });
    });
  } catch (error) {
    lost(error);
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

/** OpenSSH gives the operating system's words as the description; other servers may give anything. */
function refusal(target: SessionTarget & { jump: SessionTarget }, port: number, error: Error): NetconfError {
  const { reason } = error as Error & { reason?: number };
  const said = error.message.replace(/^\(SSH\) Channel open failure:\s*/, '').slice(0, 200);
  const via = place(target.jump);
  const [code, sentence]: [NetconfErrorCode, string] = (() => {
    if (reason === PROHIBITED)
      return [
        'unreachable',
        `${via} does not allow connections to ${place(target)} port ${port} through it (${said}). Allow TCP forwarding on it.`,
      ];
    if (/refused/i.test(said)) return ['refused', `${place(target)} refuses connections on port ${port}.`];
    if (/timed? ?out/i.test(said)) return ['timeout', `${place(target)} does not answer on port ${port}.`];
    if (/not known|resolve|no address|nodename/i.test(said))
      return [
        'unknown-host',
        `The name ${target.address} of ${target.name} is not known to ${via}. Give the device's IP address in devices.yaml.`,
      ];
    // Older OpenSSH says only "open failed"; another port may still be open.
    return ['refused', `${via} could not connect to ${place(target)} on port ${port} (${said || 'no reason given'}).`];
  })();
  return new NetconfError(code, sentence, { cause: error });
}
