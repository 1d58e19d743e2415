import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SqlServerPlace } from '../../src/store/place.ts';
import type { Store } from '../../src/store/store.ts';

export type Place = { storeFile: string; sqlServer: SqlServerPlace | null };
export type Called = { id: number; name: string; args: unknown[] };
type Answer = { id: number } & ({ result: unknown } | { error: { message: string; code?: string } });

/** A store that a process of its own has open: each call is carried out there. `close` ends the process. */
export async function storeInOtherProcess(place: Place): Promise<Store> {
  const program = fileURLToPath(new URL('./store-process.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(place)], { serialization: 'advanced' });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) call?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
    else call?.resolve(answer.result);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The process of the store ended with ${code}.`));
    waiting.clear();
  });
  const answered = (id: number) => new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
  if ((await answered(0)) === process.pid) throw new Error('The store is not in another process.');
  const call = (name: string, args: unknown[]) => {
    lastId += 1;
    child.send({ id: lastId, name, args } satisfies Called);
    return answered(lastId);
  };
  const methods = new Proxy(
    {},
    // What is awaited is asked for a `then` first.
    { get: (_, name) => (name === 'then' ? undefined : (...args: unknown[]) => call(String(name), args)) },
  );
  return methods as Store;
}
