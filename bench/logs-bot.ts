import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { transferInThread } from '../src/actions/transfer-thread.ts';
import { loadConfigOrThrow } from '../src/config/load.ts';
import { createLog } from '../src/log.ts';
import { start } from '../src/main.ts';
import type { SessionTarget } from '../src/netconf/session.ts';
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
  /** The longest that something else in the process had to wait for its turn. */
  waitMs: number;
}

/** How long to look at a bot that does nothing. */
const IDLE_MS = 3_000;

async function transfer({ device, archive, ftp, redact, name }: TransferJob, dir: string): Promise<{ ms: number }> {
  const server = `ftp://127.0.0.1:${ftp.port}`;
  const started = performance.now();
  const stored = await transferInThread({
    target: device,
    path: archive.path,
    bytes: archive.bytes,
    sha256: archive.sha256,
    name,
    part: `.${name}.part-${'0'.repeat(16)}`,
    partGone: () => {},
    destination: { server, localFolder: dir, knownHosts: '' },
    logins: { find: async () => ftp },
    redact,
    spoolFolder: dir,
    added: [],
    signal: new AbortController().signal,
    progress: () => {},
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
  const turns = monitorEventLoopDelay({ resolution: 10 });
  turns.enable();
  const { ms } = job === 'nothing' ? await delay(IDLE_MS, { ms: 0 }) : await transfer(job, dir);
  turns.disable();
  const result: BotResult = {
    ms,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    waitMs: turns.max / 1e6,
  };
  process.send?.(result);
});
process.send?.({});
