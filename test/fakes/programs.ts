import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Resolves when the program has written those words; returns how to read all it has written. */
export async function said(child: ChildProcess, words: string): Promise<() => string> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => {
      text += `${line}\n`;
      if (line.includes(words)) resolve();
    });
  }
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${text}`)));
  await promise;
  return () => text;
}

/** Ends a program that was started here, and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // Some take a second to shut down; one that cannot must not outlive the tests.
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

/** For servers that have to be told a number: it is free a moment before, not held. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends a signal to what a program that was started here has started itself, and to it too when told. */
export function signalAll(child: ChildProcess, signal: NodeJS.Signals, which: 'children' | 'everything'): void {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (name) state ppid ...", and the name can have anything in it.
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === child.pid || isBelow(parent));
  };
  const pids = [...parents.keys()].filter(isBelow);
  if (which === 'everything' && child.pid !== undefined) pids.unshift(child.pid);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // As above.
    }
  }
}
