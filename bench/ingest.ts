import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign } from '../src/events/verify.ts';
import type { Comparison } from './bench.ts';

/** Events acknowledged per second, each durable before its 202. */
const CONNECTIONS = 64;
const TURNS = 5;
const TURN_MS = 2_000;

export const BENCH_SECRET = 'bench-secret';

/** The bot against a bare node:http server with the same verification and the same store. */
export async function ingest(): Promise<Comparison[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const config = `config:\n  webhook_secret: ${BENCH_SECRET}\nevents:\n  BENCH_EVENT: 3\n`;
  await writeFile(join(dir, 'junos-config.yaml'), config);
  await writeFile(join(dir, 'devices.yaml'), 'site: bench\ndevices:\n');
  await writeFile(join(dir, 'assistant.yaml'), 'port: 0\nstore_file: bench.sqlite\n');
  const ours = await serve('the-bot.ts', dir);
  const baseline = await serve('ingest-node-http.ts', dir);
  try {
    const rates: { ours: number[]; baseline: number[] } = { ours: [], baseline: [] };
    // The first turn of each is for the compiler.
    for (let turn = 0; turn <= TURNS; turn += 1) {
      const pair = { ours: await rate(ours.port), baseline: await rate(baseline.port) };
      if (turn === 0) continue;
      rates.ours.push(pair.ours);
      rates.baseline.push(pair.baseline);
    }
    const [a, b] = [median(rates.ours), median(rates.baseline)];
    const rssMb = await memory(ours.child);
    return [
      { bench: 'ingest', metric: 'vs-node-http', ours: a, baseline: b, ratio: round(a / b), unit: 'events/s', rssMb },
    ];
  } finally {
    for (const { child } of [ours, baseline]) {
      child.disconnect();
      await once(child, 'exit');
    }
    await rm(dir, { recursive: true, force: true });
  }
}

async function serve(file: string, dir: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(file, import.meta.url), [dir], { env: { PATH: process.env.PATH, LOG_LEVEL: 'silent' } });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

/** Acknowledged events per second over one turn. Throws when one is answered with anything but 202. */
async function rate(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const started = performance.now();
  const end = started + TURN_MS;
  let acknowledged = 0;
  const connection = async () => {
    while (performance.now() < end) {
      await post(agent, port);
      acknowledged += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  return Math.round(acknowledged / ((performance.now() - started) / 1_000));
}

const body = Buffer.from(
  JSON.stringify({
    event: 'BENCH_EVENT',
    process: 'bench',
    message: `BENCH_EVENT: ${'x'.repeat(400)}`,
    hostname: 'bench-fw01',
    detail: '',
  }),
);
const headers = {
  'Content-Type': 'application/json',
  'Content-Length': body.length,
  'Junos-Auth': sign(body, BENCH_SECRET),
};

function post(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, host: '127.0.0.1', port, path: '/webhooks/junos', method: 'POST', headers },
      (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 202 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

async function memory(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [message] = (await once(child, 'message')) as [{ rssMb: number }];
  return message.rssMb;
}

const round = (value: number) => Math.round(value * 100) / 100;
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
