import type { AssistantConfig } from '../config/schemas.ts';
import type { Board } from '../events/board.ts';
import { type Lane, laneOf } from '../events/next-operation.ts';
import type { Health } from '../health.ts';
import type { Runner } from '../jobs/runner.ts';
import type { Now } from '../metrics.ts';
import type { Canary } from './canary.ts';

interface Parts {
  board: Pick<Board, 'behind' | 'behindMs'>;
  runner: Pick<Runner, 'open'>;
  canary: Pick<Canary, 'succeededAt'>;
  assistant: Pick<AssistantConfig, 'canary_minutes'>;
  certificates: Now['certificates'];
}

/** What the metrics tell of this moment. */
export function numbersOf(health: Health, { board, runner, canary, assistant, certificates }: Parts): Now {
  const outbox: Record<Lane, { cards: number; oldestSeconds: number }> = {
    urgent: { cards: 0, oldestSeconds: 0 },
    normal: { cards: 0, oldestSeconds: 0 },
  };
  for (const group of board.behind()) {
    const lane = outbox[laneOf(group)];
    lane.cards += 1;
    lane.oldestSeconds = Math.max(lane.oldestSeconds, board.behindMs(group) / 1_000);
  }
  return {
    isReady: health.isReady,
    cards: health.cards ?? null,
    spooled: health.spooled ?? 0,
    isStoreAway: health.store === 'unreachable',
    outbox,
    jobs: runner.open,
    canary: { everySeconds: assistant.canary_minutes * 60, succeededAt: canary.succeededAt },
    certificates,
  };
}
