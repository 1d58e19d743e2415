import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

interface RetentionOptions {
  store: Pick<Store, 'removeEvents'>;
  /** Undefined: every event is kept. */
  days: number | undefined;
  now: () => number;
  log: Log;
}

/** Few enough that nobody waits for it; what is left follows at once. */
const BATCH = 500;
const EVERY_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** Removes every event that is older than so many days, some at a time. How many. Stops early when `isOver` says so. */
export async function removeOldEvents(
  { store, now }: Pick<RetentionOptions, 'store' | 'now'>,
  days: number,
  isOver: () => boolean = () => false,
): Promise<number> {
  const before = now() - days * DAY_MS;
  for (let removed = 0; ; ) {
    const taken = await store.removeEvents(before, BATCH);
    removed += taken;
    if (taken < BATCH || isOver()) return removed;
  }
}

/** Removes old events now and every hour. The audit is never touched. */
export function keepEvents({ store, days, now, log }: RetentionOptions): { stop: () => Promise<void> } {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let under: Promise<void> = Promise.resolve();
  const sweep = async (most: number) => {
    try {
      const removed = await removeOldEvents({ store, now }, most, () => isOver);
      if (removed > 0) log.info({ events: removed, days: most }, 'old events removed');
    } catch (error) {
      log.error({ err: error }, 'old events not removed');
    }
  };
  if (days !== undefined) {
    under = sweep(days);
    timer = setInterval(() => {
      under = under.then(() => sweep(days));
    }, EVERY_MS);
  }
  return {
    stop: async () => {
      isOver = true;
      clearInterval(timer);
      await under;
    },
  };
}
