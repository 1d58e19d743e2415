import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { FTP_PASSWORD, startVsftpd } from '../test/fakes/ftp.ts';
import { startSshd } from '../test/fakes/openssh.ts';
import type { Comparison } from './bench.ts';
import { writeIncompressible, writeLogs } from './logs-archive.ts';
import type { BotJob, BotResult } from './logs-bot.ts';
import type { RawJob } from './logs-raw.ts';
import type { RedactionJob, RedactionResult } from './logs-redaction.ts';

const GIB = 1024 ** 3;
const TURNS = 3;
/** Some 4.5 MB of text in each. */
const LOG_FILES = 20;

/** What `npm start` tells Node.js. */
const FLAGS = manifest.scripts.start.split(' ').filter((word) => word.startsWith('--'));

/**
 * Archives from a device to the bot to an FTP server, with OpenSSH and vsftpd at the ends: 1 GiB as it is, against the
 * slower of what ssh2 alone reads and basic-ftp alone writes; logs without their secrets, against unpacking and packing
 * them; and what that costs of a processor. Every side has a process of its own; all share the machine.
 */
export async function logs(): Promise<Comparison[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  let clients = 0;
  const client = async <Job, Result>(file: string): Promise<(job: Job) => Promise<Result>> => {
    const own = join(dir, `${clients++}`);
    await writeConfig(own);
    const env = { PATH: process.env.PATH, LOG_LEVEL: 'silent' };
    const child = fork(new URL(file, import.meta.url), [own], { env, execArgv: FLAGS });
    ends.push(() => stop(child));
    await answer(child);
    return (job) => {
      child.send(job as object);
      return answer<Result>(child);
    };
  };
  try {
    const device = await startSshd({ sftp: true });
    ends.push(device.stop);
    const ftp = await startVsftpd();
    ends.push(ftp.stop);
    const servers = {
      device: device.target,
      ftp: { port: ftp.port, user: ftp.user, password: FTP_PASSWORD },
      name: 'Support.tgz',
    };
    const stored = async <T>(transfer: Promise<T>): Promise<T> => {
      const result = await transfer;
      for (const name of await readdir(ftp.root)) await rm(join(ftp.root, name));
      return result;
    };
    const whole = await writeIncompressible(join(device.folder, 'whole.tgz'), GIB);
    const logs = await writeLogs(join(device.folder, 'logs.tgz'), LOG_FILES);

    const bot = await client<BotJob, BotResult>('logs-bot.ts');
    const idle = await bot('nothing');
    const raw = await client<RawJob, { ms: number }>('logs-raw.ts');
    const archive = (isWarmUp: boolean) => (isWarmUp ? logs : whole);
    const [ours, read, upload] = await inTurns(
      (isWarmUp) => stored(bot({ ...servers, archive: archive(isWarmUp), redact: false })),
      (isWarmUp) => raw({ ...servers, archive: archive(isWarmUp), way: 'read' }),
      (isWarmUp) => stored(raw({ ...servers, archive: archive(isWarmUp), way: 'upload' })),
    );
    // Processes of their own, so that the memory is this work's alone.
    const redactingBot = await client<BotJob, BotResult>('logs-bot.ts');
    const redaction = await client<RedactionJob, RedactionResult>('logs-redaction.ts');
    const repacking = await client<RedactionJob, RedactionResult>('logs-redaction.ts');
    const textual = await client<RedactionJob, RedactionResult>('logs-redaction.ts');
    const job = { path: logs.path, spoolFolder: dir };
    const [redactedTransfer, redacted, repacked, text] = await inTurns(
      () => stored(redactingBot({ ...servers, archive: logs, redact: true })),
      () => redaction({ ...job, work: 'redact' }),
      () => repacking({ ...job, work: 'repack' }),
      () => textual({ ...job, work: 'text' }),
    );
    const { bytes } = whole;
    const { textBytes } = logs;
    const rates = { ours: rate(bytes, ours, ms), read: rate(bytes, read, ms), upload: rate(bytes, upload, ms) };
    const repackedCpu = rate(textBytes, repacked, cpuMs);
    const textCpu = rate(text[0]?.bytes ?? 0, text, cpuMs);
    const redactedRate = rate(textBytes, redactedTransfer, ms);
    return [
      compared('transfer-vs-raw', 'MB/s', rates.ours, Math.min(rates.read, rates.upload), peak(ours)),
      compared('transfer-vs-sftp-read', 'MB/s', rates.ours, rates.read, peak(ours)),
      compared('transfer-vs-ftp-upload', 'MB/s', rates.ours, rates.upload, peak(ours)),
      compared('transfer-memory-vs-idle', 'MB', peak(ours), idle.peakRssMb, peak(ours)),
      compared('redaction', 'MB/s of one core', rate(textBytes, redacted, cpuMs), repackedCpu, peak(redacted)),
      compared('text-redaction', 'MB/s of one core', textCpu, repackedCpu, peak(text)),
      compared('redacted-transfer', 'MB/s', redactedRate, rate(textBytes, repacked, ms), peak(redactedTransfer)),
      compared('longest-wait', 'ms', longest(redactedTransfer), idle.waitMs, peak(redactedTransfer)),
    ];
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** One side after the other, so that all see the same machine. The first turn of each is for the compiler. */
async function inTurns<Sides extends ((isWarmUp: boolean) => Promise<unknown>)[]>(
  ...sides: Sides
): Promise<{ [Side in keyof Sides]: Awaited<ReturnType<Sides[Side]>>[] }> {
  const results = sides.map(() => [] as unknown[]);
  for (let turn = 0; turn <= TURNS; turn += 1) {
    for (const [index, side] of sides.entries()) {
      const result = await side(turn === 0);
      if (turn > 0) results[index]?.push(result);
    }
  }
  return results as { [Side in keyof Sides]: Awaited<ReturnType<Sides[Side]>>[] };
}

async function answer<Result>(child: ChildProcess): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const ended = () => reject(new Error(`${child.spawnargs.at(-2)} ended.`));
  child.once('message', resolve).once('exit', ended);
  return promise.finally(() => child.off('message', resolve).off('exit', ended));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

async function writeConfig(dir: string): Promise<void> {
  await mkdir(dir);
  await writeFile(join(dir, 'junos-config.yaml'), 'config:\n  webhook_secret: example-secret-change-me\n');
  await writeFile(join(dir, 'devices.yaml'), 'site: bench\ndevices:\n');
  await writeFile(join(dir, 'assistant.yaml'), 'port: 0\nstore_file: bench.sqlite\n');
}

function compared(metric: string, unit: string, ours: number, baseline: number, rssMb: number): Comparison {
  const ratio = Math.round((ours / baseline) * 100) / 100;
  return { bench: 'logs', metric, ours: Math.round(ours), baseline: Math.round(baseline), ratio, unit, rssMb };
}

/** MB a second, of the median. */
const rate = <Result>(bytes: number, results: Result[], time: (result: Result) => number) =>
  bytes / 1_000 / median(results.map(time));
const ms = (result: { ms: number }) => result.ms;
const cpuMs = (result: { cpuMs: number }) => result.cpuMs;
const peak = (results: { peakRssMb: number }[]) => Math.max(...results.map(({ peakRssMb }) => peakRssMb));
const longest = (results: BotResult[]) => Math.max(...results.map(({ waitMs }) => waitMs));
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
