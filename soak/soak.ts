import { clicks } from './clicks.ts';
import { endurance } from './endurance.ts';
import { kill9Events } from './kill9-events.ts';
import { kill9Reboot } from './kill9-reboot.ts';
import { netconfScale } from './netconf-scale.ts';
import { storm } from './storm.ts';

/**
 * `npm run soak -- NAME`: what takes minutes; the tests run a short form of each. One JSON line with what was seen;
 * exit 1 when a promise was not kept.
 */
const soaks: Record<string, () => Promise<SoakResult>> = {
  clicks: () => clicks({ devices: 20, rounds: 10 }),
  endurance: () =>
    endurance({
      seconds: 600,
      eventsPerSecond: 10,
      messagesPerSecond: 2,
      requestEveryMs: 10_000,
      sampleEveryMs: 5_000,
      isLong: true,
      seed: 20_260_101,
    }),
  'kill9-events': () =>
    kill9Events({
      kills: 20,
      lifeMs: 6_000,
      eventsPerSecond: 20,
      devices: 100,
      duplicatesPerKill: 1,
      seed: 20_260_101,
    }),
  'kill9-reboot': () => kill9Reboot({ kills: 24 }),
  'netconf-scale': netconfScale,
  storm: () =>
    storm({
      events: 5_000,
      seconds: 60,
      devices: 200,
      aftershocks: 5,
      hangs: [
        { fromMs: 15_000, toMs: 20_000 },
        { fromMs: 40_000, toMs: 47_000 },
      ],
      replays: 100,
      isTimed: true,
      seed: 20_260_101,
    }),
};

export interface SoakResult {
  soak: string;
  /** What is wrong, in words; empty when every promise was kept. */
  problems: string[];
  /** What was measured. */
  seen: Record<string, unknown>;
}

const name = process.argv[2] ?? '';
const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
if (soak) {
  const result = await soak();
  process.stdout.write(`${JSON.stringify({ ...result, ok: result.problems.length === 0 })}\n`);
  process.exitCode = result.problems.length === 0 ? 0 : 1;
} else {
  process.stderr.write(`Name a soak: ${Object.keys(soaks).join(', ')}.\n`);
  process.exitCode = 2;
}
