import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';
import { intakeKey } from '../store/keyed-event.ts';
import type { Spool } from '../store/spool.ts';
import type { NewEvent } from '../store/store.ts';

export interface SpooledEventsOptions {
  /** Stores an event once under its key, however often it is handed over. */
  store: { addEvent(event: NewEvent, key: Uint8Array): Promise<{ id: number; isDuplicate: boolean }> };
  spool: Spool;
  /** How long a sender waits for the server before its event is spooled. */
  patienceMs: number;
  /** How often a server that is away is asked whether it is back. */
  everyMs: number;
  /** Events were stored that may be owed a card. */
  onStored: () => void;
  /** The server is away or refuses what was spooled, or it is back with everything stored: a sentence for the alert conversation. */
  onChange: (isAway: boolean, sentence: string) => void;
  log: Log;
}

/** Events handed over at a time; those that wait next to each other share a transaction. */
const BATCH = 200;

/**
 * Takes events while the SQL Server is away, and hands them over in order when it is back. An event goes through the
 * spool as long as anything is in it. Its key is kept with it: one that was stored after all is stored once.
 */
export class SpooledEvents {
  readonly #options: SpooledEventsOptions;
  #isAway = false;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SpooledEventsOptions) {
    this.#options = options;
    // What an earlier run left.
    if (options.spool.count > 0) this.#later(0);
  }

  /** Events in the spool, and whether the server is away, or refuses them. */
  get state(): { isAway: boolean; spooled: number } {
    return { isAway: this.#isAway, spooled: this.#options.spool.count };
  }

  /** Durable when it resolves, in the server or in the spool; `id` null: in the spool, where it has no number yet. */
  async addEvent(event: NewEvent): Promise<{ id: number | null; isDuplicate: boolean }> {
    const { store, spool, patienceMs } = this.#options;
    const key = intakeKey(event);
    if (!this.#isAway && spool.count === 0) {
      try {
        return await inTime(store.addEvent(event, key), patienceMs);
      } catch (error) {
        if (!isAbsence(error)) throw error;
        this.#away(error);
      }
    }
    const isNew = await spool.add({ key, event });
    this.#later(this.#options.everyMs);
    return { id: null, isDuplicate: !isNew };
  }

  /** Takes nothing more to the server; what is in the spool stays there for the next run. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#draining;
    this.#options.spool.close();
  }

  #away(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    const { log, onChange } = this.#options;
    if (isAbsence(error)) {
      log.error({ err: error }, 'the SQL Server is away: events are spooled');
      onChange(
        true,
        'The SQL Server cannot be reached. Events are kept on the disk of the assistant and stored when it is back; requests cannot be confirmed until then. What was sent to a device goes on there. Check the server, the network and the login: db status.',
      );
    } else {
      // They were acknowledged, so they stay until it takes them: no right to insert, a table that is gone.
      log.error({ err: error }, 'the SQL Server refuses spooled events');
      onChange(
        true,
        'The SQL Server refuses the events that were kept on the disk of the assistant. They stay there and are tried again. Check the rights of its user and its tables: db status; the log says what it refuses.',
      );
    }
  }

  #later(ms: number): void {
    if (this.#isClosed || this.#timer || this.#draining) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#draining = this.#drain().finally(() => {
        this.#draining = undefined;
        if (this.#isAway || this.#options.spool.count > 0) this.#later(this.#options.everyMs);
      });
    }, ms);
  }

  async #drain(): Promise<void> {
    const { store, spool, onStored, onChange, log } = this.#options;
    let drained = 0;
    try {
      while (!this.#isClosed) {
        const events = spool.oldest(BATCH);
        const last = events.at(-1);
        if (!last) break;
        await Promise.all(events.map(({ key, event }) => store.addEvent(event, key)));
        spool.removeTo(last.n);
        drained += events.length;
        onStored();
      }
    } catch (error) {
      this.#away(error);
      return;
    }
    if (this.#isClosed || spool.count > 0) return;
    const wasAway = this.#isAway;
    this.#isAway = false;
    if (drained > 0) log.info({ events: drained }, 'spooled events stored');
    if (wasAway)
      onChange(
        false,
        `The SQL Server is back. ${drained} ${drained === 1 ? 'event was' : 'events were'} kept meanwhile and stored now.`,
      );
  }
}

/** The server is not there, or not fast enough: anything else is the event's own fault. */
function isAbsence(error: unknown): boolean {
  return (
    error instanceof AssistantError &&
    ['store-unreachable', 'store-overloaded', 'store-outcome-unknown', 'store-busy'].includes(error.code)
  );
}

/** Rejects with AssistantError `store-unreachable` after so long; what is under way goes on. */
function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new AssistantError('store-unreachable', 'The SQL Server does not answer in time.');
    const timer = setTimeout(() => reject(late), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
