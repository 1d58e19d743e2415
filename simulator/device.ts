import { ctime, dateTime, syslogTime } from './clock.ts';
import { Faults } from './faults.ts';
import { FileSystem } from './file-system.ts';
import { PLATFORM_SPECS, type Platform, type PlatformSpec, withVmhost } from './platforms.ts';
import { type Process, processTable } from './processes.ts';
import { homeOf, type User } from './users.ts';

export interface RpcRecord {
  at: Date;
  /** The operation's name: `request-reboot`. */
  rpc: string;
  /** The operation as received, without the rpc element around it. */
  xml: string;
}

export interface Shutdown {
  /** The instant, by the real clock. */
  at: Date;
  user: string;
  pid: number;
}

/** A Routing Engine, cluster node or member. */
export interface Engine {
  readonly name: string;
  readonly slot: number;
  role: string;
  /** The instant, by the real clock. */
  bootedAt: Date;
  pending: Shutdown | null;
  isUp: boolean;
}

export interface DeviceOptions {
  hostname: string;
  platform?: Platform;
  /** For mx-dual-re: its Routing Engines run Junos on a Linux host, and know request-vmhost-reboot. */
  vmhost?: boolean;
  model?: string;
  version?: string;
  /** The real clock, by which timers run; the device's own can be wrong by `clockSkewMs`. */
  now?: () => Date;
  /** How long the device has been up at the start; a day when not given. */
  bootSeconds?: number;
  /** IANA zone of its clock; UTC when not given. */
  zone?: string;
}

/** A Junos device as far as NETCONF, CLI, SFTP and SCP show it. Its own properties are its state, the rest faults. */
export class Device extends Faults {
  readonly hostname: string;
  readonly platform: Platform;
  readonly spec: PlatformSpec;
  readonly model: string;
  readonly version: string;
  readonly now: () => Date;
  readonly engines: readonly Engine[];
  /** The one that sessions are on. */
  readonly engine: Engine;
  readonly processes: Map<string, Process>;
  /** Of the engine that sessions are on. */
  readonly files: FileSystem;
  /** Of every engine, by its name. */
  readonly engineFiles: ReadonlyMap<string, FileSystem>;
  /** Every RPC received, in order, over all boots. */
  readonly rpcs: RpcRecord[] = [];
  /** Every line typed at a prompt and every command over SSH, in order. */
  readonly commands: string[] = [];
  /** Cuts the connection of each terminal there is. */
  readonly terminals = new Set<() => void>();
  /** Commands in terminals that run at the moment. */
  readonly busy = new Set<string>();
  /** Every login attempt, failed ones included. */
  readonly logins: { user: string; method: string }[] = [];
  zone: string;
  /** What its configuration has beside the host name, in braces; `show configuration` and support information have it. */
  configured = '';
  /** How far the device's clock is ahead of the real one. */
  clockSkewMs = 0;
  /** Set by a restart that takes the forwarding plane, and with it the session, away; the next reply is not sent. */
  outage = false;
  #lastPid = 17_220;

  constructor(options: DeviceOptions) {
    super();
    this.hostname = options.hostname;
    this.platform = options.platform ?? 'srx';
    const spec = PLATFORM_SPECS[this.platform];
    this.spec = options.vmhost ? withVmhost(spec) : spec;
    this.model = options.model ?? this.spec.model;
    this.version = options.version ?? this.spec.version;
    this.zone = options.zone ?? 'UTC';
    this.now = options.now ?? (() => new Date());
    const bootedMs = this.now().getTime() - (options.bootSeconds ?? 86_400) * 1000;
    // The second engine of a pair is a few seconds later: they are never exactly alike.
    this.engines = this.spec.engines.map(({ name, slot, role }, index) => ({
      name,
      slot,
      role,
      bootedAt: new Date(bootedMs + index * 4_000),
      pending: null,
      isUp: true,
    }));
    const [first] = this.engines;
    if (!first) throw new Error(`The platform ${this.platform} has no engine.`);
    this.engine = first;
    this.processes = processTable(this.spec.daemons);
    this.engineFiles = new Map(this.engines.map(({ name, bootedAt }) => [name, new FileSystem(bootedAt)]));
    for (const { name, bootedAt } of this.engines) this.#firstFiles(this.filesOn(name), name, bootedAt);
    this.files = this.filesOn(first.name);
  }

  /** Of the engine that sessions are on. */
  get bootedAt(): Date {
    return this.engine.bootedAt;
  }

  set bootedAt(at: Date) {
    this.engine.bootedAt = at;
  }

  get pending(): Shutdown | null {
    return this.engine.pending;
  }

  set pending(pending: Shutdown | null) {
    this.engine.pending = pending;
  }

  /** The engines that answer at the moment. */
  get running(): Engine[] {
    return this.engines.filter((engine) => engine.isUp);
  }

  filesOn(engine: string): FileSystem {
    const files = this.engineFiles.get(engine);
    if (!files) throw new Error(`There is no engine ${engine}.`);
    return files;
  }

  /** The same device as one sees it who is logged in to that engine. */
  seenFrom(engine: Engine): Device {
    return Object.create(this, { engine: { value: engine }, files: { value: this.filesOn(engine.name) } });
  }

  nextPid(): number {
    return ++this.#lastPid;
  }

  /** An instant as the device's clock has it. */
  clock(instant: Date): Date {
    return new Date(instant.getTime() + this.clockSkewMs);
  }

  /** `2017-06-29 16:59:47 PDT` */
  dateTime(instant: Date): string {
    return dateTime(this.clock(instant), this.zone);
  }

  /** `Wed Jul  9 18:15:00 2014` */
  ctime(instant: Date): string {
    return ctime(this.clock(instant), this.zone);
  }

  /** Adds a line to /var/log/messages. */
  log(text: string): void {
    const file = this.files.read('/var/log/messages');
    const line = `${syslogTime(this.clock(this.now()), this.zone)}  ${this.hostname} ${text}\n`;
    const data = Buffer.concat([file?.data ?? Buffer.alloc(0), Buffer.from(line)]);
    this.files.write('/var/log/messages', data, 'root', this.now());
  }

  addHome(user: User): void {
    this.files.makeFolder(homeOf(user));
  }

  #firstFiles(files: FileSystem, engine: string, at: Date): void {
    const put = (path: string, text: string) => files.write(path, Buffer.from(text), 'root', at);
    const stamp = syslogTime(this.clock(at), this.zone);
    // Only where there are several: logs of which one must not be taken for the other's.
    if (this.engines.length > 1) put('/var/log/engine', `${engine}\n`);
    put('/var/log/messages', `${stamp}  ${this.hostname} eventd[2040]: SYSTEM_OPERATIONAL: System is operational\n`);
    put('/var/log/interactive-commands', '');
    put('/var/log/chassisd', `${stamp} CHASSISD release ${this.version} starting\n`);
    put('/var/log/dcd', `${stamp} Interface control process is ready\n`);
    put('/etc/hosts.junos', HOSTS);
    put('/etc/resolv.conf', '');
    put('/config/juniper.conf', `system {\n    host-name ${this.hostname};\n}\n`);
  }
}

/** Addresses of the internal routing instance; tools find out from them which engine they are on. */
const HOSTS = `128.0.0.1        master
128.0.0.4        re0
128.0.0.5        re1
128.0.0.6        backup
128.0.0.16       fpc0
128.0.0.17       fpc1
`;
