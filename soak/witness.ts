import { readdir, readFile } from 'node:fs/promises';
import type { Program } from '../test/crash/program.ts';

/** What a process holds. */
export interface Sample {
  /** Resident memory as it runs, MB. */
  rssMb: number;
  /** What its main thread still needs after everything else was freed, MB. */
  liveMb: number;
  /** Open files and sockets, by the system. */
  files: number;
  threads: number;
  /** Timers, sockets and requests that Node waits for. */
  resources: number;
  /** Listeners at the process itself. */
  listeners: number;
}

const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('SIGUSR2', () => {
    globalThis.gc();
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const resources = process.getActiveResourcesInfo().length;
    const said = { liveMb: process.memoryUsage().heapUsed / 1048576, resources, listeners };
    writeSync(1, 'witness ' + JSON.stringify(said) + '\\n');
  });
`)}`;

/** Node's flags for a program that is looked at. */
export const WITNESS_FLAGS = ['--expose-gc', '--import', WITNESS];

/** Asks a program that was started with `WITNESS_FLAGS`. Throws when it ends meanwhile. */
export async function look(program: Program): Promise<Sample> {
  const { pid } = program;
  const system = await readFile(`/proc/${pid}/status`, 'utf8');
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(system)?.[1]);
  const files = (await readdir(`/proc/${pid}/fd`)).length;
  const said = await program.asked('SIGUSR2', /witness (\{.*\})\n/);
  const { liveMb, resources, listeners } = JSON.parse(said) as Omit<Sample, 'rssMb' | 'files' | 'threads'>;
  return {
    rssMb: round(number('VmRSS') / 1_024),
    liveMb: round(liveMb),
    files,
    threads: number('Threads'),
    resources,
    listeners,
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
