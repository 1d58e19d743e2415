import { sentenceOf } from '../errors.ts';
import { Board } from '../events/board.ts';
import type { Group } from '../events/group.ts';
import { createIntake, type IntakeRules } from '../events/intake.ts';
import { sign } from '../events/verify.ts';
import type { Log } from '../log.ts';
import type { NewEvent, Store } from '../store/store.ts';

/** Where a self-test can fail, in the order of the way. */
export type Stage = 'intake' | 'store' | 'board' | 'card';

/** Told in `reason`, a sentence without a secret. */
export interface Failure {
  stage: Stage;
  reason: string;
}

export interface CanaryPathOptions {
  store: Pick<Store, 'tryEvent'>;
  rules: () => IntakeRules;
  quietMs: number;
  /** Makes the card of a group; throws when it cannot. */
  draw: (group: Group) => unknown;
  now: () => number;
  newId: () => string;
  log: Log;
}

const EVENT = 'ASSISTANT_CANARY';
const PRIORITIES = { [EVENT]: 1 } as const;

/**
 * Takes a signed event of the assistant's own along the way of every other: verified under the secret that is in force,
 * read, judged, stored durably, grouped, drawn. It leaves nothing: the store removes it in the same transaction, its board
 * is one of its own, and neither log nor numbers count it. `at` says where it is.
 */
export async function walk(options: CanaryPathOptions, at: { stage: Stage }): Promise<Failure | null> {
  const { store, rules, quietMs, draw, now, newId, log } = options;
  const silent = log.child({}, { level: 'silent' });
  const fields = { event: EVENT, process: 'assistant', message: newId(), hostname: 'assistant-canary', detail: '' };
  const body = Buffer.from(JSON.stringify(fields));
  let stored: NewEvent | undefined;
  try {
    const intake = createIntake({
      store: {
        addEvent: async (event) => {
          at.stage = 'store';
          stored = event;
          if (!(await store.tryEvent({ ...event, isOwed: false }))) throw new Changed();
          return { id: 1, isDuplicate: false };
        },
      },
      onStored: () => {},
      // What people configured for their events does not count for this one.
      rules: () => ({ ...rules(), deviceSecrets: new Map(), strictTime: false, priorities: PRIORITIES, rules: [] }),
      siteOf: () => '',
      namesOf: () => [],
      now,
      log: silent,
    });
    const answer = await intake(body, { signature: sign(body, rules().secrets[0] ?? '') }, '127.0.0.1');
    if ('error' in answer) return { stage: at.stage, reason: answer.error };
    at.stage = 'board';
    draw(await grouped(stored as NewEvent));
    return null;
  } catch (error) {
    const reason = error instanceof Changed ? 'The event came back from the store as another one.' : sentenceOf(error);
    return { stage: at.stage, reason };
  }

  async function grouped(event: NewEvent): Promise<Group> {
    const board = new Board({
      store: {
        owedEvents: async () => [{ ...event, id: 1 }],
        liveGroups: async () => [],
        group: async () => null,
        saveGrouping: async () => {},
        groupShown: async () => {},
        mutes: async () => [],
      },
      rules: () => ({ priorities: PRIORITIES, rules: [], pairs: [] }),
      siteOf: () => '',
      quietMs,
      now,
      newId,
      log: silent,
    });
    await board.takeOwed('canary');
    const [group] = board.behind();
    if (group?.count !== 1) throw new Error('The board made no card for the event.');
    return group;
  }
}

class Changed extends Error {}
