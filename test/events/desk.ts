import { DatabaseSync } from 'node:sqlite';
import type { EventRule } from '../../src/config/schemas.ts';
import { Board, type BoardRules } from '../../src/events/board.ts';
import type { Group } from '../../src/events/group.ts';
import { createLog } from '../../src/log.ts';
import type { Mute, NewEvent, Store } from '../../src/store/store.ts';
import { newEvent } from '../store/samples.ts';
import { MINUTE } from './groups.ts';

/** Long after the beginning of time: the clock here is moved by hand. */
export const START = Date.UTC(2026, 10, 23, 10);

/** An event of hq-fw01 as intake stores it; what newer agents send goes into its body. */
export const incoming = (change: Partial<NewEvent> = {}, attributes: Record<string, string> = {}): NewEvent => {
  const of = newEvent({ event: 'LINK_DOWN', message: 'ifName ge-0/0/1', receivedAt: START, ...change });
  return { ...of, body: Buffer.from(JSON.stringify({ attributes })) };
};

export const muteOn = (change: Partial<Mute> = {}): Mute => ({
  id: 'm1',
  scope: 'device',
  key: 'hq-fw01',
  name: 'hq-fw01',
  event: null,
  by: 'Alex Wilber',
  from: START,
  until: START + 60 * MINUTE,
  hidden: '[]',
  endedAt: null,
  ...change,
});

/** A board over a real store, a clock that the test moves, and rules that the test changes. */
export class BoardRig {
  readonly store: Store;
  readonly #file: string;
  at = START;
  conversationId = 'a:alerts';
  rules: BoardRules = {
    priorities: {},
    rules: [],
    pairs: [{ down: 'LINK_DOWN', up: 'LINK_UP', subject: ['ifName {}'] }],
  };
  /** How many groupings the store refuses from now on. */
  failures = 0;
  board: Board;
  #ids = 0;

  constructor(store: Store, file: string) {
    this.store = store;
    this.#file = file;
    this.board = this.#newBoard();
  }

  /** What a restart finds: the same store, nothing in memory. */
  async restart(): Promise<Board> {
    this.board = this.#newBoard();
    await this.board.load();
    return this.board;
  }

  set own(rules: EventRule[]) {
    this.rules = { ...this.rules, rules };
  }

  /** Stores an event and has it grouped; its id. */
  async take(...events: NewEvent[]): Promise<void> {
    for (const event of events) await this.store.addEvent(event);
    while (await this.board.takeOwed(this.conversationId));
  }

  /** Teams has every card that is behind. */
  async show(): Promise<string[]> {
    const behind = this.board.behind();
    const { conversationId } = this;
    for (const { id, revision } of behind) {
      await this.board.shown(id, { revision, conversationId, activityId: `card ${id}` });
    }
    return behind.map(said);
  }

  get behind(): string[] {
    return this.board.behind().map(said);
  }

  keyOf(id: string): string {
    const [key] = this.#rows('SELECT key AS value FROM event_groups WHERE id = ?', id);
    return String(key);
  }

  /** The Teams messages that the events of a group are noted to be on, in order of arrival. */
  messagesOf(id: string): unknown[] {
    return this.#rows('SELECT message AS value FROM events WHERE group_id = ? ORDER BY id', id);
  }

  #rows(sql: string, id: string): unknown[] {
    const db = new DatabaseSync(this.#file, { readOnly: true });
    try {
      return db
        .prepare(sql)
        .all(id)
        .map(({ value }) => value);
    } finally {
      db.close();
    }
  }

  async owed(): Promise<number> {
    return (await this.store.owedEvents(1_000)).length;
  }

  #newBoard(): Board {
    const { store } = this;
    return new Board({
      store: {
        owedEvents: (limit) => store.owedEvents(limit),
        liveGroups: (since) => store.liveGroups(since),
        group: (id) => store.group(id),
        groupShown: (id, shown) => store.groupShown(id, shown),
        mutes: () => store.mutes(),
        saveGrouping: async (change, audit) => {
          if (this.failures > 0) {
            this.failures -= 1;
            throw new Error('disk full');
          }
          await store.saveGrouping(change, audit);
        },
      },
      rules: () => this.rules,
      siteOf: (hostname) => (hostname.startsWith('hq-') ? 'hq' : ''),
      quietMs: 30 * MINUTE,
      now: () => this.at,
      newId: () => {
        this.#ids += 1;
        return `g${this.#ids}`;
      },
      log: createLog('silent'),
    });
  }
}

/** A group in one line: its sentence, or its id, how many events it counts, and what came of it. */
export function said({ id, event, count, clearedAt, notice, muted }: Group): string {
  if (notice !== null) return notice;
  return `${id} ${event} ${count}${clearedAt === null ? '' : ' cleared'}${muted ? ' muted' : ''}`;
}
