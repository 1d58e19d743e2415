import { distance } from 'fastest-levenshtein';
import { AssistantError } from './errors.ts';

/** How to log in, as devices.yaml has it. */
interface LoginEntry {
  user?: string | undefined;
  key_file?: string | undefined;
  agent?: boolean | undefined;
}

/** One device as devices.yaml has it; a site's document holds a list of them. */
export interface DeviceEntry extends LoginEntry {
  name: string;
  address?: string | undefined;
  port?: number | undefined;
  hostname?: string | undefined;
  legacy?: boolean | undefined;
  /** The name of another device, or an SSH server that is none. */
  jump?: string | (LoginEntry & { address: string; port?: number | undefined }) | undefined;
}

export interface SiteEntry {
  site: string;
  devices: readonly DeviceEntry[];
}

/** Where to connect and how to log in. What is not set comes from secrets.yaml. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Ports to try, in this order. */
  readonly ports: readonly number[];
  readonly user?: string;
  readonly keyFile?: string;
  readonly agent?: true;
  readonly legacy?: true;
  /** The SSH server to go through, which may have one of its own. */
  readonly jump?: JumpHost;
}

export interface JumpHost extends Host {
  /** True when it is an entry of its own, with its own credentials. */
  readonly isDevice: boolean;
}

/** A device with every default filled in. `name` is the only spelling used after this point. */
export interface Device extends Host {
  readonly site: string;
  /** What the device calls itself; compared before any command is sent to it. */
  readonly hostname: string;
}

/** NETCONF's own port first, then SSH: RFC 6242 and what Junos also offers. */
const DEFAULT_PORTS: readonly number[] = [830, 22];
/** Forwarding is OpenSSH's: the NETCONF port of a device does not do it. */
const JUMP_PORTS: readonly number[] = [22];
const MOST_SUGGESTIONS = 3;
const LONGEST_TYPED = 64;

/** The devices the assistant knows. Names are exact in any case; a near name is only ever suggested. */
export class Inventory {
  #byName = new Map<string, Device>();
  #byHostname = new Map<string, Device>();
  #sites: string[] = [];
  readonly #changedAt = new Map<string, number>();

  /**
   * Throws `duplicate-device` when two devices share a name: a command could not tell which one is meant; and
   * `bad-jump` when a jump host is not there, or leads back to where it came from.
   */
  constructor(documents: readonly SiteEntry[]) {
    const entries = new Map<string, DeviceEntry & { site: string }>();
    for (const { site, devices } of documents) {
      if (!this.#sites.includes(site)) this.#sites.push(site);
      for (const entry of devices) {
        const { name } = entry;
        const other = entries.get(name.toLowerCase());
        if (other) {
          throw new AssistantError('duplicate-device', `${name} is listed twice, at ${other.site} and at ${site}.`);
        }
        entries.set(name.toLowerCase(), { ...entry, site });
      }
    }
    for (const [key, { site, hostname, ...entry }] of entries) {
      const device = { ...hostOf(entry, DEFAULT_PORTS, [entry.name], entries), site, hostname: hostname ?? entry.name };
      this.#byName.set(key, device);
      this.#byHostname.set(device.hostname.toLowerCase(), device);
    }
  }

  /** Has the devices of another one from now on: whoever holds this one sees all of the old or all of the new. */
  become(other: Inventory, now = 0): void {
    const names = new Set([...this.#byName.keys(), ...other.#byName.keys()]);
    for (const name of names) {
      const [was, is] = [this.#byName.get(name), other.#byName.get(name)];
      if (was && JSON.stringify(was) !== JSON.stringify(is)) this.#changedAt.set(name, now);
    }
    this.#byName = other.#byName;
    this.#byHostname = other.#byHostname;
    this.#sites = other.#sites;
  }

  /** Whether what stands under this name is another device, or none, since then. Epoch ms. */
  hasChangedSince(name: string, at: number): boolean {
    return (this.#changedAt.get(name.toLowerCase()) ?? Number.NEGATIVE_INFINITY) >= at;
  }

  /** The device of exactly this name, in any case. */
  find(name: string): Device | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The device that calls itself so, or has this name; in any case. */
  named(hostname: string): Device | undefined {
    return this.#byHostname.get(hostname.toLowerCase()) ?? this.find(hostname);
  }

  /** Every device, in the order of the file. */
  all(): Device[] {
    return [...this.#byName.values()];
  }

  /** Every site, in the order of the file, those without devices too. */
  sites(): string[] {
    return [...this.#sites];
  }

  /**
   * Up to three names near the one typed, nearest first: for a "did you mean", never to act on. Near is one
   * wrong letter in three, at most three; a part such as `fw01`, or the name with its domain, is near as well.
   */
  suggest(typed: string): string[] {
    const wanted = typed.toLowerCase();
    if (wanted.length === 0 || wanted.length > LONGEST_TYPED) return [];
    const near: { name: string; far: number }[] = [];
    for (const [lower, { name }] of this.#byName) {
      const limit = Math.min(3, Math.max(1, Math.floor(Math.min(wanted.length, lower.length) / 3)));
      const lengths = Math.abs(wanted.length - lower.length);
      // The lengths alone rule most names out, which keeps a message full of unknown names cheap.
      const far = lengths <= limit ? distance(wanted, lower) : Number.POSITIVE_INFINITY;
      if (far <= limit) near.push({ name, far });
      else if (isPart(wanted, lower)) near.push({ name, far: LONGEST_TYPED + lengths });
    }
    return near
      .sort((a, b) => a.far - b.far)
      .slice(0, MOST_SUGGESTIONS)
      .map(({ name }) => name);
  }
}

const isPart = (typed: string, name: string) =>
  (typed.length >= 3 && name.includes(typed)) || typed.startsWith(`${name}.`);

/** `way` holds the names of the devices that lead here, this one included. */
function hostOf(
  { name, address, port, jump, ...login }: Omit<DeviceEntry, 'hostname'>,
  defaultPorts: readonly number[],
  way: readonly string[],
  entries: ReadonlyMap<string, DeviceEntry>,
): Host {
  return {
    name,
    address: address ?? name,
    ports: port === undefined ? defaultPorts : [port],
    ...(login.user === undefined ? {} : { user: login.user }),
    ...(login.key_file === undefined ? {} : { keyFile: login.key_file }),
    ...(login.agent ? { agent: true } : {}),
    ...(login.legacy ? { legacy: true } : {}),
    ...(jump === undefined ? {} : { jump: jumpOf(jump, way, entries) }),
  };
}

function jumpOf(
  jump: NonNullable<DeviceEntry['jump']>,
  way: readonly string[],
  entries: ReadonlyMap<string, DeviceEntry>,
): JumpHost {
  if (typeof jump !== 'string') {
    return { ...hostOf({ ...jump, name: jump.address }, JUMP_PORTS, way, entries), isDevice: false };
  }
  const bad = (what: string) => new AssistantError('bad-jump', `devices.yaml: ${way[0]}.jump: ${what}`);
  const entry = entries.get(jump.toLowerCase());
  if (!entry) throw bad(`there is no device ${jump}. For a server that is none, give a mapping with its address`);
  const further = [...way, entry.name];
  if (way.includes(entry.name)) throw bad(`the jump hosts go round in a circle: ${further.join(' -> ')}`);
  return { ...hostOf(entry, JUMP_PORTS, further, entries), isDevice: true };
}
