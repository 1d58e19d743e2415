import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Store } from '../../src/store/store.ts';
import { auditContract } from './audit-contract.ts';
import { decisionContract } from './decision-contract.ts';
import { newEvent } from './samples.ts';

/**
 * What every store must do. `open` gives an empty store; `reopen` closes it and opens the same one again.
 */
export interface StoreUnderTest {
  open(): Promise<Store>;
  reopen(store: Store): Promise<Store>;
}

export function storeContract(name: string, { open, reopen }: StoreUnderTest): void {
  describe(`${name}: events and their cards`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());
    const due = async () => (await store.dueDeliveries(100)).map(({ id }) => id);
    const clear = async () => store.dropDelivery(await due(), 1, 'the next test');

    it('an event comes back as it was given', async () => {
      const { body: _, webhookId: __, source: ___, ...shown } = newEvent({ detail: '{"a":"Ω \\u0000"}', message: '' });
      const { id, isDuplicate } = await store.addEvent(newEvent({ detail: '{"a":"Ω \\u0000"}', message: '' }));
      assert.equal(isDuplicate, false);
      assert.deepEqual(await store.dueDeliveries(1), [{ id, ...shown }]);
      await clear();
    });

    it('ids rise, and a text of SQL is a text', async () => {
      const hostile = `'; DROP TABLE events; --`;
      const first = await store.addEvent(newEvent({ hostname: hostile, message: hostile }));
      const second = await store.addEvent(newEvent());
      assert.ok(second.id > first.id);
      assert.equal((await store.dueDeliveries(1))[0]?.hostname, hostile);
      await clear();
    });

    it('a webhook id is taken once, also when it comes twice at the same moment', async () => {
      const same = newEvent({ webhookId: 'msg_1' });
      const answers = await Promise.all([store.addEvent(same), store.addEvent(same), store.addEvent(same)]);
      assert.deepEqual(
        answers.map(({ isDuplicate }) => isDuplicate),
        [false, true, true],
      );
      assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
      assert.equal((await store.addEvent({ ...same, message: 'another body' })).isDuplicate, true);
      assert.equal((await store.addEvent(newEvent({ webhookId: 'msg_2' }))).isDuplicate, false);
      assert.equal((await due()).length, 2);
      await clear();
    });

    it('cards are owed for priorities 1 and 2, the first before the second, then in order of arrival', async () => {
      const ids: number[] = [];
      for (const priority of [2, 4, 1, 3, 2, 1] as const) ids.push((await store.addEvent(newEvent({ priority }))).id);
      assert.deepEqual(await due(), [ids[2], ids[5], ids[0], ids[4]]);
      assert.deepEqual(
        (await store.dueDeliveries(1)).map(({ id }) => id),
        [ids[2], ids[0]],
        'the limit is per priority: a storm of the first does not hide the second',
      );
      await clear();
    });

    it('a card is owed until it is finished or dropped; a retry and a crash keep it', async () => {
      const { id: a } = await store.addEvent(newEvent());
      const { id: b } = await store.addEvent(newEvent());
      await store.startDelivery([a, b], 10);
      assert.deepEqual(await due(), [a, b], 'a post under way is owed until its end is known');
      await store.retryDelivery([a, b], 'Teams answered 502');
      assert.deepEqual(await due(), [a, b]);
      await store.finishDelivery([a], { conversationId: 'a:1', activityId: '1', at: 20, reason: 'single' });
      assert.deepEqual(await due(), [b]);
      await store.dropDelivery([b], 30, 'refused in every form');
      assert.deepEqual(await due(), []);
    });

    it('the backlog counts what is owed and knows the oldest', async () => {
      assert.deepEqual(await store.backlog(), { waiting: 0, oldestAt: null });
      const { id } = await store.addEvent(newEvent({ receivedAt: 5_000, priority: 2 }));
      await store.addEvent(newEvent({ receivedAt: 9_000 }));
      await store.addEvent(newEvent({ receivedAt: 1_000, priority: 3 }));
      assert.deepEqual(await store.backlog(), { waiting: 2, oldestAt: 5_000 });
      await store.startDelivery([id], 1);
      assert.deepEqual(await store.backlog(), { waiting: 2, oldestAt: 5_000 });
      await clear();
    });
  });

  describe(`${name}: settings, conversations, dialog state`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    it('a setting is null until it is set, then the last value', async () => {
      assert.equal(await store.setting('alert-conversation'), null);
      await store.setSetting('alert-conversation', 'a:1');
      await store.setSetting('alert-conversation', 'a:2');
      assert.equal(await store.setting('alert-conversation'), 'a:2');
    });

    it('a read sees every write that was asked for before it, and none that was asked for after', async () => {
      const asked = [
        store.setSetting('alert-conversation', 'a:3'),
        store.setting('alert-conversation'),
        store.setSetting('alert-conversation', 'a:4'),
        store.setting('alert-conversation'),
      ];
      assert.deepEqual(await Promise.all(asked), [undefined, 'a:3', undefined, 'a:4']);
      const [before, , after] = await Promise.all([
        store.setting('alert-conversation'),
        store.setSetting('alert-conversation', 'a:5'),
        store.setting('alert-conversation'),
      ]);
      assert.deepEqual([before, after], ['a:4', 'a:5']);
    });

    it('a conversation is null until it is saved, then the last value', async () => {
      assert.equal(await store.conversation('a:1'), null);
      await store.saveConversation({ id: 'a:1', reference: '{"x":1}', seenAt: 1 });
      await store.saveConversation({ id: 'a:1', reference: '{"x":2}', seenAt: 2 });
      assert.deepEqual(await store.conversation('a:1'), { id: 'a:1', reference: '{"x":2}', seenAt: 2 });
      assert.equal(await store.conversation('A:1'), null);
    });

    const read = async (key: string) => (await store.readState([key]))[0];

    it('state is read for the keys that exist, deleted with them', async () => {
      await store.writeState([
        { key: 'one', value: '1', eTag: null },
        { key: 'two', value: '2', eTag: '*' },
      ]);
      const found = await store.readState(['two', 'none', 'one']);
      assert.deepEqual(
        found.map(({ key, value }) => [key, value]),
        [
          ['two', '2'],
          ['one', '1'],
        ],
      );
      await store.deleteState(['one', 'none']);
      assert.equal(await read('one'), undefined);
      assert.equal((await read('two'))?.value, '2');
    });

    it('a writer with an old eTag is told, and the value stays', async () => {
      await store.writeState([{ key: 'k', value: 'a', eTag: null }]);
      const eTag = (await read('k'))?.eTag ?? '';
      await store.writeState([{ key: 'k', value: 'b', eTag }]);
      assert.notEqual((await read('k'))?.eTag, eTag);
      await assert.rejects(store.writeState([{ key: 'k', value: 'c', eTag }]), { code: 'state-conflict' });
      assert.equal((await read('k'))?.value, 'b');
      await assert.rejects(store.writeState([{ key: 'new', value: 'c', eTag: '1' }]), { code: 'state-conflict' });
      assert.equal(await read('new'), undefined);
    });

    it('"*" and null overwrite whatever is there', async () => {
      await store.writeState([{ key: 'k', value: 'star', eTag: '*' }]);
      assert.equal((await read('k'))?.value, 'star');
      await store.writeState([{ key: 'k', value: 'null', eTag: null }]);
      assert.equal((await read('k'))?.value, 'null');
    });

    it('of two writers with the same eTag one wins', async () => {
      const eTag = (await read('k'))?.eTag ?? '';
      const outcomes = await Promise.allSettled(
        ['x', 'y'].map((value) => store.writeState([{ key: 'k', value, eTag }])),
      );
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    });

    it('writes all or none', async () => {
      await store.writeState([{ key: 'first', value: 'before', eTag: null }]);
      const write = store.writeState([
        { key: 'first', value: 'after', eTag: '*' },
        { key: 'fresh', value: 'after', eTag: null },
        { key: 'k', value: 'after', eTag: 'wrong' },
      ]);
      await assert.rejects(write, { code: 'state-conflict' });
      assert.equal((await read('first'))?.value, 'before');
      assert.equal(await read('fresh'), undefined);
    });
  });

  describe(`${name}: what is read back`, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    it('the newest events first, of one host name in any case or of all', async () => {
      assert.deepEqual(await store.recentEvents({ device: null, limit: 9 }), []);
      const ids: number[] = [];
      const senders = ['hq-fw01', 'HQ-FW01', 'hq-fw02', 'hq-fw01'];
      for (const [n, hostname] of senders.entries()) {
        const event = newEvent({ hostname, event: `E${n}`, priority: 3, receivedAt: 1_000 + n });
        ids.push((await store.addEvent(event)).id);
      }
      const read = async (device: string | null, limit: number) =>
        (await store.recentEvents({ device, limit })).map(({ event }) => event);
      assert.deepEqual(await read(null, 9), ['E3', 'E2', 'E1', 'E0']);
      assert.deepEqual(await read(null, 2), ['E3', 'E2']);
      assert.deepEqual(await read('hq-FW01', 9), ['E3', 'E1', 'E0']);
      assert.deepEqual(await read('hq-fw01', 1), ['E3']);
      assert.deepEqual(await read('hq-fw', 9), []);
      assert.deepEqual(await store.recentEvents({ device: 'hq-fw02', limit: 9 }), [
        {
          id: ids[2],
          event: 'E2',
          hostname: 'hq-fw02',
          message: 'SYSTEM_ABNORMAL_SHUTDOWN: down',
          process: 'eventd',
          priority: 3,
          receivedAt: 1_002,
        },
      ]);
    });

    it('what nobody understood, newest first, the newest ten thousand', async () => {
      assert.deepEqual(await store.unknownPhrases(9), []);
      const phrases = Array.from({ length: 10_003 }, (_, n) => ({
        at: n,
        text: `what about '${n}'; --`,
        locale: n % 2 ? 'en-gb' : null,
        conversationKind: n % 2 ? ('personal' as const) : ('channel' as const),
      }));
      for (const half of [phrases.slice(0, 6_000), phrases.slice(6_000)]) {
        await Promise.all(half.map((phrase) => store.addUnknownPhrase(phrase)));
      }
      assert.deepEqual(await store.unknownPhrases(2), [phrases[10_002], phrases[10_001]]);
      const all = await store.unknownPhrases(20_000);
      assert.deepEqual([all.length, all.at(-1)], [10_000, phrases[3]]);
    });
  });

  decisionContract(name, { open, reopen });
  auditContract(name, { open, reopen });

  describe(`${name}: closing`, () => {
    it('makes everything asked so far durable, then takes nothing', async () => {
      const store = await open();
      const events = Array.from({ length: 50 }, () => store.addEvent(newEvent()));
      const reopened = await reopen(store);
      try {
        assert.equal((await Promise.all(events)).length, 50);
        assert.equal((await reopened.backlog()).waiting, 50);
        await assert.rejects(store.backlog(), { code: 'store-closed' });
        await store.close();
      } finally {
        await reopened.close();
      }
    });
  });
}
