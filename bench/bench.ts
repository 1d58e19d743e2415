import { chat } from './chat.ts';
import { ingest } from './ingest.ts';
import { logs } from './logs.ts';
import { netconf } from './netconf.ts';
import { start } from './start.ts';

/** `npm run bench -- NAME`: product and baseline in the same run, in turns; one JSON line per comparison. */
const benches: Record<string, () => Promise<Comparison[]>> = { chat, ingest, logs, netconf, start };

export interface Comparison {
  bench: string;
  metric: string;
  /** Medians over the turns. */
  ours: number;
  baseline: number;
  /** ours / baseline */
  ratio: number;
  unit: string;
  /** Resident memory of the product's process: at the end, or the most it ever had where that is what matters. */
  rssMb: number;
}

const name = process.argv[2] ?? '';
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) {
  for (const comparison of await bench()) process.stdout.write(`${JSON.stringify(comparison)}\n`);
} else {
  process.stderr.write(`Name a bench: ${Object.keys(benches).join(', ')}.\n`);
  process.exitCode = 2;
}
