import type { IncomingMessage } from 'node:http';
import { networkTest, senderOf } from '../networks.ts';
import { PROXY_HEADERS } from './local-mode.ts';

/**
 * Whether a request may see how the assistant is doing: from this machine itself, or from one of the networks. What a proxy
 * handed on that is not trusted comes from anywhere.
 */
export function monitorTest(
  networks: readonly string[],
  isTrustedProxy: (address: string) => boolean,
): (request: Pick<IncomingMessage, 'headers' | 'socket'>) => boolean {
  const isMonitor = networkTest(['127.0.0.0/8', '::1', ...networks]);
  return ({ headers, socket }) => {
    const peer = socket.remoteAddress ?? '';
    const forwarded = headers['x-forwarded-for'];
    const sender = senderOf(peer, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, isTrustedProxy);
    const isHandedOn = PROXY_HEADERS.some((name) => headers[name] !== undefined);
    return isMonitor(sender) && (!isHandedOn || isTrustedProxy(peer));
  };
}
