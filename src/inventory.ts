import { distance } from 'fastest-levenshtein';
import { AssistantError } from './errors.ts';

/** One device as devices.yaml has it; a site's document holds a list of them. */
export interface DeviceEntry {
  name: string;
  address?: string | undefined;
  port?: number | undefined;
  hostname?: string | undefined;
}

export interface SiteEntry {
  site: string;
  devices: readonly DeviceEntry[];
}

/** A device with every default filled in. `name` is the only spelling used after this point. */
export interface Device {
  readonly name: string;
  readonly site: string;
  /** Where to connect. */
  readonly address: string;
  /** Ports to try, in this order. */
  readonly ports: readonly number[];
  /** What the device calls itself; compared before any command is sent to it. */
  readonly hostname: string;
}

/** NETCONF's own port first, then SSH: RFC 6242 and what Junos also offers. */
const DEFAULT_PORTS: readonly number[] = [830, 22];
const MOST_SUGGESTIONS = 3;
const LONGEST_TYPED = 64;

/** The devices the assistant knows. Names are exact in any case; a near name is only ever suggested. */
export class Inventory {
  readonly #byName = new Map<string, Device>();
  readonly #sites: string[] = [];

  /** Throws `duplicate-device` when two devices share a name: a command could not tell which one is meant. */
  constructor(documents: readonly SiteEntry[]) {
    for (const { site, devices } of documents) {
      if (!this.#sites.includes(site)) this.#sites.push(site);
      for (const entry of devices) this.#add(site, entry);
    }
  }

  #add(site: string, { name, address, port, hostname }: DeviceEntry): void {
    const other = this.#byName.get(name.toLowerCase());
    if (other) {
      throw new AssistantError('duplicate-device', `${name} is listed twice, at ${other.site} and at ${site}.`);
    }
    this.#byName.set(name.toLowerCase(), {
      name,
      site,
      address: address ?? name,
      ports: port === undefined ? DEFAULT_PORTS : [port],
      hostname: hostname ?? name,
    });
  }

  /** The device of exactly this name, in any case. */
  find(name: string): Device | undefined {
    return this.#byName.get(name.toLowerCase());
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
