import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TurnContext } from 'botbuilder';
import { AssistantError } from '../../src/errors.ts';
import type { Delivery } from '../../src/events/dispatcher.ts';
import type { BotAdapter } from '../../src/teams/adapter.ts';
import type { Conversations } from '../../src/teams/conversations.ts';
import { Notifier, outcomeOf } from '../../src/teams/notifier.ts';

const answered = (statusCode: number, more: object = {}) => Object.assign(new Error('no'), { statusCode, ...more });
const retryAfter = (value: string) => ({
  response: { headers: { get: (name: string) => (name.toLowerCase() === 'retry-after' ? value : undefined) } },
});

describe('outcomeOf', () => {
  const retry = (reason: string, afterMs: number | null = null, status: number | null = null): Delivery => ({
    outcome: 'retry',
    reason,
    afterMs,
    status,
  });
  const cases: [what: string, error: unknown, delivery: Delivery][] = [
    ['403', answered(403), { outcome: 'gone', reason: 'Teams answered 403' }],
    [
      '403 with its code',
      answered(403, { code: 'BotNotInConversationRoster' }),
      { outcome: 'gone', reason: 'Teams answered 403 BotNotInConversationRoster' },
    ],
    ...[400, 413, 415].map((status): [string, unknown, Delivery] => [
      `${status}`,
      answered(status),
      { outcome: 'rejected', reason: `Teams answered ${status}` },
    ]),
    ...[401, 404, 408, 409, 412, 429, 500, 502, 503, 504].map((status): [string, unknown, Delivery] => [
      `${status}`,
      answered(status),
      retry(`Teams answered ${status}`, null, status),
    ]),
    ['429 with Retry-After', answered(429, retryAfter('7')), retry('Teams answered 429', 7_000, 429)],
    ['503 with Retry-After 0', answered(503, retryAfter('0')), retry('Teams answered 503', 0, 503)],
    [
      '429 with a date in Retry-After',
      answered(429, retryAfter('Tue, 24 Nov 2026 02:00:00 GMT')),
      retry('Teams answered 429', null, 429),
    ],
    [
      'no connection',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      retry('Teams cannot be reached (ECONNREFUSED)'),
    ],
    ['an error without anything', {}, retry('Teams cannot be reached (no reason given)')],
    ['our own error', new AssistantError('store-closed', 'The store is closed.'), retry('The store is closed.')],
  ];
  for (const [what, error, delivery] of cases) it(what, () => assert.deepEqual(outcomeOf(error), delivery));
});

describe('Notifier', () => {
  /** An adapter that answers as told, and conversations of which only `known` exists. */
  function rig(
    answer: (activity: object) => Promise<string>,
    cutOff = new AbortController(),
    timeoutMs = 5,
    clock = anHourWithEveryLook(),
  ) {
    const find = async (id: string) => {
      if (id === 'broken') throw new AssistantError('store-overloaded', 'The store cannot keep up.');
      return id.startsWith('known') ? {} : null;
    };
    const adapter = {
      appId: '',
      continueConversationAsync: async (_app: string, _reference: object, logic: (context: TurnContext) => unknown) => {
        const context = { sendActivity: async (activity: object) => ({ id: await answer(activity) }) };
        await logic(context as unknown as TurnContext);
      },
    };
    return new Notifier(
      adapter as unknown as BotAdapter,
      { find } as unknown as Conversations,
      clock,
      cutOff.signal,
      timeoutMs,
    );
  }

  /** So that the pace holds nothing up. */
  function anHourWithEveryLook(): () => number {
    let now = 0;
    return () => (now += 3_600_000);
  }

  it('posts and tells the message id', async () => {
    const delivery = await rig(async () => '7').post('known', {});
    assert.deepEqual(delivery, { outcome: 'posted', conversationId: 'known', activityId: '7' });
  });

  it('a conversation it cannot speak in is gone', async () => {
    assert.equal((await rig(async () => '7').post('unknown', {})).outcome, 'gone');
  });

  it('a message without an id, and an answer that never comes, may be tried again', async () => {
    assert.equal((await rig(async () => '').post('known', {})).outcome, 'retry');
    const hanging = await rig(() => new Promise(() => {})).post('known', {});
    assert.deepEqual(hanging, {
      outcome: 'retry',
      reason: 'Teams did not answer in time',
      afterMs: null,
      status: null,
    });
  });

  it('one failure does not take the messages behind it along', async () => {
    const notifier = rig(async () => '7');
    const reasons = await Promise.all([notifier.post('broken', {}), notifier.post('broken', {})]);
    assert.deepEqual(
      reasons.map(({ outcome }) => outcome),
      ['retry', 'retry'],
    );
    assert.match((reasons[0] as { reason: string }).reason, /store cannot keep up/);
  });

  it('speaks in one conversation in order, one message at a time, and in another meanwhile', async () => {
    const said: string[] = [];
    const open: (() => void)[] = [];
    const notifier = rig(async (activity) => {
      said.push((activity as { text: string }).text);
      await new Promise<void>((resolve) => open.push(resolve));
      return '7';
    });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const posts = ['one', 'two'].map((text) => notifier.post('known', { text }));
    posts.push(notifier.post('known-too', { text: 'aside' }));
    await settle();
    assert.deepEqual(said, ['one', 'aside']);
    for (const resolve of open.splice(0)) resolve();
    await settle();
    assert.deepEqual(said, ['one', 'aside', 'two']);
    for (const resolve of open.splice(0)) resolve();
    assert.ok((await Promise.all(posts)).every(({ outcome }) => outcome === 'posted'));
  });

  it('a cut ends every wait; what was under way may be tried again', async () => {
    const cutOff = new AbortController();
    const notifier = rig(() => new Promise(() => {}), cutOff, 60_000);
    const posts = [notifier.post('known', {}), notifier.post('known', {})];
    await new Promise((resolve) => setImmediate(resolve));
    cutOff.abort();
    const stopping = { outcome: 'retry', reason: 'the assistant is stopping', afterMs: null, status: null };
    assert.deepEqual(await Promise.all(posts), [stopping, stopping]);
  });

  it('an operation counts from its answer on: Teams may have counted it then', async () => {
    const cutOff = new AbortController();
    const clock = { now: 10_000 };
    const open: (() => void)[] = [];
    const notifier = rig(
      () => new Promise((resolve) => open.push(() => resolve('7'))),
      cutOff,
      60_000,
      () => clock.now,
    );
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const post = () => notifier.post('known', {}, { urgency: 'urgent' });
    const first = Array.from({ length: 7 }, post);
    await settle();
    clock.now += 600;
    for (const answer of open) answer();
    await Promise.all(first);
    // More than a second after the seven began, and less than one after they were answered.
    clock.now += 500;
    const eighth = post();
    await settle();
    assert.equal(open.length, 7);
    cutOff.abort();
    assert.equal((await eighth).outcome, 'retry');
  });

  it('refuses what is more than a hundred behind', async () => {
    const notifier = rig(() => new Promise(() => {}));
    const posts = Array.from({ length: 101 }, () => notifier.post('known', {}));
    const refused = (await posts[100]) as { outcome: string; reason: string };
    assert.equal(refused.outcome, 'retry');
    assert.match(refused.reason, /too many messages/);
  });
});
