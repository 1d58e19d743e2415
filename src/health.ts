import { referenceOf } from './errors.ts';
import type { Dispatcher } from './events/dispatcher.ts';
import type { SpooledEvents } from './events/spooled-events.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';
import type { Canary, CanaryState } from './watch/canary.ts';

export interface HealthOptions {
  store: Pick<Store, 'backlog'>;
  spooled: Pick<SpooledEvents, 'state'> | null;
  dispatcher: Pick<Dispatcher, 'hold'>;
  canary: Pick<Canary, 'state'>;
  now: () => number;
  log: Log;
}

/** What `/readyz` answers; 503 when it is not ready. */
export interface Health {
  isReady: boolean;
  /** It works, and something of it does not: reasons follow. Whoever sends events goes on sending them here. */
  isDegraded: boolean;
  store: 'ok' | 'failed' | 'unreachable';
  /** Of the log, when something in here failed. */
  reference?: string;
  spooled?: number;
  cards?: { waiting: number; oldestSeconds: number; hold: string | null };
  canary: CanaryState;
  [detail: string]: unknown;
}

/** An event that waits longer than this although it has somewhere to go means that nobody is being told. */
const STALE_MS = 5 * 60_000;
const SAY_AGAIN_MS = 60_000;

/** Able to work: the store answers, and what is owed gets out. */
export function createHealth({ store, spooled, dispatcher, canary, now, log }: HealthOptions): () => Promise<Health> {
  let reference: string | null = null;
  let saidAt = 0;
  return async () => {
    const isDegraded = canary.state.result === 'failed';
    const common = { isDegraded, canary: canary.state, ...(spooled ? { spooled: spooled.state.spooled } : {}) };
    if (spooled?.state.isAway) return { isReady: false, store: 'unreachable', ...common };
    try {
      const { waiting, oldestAt } = await store.backlog();
      const oldestSeconds = oldestAt === null ? 0 : Math.max(0, Math.round((now() - oldestAt) / 1_000));
      reference = null;
      const isStuck = oldestSeconds * 1_000 > STALE_MS;
      return {
        isReady: !isStuck && dispatcher.hold !== 'conversation-gone',
        store: 'ok',
        ...common,
        cards: { waiting, oldestSeconds, hold: dispatcher.hold },
      };
    } catch (error) {
      // Whoever asks often must not fill the log.
      if (reference === null || Math.abs(now() - saidAt) > SAY_AGAIN_MS) {
        reference = referenceOf(error);
        saidAt = now();
        log.error({ reference, err: error }, 'store not ready');
      }
      return { isReady: false, store: 'failed', reference, ...common };
    }
  };
}

/** Whoever asks while an answer is on its way gets the same: however many ask, the store is asked once at a time. */
export function inFlight<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
