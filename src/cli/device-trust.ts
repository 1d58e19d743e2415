import { open } from 'node:fs/promises';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import type { Host } from '../inventory.ts';
import { createTargets, readKnownHosts } from '../jobs/target.ts';
import { readHostKeys, type ShownHostKey } from '../netconf/trust.ts';
import { Credentials } from '../secrets/credentials.ts';
import { deviceNamed } from './device.ts';

/**
 * Shows the host key of a device, and of each jump host before it, one JSON line each:
 * `{"device","host","address","port","verdict","fingerprint","line","added"}`. A host without a port of its own is
 * looked at on each of the usual ones: one line in the known_hosts file for all that show the same key, and one JSON line for
 * each key otherwise. With `yes` a key that is not known is added to that file. Throws when a key stays untrusted; a changed or
 * revoked one is never added, nor another one of the same host beside it.
 */
export async function deviceTrust(dir: string, name: string, { yes = false }: { yes?: boolean }): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const device = deviceNamed(config.inventory, name);
  const { knownHostsFile } = config;
  const targetFor = createTargets({
    credentials: new Credentials(config.secrets, config.masterPassword),
    knownHostsFile,
    configDir: config.dir,
  });
  for (const host of hopsOf(device)) {
    const keys = await readHostKeys({
      name: host.name,
      address: host.address,
      ports: [...host.ports],
      legacy: host.legacy,
      knownHosts: await readKnownHosts(knownHostsFile),
      jump: host.jump ? await targetFor(host.jump) : undefined,
    });
    const inTheWay = keys.find(({ verdict }) => verdict === 'changed' || verdict === 'revoked');
    for (const { verdict, port, fingerprint, line } of keys) {
      const added = yes && !inTheWay && verdict === 'unknown';
      if (added) await addLine(knownHostsFile, line);
      const result = { device: device.name, host: host.name, address: host.address };
      process.stdout.write(`${JSON.stringify({ ...result, port, verdict, fingerprint, line, added })}\n`);
    }
    const untrustedKey = inTheWay ?? (yes ? undefined : keys.find(({ verdict }) => verdict === 'unknown'));
    if (untrustedKey) throw untrusted(host, untrustedKey, keys, knownHostsFile);
  }
}

/** The way to a device, the first host to connect to first. */
function hopsOf(host: Host): Host[] {
  return host.jump ? [...hopsOf(host.jump), host] : [host];
}

function untrusted(
  host: Host,
  { verdict, lines, hasAuthority }: ShownHostKey,
  keys: ShownHostKey[],
  file: string,
): AssistantError {
  const several = keys.map(({ ports }) => `port ${ports.join(' and ')}`).join(' than on ');
  const old = lines.length > 1 ? `lines ${lines.join(', ')}` : `line ${lines[0]}`;
  const authority = hasAuthority
    ? ' A @cert-authority line is there for it, but host certificates cannot be checked: the key itself has to be listed.'
    : '';
  const compare =
    keys.length > 1
      ? `It shows another key on ${several}: find out why, and compare each fingerprint with those on its console; if they are the same, run this again with --yes.`
      : 'Compare the fingerprint with the one on its console; if it is the same, run this again with --yes.';
  const sentences = {
    known: '',
    unknown: `${host.name} is not trusted yet.${authority} ${compare}`,
    changed: `${host.name} shows another key than ${file} has, so it is not added. Find out whether the device was replaced. If the new key is right, remove ${old} of that file and run this again.`,
    revoked: `The key of ${host.name} is marked as revoked in ${file}, so it is not added. Give the device a new key; only if the mark is wrong, remove ${old} of that file.`,
  };
  return new AssistantError('host-key', sentences[verdict]);
}

/**
 * One write in append mode: nothing that is there is written anew, whoever else adds a line at that moment keeps it,
 * and a reader sees all of the line or nothing.
 */
async function addLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o644);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const startsInside = size > 0 && last.toString() !== '\n';
    const bytes = Buffer.from(`${startsInside ? '\n' : ''}${line}\n`);
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten !== bytes.length) throw new Error('the disk is full');
    await file.sync();
  } catch (error) {
    throw new AssistantError('known-hosts', `The line could not be added to ${path}: ${(error as Error).message}.`, {
      cause: error,
    });
  } finally {
    await file.close();
  }
}
