import { openStore } from '../../src/store/open.ts';
import type { Called, Place } from './other-process.ts';

/** The process of `storeInOtherProcess`: opens the store of its first argument and does what it is told over IPC. */
let methods: Record<string, (...args: unknown[]) => Promise<unknown>> = {};
const answer = async (id: number, work: () => Promise<unknown> | undefined) => {
  try {
    process.send?.({ id, result: await work() });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    process.send?.({ id, error: { message, code } });
  }
};
process.on('message', async ({ id, name, args }: Called) => {
  await answer(id, () => methods[name]?.(...args));
  if (name === 'close') process.disconnect();
});
await answer(0, async () => {
  methods = (await openStore(JSON.parse(process.argv[2] ?? '') as Place)) as unknown as typeof methods;
  return process.pid;
});
if (Object.keys(methods).length === 0) process.disconnect();
