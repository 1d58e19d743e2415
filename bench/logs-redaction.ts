import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { redactArchive } from '../src/transfer/redact-archive.ts';
import { TextRedactor } from '../src/transfer/redact-text.ts';
import { logText } from './logs-archive.ts';

// Work on an archive without any network, in a process of its own.

export interface RedactionJob {
  /** `repack` is what any way to change something in a .tgz has to do at least. */
  work: 'redact' | 'repack' | 'text';
  path: string;
  spoolFolder: string;
}

export interface RedactionResult {
  /** Of all threads of the process. */
  cpuMs: number;
  ms: number;
  /** Of text, for `text` alone. */
  bytes: number;
  peakRssMb: number;
}

const TEXTS = 16;
/** As streams of the transfer cut it. */
const PIECE = 128 * 1024;
const LEVEL = 3;

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

const works: Record<RedactionJob['work'], (job: RedactionJob) => Promise<number>> = {
  async redact({ path, spoolFolder }) {
    const { stream, report } = redactArchive(createReadStream(path), { spoolFolder });
    await pipeline(stream, nowhere());
    if (!report.counts['password-hash']) throw new Error('Nothing was made unreadable.');
    return 0;
  },
  async repack({ path }) {
    await pipeline(createReadStream(path), createGunzip(), createGzip({ level: LEVEL }), nowhere());
    return 0;
  },
  async text() {
    const text = logText(0);
    for (let n = 0; n < TEXTS; n += 1) {
      const redactor = new TextRedactor();
      for (let at = 0; at < text.length; at += PIECE) redactor.push(text.subarray(at, at + PIECE));
      redactor.end();
      if (!redactor.counts['password-hash']) throw new Error('Nothing was made unreadable.');
    }
    return TEXTS * text.length;
  },
};

process.on('disconnect', () => process.exit());
process.on('message', async (job: RedactionJob) => {
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const bytes = await works[job.work](job);
  const { user, system } = process.cpuUsage(cpu);
  const result: RedactionResult = {
    cpuMs: (user + system) / 1_000,
    ms: performance.now() - started,
    bytes,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.send?.(result);
});
process.send?.({});
