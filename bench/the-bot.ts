import { loadConfigOrThrow } from '../src/config/load.ts';
import { createLog } from '../src/log.ts';
import { start } from '../src/main.ts';

/** The bot as it is, in a process of its own; ends when its parent lets go. */
const { config } = await loadConfigOrThrow(process.argv[2] ?? '', {});
const bot = await start(config, createLog());
process.on('message', () => process.send?.({ rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) }));
process.on('disconnect', () => void bot.stop());
process.send?.({ port: Number(new URL(bot.url).port) });
