import type { ChildProcess } from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends a child that was spawned `detached`, and whatever it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** Runs `end` when this process ends or is told to; returns how to take that back. */
export function endWithThisProcess(end: () => void): () => void {
  const forget = () => {
    process.off('exit', end);
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  const onSignal = (name: NodeJS.Signals) => {
    end();
    forget();
    // Listening to a signal switches its default off. Unless someone else handles it, it still ends this process.
    if (process.listenerCount(name) === 0) process.kill(process.pid, name);
  };
  process.on('exit', end);
  for (const name of SIGNALS) process.on(name, onSignal);
  return forget;
}
