import { readFile } from 'node:fs/promises';
import { AssistantError } from '../errors.ts';
import type { Inventory } from '../inventory.ts';
import { type Facts, facts as readFacts } from '../netconf/junos.ts';
import { type NetconfSession, openSession } from '../netconf/session.ts';
import type { Credentials } from '../secrets/credentials.ts';

export interface ConnectOptions {
  inventory: Inventory;
  credentials: Credentials;
  /** Read anew for every connection: a key that was just added counts at once. */
  knownHostsFile: string;
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
export function createConnect({ inventory, credentials, knownHostsFile }: ConnectOptions): Connect {
  return async (name, signal) => {
    const device = inventory.find(name);
    if (!device)
      throw new AssistantError('unknown-device', `${name} is not in devices.yaml any more. Nothing was sent.`);
    const [login, knownHosts] = await Promise.all([
      credentials.find('junos', device.name),
      readFile(knownHostsFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw new AssistantError(
          'known-hosts',
          `The file with the devices' host keys cannot be read: ${knownHostsFile}.`,
          { cause: error },
        );
      }),
    ]);
    const session = await openSession(
      { ...device, ports: [...device.ports], ...login, knownHosts },
      signal ? { signal } : {},
    );
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
