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
const retry = (afterMs: number): Delivery => ({ outcome: 'retry', reason: 'busy', afterMs });

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
