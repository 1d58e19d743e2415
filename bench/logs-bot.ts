import { transferArchive } from '../src/actions/archive-transfer.ts';
import { loadConfigOrThrow } from '../src/config/load.ts';
import { createLog } from '../src/log.ts';
import { start } from '../src/main.ts';
import type { SessionTarget } from '../src/netconf/session.ts';
import { destinationOf } from '../src/transfer/destination.ts';
import type { Archive } from './logs-archive.ts';

// The bot as it is, in a process of its own; its parent says which archive to bring where. Ends when its parent lets go.

export interface FtpLogin {
  port: number;
  user: string;
  password: string;
}

export interface TransferJob {
  device: SessionTarget;
  archive: Archive;
  ftp: FtpLogin;
  redact: boolean;
  /** How it is called at the destination. */
  name: string;
}

/** `nothing` only looks at the memory. */
export type BotJob = TransferJob | 'nothing';

export interface BotResult {
  ms: number;
  /** The most this process ever held. */
  peakRssMb: number;
}

async function transfer({ device, archive, ftp, redact, name }: TransferJob, dir: string): Promise<{ ms: number }> {
  const server = `ftp://127.0.0.1:${ftp.port}`;
  const hostKeys = { lookUp: () => ({ verdict: 'unknown' as const, lines: [] }), types: () => [], line: () => '' };
  const destination = destinationOf({ server, localFolder: dir, hostKeys }, { find: async () => ftp });
  const started = performance.now();
  const stored = await transferArchive({
    target: device,
    path: archive.path,
    bytes: archive.bytes,
    sha256: archive.sha256,
    name,
    part: `.${name}.part`,
    partGone: () => {},
    destination,
    redact,
    spoolFolder: dir,
    added: [],
    signal: new AbortController().signal,
    progress: () => {},
    now: Date.now,
  });
  const ms = performance.now() - started;
  if (stored.via !== 'sftp') throw new Error(`It came by ${stored.via}.`);
  if (!redact && stored.sha256 !== archive.sha256) throw new Error('What was stored is something else.');
  if (redact && !stored.report?.counts['password-hash']) throw new Error('Nothing was made unreadable.');
  return { ms };
}

const [dir = ''] = process.argv.slice(2);
const { config } = await loadConfigOrThrow(dir, {});
const bot = await start(config, createLog());
process.on('disconnect', () => void bot.stop());
process.on('message', async (job: BotJob) => {
  const { ms } = job === 'nothing' ? { ms: 0 } : await transfer(job, dir);
  const result: BotResult = { ms, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024) };
  process.send?.(result);
});
process.send?.({});
