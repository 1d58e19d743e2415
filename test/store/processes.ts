import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SqlServerPlace } from '../../src/store/place.ts';

export interface Act {
  kind: 'click' | 'write';
  name: string;
}

/** What a process is to do when all of them are ready. */
export interface Orders {
  place: SqlServerPlace;
  name: string;
  /** In this order: confirmations to confirm, each for the device of its own name, and keys of the dialog state to write. */
  acts: Act[];
  /** Without the lock that decisions wait for. */
  isUnlocked: boolean;
}

/** What the store let it do. */
export interface Report {
  done: Act[];
}

const CHILD = fileURLToPath(new URL('./deciding-process.ts', import.meta.url));

/** Starts a process for each, lets them go at the same moment, and resolves with what each was let do. */
export async function together(orders: Orders[]): Promise<Report[]> {
  const children = orders.map((order) => {
    const child = fork(CHILD, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = once(child, 'close').then(([code]) => {
      throw new Error(`A process ended with ${code}: ${said}`);
    });
    ended.catch(() => {});
    return { child, order, next: () => Promise.race([once(child, 'message'), ended]) };
  });
  try {
    await Promise.all(
      children.map(({ child, order, next }) => {
        child.send(order);
        return next();
      }),
    );
    return await Promise.all(
      children.map(async ({ child, next }) => {
        child.send('go');
        return (await next())[0] as Report;
      }),
    );
  } finally {
    for (const { child } of children) child.kill('SIGKILL');
  }
}
