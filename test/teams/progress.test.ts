import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { Activity } from 'botbuilder';
import type { Delivery } from '../../src/events/dispatcher.ts';
import { createLog } from '../../src/log.ts';
import { ProgressCards } from '../../src/teams/progress.ts';

const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const CARD = { conversationId: 'a:1', activityId: 'card-1' };
const message = (text: string): Partial<Activity> => ({ type: 'message', text });

/** Progress cards with a notifier that answers as told. The clock stands still unless the test moves it. */
function rig() {
  const cutOff = new AbortController();
  const sent: string[] = [];
  const answers: (Delivery | Promise<Delivery>)[] = [];
  const posted: Delivery = { outcome: 'posted', conversationId: 'a:1', activityId: 'card-1' };
  const answer = async (how: string, { text }: Partial<Activity>) => {
    sent.push(`${how} ${text}`);
    return (await answers.shift()) ?? posted;
  };
  const cards = new ProgressCards({
    notifier: {
      post: (_conversation, activity) => answer('post', activity),
      update: (_conversation, _activity, activity) => answer('update', activity),
    },
    intervalMs: 2_000,
    now: Date.now,
    random: () => 0,
    log: createLog('silent'),
    cutOff: cutOff.signal,
  });
  return { cards, sent, answers, posted, cutOff };
}
const retry = (afterMs: number): Delivery => ({ outcome: 'retry', reason: 'busy', afterMs, status: null });

describe('ProgressCards', () => {
  // Synchronised, so that `setTimeout` imported from node:timers/promises is the mocked one as well.
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
    syncBuiltinESMExports();
  });
  afterEach(() => {
    mock.timers.reset();
    syncBuiltinESMExports();
  });
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await settle();
  };
  /** The wait, and the one for the interval behind it, which is over by then. */
  const passRetry = async (ms: number) => {
    await pass(ms);
    await pass(0);
  };

  it('shows the newest of what comes too fast, once per interval, beginning an interval after the click', async () => {
    const { cards, sent } = rig();
    cards.begin('j1');
    for (const text of ['one', 'two', 'three']) cards.show('j1', CARD, message(text));
    await pass(1_999);
    assert.deepEqual(sent, []);
    await pass(1);
    assert.deepEqual(sent, ['update three']);
    cards.show('j1', CARD, message('four'));
    await pass(1_000);
    cards.show('j1', CARD, message('five'));
    await pass(999);
    assert.deepEqual(sent, ['update three']);
    await pass(1);
    assert.deepEqual(sent, ['update three', 'update five']);
    await pass(60_000);
    assert.equal(sent.length, 2);
  });

  it('at most one update per interval, however long moments come', async () => {
    const { cards, sent } = rig();
    cards.begin('j1');
    for (let n = 0; n < 200; n += 1) {
      cards.show('j1', CARD, message(`${n}`));
      await pass(100);
    }
    assert.ok(sent.length >= 9 && sent.length <= 10, `${sent.length} updates in 20 s`);
  });

  it('two jobs do not wait for each other', async () => {
    const { cards, sent } = rig();
    for (const key of ['j1', 'j2']) cards.show(key, CARD, message(key));
    await pass(2_000);
    assert.deepEqual(sent, ['update j1', 'update j2']);
  });

  it('what Teams refuses for now is tried again, once per wait, as long as nothing newer came', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    answers.push(retry(5_000), retry(5_000));
    cards.show('j1', CARD, message('one'));
    await pass(2_000);
    assert.deepEqual(sent, ['update one']);
    await pass(4_999);
    assert.deepEqual(sent, ['update one']);
    await passRetry(1);
    assert.deepEqual(sent, ['update one', 'update one']);
    await passRetry(5_000);
    assert.deepEqual(sent, ['update one', 'update one', 'update one']);
    await pass(60_000);
    assert.equal(sent.length, 3);
  });

  it('a newer moment takes the place of the one that Teams refused for now', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    answers.push(retry(5_000));
    cards.show('j1', CARD, message('one'));
    await pass(2_000);
    cards.show('j1', CARD, message('two'));
    await passRetry(5_000);
    assert.deepEqual(sent, ['update one', 'update two']);
    await pass(60_000);
    assert.equal(sent.length, 2);
  });

  it('a newer moment that comes while Teams refuses the older one wins', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    const underWay = Promise.withResolvers<Delivery>();
    answers.push(underWay.promise);
    cards.show('j1', CARD, message('one'));
    await pass(2_000);
    cards.show('j1', CARD, message('two'));
    underWay.resolve(retry(3_000));
    await pass(0);
    await passRetry(3_000);
    assert.deepEqual(sent, ['update one', 'update two']);
  });

  it('after Teams took one, the patience begins anew', async () => {
    const { cards, sent, answers, posted } = rig();
    cards.begin('j1');
    answers.push(retry(0), retry(0), retry(0), posted, retry(0));
    cards.show('j1', CARD, message('one'));
    for (let n = 0; n < 20; n += 1) await pass(1_000);
    assert.equal(sent.length, 4);
    cards.show('j1', CARD, message('two'));
    await pass(2_000);
    assert.equal(sent.length, 5);
    await passRetry(2_000);
    assert.equal(sent.length, 6, 'the first wait, not the fourth');
  });

  for (const outcome of ['gone', 'rejected'] as const) {
    it(`a moment that is ${outcome} is left out, and the next one is shown`, async () => {
      const { cards, sent, answers } = rig();
      cards.begin('j1');
      answers.push({ outcome, reason: 'no' });
      cards.show('j1', CARD, message('one'));
      await pass(60_000);
      cards.show('j1', CARD, message('two'));
      await pass(2_000);
      assert.deepEqual(sent, ['update one', 'update two']);
    });
  }

  it('a moment that waits for another try gives way to the end', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    answers.push(retry(3_600_000));
    cards.show('j1', CARD, message('one'));
    await pass(2_000);
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    await settle();
    await pass(2_000);
    await finished;
    await pass(3_600_000);
    assert.deepEqual(sent, ['update one', 'update end']);
  });

  it('a moment that comes while the end is being shown is not shown any more', async () => {
    const { cards, sent, answers, posted } = rig();
    cards.begin('j1');
    await pass(2_000);
    const underWay = Promise.withResolvers<Delivery>();
    answers.push(underWay.promise);
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    await settle();
    cards.show('j1', CARD, message('late'));
    await pass(60_000);
    underWay.resolve(posted);
    await finished;
    await pass(60_000);
    assert.deepEqual(sent, ['update end']);
  });

  it('what comes after the end begins anew: somebody looked again', async () => {
    const { cards, sent } = rig();
    cards.begin('j1');
    await pass(2_000);
    await cards.finish('j1', CARD, message('end'), 'the end in words');
    cards.show('j1', CARD, message('again'));
    await pass(2_000);
    const finished = cards.finish('j1', CARD, message('new end'), 'the end in words');
    await settle();
    await pass(2_000);
    await finished;
    assert.deepEqual(sent, ['update end', 'update again', 'update new end']);
  });

  it('a stop ends what is being shown of requests that go on, and leaves nothing to come', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    answers.push(retry(1_000));
    cards.show('j1', CARD, message('one'));
    cards.show('j2', CARD, message('other'));
    await pass(2_000);
    cards.stop();
    await pass(3_600_000);
    assert.deepEqual(sent, ['update one', 'update other']);
  });

  describe('an end that comes late', () => {
    const late = async (...first: Delivery[]) => {
      const { cards, sent, answers } = rig();
      cards.begin('j1');
      await pass(2_000);
      answers.push(...first);
      const finished = cards.finish('j1', CARD, message('end'), 'the end in words', true);
      for (let n = 0; n < 10; n += 1) await pass(1_000);
      await finished;
      return sent;
    };
    it('is in the card, and its words are posted: nobody is looking there any more', async () => {
      assert.deepEqual(await late(), ['update end', 'post the end in words']);
    });
    it('the words are tried until Teams takes them, and the card is left alone', async () => {
      const posted: Delivery = { outcome: 'posted', ...CARD };
      assert.deepEqual(await late(posted, retry(0), retry(0)), [
        'update end',
        'post the end in words',
        'post the end in words',
        'post the end in words',
      ]);
    });
    it('a card that had to be posted anew is news enough', async () => {
      const gone: Delivery = { outcome: 'gone', reason: 'no' };
      const anew: Delivery = { outcome: 'posted', conversationId: 'a:1', activityId: 'card-2' };
      assert.deepEqual(await late(gone, anew), ['update end', 'post end']);
    });
    it('nothing is posted where nothing is taken', async () => {
      const gone: Delivery = { outcome: 'gone', reason: 'no' };
      assert.deepEqual(await late(gone, gone), ['update end', 'post end']);
    });
    it('in time there are no words', async () => {
      const { cards, sent } = rig();
      cards.begin('j1');
      await pass(2_000);
      await cards.finish('j1', CARD, message('end'), 'the end in words');
      assert.deepEqual(sent, ['update end']);
    });
  });

  it('shows the end last: after the update under way, and instead of the one that waits', async () => {
    const { cards, sent, answers, posted } = rig();
    cards.begin('j1');
    const underWay = Promise.withResolvers<Delivery>();
    answers.push(underWay.promise);
    cards.show('j1', CARD, message('old'));
    await pass(2_000);
    await pass(2_000);
    cards.show('j1', CARD, message('left out'));
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    await pass(10_000);
    assert.deepEqual(sent, ['update old']);
    underWay.resolve(posted);
    await finished;
    await pass(60_000);
    assert.deepEqual(sent, ['update old', 'update end'], 'nothing comes between, nothing after');
  });

  it('tries the end again until Teams takes it', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    await pass(2_000);
    answers.push(retry(0), retry(0), retry(0));
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    for (const ms of [500, 1_000, 2_000]) {
      await settle();
      await pass(ms);
    }
    await finished;
    assert.deepEqual(sent, Array(4).fill('update end'));
  });

  it('goes on for ever, at least as patiently as the backoff asks', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    await pass(2_000);
    answers.push(...Array(40).fill(retry(0)));
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    for (let n = 0; n < 40; n += 1) {
      await settle();
      assert.equal(sent.length, n + 1);
      await pass(30_000);
    }
    await finished;
    assert.deepEqual(sent, Array(41).fill('update end'));
  });

  it('refused as a card, updated and posted: the words alone', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    await pass(2_000);
    answers.push({ outcome: 'rejected', reason: 'no' }, { outcome: 'rejected', reason: 'no' });
    await cards.finish('j1', CARD, message('end'), 'the end in words');
    assert.deepEqual(sent, ['update end', 'post end', 'post the end in words']);
  });

  it('a clock that is set back holds up neither a moment nor the end', async () => {
    const { cards, sent } = rig();
    cards.begin('j1');
    mock.timers.setTime(0);
    cards.show('j1', CARD, message('one'));
    await pass(2_000);
    assert.deepEqual(sent, ['update one']);
    mock.timers.setTime(0);
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    await settle();
    await pass(2_000);
    await finished;
    assert.deepEqual(sent, ['update one', 'update end']);
  });

  for (const outcome of ['gone', 'rejected'] as const) {
    it(`posts the end anew when the update is ${outcome}`, async () => {
      const { cards, sent, answers } = rig();
      cards.begin('j1');
      await pass(2_000);
      answers.push({ outcome, reason: 'no' });
      await cards.finish('j1', CARD, message('end'), 'the end in words');
      assert.deepEqual(sent, ['update end', 'post end']);
    });
  }

  it('does not go on when the conversation takes nothing at all', async () => {
    const { cards, sent, answers } = rig();
    cards.begin('j1');
    await pass(2_000);
    answers.push({ outcome: 'gone', reason: 'no' }, { outcome: 'gone', reason: 'no' });
    await cards.finish('j1', CARD, message('end'), 'the end in words');
    assert.deepEqual(sent, ['update end', 'post end']);
  });

  it('a card whose id was never learnt: no progress, the end as a new message', async () => {
    const { cards, sent } = rig();
    cards.begin('j1');
    cards.show('j1', { ...CARD, activityId: null }, message('one'));
    await pass(60_000);
    assert.deepEqual(sent, []);
    await cards.finish('j1', { ...CARD, activityId: null }, message('end'), 'the end in words');
    assert.deepEqual(sent, ['post end']);
  });

  it('a stop ends the waits, and the caller is told that the end was not shown', async () => {
    const { cards, sent, answers, cutOff } = rig();
    cards.begin('j1');
    await pass(2_000);
    answers.push(retry(3_600_000));
    const finished = cards.finish('j1', CARD, message('end'), 'the end in words');
    const refused = assert.rejects(finished, { name: 'AbortError' });
    await settle();
    cutOff.abort();
    await refused;
    assert.deepEqual(sent, ['update end']);
  });
});
