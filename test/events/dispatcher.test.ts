import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type Delivery, Dispatcher, retryDelayMs } from '../../src/events/dispatcher.ts';
import { createLog } from '../../src/log.ts';
import type { DueEvent } from '../../src/store/store.ts';
import { due, many } from './due.ts';

/** Lets everything run that waits for no timer. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A dispatcher with a store in memory, a Teams that answers what the test says, and a clock that the test moves. */
class Rig {
  waiting: DueEvent[] = [];
  conversation: string | null = 'a:alerts';
  answers: Delivery['outcome'][] = [];
  afterMs: number | null = null;
  storeFails = false;
  /** How many notes of a posted card the store refuses. */
  finishFailures = 0;
  monotonicMs = 0;
  /** What happened, in order. */
  readonly log: string[] = [];
  readonly dispatcher = new Dispatcher({
    store: {
      backlog: async () => ({ waiting: this.waiting.length, oldestAt: null }),
      dueDeliveries: async (limit) => {
        if (this.storeFails) throw new Error('disk');
        return [...this.waiting].sort((a, b) => a.priority - b.priority || a.id - b.id).slice(0, limit);
      },
      startDelivery: async (ids) => this.note('start', ids),
      finishDelivery: async (ids, { activityId, reason }) => {
        if (this.finishFailures > 0) {
          this.finishFailures -= 1;
          throw new Error('disk');
        }
        this.gone('finish', ids, `${activityId} ${reason}`);
      },
      retryDelivery: async (ids, reason) => this.note('retry', ids, reason),
      dropDelivery: async (ids, _now, reason) => this.gone('drop', ids, reason),
    },
    alertConversation: async () => this.conversation,
    post: async (conversationId, events, form): Promise<Delivery> => {
      this.note(
        `post ${form}`,
        events.map(({ id }) => id),
      );
      const outcome = this.answers.shift() ?? 'posted';
      if (outcome === 'posted') return { outcome, conversationId, activityId: 'card' };
      if (outcome === 'retry') return { outcome, reason: 'busy', afterMs: this.afterMs };
      return { outcome, reason: outcome };
    },
    now: Date.now,
    random: () => 1,
    log: createLog('silent'),
  });

  note(what: string, ids: number[], more = ''): void {
    const shown = ids.length > 2 ? `${ids[0]}-${ids.at(-1)}` : ids.join();
    this.log.push(`${what} ${shown} ${more}`.trim());
  }
  gone(what: string, ids: number[], more: string): void {
    this.note(what, ids, more);
    this.waiting = this.waiting.filter(({ id }) => !ids.includes(id));
  }
  /** What happened since the last call. */
  async happened(): Promise<string[]> {
    await settle();
    return this.log.splice(0);
  }
  async pass(ms: number): Promise<string[]> {
    this.monotonicMs += ms;
    mock.timers.tick(ms);
    return await this.happened();
  }
}

const single = (id: number) => [`start ${id}`, `post single ${id}`, `finish ${id} card single`];

describe('Dispatcher', () => {
  let rig: Rig;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
    rig = new Rig();
    mock.method(performance, 'now', () => rig.monotonicMs);
  });
  afterEach(async () => {
    await rig.dispatcher.stop();
    mock.timers.reset();
    mock.restoreAll();
  });
  const startWith = async (...events: DueEvent[]) => {
    rig.waiting = events;
    rig.dispatcher.start();
    return await rig.happened();
  };

  it('posts what an earlier process left, noting it before and after', async () => {
    assert.deepEqual(await startWith(due(1), due(2, 2)), [...single(1), ...single(2)]);
  });

  it('posts a new event when it is told, without waiting', async () => {
    await startWith();
    rig.waiting.push(due(3));
    assert.deepEqual(await rig.happened(), []);
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), single(3));
  });

  it('finds an event it was not told of within a second', async () => {
    await startWith();
    rig.waiting.push(due(3));
    assert.deepEqual(await rig.pass(1_000), single(3));
  });

  it('posts a storm as lists, one when there is room and one a minute later', async () => {
    assert.deepEqual(await startWith(...many(600)), [
      ...['start 1-500', 'post digest 1-500', 'finish 1-500 card digest'],
      ...['start 501-600', 'post digest 501-600', 'finish 501-600 card digest'],
    ]);
    rig.waiting = many(4, 1, 700);
    rig.dispatcher.wake();
    await rig.happened();
    rig.waiting = many(4, 1, 800);
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), [], 'six cards were posted in this minute');
    for (let second = 0; second < 59; second += 1) assert.deepEqual(await rig.pass(1_000), []);
    assert.deepEqual((await rig.pass(1_000)).at(0), 'start 800');
  });

  it('tries again later and later, and a new event does not cut the wait short', async () => {
    rig.answers = ['retry', 'retry', 'retry'];
    const tried = ['start 1', 'post single 1', 'retry 1 busy'];
    assert.deepEqual(await startWith(due(1)), tried);
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(999), []);
    assert.deepEqual(await rig.pass(1), tried);
    assert.deepEqual(await rig.pass(1_000), []);
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(1_000), tried);
    for (let second = 0; second < 3; second += 1) assert.deepEqual(await rig.pass(1_000), []);
    assert.deepEqual(await rig.pass(1_000), single(1));
  });

  it('waits as long as Teams says', async () => {
    rig.answers = ['retry'];
    rig.afterMs = 2_500;
    await startWith(due(1));
    assert.deepEqual([...(await rig.pass(1_000)), ...(await rig.pass(1_000)), ...(await rig.pass(499))], []);
    assert.deepEqual(await rig.pass(1), single(1));
  });

  it('a day of silence is not kept: five minutes at most, and never less than the backoff', async () => {
    rig.answers = ['retry'];
    rig.afterMs = 86_400_000;
    await startWith(due(1));
    for (let second = 0; second < 299; second += 1) assert.deepEqual(await rig.pass(1_000), []);
    assert.deepEqual(await rig.pass(1_000), single(1));
  });

  it('a card that is posted is not posted again while the store cannot note it', async () => {
    rig.finishFailures = 3;
    assert.deepEqual(await startWith(due(1), due(2)), ['start 1', 'post single 1']);
    rig.dispatcher.wake();
    const later: string[] = [];
    for (let second = 0; second < 10; second += 1) later.push(...(await rig.pass(1_000)));
    assert.deepEqual(later, ['finish 1 card single', ...single(2)]);
  });

  it('a clock that is set back holds no card and makes no wait longer', async () => {
    await startWith(...many(4));
    rig.waiting = many(2, 1, 10);
    rig.dispatcher.wake();
    await rig.happened();
    mock.timers.setTime(0);
    rig.waiting = [due(20)];
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), single(20));
    rig.answers = ['retry'];
    rig.waiting = [due(21)];
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), ['start 21', 'post single 21', 'retry 21 busy']);
    mock.timers.setTime(0);
    assert.deepEqual(await rig.pass(1_000), single(21));
  });

  it('posts the words of a card that Teams refuses', async () => {
    rig.answers = ['rejected'];
    assert.deepEqual(await startWith(due(1)), [
      ...['start 1', 'post single 1'],
      ...['start 1', 'post plain 1', 'finish 1 card plain'],
    ]);
  });

  it('drops an event that is refused in every form, and goes on with the next', async () => {
    rig.answers = ['rejected', 'rejected'];
    assert.deepEqual(await startWith(due(1), due(2)), [
      ...['start 1', 'post single 1', 'start 1', 'post plain 1', 'drop 1 rejected'],
      ...single(2),
    ]);
  });

  it('keeps events while the conversation is gone, until it is resumed', async () => {
    rig.answers = ['gone'];
    assert.deepEqual(await startWith(due(1)), ['start 1', 'post single 1', 'retry 1 gone']);
    assert.equal(rig.dispatcher.hold, 'conversation-gone');
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(60_000), []);
    rig.dispatcher.resume();
    assert.deepEqual(await rig.happened(), single(1));
    assert.equal(rig.dispatcher.hold, null);
  });

  it('keeps events while nobody has named a conversation, and needs no restart after', async () => {
    rig.conversation = null;
    assert.deepEqual(await startWith(due(1)), []);
    assert.equal(rig.dispatcher.hold, 'no-conversation');
    rig.conversation = 'a:1';
    rig.dispatcher.resume();
    assert.deepEqual(await rig.happened(), single(1));
  });

  it('goes on when the store works again', async () => {
    rig.storeFails = true;
    assert.deepEqual(await startWith(due(1)), []);
    rig.storeFails = false;
    assert.deepEqual(await rig.pass(1_000), single(1));
  });

  it('stops at once while it waits, and posts nothing after', async () => {
    rig.answers = ['retry'];
    await startWith(due(1));
    await rig.dispatcher.stop();
    rig.log.length = 0;
    assert.deepEqual(await rig.pass(120_000), []);
  });
});

describe('retryDelayMs', () => {
  const cases: [failures: number, random: number, ms: number, askedMs?: number][] = [
    [0, 1, 2_500, 2_500],
    [0, 1, 1_000, 0],
    [0, 1, 1_000, -5],
    [0, 1, 300_000, 86_400_000],
    [3, 1, 8_000, 2_500],
    [0, 0, 500],
    [0, 1, 1_000],
    [3, 0.5, 6_000],
    [6, 1, 60_000],
    [50, 1, 60_000],
    [5_000, 0, 30_000],
  ];
  for (const [failures, random, ms, askedMs] of cases) {
    it(`after ${failures} failures, ${random} of the spread, asked for ${askedMs}: ${ms} ms`, () => {
      assert.equal(retryDelayMs(failures, random, askedMs), ms);
    });
  }
});
