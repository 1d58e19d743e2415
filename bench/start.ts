import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { startFlags } from '../test/crash/start-flags.ts';
import type { Comparison } from './bench.ts';
import { ask, Connector, folder, type Served, serve } from './chat.ts';

const TURNS = 5;
const MESSAGES = 10_000;

/**
 * From the start of the process until it listens, and the memory it has then and after ten thousand messages, each
 * answered with a confirmation card; against the bot of the chat bench that repeats what it hears with dialogs.
 */
export async function start(): Promise<Comparison[]> {
  const dir = await folder();
  const flags = await startFlags();
  const connector = new Connector();
  await connector.listen();
  const bots = {
    ours: () => serve('the-bot.ts', [dir], flags),
    echo: () => serve('chat-echo.ts', [dir, 'dialogs'], flags),
  };
  const names = ['ours', 'echo'] as const;
  const ready: Record<keyof typeof bots, number[]> = { ours: [], echo: [] };
  const fresh: Record<keyof typeof bots, number[]> = { ours: [], echo: [] };
  const used = { ours: 0, echo: 0 };
  try {
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const name of names) {
        const began = performance.now();
        const bot = await bots[name]();
        ready[name].push(performance.now() - began);
        fresh[name].push(await rss(bot));
        if (turn === TURNS - 1) used[name] = await afterMessages(bot, connector);
        bot.child.disconnect();
        await once(bot.child, 'exit');
      }
    }
  } finally {
    await connector.close();
    await rm(dir, { recursive: true, force: true });
  }
  const compare = (metric: string, unit: string, ours: number, baseline: number): Comparison => ({
    ...{ bench: 'start', metric, ours: Math.round(ours), baseline: Math.round(baseline) },
    ...{ ratio: Math.round((ours / baseline) * 100) / 100, unit, rssMb: Math.round(used.ours) },
  });
  return [
    compare('ready-vs-echo', 'ms', median(ready.ours), median(ready.echo)),
    compare('rss-vs-echo', 'MB', median(fresh.ours), median(fresh.echo)),
    compare('rss-after-10000-messages-vs-echo', 'MB', used.ours, used.echo),
  ];
}

async function afterMessages(bot: Served, connector: Connector): Promise<number> {
  for (let said = 0; said < MESSAGES; ) said += (await ask(connector, bot.port)).length;
  return await rss(bot);
}

/** Resident memory by the system, MB. */
async function rss({ child: { pid } }: Served): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
