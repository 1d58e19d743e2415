import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import { cleanUp } from '../netconf/junos.ts';
import type { Destination } from '../transfer/put.ts';
import type { CollectContext, Connected } from './action.ts';

/** What a run leaves until its end: files on the device, and temporary files at a destination. */
const leftSchema = z.object({
  paths: z.array(z.string()),
  parts: z.array(z.object({ at: z.string(), name: z.string() })).default([]),
});

/** The device is given so long to take its files away, however the collection ended. */
const CLEAN_UP_MS = 60_000;
/** And the destination to take away a temporary one. */
const REMOVE_MS = 30_000;

/**
 * What a collection makes and has to take away in the end: noted durably before it is made, so that the run after a
 * crash takes it away. Only what is noted is touched.
 */
export class LeftBehind {
  /** Whether an earlier run had begun to make something. */
  readonly isOfEarlierRun: boolean;
  /** On the device; `re1:/var/tmp/x` on another engine. */
  readonly paths = new Set<string>();
  /** At destinations: names of temporary files, with the address. */
  readonly parts = new Map<string, string>();
  readonly #context: CollectContext;

  constructor(context: CollectContext) {
    this.#context = context;
    const left = leftSchema.safeParse(context.left);
    this.isOfEarlierRun = left.success;
    for (const path of left.data?.paths ?? []) this.paths.add(path);
    for (const { at, name } of left.data?.parts ?? []) this.parts.set(name, at);
  }

  async note(): Promise<void> {
    const parts = [...this.parts].map(([name, at]) => ({ at, name }));
    await this.#context.note({ paths: [...this.paths], parts });
  }

  /** Takes away temporary files; null when none is left, else a sentence. Never throws. */
  async removeParts(destination: Destination | undefined): Promise<string | null> {
    for (const [name, at] of this.parts) {
      if (at !== destination?.address) continue;
      const gone = await destination.removePart(name, AbortSignal.timeout(REMOVE_MS)).then(
        () => true,
        () => false,
      );
      if (gone) this.parts.delete(name);
    }
    if (this.parts.size === 0) return null;
    const left = [...this.parts].map(([name, at]) => `${at}/${name}`);
    return `A partial file may still be there, remove it by hand: ${left.join(', ')}.`;
  }

  /** Takes away what is on the device, over a new session where that one died; null when nothing is left, else a sentence. */
  async cleanUp(connected: Connected | undefined): Promise<string | null> {
    const { device, connect } = this.#context;
    if (this.paths.size === 0) return null;
    const limit = AbortSignal.timeout(CLEAN_UP_MS);
    let left = [...this.paths];
    let why = '';
    for (const session of [async () => connected?.session, async () => (await connect(limit)).session]) {
      try {
        const open = await session();
        if (!open) continue;
        const result = await cleanUp(open, left, { signal: limit });
        why = result.left[0]?.text ?? '';
        left = result.left.map(({ path }) => path);
        if (left.length === 0) break;
      } catch (error) {
        why = sentenceOf(error);
      }
    }
    this.paths.clear();
    for (const path of left) this.paths.add(path);
    await this.note().catch(() => {});
    return left.length === 0 ? null : `Still on ${device}, delete it there: ${left.join(', ')}. ${why}`.trim();
  }
}
