import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dump } from 'js-yaml';
import type { RpcRecord } from '../../simulator/device.ts';
import type { Platform } from '../../simulator/platforms.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { encryptSecret } from '../../src/secrets/fernet.ts';

export const WEBHOOK_SECRET = 'a-secret-for-tests-only';
export const MASTER_PASSWORD = 'a-master-password-for-tests-only';
export const DEVICE_PASSWORD = 'a-device-password-for-tests-only';

export interface DeviceSpec {
  /** What the device calls itself, when that is not its name. */
  hostname?: string;
  /** What it wants to hear, when that is not what secrets.yaml says. */
  password?: string;
  isKeyKnown?: boolean;
  site?: string;
  platform?: Platform;
  /** How long it is away when it reboots; 50 when not given. */
  downMs?: number;
}

export interface FolderOptions {
  devices?: Record<string, DeviceSpec>;
  /** Names in devices.yaml by site, of devices that send events and are never logged in to. */
  listed?: Record<string, string[]>;
  priorities?: Record<string, number | null>;
  /** Keys of assistant.yaml and of the section `config` of junos-config.yaml. */
  assistant?: object;
  junos?: object;
  /** Entries of type server in secrets.yaml, by name. */
  servers?: Record<string, { user: string; password: string }>;
  /** Lines of known_hosts beside the devices'. */
  knownHosts?: string;
}

/** A configuration folder as an operator writes it, and the devices it names, in software. */
export class Folder {
  readonly dir: string;
  readonly #simulators = new Map<string, Simulator>();
  readonly #rpcs = new EventEmitter().setMaxListeners(0);

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(options: FolderOptions = {}): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(tmpdir(), 'assistant-test-')));
    const devices = Object.entries(options.devices ?? { 'hq-fw01': {} });
    await Promise.all(devices.map(([name, device]) => folder.#startDevice(name, device)));
    await folder.#write(options);
    return folder;
  }

  get storeFile(): string {
    return join(this.dir, 'store', 'assistant.sqlite');
  }

  device(name: string): Simulator {
    const found = this.#simulators.get(name);
    if (!found) throw new Error(`There is no simulated device ${name}.`);
    return found;
  }

  /** How often the device was asked for this, by its own record. */
  count(name: string, rpc = 'request-reboot'): number {
    return this.device(name).state.rpcs.filter((record) => record.rpc === rpc).length;
  }

  /** Resolves when the device has received this RPC so many times. */
  async received(name: string, rpc: string, times = 1): Promise<void> {
    await new Promise<void>((resolve) => this.after(name, rpc, times, resolve));
  }

  /** Does something in the moment when the device has received this RPC so many times, before it answers. */
  after(name: string, rpc: string, times: number, then: () => void): void {
    const look = () => {
      if (this.count(name, rpc) < times) return;
      this.#rpcs.off('rpc', look);
      then();
    };
    this.#rpcs.on('rpc', look);
    look();
  }

  /** Rows of the store, read beside the program that writes it. */
  rows(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    const db = new DatabaseSync(this.storeFile, { readOnly: true });
    try {
      return db.prepare(sql).all(...values);
    } finally {
      db.close();
    }
  }

  async close(): Promise<void> {
    for (const simulator of this.#simulators.values()) await simulator.close();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  async #startDevice(name: string, spec: DeviceSpec): Promise<void> {
    const { hostname = name, password = DEVICE_PASSWORD, platform = 'srx', downMs = 50 } = spec;
    const onRpc = (record: RpcRecord) => this.#rpcs.emit('rpc', record);
    this.#simulators.set(
      name,
      await startSimulator({ hostname, platform, port: 0, user: 'netops', password, downMs, onRpc }),
    );
  }

  async #write(options: FolderOptions): Promise<void> {
    const { devices, listed = {}, priorities, assistant, junos, servers = {}, knownHosts = '' } = options;
    const write = (file: string, document: object) => writeFile(join(this.dir, file), `---\n${dump(document)}`);
    const names = [...this.#simulators];
    const sealed = (password: string) =>
      encryptSecret(password, MASTER_PASSWORD, { now: () => new Date(), random: randomBytes });
    await write('assistant.yaml', {
      port: 0,
      store_file: 'store/assistant.sqlite',
      time_zone: 'Europe/London',
      ...assistant,
    });
    await write('junos-config.yaml', {
      config: { webhook_secret: WEBHOOK_SECRET, ...junos },
      events: priorities ?? { CRITICAL: 1, WARNING: 2, STORED: 3, IGNORED: 4, EMPTY: null },
    });
    const sites = Map.groupBy(names, ([name]) => devices?.[name]?.site ?? 'hq');
    const documents = [...sites].map(([site, here]) => ({
      site,
      devices: here.map(([name, { port }]) => ({ name, address: '127.0.0.1', port })),
    }));
    const silent = Object.entries(listed).map(([site, here]) => ({
      site,
      devices: here.map((name) => ({ name, address: `${name}.invalid` })),
    }));
    // A folder without devices is still one of a site.
    const all = documents.length + silent.length > 0 ? [...documents, ...silent] : [{ site: 'hq', devices: [] }];
    await writeFile(join(this.dir, 'devices.yaml'), all.map((document) => `---\n${dump(document)}`).join(''));
    await write('entities.yaml', { process: ['forwarding', 'routing', 'snmp'] });
    const logins: object[] = [{ type: 'junos', '.*': { user: 'netops', ...(await sealed(DEVICE_PASSWORD)) } }];
    for (const [name, { user, password }] of Object.entries(servers))
      logins.push({ type: 'server', [name]: { user, ...(await sealed(password)) } });
    await writeFile(join(this.dir, 'secrets.yaml'), logins.map((each) => `---\n${dump(each)}`).join(''));
    const known = names.filter(([name]) => devices?.[name]?.isKeyKnown !== false);
    const lines = known.map(([, { hostKeyLine }]) => `${hostKeyLine}\n`);
    await writeFile(join(this.dir, 'known_hosts'), `${lines.join('')}${knownHosts}`);
  }
}
