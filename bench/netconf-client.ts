import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import ssh2 from 'ssh2';
import { openSession, type SessionTarget } from '../src/netconf/session.ts';
import { find } from '../src/netconf/xml.ts';

// One side of a comparison, in a process of its own. Its parent sends the name of a job and gets its milliseconds.

export const USER = 'netops';
export const PASSWORD = 'bench-password';
export type Job = 'cycles' | 'parallel' | 'reply' | 'raw-reply';
export interface JobResult {
  ms: number;
  /** Of the reply, where that is what was measured. */
  bytes: number;
  /** The most this process ever held. */
  peakRssMb: number;
}

const CYCLES = 10;
const PARALLEL = 50;
const TIMEOUT_MS = 120_000;

/** Connect, one RPC, close. */
async function cycle(target: SessionTarget): Promise<void> {
  const session = await openSession(target);
  const reply = await session.rpc('<get-software-information/>');
  if (!find(reply.root, 'host-name')) throw new Error('The device did not say its name.');
  await session.close();
}

async function cycles(target: SessionTarget): Promise<{ ms: number }> {
  const started = performance.now();
  for (let done = 0; done < CYCLES; done += 1) await cycle(target);
  return { ms: performance.now() - started };
}

async function parallel(target: SessionTarget): Promise<{ ms: number }> {
  const started = performance.now();
  await Promise.all(Array.from({ length: PARALLEL }, () => cycle(target)));
  return { ms: performance.now() - started };
}

/** From the request to the file being complete. The connection is there before. */
async function reply(target: SessionTarget, dir: string): Promise<{ ms: number; bytes: number }> {
  const session = await openSession(target);
  // With the default of 16 KiB every packet fills the sink, and the connection is paused for each.
  const file = createWriteStream(join(dir, 'rsi.txt'), { highWaterMark: 1024 * 1024 });
  const started = performance.now();
  const rpc = '<get-support-information format="text"/>';
  const answer = await session.stream(rpc, file, { timeoutMs: TIMEOUT_MS });
  file.end();
  await finished(file);
  const ms = performance.now() - started;
  await session.close();
  if (answer.malformed !== null || answer.bytes === 0) throw new Error(answer.malformed ?? 'Nothing was streamed.');
  return { ms, bytes: answer.bytes };
}

const HELLO = '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities/></hello>]]>]]>\n';
const REQUEST = '<rpc message-id="1"><get-support-information format="text"/></rpc>]]>]]>\n';

/** The same bytes through ssh2 alone, dropped as they come: from the request to the end of the message. */
function rawReply(target: SessionTarget): Promise<{ ms: number; bytes: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ ms: number; bytes: number }>();
  const client = new ssh2.Client();
  client.on('error', reject);
  client.on('ready', () => {
    client.subsys('netconf', (error, channel) => {
      if (error) return reject(error);
      let started = 0;
      let bytes = 0;
      channel.on('data', (chunk: Buffer) => {
        const ended = chunk.subarray(-16).includes(']]>]]>');
        if (started === 0) {
          if (!ended) return;
          started = performance.now();
          channel.write(REQUEST);
          return;
        }
        bytes += chunk.length;
        if (!ended) return;
        resolve({ ms: performance.now() - started, bytes });
        client.end();
      });
      channel.write(HELLO);
    });
  });
  const { address: host, ports, user: username, password } = target;
  client.connect({ host, port: ports[0] ?? 0, username, password });
  return promise;
}

if (process.send) {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ job, target }: { job: Job; target: SessionTarget }) => {
    const jobs = { cycles, parallel, reply, 'raw-reply': rawReply };
    const result = await jobs[job](target, dir);
    process.send?.({ bytes: 0, ...result, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024) });
  });
}
