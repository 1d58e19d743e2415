import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Comparison } from './bench.ts';

/** From a message sent to the bot until its answer arrives at the connector. */
const TURNS = 10;
const MESSAGES = 40;

const SENTENCES = [
  'reboot hq-fw01 in 30 minutes',
  'reboot hq-fw01 and hq-fw02 at 17:00 UTC',
  'restart routing on hq-rtr01',
];

/**
 * The bot, without its look at the devices, against a bot that repeats what it hears, behind the same HTTP server and
 * the same adapter: what understanding, storing and drawing the confirmation card costs a person who waits for it.
 */
export async function chat(): Promise<Comparison[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(dir, 'junos-config.yaml'), 'config:\n  webhook_secret: example-secret-change-me\n');
  await writeFile(join(dir, 'devices.yaml'), 'site: hq\ndevices: [hq-fw01, hq-fw02, hq-rtr01]\n');
  await writeFile(join(dir, 'entities.yaml'), 'process: [routing]\n');
  await writeFile(join(dir, 'assistant.yaml'), 'port: 0\nstore_file: bench.sqlite\nlook_seconds: 0\n');
  const connector = new Connector();
  await connector.listen();
  const ours = await serve('the-bot.ts', dir);
  const baseline = await serve('chat-echo.ts', dir);
  try {
    const times: Record<'ours' | 'baseline', number[]> = { ours: [], baseline: [] };
    // The first turn of each is for the compiler and the recogniser.
    for (let turn = 0; turn <= TURNS; turn += 1) {
      const pair = { ours: await ask(connector, ours.port), baseline: await ask(connector, baseline.port) };
      if (turn === 0) continue;
      times.ours.push(...pair.ours);
      times.baseline.push(...pair.baseline);
    }
    const rssMb = await memory(ours.child);
    return (
      [
        ['confirm-vs-echo', 0.5],
        ['confirm-vs-echo-p99', 0.99],
      ] as const
    ).map(([metric, share]) => {
      const [a, b] = [quantile(times.ours, share), quantile(times.baseline, share)];
      return { bench: 'chat', metric, ours: round(a), baseline: round(b), ratio: round(a / b), unit: 'ms', rssMb };
    });
  } finally {
    for (const { child } of [ours, baseline]) {
      child.disconnect();
      await once(child, 'exit');
    }
    await connector.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Milliseconds of each message, one after the other as a person writes them. */
async function ask(connector: Connector, port: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    const text = SENTENCES[n % SENTENCES.length] ?? '';
    const began = performance.now();
    const posted = connector.next();
    const response = await fetch(`http://127.0.0.1:${port}/api/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(connector.message(text)),
    });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    times.push((await posted) - began);
    await response.arrayBuffer();
  }
  return times;
}

async function serve(file: string, dir: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(file, import.meta.url), [dir], { env: { PATH: process.env.PATH, LOG_LEVEL: 'silent' } });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

async function memory(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [message] = (await once(child, 'message')) as [{ rssMb: number }];
  return message.rssMb;
}

/** The other end of a conversation: notes when an answer arrives. */
class Connector {
  #ids = 0;
  #arrived: ((at: number) => void) | undefined;
  readonly #server = createServer((request, response) => this.#serve(request, response));

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** When the next message arrives. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  message(text: string): object {
    this.#ids += 1;
    const person = { id: '29:bench', name: 'Bench', aadObjectId: '00000000-0000-4000-8000-000000000001' };
    return {
      type: 'message',
      id: `m${this.#ids}`,
      text,
      channelId: 'msteams',
      serviceUrl: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`,
      from: person,
      recipient: { id: '28:bot', name: 'Network Assistant' },
      conversation: { id: 'a:bench', conversationType: 'personal' },
      entities: [{ type: 'clientInfo', locale: 'en-GB', timezone: 'Europe/London' }],
    };
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const at = performance.now();
    request.resume().once('end', () => {
      this.#arrived?.(at);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(`{"id":"a${at}"}`);
    });
  }
}

const round = (value: number) => Math.round(value * 100) / 100;
const quantile = (values: number[], share: number) =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
