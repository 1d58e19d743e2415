import { mkdir, readFile, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { LogSettings } from '../actions/action.ts';
import { destinationFor } from '../actions/transfer-messages.ts';
import { bytesInWords } from '../bytes.ts';
import type { Config } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Credentials } from '../secrets/credentials.ts';
import { removeOld } from '../transfer/retention.ts';
import { Spool } from '../transfer/spool.ts';
import { readKnownHosts } from './target.ts';

export interface LogSettingsOptions {
  /** As it is now. */
  config: () => Pick<Config, 'dir' | 'assistant' | 'storeFile' | 'knownHostsFile' | 'showCommands' | 'junos'>;
  credentials: Credentials;
  now: () => number;
  log: Log;
}

/**
 * How support logs are collected, asked for by each collection: the server may have changed since the last one. On the
 * way old files of the local folder are removed.
 */
export function createLogSettings({ config: current, credentials, now, log }: LogSettingsOptions) {
  void Spool.sweep(spoolOf(current()));
  return async (): Promise<LogSettings> => {
    const config = current();
    const { logs } = config.assistant;
    const { ftp_server, ftp_dir } = config.junos.config;
    const folder = resolve(config.dir, logs.folder);
    const spoolFolder = spoolOf(config);
    const knownHosts = await readKnownHosts(config.knownHostsFile);
    const ca = logs.ca_file === undefined ? undefined : await readCa(resolve(config.dir, logs.ca_file));
    const destinationData = { server: ftp_server, directory: ftp_dir, ca, localFolder: folder, knownHosts };
    const destination = destinationFor(destinationData, credentials);
    const isLocal = destination.address === folder;
    if (isLocal) await tidy(folder, logs);
    await mkdir(spoolFolder, { recursive: true });
    return {
      destination,
      destinationData,
      logins: { find: (type, name) => credentials.find(type, name) },
      checkRoom: async (bytes) => {
        // The archive itself is on this machine only when it stays here.
        for (const each of isLocal ? [spoolFolder, folder] : [spoolFolder]) await checkRoom(each, bytes);
      },
      redact: logs.redact,
      spoolFolder,
      commands: config.showCommands,
      supportMs: logs.rsi_minutes === undefined ? null : logs.rsi_minutes * 60_000,
      afterRestart: logs.after_restart,
    };
  };

  async function tidy(folder: string, logs: Config['assistant']['logs']): Promise<void> {
    const { keep_days: days = null, keep_files: most = null } = logs;
    const { removed, kept } = await removeOld(folder, { days, most }, new Date(now()));
    if (removed.length > 0) log.info({ folder, removed }, 'old logs removed');
    if (kept.length > 0) log.warn({ folder, kept }, 'old logs cannot be removed');
  }
}

/** Beside the store: it has to have room anyway. */
const spoolOf = ({ storeFile }: { storeFile: string }) => dirname(storeFile);

async function checkRoom(folder: string, bytes: number): Promise<void> {
  // Made when something is stored in it.
  const found = await statfs(folder).catch(() => null);
  if (found === null) return;
  const free = found.bavail * found.bsize;
  if (free >= bytes) return;
  const sentence = `The assistant has ${bytesInWords(free)} free in ${folder}, and ${bytesInWords(bytes)} may be needed: ${bytesInWords(bytes - free)} are missing. Make room there.`;
  throw new AssistantError('disk-full', sentence);
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AssistantError('bad-configuration', `logs.ca_file cannot be read: ${file}.`, { cause: error });
  }
}
