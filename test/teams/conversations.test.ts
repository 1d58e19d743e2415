import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import type { Store, StoredConversation } from '../../src/store/store.ts';
import { cloudOf } from '../../src/teams/cloud.ts';
import { Conversations, channelOf } from '../../src/teams/conversations.ts';

const activity = (conversationId: string, serviceUrl = 'https://one.example/') =>
  ({
    id: 'activity-1',
    channelId: 'msteams',
    serviceUrl,
    from: { id: '29:alex', name: 'Alex Wilber' },
    recipient: { id: '28:bot', name: 'Bot' },
    conversation: { id: conversationId, conversationType: 'channel', tenantId: 't', isGroup: true, name: '' },
  }) as Activity;

const BOT = { appId: 'app', tenantId: 'tenant', cloud: cloudOf({ cloud: 'public', service_hosts: [] }) };

describe('channelOf', () => {
  const cases: [id: string, channel: string][] = [
    ['19:abc@thread.tacv2;messageid=1700000000000', '19:abc@thread.tacv2'],
    ['19:abc@thread.tacv2', '19:abc@thread.tacv2'],
    ['a:1personal', 'a:1personal'],
    ['', ''],
  ];
  for (const [id, channel] of cases) it(id || 'nothing', () => assert.equal(channelOf(id), channel));
});

describe('Conversations', () => {
  let saved: StoredConversation[];
  let store: Store;
  beforeEach(() => {
    saved = [];
    store = {
      saveConversation: async (conversation: StoredConversation) => void saved.push(conversation),
      conversation: async (id: string) => saved.findLast((one) => one.id === id) ?? null,
    } as Partial<Store> as Store;
  });

  it('remembers a conversation once, and again when something in it changed', async () => {
    const conversations = new Conversations(store, null);
    await conversations.remember(activity('a:1'), 1);
    await conversations.remember(activity('a:1'), 2);
    assert.deepEqual(
      saved.map(({ id, seenAt }) => [id, seenAt]),
      [['a:1', 1]],
    );
    await conversations.remember(activity('a:1', 'https://two.example/'), 3);
    assert.equal((await conversations.find('a:1'))?.serviceUrl, 'https://two.example/');
  });

  it('remembers a thread and its channel, so that the bot can post in both', async () => {
    const conversations = new Conversations(store, null);
    await conversations.remember(activity('19:c@thread.tacv2;messageid=5'), 1);
    for (const id of ['19:c@thread.tacv2;messageid=5', '19:c@thread.tacv2']) {
      assert.equal((await conversations.find(id))?.conversation?.id, id);
    }
  });

  it('keeps nothing about the person who spoke', async () => {
    await new Conversations(store, null).remember(activity('a:1'), 1);
    assert.doesNotMatch(saved[0]?.reference ?? '', /alex|activity-1/i);
    assert.match(saved[0]?.reference ?? '', /28:bot/);
  });

  it('remembers again what could not be saved', async () => {
    const save = store.saveConversation;
    store.saveConversation = () => Promise.reject(new Error('disk'));
    const conversations = new Conversations(store, null);
    await assert.rejects(conversations.remember(activity('a:1'), 1));
    store.saveConversation = save;
    await conversations.remember(activity('a:1'), 2);
    assert.equal(saved.length, 1);
  });

  it('a conversation it never heard of: nothing in local mode, the configured address otherwise', async () => {
    assert.equal(await new Conversations(store, null).find('19:x@thread.v2'), null);
    const found = await new Conversations(store, BOT).find('19:x@thread.v2');
    assert.equal(found?.bot?.id, '28:app');
    assert.deepEqual([found?.conversation?.id, found?.conversation?.tenantId], ['19:x@thread.v2', 'tenant']);
    assert.match(found?.serviceUrl ?? '', /^https:\/\/smba\.trafficmanager\.net\//);
  });

  it('one that local mode heard of is answered where Teams is, not where that came from', async () => {
    await new Conversations(store, null).remember(activity('a:1'), 1);
    const heard = activity('a:1').serviceUrl;
    assert.equal((await new Conversations(store, null).find('a:1'))?.serviceUrl, heard);
    assert.equal((await new Conversations(store, BOT).find('a:1'))?.serviceUrl, BOT.cloud.serviceUrl);
    const cloud = cloudOf({ cloud: 'public', service_hosts: ['one.example'] });
    assert.equal((await new Conversations(store, { ...BOT, cloud }).find('a:1'))?.serviceUrl, heard);
  });
});
