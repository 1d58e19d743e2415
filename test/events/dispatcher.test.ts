import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type Delivery, Dispatcher, retryDelayMs } from '../../src/events/dispatcher.ts';
import type { Group } from '../../src/events/group.ts';
import { createLog } from '../../src/log.ts';
import { waiting } from './groups.ts';

/** Lets everything run that waits for no timer. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A dispatcher with a board in memory, a Teams that answers what the test says, and a clock that the test moves. */
class Rig {
  groups: Group[] = [];
  owed = 0;
  conversation: string | null = 'a:alerts';
  answers: (Delivery['outcome'] | 'hang')[] = [];
  status: number | null = null;
  /** What the next one is answered, whenever that is. */
  slow: Promise<Delivery> | null = null;
  afterMs: number | null = null;
  /** How many notes of a posted card the store refuses. */
  noteFailures = 0;
  boardFails = false;
  monotonicMs = 0;
  aheadMs = 0;
  /** What happened, in order. */
  readonly log: string[] = [];
  readonly dispatcher: Dispatcher;

  constructor(fallbackConversation: string | null = null) {
    const tell = async (what: string, conversationId: string, group: Group): Promise<Delivery> => {
      this.log.push(
        `${what} ${group.id}${group.isPlain ? ' plain' : ''}${conversationId === 'a:alerts' ? '' : ` in ${conversationId}`}`,
      );
      const { slow } = this;
      this.slow = null;
      if (slow) return await slow;
      const outcome = this.answers.shift() ?? 'posted';
      if (outcome === 'hang') return await new Promise(() => {});
      if (outcome === 'posted') return { outcome, conversationId, activityId: 'card' };
      if (outcome === 'retry') return { outcome, reason: 'busy', afterMs: this.afterMs, status: this.status };
      return { outcome, reason: outcome };
    };
    this.dispatcher = new Dispatcher({
      board: {
        takeOwed: async () => {
          if (this.boardFails) throw new Error('disk');
          this.owed = 0;
          return false;
        },
        behind: () => this.groups.filter(({ revision, shownRevision }) => revision > shownRevision),
        shown: async (id, { revision, conversationId, activityId }) => {
          if (this.noteFailures > 0) {
            this.noteFailures -= 1;
            throw new Error('disk');
          }
          this.log.push(`noted ${id} ${activityId}`);
          const group = this.groups.find((each) => each.id === id);
          Object.assign(group ?? {}, { shownRevision: revision, shownAt: Date.now(), conversationId, activityId });
        },
        change: async (id, change) => {
          const group = this.groups.find((each) => each.id === id) ?? null;
          if (group) change(group);
          if (group) group.revision += 1;
          return group;
        },
        notice: async (key, text) => {
          this.groups.push(waiting(key, { key: `notice ${key}`, priority: 2, notice: text }));
        },
        endMutes: async () => [],
        sweep: async () => {},
      },
      backlog: async () => ({ waiting: this.owed + this.groups.length }),
      alertConversation: async () => this.conversation,
      fallbackConversation,
      post: (conversationId, group) => tell('post', conversationId, group),
      update: (conversationId, _activityId, group) => tell('update', conversationId, group),
      onOutcome: () => {},
      now: () => Date.now() + this.aheadMs,
      random: () => 1,
      log: createLog('silent'),
    });
  }

  /** What happened since the last call. */
  async happened(): Promise<string[]> {
    await settle();
    return this.log.splice(0);
  }
  async pass(ms: number): Promise<string[]> {
    // In steps, as time passes: what a timer starts may set the next one.
    for (let left = ms; left > 0; left -= 100) {
      const step = Math.min(100, left);
      this.monotonicMs += step;
      mock.timers.tick(step);
      await settle();
    }
    return await this.happened();
  }
  /** Events of that group came. */
  news(group: Group): void {
    group.revision += 1;
    this.dispatcher.wake();
  }
}

describe('Dispatcher', () => {
  let rig: Rig;
  const use = (fallback: string | null = null) => {
    rig = new Rig(fallback);
    mock.method(performance, 'now', () => rig.monotonicMs);
    return rig;
  };
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
    use();
  });
  afterEach(async () => {
    rig.answers = [];
    const stopped = rig.dispatcher.stop();
    await Promise.race([stopped, settle()]);
    mock.timers.reset();
    mock.restoreAll();
  });
  const begin = async (...groups: Group[]) => {
    rig.groups.push(...groups);
    rig.dispatcher.start();
    return await rig.happened();
  };

  it('posts what an earlier process left, and notes it', async () => {
    assert.deepEqual(await begin(waiting('a')), ['post a', 'noted a card']);
    assert.deepEqual(await rig.pass(5_000), []);
  });

  it('posts when it is told, without waiting, and finds out within a second when it is not', async () => {
    await begin();
    rig.groups.push(waiting('a'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), ['post a', 'noted a card']);
    rig.groups.push(waiting('b'));
    assert.deepEqual(await rig.pass(1_100), ['post b', 'noted b card']);
  });

  it('a change updates the card, not more often than every five seconds', async () => {
    const group = waiting('a');
    await begin(group);
    for (let n = 0; n < 20; n += 1) rig.news(group);
    assert.deepEqual(await rig.pass(4_900), []);
    assert.deepEqual(await rig.pass(1_200), ['update a', 'noted a card']);
  });

  it('new cards are posted one at a time, but one that Teams does not answer holds up no other for long', async () => {
    rig.answers = ['hang'];
    assert.deepEqual(await begin(waiting('warning', { priority: 2 })), ['post warning']);
    rig.answers = ['hang'];
    rig.groups.push(waiting('a'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(900), []);
    assert.deepEqual(await rig.pass(200), ['post a']);
    rig.groups.push(waiting('b'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(1_100), ['post b', 'noted b card']);
  });

  it('an update does not wait for a new card that is under way', async () => {
    const group = waiting('a');
    await begin(group);
    rig.news(group);
    rig.answers = ['hang'];
    rig.groups.push(waiting('b'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), ['post b']);
    assert.deepEqual(await rig.pass(5_000), ['update a', 'noted a card']);
  });

  it('tries again later and later; another event does not cut the wait short', async () => {
    const group = waiting('a', { priority: 2 });
    rig.answers = ['retry', 'retry', 'retry'];
    await begin(group);
    rig.news(group);
    assert.deepEqual(await rig.pass(900), []);
    assert.deepEqual(await rig.pass(200), ['post a']);
    assert.deepEqual(await rig.pass(1_800), []);
    assert.deepEqual(await rig.pass(300), ['post a']);
    assert.deepEqual(await rig.pass(4_500), ['post a', 'noted a card']);
  });

  it('what Teams asks for holds the whole conversation, five minutes at most', async () => {
    rig.answers = ['retry'];
    rig.afterMs = 86_400_000;
    await begin(waiting('a'), waiting('b', { priority: 2 }));
    await rig.happened();
    rig.groups.push(waiting('c'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.pass(299_000), []);
    const after = await rig.pass(3_000);
    for (const id of ['a', 'c']) assert.ok(after.includes(`post ${id}`), after.join());
  });

  it('a card that is posted is not posted again while the store cannot note it', async () => {
    rig.noteFailures = 3;
    assert.deepEqual(await begin(waiting('a')), ['post a']);
    assert.deepEqual(await rig.pass(30_000), ['noted a card']);
  });

  it('a clock that is set back makes no wait longer', async () => {
    rig.answers = ['retry'];
    await begin(waiting('a'));
    rig.aheadMs = -1_000_000;
    assert.deepEqual(await rig.pass(3_000), ['post a', 'noted a card']);
  });

  it('posts the words of a card that Teams refuses, and gives up on what is refused in every form', async () => {
    rig.answers = ['rejected'];
    assert.deepEqual(await begin(waiting('a')), ['post a', 'post a plain', 'noted a card']);
    rig.answers = ['rejected', 'rejected'];
    rig.groups.push(waiting('b'));
    rig.dispatcher.wake();
    assert.deepEqual(await rig.happened(), ['post b', 'post b plain', 'noted b null']);
  });

  it('a card that was deleted is posted anew, but not at the first 404', async () => {
    const group = waiting('a');
    await begin(group);
    rig.status = 404;
    rig.answers = ['retry', 'retry', 'retry'];
    rig.news(group);
    const after = await rig.pass(20_000);
    assert.deepEqual(after, ['update a', 'update a', 'update a', 'noted a null', 'post a', 'noted a card']);
  });

  it('keeps what is owed while the conversation is gone, until it is resumed', async () => {
    rig.answers = ['gone'];
    await begin(waiting('a'));
    assert.equal(rig.dispatcher.hold, 'conversation-gone');
    rig.log.length = 0;
    assert.deepEqual(await rig.pass(60_000), []);
    rig.dispatcher.resume();
    assert.deepEqual(await rig.happened(), ['post a', 'noted a card']);
  });

  it('tells the fallback conversation, and posts there meanwhile', async () => {
    use('a:fallback');
    rig.answers = ['gone'];
    const after = [...(await begin(waiting('a'))), ...(await rig.pass(5_000))];
    assert.ok(after.includes('post a in a:fallback'), after.join());
    assert.ok(after.includes('post conversation gone in a:fallback'), after.join());
    rig.dispatcher.resume();
    rig.groups.push(waiting('b'));
    assert.ok((await rig.pass(1_000)).includes('post b'));
  });

  it('looks at it again where nobody is told that it is gone', async () => {
    rig.answers = ['gone'];
    await begin(waiting('a'));
    assert.deepEqual((await rig.pass(6 * 60_000)).slice(0, 2), ['post a', 'noted a card']);
    assert.equal(rig.dispatcher.hold, null);
  });

  it('alerts that go elsewhere while it turns out to be gone go on there', async () => {
    let answer = (_: Delivery) => {};
    rig.slow = new Promise((resolve) => {
      answer = resolve;
    });
    await begin(waiting('a'));
    rig.conversation = 'a:other';
    rig.dispatcher.resume();
    answer({ outcome: 'gone', reason: 'removed' });
    assert.deepEqual(await rig.pass(1_500), ['post a in a:other', 'noted a card']);
    assert.equal(rig.dispatcher.hold, null);
  });

  it('another conversation that is named where it cannot be heard, in a file, is found', async () => {
    rig.answers = ['gone'];
    await begin(waiting('a'));
    await rig.pass(2_000);
    rig.conversation = 'a:other';
    assert.deepEqual(await rig.pass(1_500), ['post a in a:other', 'noted a card']);
  });

  it('a fallback that is gone too is asked less and less, and what was named is looked at again', async () => {
    use('a:fallback');
    rig.answers = Array.from({ length: 1_000 }, () => 'gone');
    const tried = [...(await begin(waiting('a'))), ...(await rig.pass(4 * 60_000))];
    assert.ok(tried.length < 30, `${tried.length}`);
    rig.answers = [];
    rig.conversation = null;
    await rig.pass(60_000);
    assert.equal(rig.dispatcher.hold, 'no-conversation');
    rig.conversation = 'a:alerts';
    assert.deepEqual((await rig.pass(2 * 60_000)).sort(), ['noted a card', 'noted conversation gone null', 'post a']);
  });

  it('404 for minutes: it was deleted', async () => {
    use('a:fallback');
    rig.status = 404;
    rig.answers = Array.from({ length: 10 }, () => 'retry');
    await begin(waiting('a'));
    const after = await rig.pass(10 * 60_000);
    assert.ok(after.includes('post a in a:fallback'), after.join());
    assert.ok(after.includes('post conversation gone in a:fallback'), after.join());
  });

  it('keeps events while nobody has named a conversation, and needs no restart after', async () => {
    rig.conversation = null;
    rig.owed = 3;
    assert.deepEqual(await begin(waiting('a')), []);
    assert.equal(rig.dispatcher.hold, 'no-conversation');
    assert.equal(rig.owed, 3, 'they are grouped when somebody is there');
    rig.conversation = 'a:alerts';
    assert.deepEqual(await rig.pass(1_100), ['post a', 'noted a card']);
    assert.equal(rig.owed, 0);
  });

  it('goes on when the store works again', async () => {
    rig.boardFails = true;
    await begin();
    rig.boardFails = false;
    rig.owed = 1;
    await rig.pass(1_200);
    assert.equal(rig.owed, 0);
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
