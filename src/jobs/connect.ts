import type { Connected } from '../actions/action.ts';
import { AssistantError } from '../errors.ts';
import type { Inventory } from '../inventory.ts';
import { facts as readFacts } from '../netconf/junos.ts';
import { type Around, openSession } from '../netconf/session.ts';
import { createTargets, type TargetOptions } from './target.ts';

export interface ConnectOptions extends TargetOptions {
  inventory: Inventory;
  /** Around every login and RPC. */
  around?: Around;
}

export type Connect = (device: string, signal?: AbortSignal) => Promise<Connected>;

/**
 * Opens a session to a device of the inventory and proves that it is that device: what answers at its
 * address must call itself by its name. Throws AssistantError; the session is closed then.
 */
export function createConnect({ inventory, around, ...options }: ConnectOptions): Connect {
  const targetFor = createTargets(options);
  return async (name, signal) => {
    const device = inventory.find(name);
    if (!device) throw new AssistantError('unknown-device', `${name} is not in devices.yaml any more.`);
    const target = await targetFor(device);
    const session = await openSession(target, { ...(signal ? { signal } : {}), ...(around ? { around } : {}) });
    try {
      const facts = await readFacts(session, signal ? { signal } : {});
      if (!isSameDevice(device.hostname, facts.hostname)) {
        throw new AssistantError(
          'wrong-device',
          facts.hostname === ''
            ? `What answers as ${device.name} at ${device.address} does not tell its host name, so it cannot be proved to be that device.`
            : `What answers as ${device.name} at ${device.address} calls itself ${facts.hostname}. ` +
                `If that is right, set "hostname: ${facts.hostname}" for ${device.name} in devices.yaml.`,
        );
      }
      return { session, facts, target };
    } catch (error) {
      await session.close();
      throw error;
    }
  };
}

/**
 * Whether a device's own host name is the expected one: any case, with or without a domain, and with the suffix
 * that dual Routing Engines and cluster nodes are commonly given (`hq-rtr01-re0`, `hq-fw01-node1`). Without the
 * dash it is part of the name (`core0` is not `core1`), and who asks for `hq-rtr01-re0` means that engine only.
 */
export function isSameDevice(expected: string, reported: string): boolean {
  const parts = (name: string) => {
    const [host = '', ...domain] = name.trim().toLowerCase().split('.');
    return { host, domain: domain.join('.') };
  };
  const [wanted, found] = [parts(expected), parts(reported)];
  // The same host name at two sites is two devices; a domain that only one of them writes says nothing.
  if (wanted.domain !== '' && found.domain !== '' && wanted.domain !== found.domain) return false;
  return (
    wanted.host !== '' && (wanted.host === found.host || wanted.host === found.host.replace(/[-_](?:re|node)[01]$/, ''))
  );
}
