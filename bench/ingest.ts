import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };
import { sign } from '../src/events/verify.ts';
import type { Comparison } from './bench.ts';

/** Events acknowledged per second, each durable before its 202. */
const CONNECTIONS = 64;
const TURNS = 5;
const TURN_MS = 3_000;
const MANY = 1_000_000;

/** What `npm start` tells Node.js. */
const FLAGS = manifest.scripts.start.split(' ').filter((word) => word.startsWith('--'));

export const BENCH_SECRET = 'bench-secret';

interface Server {
  child: ChildProcess;
  port: number;
}

/** What came of one turn. */
interface Turn {
  acknowledged: number;
  perSecond: number;
  /** Milliseconds within which 99 of 100 were acknowledged. */
  p99: number;
}

/**
 * The bot against a bare node:http server with the same verification and the same store, and against a threaded Flask
 * with one insert per request; then as many more as make a million. The sender shares the machine with all of them.
 */
export async function ingest(): Promise<Comparison[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const config = `config:\n  webhook_secret: ${BENCH_SECRET}\nevents:\n  BENCH_EVENT: 3\n`;
  await writeFile(join(dir, 'junos-config.yaml'), config);
  await writeFile(join(dir, 'devices.yaml'), 'site: bench\ndevices:\n');
  await writeFile(join(dir, 'assistant.yaml'), 'port: 0\nstore_file: bench.sqlite\n');
  const servers: Server[] = [];
  const opened = async (server: Promise<Server>) => {
    servers.push(await server);
    return servers.at(-1) as Server;
  };
  try {
    const ours = await opened(serve('the-bot.ts', dir));
    const bare = await opened(serve('ingest-node-http.ts', dir));
    const flask = await opened(serveFlask(dir));
    const turns = { ours: [] as Turn[], bare: [] as Turn[], flask: [] as Turn[] };
    let total = 0;
    // The first turn of each is for the compiler.
    for (let n = 0; n <= TURNS; n += 1) {
      const now = { ours: await turn(ours.port), bare: await turn(bare.port), flask: await turn(flask.port) };
      total += now.ours.acknowledged;
      if (n === 0) continue;
      turns.ours.push(now.ours);
      turns.bare.push(now.bare);
      turns.flask.push(now.flask);
    }
    const rssMb = await memory(ours.child);
    while (total < MANY) total += (await turn(ours.port, MANY - total)).acknowledged;
    const after = await memory(ours.child);
    const compare = (metric: string, unit: string, a: number, b: number, rss = rssMb): Comparison => {
      return { bench: 'ingest', metric, ours: a, baseline: b, ratio: round(a / b), unit, rssMb: rss };
    };
    const rate = (of: Turn[]) => Math.round(median(of.map(({ perSecond }) => perSecond)));
    const p99 = (of: Turn[]) => round(median(of.map((each) => each.p99)));
    return [
      compare('vs-node-http', 'events/s', rate(turns.ours), rate(turns.bare)),
      compare('vs-flask', 'events/s', rate(turns.ours), rate(turns.flask)),
      compare('p99-vs-node-http', 'ms', p99(turns.ours), p99(turns.bare)),
      compare('memory-after-a-million', 'MB', after, rssMb, after),
    ];
  } finally {
    for (const { child } of servers) {
      const exited = once(child, 'exit');
      if (child.connected) child.disconnect();
      else child.stdin?.end();
      await exited;
    }
    await rm(dir, { recursive: true, force: true });
  }
}

async function serve(file: string, dir: string): Promise<Server> {
  const env = { PATH: process.env.PATH, LOG_LEVEL: 'silent' };
  const child = fork(new URL(file, import.meta.url), [dir], { env, execArgv: FLAGS });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

/** Debian's python3-flask, by Debian's own Python. */
async function serveFlask(dir: string): Promise<Server> {
  const file = fileURLToPath(new URL('ingest-flask.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [file, join(dir, 'flask.sqlite'), BENCH_SECRET], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const said = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (typeof said[0] !== 'string') throw new Error('Flask did not start: install python3-flask.');
  return { child, port: (JSON.parse(said[0]) as { port: number }).port };
}

/** One turn, cut short after so many events. Throws when one is answered with anything but 202. */
async function turn(port: number, most = Number.POSITIVE_INFINITY): Promise<Turn> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const started = performance.now();
  const latencies: number[] = [];
  let sent = 0;
  const connection = async () => {
    while (performance.now() < started + TURN_MS && sent < most) {
      sent += 1;
      const at = performance.now();
      await post(agent, port);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  const perSecond = latencies.length / ((performance.now() - started) / 1_000);
  latencies.sort((a, b) => a - b);
  return { acknowledged: latencies.length, perSecond, p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0 };
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
