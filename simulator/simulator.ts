import { EventEmitter } from 'node:events';
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { fingerprint, knownHostsLine } from '../src/netconf/known-hosts.ts';
import type { XmlElement } from '../src/netconf/xml.ts';
import { Device, type DeviceOptions, type RpcRecord } from './device.ts';
import { newHostKey, readHostKey } from './host-key.ts';
import { serveNetconf } from './session.ts';

export interface SimulatorOptions extends DeviceOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  user: string;
  password: string;
  onRpc?: (record: RpcRecord) => void;
  /** A folder of canned replies: `RPC-NAME.xml` answers that RPC with exactly its content. */
  replies?: string;
  /** An OpenSSH private key; a new ed25519 one when not given. */
  hostKey?: string;
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
  /** The device itself: its clock, its pending reboot, the RPCs it got, and the faults it can be given. */
  readonly state: Device;
  /** `down` and `up` around every reboot. */
  readonly events: EventEmitter<{ down: []; up: [] }>;
  /** Carries out a scheduled reboot whose time has come by `now()`; timers call it as well. */
  tick(): void;
  close(): Promise<void>;
}

/** Longest time a Node timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Starts a Junos device in software. It listens on 127.0.0.1 only. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { goneAfterMs = 100, downMs = 1_000 } = options;
  const device = new Device(options);
  const events = new EventEmitter<{ down: []; up: [] }>();
  const { privateKey, publicKey } = options.hostKey === undefined ? newHostKey() : readHostKey(options.hostKey);
  const sockets = new Set<Socket>();
  const timers = new Map<'scheduled' | 'gone' | 'up', NodeJS.Timeout>();
  let sessions = 0;
  let port = options.port;
  let tcp: TcpServer | undefined;
  let closed = false;

  const after = (name: 'scheduled' | 'gone' | 'up', ms: number, run: () => void) => {
    clearTimeout(timers.get(name));
    timers.set(name, setTimeout(run, Math.min(ms, MAX_TIMER_MS)));
  };

  const listen = async () => {
    // ssh2 keeps no list of its connections, and a reboot has to cut them: so the TCP side is here.
    // ssh2 writes in small pieces; with Nagle's algorithm each of them waits 40 ms for an acknowledgement.
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

  const goDown = async () => {
    const server = tcp;
    tcp = undefined;
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  };

  const shutDown = async () => {
    clearTimeout(timers.get('scheduled'));
    timers.delete('gone');
    await goDown();
    events.emit('down');
    if (closed) return;
    after('up', downMs, async () => {
      device.boot();
      await listen();
      if (closed) await goDown();
      else events.emit('up');
    });
  };

  const tick = () => {
    const { pending } = device;
    if (!pending || !tcp) return;
    const leftMs = pending.at.getTime() - device.now().getTime();
    if (leftMs <= 0) after('gone', 0, shutDown);
    else after('scheduled', leftMs, tick);
  };

  const answered = (operation: XmlElement) => {
    if (operation.name !== 'request-reboot' || !device.pending) return;
    if (device.pending.at.getTime() > device.now().getTime()) tick();
    else if (tcp && !timers.has('gone')) after('gone', goneAfterMs, shutDown);
  };

  const serve = (connection: Connection, socket: Socket) => {
    let user = '';
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      user = context.username;
      device.logins.push({ user, method: context.method });
      authenticate(context, options, device);
    });
    connection.on('session', (accept) => {
      const session = accept();
      const start = (open: () => Parameters<typeof serveNetconf>[0]) => {
        const channel = open();
        serveNetconf(channel, {
          device,
          user,
          sessionId: ++sessions,
          ...(options.replies === undefined ? {} : { replies: options.replies }),
          onRpc: (record) => options.onRpc?.(record),
          answered: (operation) => {
            if (operation.name === 'close-session') channel.end(() => connection.end());
            answered(operation);
          },
          cut: () => socket.destroySoon(),
        });
      };
      session.on('subsystem', (open, refuse, info) => {
        if (info.name === 'netconf' && !device.refuseSubsystem) start(open);
        else refuse?.();
      });
      session.on('exec', (open, refuse, info) => {
        if (info.command === 'xml-mode netconf need-trailer') start(open);
        else refuse?.();
      });
    });
  };
  const ssh = new ssh2.Server({ hostKeys: [privateKey] });
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
    tick,
    close: async () => {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await goDown();
    },
  };
}

function authenticate(context: AuthContext, options: SimulatorOptions, device: Device): void {
  const refuse = () => context.reject(device.authMethods);
  const offered = device.authMethods.some((candidate) => candidate === context.method);
  if (context.username !== options.user || !offered) {
    refuse();
    return;
  }
  if (context.method === 'password') {
    if (context.password === options.password) context.accept();
    else refuse();
  } else if (context.method === 'keyboard-interactive') {
    context.prompt([{ prompt: 'Password:', echo: false }], (answers) => {
      if (answers[0] === options.password) context.accept();
      else refuse();
    });
  }
}
