import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig } from 'ssh2';
import { type HostKey, newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import type { SessionTarget } from '../../src/netconf/session.ts';

export interface BareServer {
  target: SessionTarget;
  /** Everything the client wrote on NETCONF channels. */
  received: string[];
}

/** A TCP server that does what `onSocket` says, until the test ends. */
export async function bareTcp(t: TestContext, onSocket: (socket: Socket) => void): Promise<BareServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { name: 'hq-fw01', address: '127.0.0.1', ports: [port], user: 'u', password: 'p', knownHosts: '' };
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { target, received: [] };
}

export interface BareSshOptions {
  /** The requests it does not accept. */
  refuse?: ('subsystem' | 'exec')[];
  /** Decides about a login; everyone gets in without it. */
  authenticate?: (context: AuthContext) => void;
  algorithms?: ServerConfig['algorithms'];
  /** A new one without it. */
  hostKey?: HostKey;
  /** Without it no connection goes through this server. */
  onForward?: (accept: () => ServerChannel, reject: () => void, info: { destIP: string; destPort: number }) => void;
}

/**
 * An SSH server that hands every NETCONF channel to `onChannel`: for what a proper device never does.
 */
export async function bareSsh(
  t: TestContext,
  onChannel: (channel: ServerChannel, connection: Connection) => void,
  {
    refuse = [],
    authenticate = (context) => context.accept(),
    algorithms,
    hostKey = newHostKey(),
    onForward,
  }: BareSshOptions = {},
): Promise<BareServer> {
  const { privateKey, publicKey } = hostKey;
  const ssh = new ssh2.Server({ hostKeys: [privateKey], ...(algorithms ? { algorithms } : {}) });
  const bare = await bareTcp(t, (socket) => ssh.injectSocket(socket));
  ssh.on('connection', (connection) => {
    connection.on('error', () => {});
    connection.on('authentication', authenticate);
    if (onForward) connection.on('tcpip', (accept, reject, info) => onForward(accept, reject, info));
    connection.on('session', (accept) => {
      const session = accept();
      for (const request of ['subsystem', 'exec'] as const) {
        session.on(request as 'exec', (open, reject) => {
          if (refuse.includes(request)) {
            reject?.();
            return;
          }
          const channel = open();
          channel.on('error', () => {});
          channel.on('data', (bytes: Buffer) => bare.received.push(bytes.toString()));
          onChannel(channel, connection);
        });
      }
    });
  });
  bare.target.knownHosts = knownHostsLine('127.0.0.1', bare.target.ports[0] ?? 0, publicKey);
  return bare;
}

/** A NETCONF server's side of one channel: a hello, then what `answer` writes for each request. */
export function answering(
  answer: (rpc: string, channel: ServerChannel) => void,
  hello = '<hello/>]]>]]>',
): (channel: ServerChannel) => void {
  return (channel) => {
    channel.write(hello);
    channel.on('data', (bytes: Buffer) => {
      const text = bytes.toString();
      if (text.includes('<rpc')) answer(text, channel);
    });
  };
}
