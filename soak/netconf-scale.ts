import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { askForFacts, type FleetDevice, wrongAnswers } from '../test/fakes/fleet.ts';
import type { SoakResult } from './soak.ts';

const FLEET = { size: 500, hang: 2, silent: 1, refuse: 5, changedKey: 2 };
const AT_A_TIME = 50;
const ROUNDS = 5;
/** V8 and the allocator take what they need for this load in some thousand sessions; then nothing may be added. */
const WARM_UP_ROUNDS = 6;
const GROWTH_ALLOWED_MB = 25;

/** 500 devices asked for facts, 50 at a time, five times over; ten of them are bad. */
export async function netconfScale(): Promise<SoakResult> {
  const child = fork(new URL('netconf-fleet.ts', import.meta.url), [JSON.stringify(FLEET)]);
  const [devices] = (await once(child, 'message')) as [FleetDevice[]];
  const problems: string[] = [];
  const good = devices.filter(({ expected }) => expected === 'facts');
  const warm: Memory[] = [];
  for (let round = 1; round <= WARM_UP_ROUNDS; round += 1) {
    await askForFacts(good, { atATime: AT_A_TIME, rpcTimeoutMs: 20_000, loginTimeoutMs: 20_000 });
    warm.push(memory());
  }
  const rounds: (Memory & { seconds: number; slowestMs: number })[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const started = performance.now();
    const answers = await askForFacts(devices, { atATime: AT_A_TIME, rpcTimeoutMs: 20_000, loginTimeoutMs: 20_000 });
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    problems.push(...wrongAnswers(devices, answers).map((problem) => `Round ${round}: ${problem}`));
    const slowestMs = Math.round(Math.max(...answers.filter(({ got }) => got === 'facts').map(({ ms }) => ms)));
    rounds.push({ seconds, ...memory(), slowestMs });
  }
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
  for (const kind of ['rssMb', 'heapMb'] as const) {
    const most = (of: Memory[]) => Math.max(...of.map((each) => each[kind]));
    const grown = most(rounds) - most(warm);
    if (grown > GROWTH_ALLOWED_MB) problems.push(`${kind} grew by ${grown} after the warm-up.`);
  }
  return {
    soak: 'netconf-scale',
    problems,
    seen: {
      devices: devices.length,
      atATime: AT_A_TIME,
      bad: devices.filter(({ expected }) => expected !== 'facts').length,
      warm,
      rounds,
    },
  };
}

interface Memory {
  rssMb: number;
  heapMb: number;
}

/** After a collection, so that it is what is held and not what has not been swept yet. */
function memory(): Memory {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { rss, heapUsed } = process.memoryUsage();
  const mb = (bytes: number) => Math.round(bytes / 1_048_576);
  return { rssMb: mb(rss), heapMb: mb(heapUsed) };
}
