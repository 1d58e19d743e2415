import { BlockList, isIP } from 'node:net';

/** True for an address, or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** A test for addresses; the networks must be valid. An IPv4 address counts in its IPv6 form too. */
export function networkTest(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** Without the IPv6 form of an IPv4 address, the zone of a link-local one, a port, and brackets. */
export function plainAddress(text: string): string {
  const address = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')
    .replace(/%.*$/, '');
  return address.replace(/^::ffff:(?=\d+(?:\.\d+){3}$)/i, '');
}

/**
 * Who sent a request: the peer, unless that is a trusted proxy. Then the last of X-Forwarded-For that is none: whatever
 * stands left of it was written by the sender himself.
 */
export function senderOf(peer: string, forwarded: string | undefined, isTrusted: (address: string) => boolean): string {
  let sender = plainAddress(peer);
  const hops = forwarded === undefined ? [] : forwarded.split(',').map(plainAddress);
  while (isTrusted(sender)) {
    const before = hops.pop();
    if (before === undefined || isIP(before) === 0) return sender;
    sender = before;
  }
  return sender;
}
