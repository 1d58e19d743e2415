import { EventEmitter } from 'node:events';
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import { fingerprint, knownHostsLine } from '../src/netconf/known-hosts.ts';
import { Device, type DeviceOptions, type RpcRecord } from './device.ts';
import { type Dialect, JUNOS_DIALECT } from './hello.ts';
import { newHostKey, newRsaHostKey, readHostKey } from './host-key.ts';
import { authenticate, LEGACY_ALGORITHMS } from './login.ts';
import { Power, type SimulatorEvents } from './power.ts';
import { serveSession } from './ssh-session.ts';
import type { User } from './users.ts';

export interface SimulatorOptions extends DeviceOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  /** A super-user, unless `users` has one of this name. */
  user: string;
  password: string;
  /** OpenSSH public key lines that let `user` in without a password. */
  authorizedKeys?: readonly string[];
  /** More people, of other classes. */
  users?: readonly User[];
  onRpc?: (record: RpcRecord) => void;
  /** A folder of canned replies: `RPC-NAME.xml` answers that RPC with exactly its content. */
  replies?: string;
  /** An OpenSSH private key; a new ed25519 one when not given, an RSA one with `legacy`. */
  hostKey?: string;
  /** Offers only the SSH algorithms that an old Junos knows. */
  legacy?: boolean;
  /** How hello and replies are written; as current Junos does when not given. */
  dialect?: Partial<Dialect>;
  /** From the end of the answer `Shutdown NOW!` to the cut connections. */
  goneAfterMs?: number;
  /** From there to the open port. */
  downMs?: number;
}

export interface Simulator {
  readonly port: number;
  /** The known_hosts line: `[127.0.0.1]:PORT ssh-ed25519 AAAA...`. */
  readonly hostKeyLine: string;
  /** `SHA256:...` */
  readonly fingerprint: string;
  /** The device itself: its clock, engines, processes, files, the RPCs it got, and the faults it can be given. */
  readonly state: Device;
  /** `down` and `up` around every reboot of the engine that sessions are on; `engine` for any of them. */
  readonly events: EventEmitter<SimulatorEvents>;
  /** Carries out a scheduled reboot whose time has come by `now()`; timers call it as well. */
  tick(): void;
  close(): Promise<void>;
}

/** Starts a Junos device in software. It listens on 127.0.0.1 only. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { goneAfterMs = 100, downMs = 1_000, legacy = false } = options;
  const device = new Device(options);
  const users = everyUser(options);
  for (const user of users) device.addHome(user);
  const events = new EventEmitter<SimulatorEvents>();
  const { privateKey, publicKey } = hostKey(options);
  const sockets = new Set<Socket>();
  let sessions = 0;
  let port = options.port;
  let tcp: TcpServer | undefined;

  const listen = async () => {
    // ssh2 keeps no list of its connections, and a reboot has to cut them: so the TCP side is here.
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      ssh.injectSocket(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    port = (server.address() as AddressInfo).port;
    tcp = server;
  };

  const disconnect = async () => {
    const server = tcp;
    tcp = undefined;
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  };

  const power = new Power({ device, events, goneAfterMs, downMs, disconnect, listen });

  const serve = (connection: Connection, socket: Socket) => {
    let user: User | undefined;
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      device.logins.push({ user: context.username, method: context.method });
      user = authenticate(context, users, device);
    });
    connection.on('session', (accept) => {
      // No session comes before a login.
      if (user)
        serveSession(accept(), {
          device,
          user,
          dialect: { ...JUNOS_DIALECT, ...options.dialect },
          ...(options.replies === undefined ? {} : { replies: options.replies }),
          nextSessionId: () => ++sessions,
          onRpc: (record) => options.onRpc?.(record),
          answered: () => power.answered(),
          end: () => connection.end(),
          cut: () => socket.destroySoon(),
        });
    });
  };
  const ssh = new ssh2.Server({ hostKeys: [privateKey], ...(legacy ? { algorithms: LEGACY_ALGORITHMS } : {}) });
  ssh.on('connection', (connection, info) => {
    const socket = [...sockets].find((candidate) => candidate.remotePort === info.port);
    if (socket) serve(connection, socket);
    else connection.end();
  });

  await listen();
  return {
    port,
    hostKeyLine: knownHostsLine('127.0.0.1', port, publicKey),
    fingerprint: fingerprint(publicKey),
    state: device,
    events,
    tick: () => power.tick(),
    close: async () => {
      power.close();
      await disconnect();
    },
  };
}

function everyUser({ user, password, authorizedKeys = [], users = [] }: SimulatorOptions): User[] {
  const main: User = { name: user, password, class: 'super-user', authorizedKeys };
  return users.some((each) => each.name === user) ? [...users] : [main, ...users];
}

function hostKey({ hostKey: given, legacy }: SimulatorOptions) {
  if (given !== undefined) return readHostKey(given);
  return legacy ? newRsaHostKey() : newHostKey();
}
