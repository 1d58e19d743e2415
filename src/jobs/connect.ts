import { AssistantError } from '../errors.ts';
import type { Inventory } from '../inventory.ts';
import { type Facts, facts as readFacts } from '../netconf/junos.ts';
import { type NetconfSession, openSession } from '../netconf/session.ts';
import { createTargets, type TargetOptions } from './target.ts';

export interface ConnectOptions extends TargetOptions {
  inventory: Inventory;
}

export interface Connected {
  session: NetconfSession;
  facts: Facts;
}

export type Connect = (device: string, signal?: AbortSignal) => Promise<Connected>;

/**
 * Opens a session to a device of the inventory and proves that it is that device: what answers at its
 * address must call itself by its name. Throws AssistantError; the session is closed then.
 */
export function createConnect({ inventory, ...options }: ConnectOptions): Connect {
  const targetFor = createTargets(options);
  return async (name, signal) => {
    const device = inventory.find(name);
    if (!device)
      throw new AssistantError('unknown-device', `${name} is not in devices.yaml any more. Nothing was sent.`);
    const session = await openSession(await targetFor(device), signal ? { signal } : {});
    try {
      const facts = await readFacts(session);
      if (!isSameDevice(device.hostname, facts.hostname)) {
        throw new AssistantError(
          'wrong-device',
          `What answers as ${device.name} at ${device.address} calls itself ${facts.hostname || 'nothing'}. Nothing was sent. ` +
            `If that is right, set "hostname: ${facts.hostname}" for ${device.name} in devices.yaml.`,
        );
      }
      return { session, facts };
    } catch (error) {
      await session.close();
      throw error;
    }
  };
}

/**
 * Whether a device's own host name is the expected one: any case, with or without a domain, and with the
 * suffix that dual Routing Engines and cluster nodes are commonly given (`hq-rtr01-re0`, `hq-fw01-node1`).
 */
export function isSameDevice(expected: string, reported: string): boolean {
  const core = (name: string) => {
    const host = name.trim().toLowerCase().split('.')[0] ?? '';
    return host.replace(/[-_]?(?:re|node)[01]$/, '');
  };
  return core(expected) !== '' && core(expected) === core(reported);
}
