import { connect as connectTcp } from 'node:net';
import { NetconfError, type NetconfErrorCode } from './errors.ts';
import { seconds } from './pending-rpc.ts';
import { abandoned, place, type SessionTarget } from './target.ts';
import { type Wire, wireOf } from './wire.ts';

/** Opens TCP. Throws `NetconfError`. */
export function openTcp(target: SessionTarget, port: number, connectMs: number, signal?: AbortSignal): Promise<Wire> {
  const { promise, resolve, reject } = Promise.withResolvers<Wire>();
  if (signal?.aborted) return Promise.reject(abandoned(target, signal));
  const socket = connectTcp({ host: target.address, port, noDelay: true });
  const wire = wireOf(socket);
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
  socket.once('connect', () => resolve(wire));
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
