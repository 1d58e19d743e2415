import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Comparison } from './bench.ts';

/** From a message sent to the bot until its answer arrives at the connector. */
const WARM_UP = 4;
const TURNS = 10;
const MESSAGES = 40;

const SENTENCES = [
  'reboot hq-fw01 in 30 minutes',
  'reboot hq-fw01 and hq-fw02 at 17:00 UTC',
  'restart routing on hq-rtr01',
];

/**
 * The bot, without its look at the devices, against bots that repeat what they hear behind the same HTTP server and the
 * same adapter: one with dialogs whose state is stored as ours is, and the barest there can be. It shows what
 * understanding, drawing and noting the confirmation costs a person who waits for the card.
 */
export async function chat(): Promise<Comparison[]> {
  const dir = await folder();
  const connector = new Connector();
  await connector.listen();
  const ours = await serve('the-bot.ts', [dir]);
  const echo = await serve('chat-echo.ts', [dir, 'dialogs']);
  const bare = await serve('chat-echo.ts', [dir, 'bare']);
  const all = { ours, echo, bare };
  try {
    const times: Record<keyof typeof all, number[]> = { ours: [], echo: [], bare: [] };
    // The first turns of each are for the compiler and the recogniser.
    for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
      for (const [name, { port }] of Object.entries(all) as [keyof typeof all, Served][]) {
        const taken = await ask(connector, port);
        if (turn >= 0) times[name].push(...taken);
      }
    }
    const rssMb = await memory(ours.child);
    const compare = (metric: string, other: 'echo' | 'bare', share: number): Comparison => {
      const [a, b] = [quantile(times.ours, share), quantile(times[other], share)];
      return { bench: 'chat', metric, ours: round(a), baseline: round(b), ratio: round(a / b), unit: 'ms', rssMb };
    };
    return [
      compare('confirm-vs-echo', 'echo', 0.5),
      compare('confirm-vs-echo-p99', 'echo', 0.99),
      compare('confirm-vs-bare-echo', 'bare', 0.5),
      compare('confirm-vs-bare-echo-p99', 'bare', 0.99),
    ];
  } finally {
    for (const { child } of Object.values(all)) {
      child.disconnect();
      await once(child, 'exit');
    }
    await connector.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** A configuration folder for the bot, which does not look at the devices. */
export async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(dir, 'junos-config.yaml'), 'config:\n  webhook_secret: example-secret-change-me\n');
  await writeFile(join(dir, 'devices.yaml'), 'site: hq\ndevices: [hq-fw01, hq-fw02, hq-rtr01]\n');
  await writeFile(join(dir, 'entities.yaml'), 'process: [routing]\n');
  await writeFile(join(dir, 'assistant.yaml'), 'port: 0\nstore_file: bench.sqlite\nlook_seconds: 0\n');
  return dir;
}

/** Milliseconds of each message, one after the other as a person writes them. */
export async function ask(connector: Connector, port: number): Promise<number[]> {
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

export interface Served {
  child: ChildProcess;
  port: number;
}

export async function serve(file: string, args: string[], execArgv: string[] = []): Promise<Served> {
  const env = { PATH: process.env.PATH, LOG_LEVEL: 'silent' };
  const child = fork(new URL(file, import.meta.url), args, { env, execArgv });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

async function memory(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [message] = (await once(child, 'message')) as [{ rssMb: number }];
  return message.rssMb;
}

/** The other end of a conversation: notes when an answer arrives. */
export class Connector {
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
