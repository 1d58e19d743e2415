import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Mute, Store, StoredGroup } from '../../src/store/store.ts';
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
    const owed = async () => (await store.owedEvents(100)).map(({ id }) => id);
    const clear = async () => store.saveGrouping({ events: (await owed()).map((id) => ({ id, groupId: null })) });
    const group = (of: Partial<StoredGroup> = {}): StoredGroup => ({
      id: 'g1',
      key: '1 A hq-fw01',
      priority: 1,
      openedAt: 10,
      lastAt: 20,
      closedAt: null,
      content: '{"a":"Ω"}',
      revision: 1,
      shownRevision: 0,
      shownAt: null,
      conversationId: null,
      activityId: null,
      ...of,
    });

    it('an event comes back as it was given', async () => {
      const given = newEvent({ detail: '{"a":"Ω \\u0000"}', message: '' });
      const { webhookId: _, source: __, skewMs: ___, isOwed: ____, ...shown } = given;
      const { id, isDuplicate } = await store.addEvent(given);
      assert.equal(isDuplicate, false);
      const [found] = await store.owedEvents(1);
      assert.deepEqual(Buffer.from(found?.body ?? []), Buffer.from(given.body));
      assert.deepEqual({ ...found, body: given.body }, { id, ...shown });
      await clear();
    });

    it('an event that is tried comes back as it was and leaves nothing, however often', async () => {
      const before = await store.addEvent(newEvent({ isOwed: false }));
      for (let times = 0; times < 3; times += 1) {
        const hostname = `tried-${times}`;
        assert.equal(await store.tryEvent(newEvent({ hostname, webhookId: 'tried' })), true);
        assert.deepEqual(await store.recentEvents({ device: hostname, limit: 1 }), []);
      }
      assert.deepEqual(await owed(), []);
      assert.equal((await store.recentEvents({ device: null, limit: 1 }))[0]?.id, before.id);
      assert.equal((await store.addEvent(newEvent({ isOwed: false, webhookId: 'tried' }))).isDuplicate, false);
    });

    it('ids rise, and a text of SQL is a text', async () => {
      const hostile = `'; DROP TABLE events; --`;
      const first = await store.addEvent(newEvent({ hostname: hostile, message: hostile }));
      const second = await store.addEvent(newEvent());
      assert.ok(second.id > first.id);
      assert.equal((await store.owedEvents(1))[0]?.hostname, hostile);
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
      assert.equal((await owed()).length, 2);
      await clear();
    });

    it('only what is owed a look is looked at, in order of arrival', async () => {
      const ids: number[] = [];
      for (const isOwed of [true, false, true]) ids.push((await store.addEvent(newEvent({ isOwed }))).id);
      assert.deepEqual(await owed(), [ids[0], ids[2]]);
      await clear();
      assert.deepEqual(await owed(), []);
    });

    it('a group is kept with its events, until it is closed and shown', async () => {
      const [a, b] = [(await store.addEvent(newEvent())).id, (await store.addEvent(newEvent())).id];
      await store.saveGrouping({ groups: [group()], events: [a, b].map((id) => ({ id, groupId: 'g1' })) });
      assert.deepEqual(await owed(), []);
      assert.deepEqual(await store.liveGroups(0), [group()]);
      assert.deepEqual(
        (await store.groupEvents('g1', 1)).map(({ id }) => id),
        [b],
      );
      const shown = { revision: 1, at: 30, conversationId: 'a:1', activityId: 'c1', afterEventId: 0, lastEventId: b };
      await store.groupShown('g1', shown);
      const isShown = { shownRevision: 1, shownAt: 30, conversationId: 'a:1', activityId: 'c1' };
      assert.deepEqual(await store.group('g1'), group(isShown));
      // Saved by somebody who read it before: what is shown stays.
      await store.saveGrouping({ groups: [group({ revision: 2, lastAt: 40, closedAt: 50, content: '{}' })] });
      const closed = group({ revision: 2, lastAt: 40, closedAt: 50, content: '{}', ...isShown });
      assert.deepEqual(await store.liveGroups(0), [closed], 'closed, but its card is behind');
      await store.groupShown('g1', { ...shown, revision: 2 });
      assert.deepEqual(await store.liveGroups(0), []);
      assert.deepEqual(await store.group('nobody'), null);
    });

    it('mutes are kept until their end was told', async () => {
      const mute: Mute = {
        id: 'm1',
        scope: 'device',
        key: 'hq-fw01',
        name: 'hq-fw01',
        event: null,
        by: 'Alex',
        from: 1,
        until: 2,
        hidden: '[]',
        endedAt: null,
      };
      await store.saveGrouping({ mutes: [mute] });
      await store.saveGrouping({ mutes: [{ ...mute, until: 9, hidden: '[["A",1]]' }] });
      assert.deepEqual(await store.mutes(), [{ ...mute, until: 9, hidden: '[["A",1]]' }]);
      await store.saveGrouping({ mutes: [{ ...mute, endedAt: 3 }] });
      assert.deepEqual(await store.mutes(), []);
    });

    it('the backlog counts events without a group and groups without a card, and knows the oldest', async () => {
      assert.deepEqual(await store.backlog(), { waiting: 0, oldestAt: null });
      const { id } = await store.addEvent(newEvent({ receivedAt: 5_000, priority: 2 }));
      await store.addEvent(newEvent({ receivedAt: 9_000 }));
      await store.addEvent(newEvent({ receivedAt: 1_000, priority: 3, isOwed: false }));
      assert.deepEqual(await store.backlog(), { waiting: 2, oldestAt: 5_000 });
      await store.saveGrouping({
        groups: [group({ id: 'g2', openedAt: 4_000 })],
        events: [{ id, groupId: 'g2' }],
      });
      assert.deepEqual(await store.backlog(), { waiting: 2, oldestAt: 4_000 });
      await store.groupShown('g2', {
        revision: 1,
        at: 1,
        conversationId: 'a:1',
        activityId: 'c2',
        afterEventId: 0,
        lastEventId: id,
      });
      assert.deepEqual(await store.backlog(), { waiting: 1, oldestAt: 9_000 });
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

    it('old events are removed, some at a time; what is owed a card stays', async () => {
      const at = (receivedAt: number, isOwed = false) =>
        store.addEvent(newEvent({ receivedAt, isOwed, event: `AT_${receivedAt}` }));
      for (const receivedAt of [10, 20, 30, 40]) await at(receivedAt);
      await at(15, true);
      assert.equal(await store.removeEvents(40, 2), 2);
      assert.equal(await store.removeEvents(40, 2), 1);
      assert.equal(await store.removeEvents(40, 2), 0);
      const left = (await store.recentEvents({ device: null, limit: 99 })).map(({ event }) => event);
      assert.deepEqual(
        left.filter((event) => event.startsWith('AT_')),
        ['AT_15', 'AT_40'],
      );
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
