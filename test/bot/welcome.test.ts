import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AccessRules } from '../../src/access.ts';
import { understand } from '../../src/intent/understand.ts';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, type ConnectorRequest } from '../fakes/connector.ts';
import {
  buttonsOf,
  everyButtonOf,
  groupChat,
  newPerson,
  personalChat,
  type TeamsConversation,
} from '../fakes/teams.ts';
import { context } from '../intent/fixtures.ts';
import { words } from './talking.ts';

const BOT = { id: '28:assistant' };
const operator = newPerson('Alex Wilber');
const looker = newPerson('Megan Bowen');
const stranger = newPerson('Nobody');

const rules: AccessRules = {
  isLocal: false,
  operators: [operator.aadObjectId ?? ''],
  roles: [
    {
      name: 'lookers',
      people: [looker.aadObjectId ?? ''],
      actions: ['show-reboot', 'events', 'devices'],
      devices: 'all',
      conversations: 'all',
    },
  ],
  ask: 'the network team',
};

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'branch-fw01': {} }, access: rules });
});
after(() => assistant.close());

/** What Teams tells the bot there; what the bot says to it. */
function at(chat: TeamsConversation, person = operator, more: object = {}) {
  const tell = (own: object) => assistant.teams.say(person, chat, '', { text: undefined, ...own, ...more });
  return {
    added: (who = BOT) => tell({ type: 'conversationUpdate', membersAdded: [who] }),
    removed: (who = BOT) => tell({ type: 'conversationUpdate', membersRemoved: [who] }),
    installed: (action = 'add') => tell({ type: 'installationUpdate', action }),
  };
}

function only(answers: ConnectorRequest[]): ConnectorRequest {
  assert.equal(answers.length, 1);
  return answers[0] ?? assert.fail();
}

const suggested = ({ activity }: ConnectorRequest) =>
  (activity.suggestedActions?.actions ?? []).map(({ type, title, value }) => [type, title, value]);

const channel = (): TeamsConversation => ({ ...groupChat(), conversationType: 'channel' });

describe('once for each installation', { concurrency: true }, () => {
  const chats: [name: string, chat: () => TeamsConversation][] = [
    ['a personal chat', () => personalChat(newPerson('Alex Wilber'))],
    ['a group chat', groupChat],
    ['a team', channel],
  ];
  for (const [name, chat] of chats) {
    it(`${name}: however Teams tells, and not for other members`, async () => {
      const { added, installed } = at(chat());
      assert.deepEqual(await added({ id: '29:somebody' }), []);
      only(await installed());
      for (const again of [added(), installed(), added({ id: '29:somebody-else' })]) assert.deepEqual(await again, []);
    });
  }

  it('the other way round, and again after it was removed', async () => {
    const { added, installed, removed } = at(groupChat());
    only(await added());
    assert.deepEqual(await installed(), []);
    assert.deepEqual(await removed({ id: '29:somebody' }), []);
    assert.deepEqual(await added(), []);
    await removed();
    only(await added());
    await installed('remove');
    only(await installed());
  });

  it('not for an update of the app', async () => {
    const { added, installed } = at(groupChat());
    assert.deepEqual(await installed('add-upgrade'), []);
    only(await added());
    assert.deepEqual(await installed('remove-upgrade'), []);
    assert.deepEqual(await installed('add-upgrade'), []);
    assert.deepEqual(await added(), []);
  });

  it('a team that tells from two of its channels', async () => {
    const more = { channelData: { team: { id: `19:team-${channel().id}` }, tenant: { id: 'tenant' } } };
    only(await at(channel(), operator, more).added());
    assert.deepEqual(await at(channel(), operator, more).installed(), []);
  });

  it('one that Teams did not take is no welcome', async () => {
    const chat = groupChat();
    assistant.connector.plan({ status: 403 }, 1, ({ conversationId }) => conversationId === chat.id);
    await at(chat).installed();
    assertSays(words(only(await at(chat).added())), /Network Assistant is here/);
  });
});

describe('what it says', { concurrency: true }, () => {
  it('in a personal chat: what this person may do, with examples to take', async () => {
    const card = only(await at(personalChat(operator)).added());
    assertSays(
      words(card),
      /^Network Assistant is here$/m,
      /^You may reboot devices, .* mute alerts and choose where they are posted\.$/m,
      /^Nothing is sent to a device before you confirm it on a card\. For more rights, ask the network team\.$/m,
    );
    assert.equal(card.activity.summary, 'Network Assistant is here. Say help to see what you may do.');
    const examples = ['events hq-fw01', 'show reboots', 'reboot hq-fw01 in 30 minutes'];
    assert.deepEqual(buttonsOf(card), [...examples, 'help']);
    assert.deepEqual(
      suggested(card),
      examples.map((say) => ['imBack', say, say]),
    );
    assert.deepEqual(card.activity.suggestedActions?.to, [operator.id]);
  });

  it('to who may only look, and to who may nothing', async () => {
    const card = only(await at(personalChat(looker), looker).added());
    assertSays(words(card), /^You may see scheduled reboots, see events and see the devices\.$/m);
    assertSays(
      words(card),
      /^You may view devices and events here, but not change anything\. For more rights, ask the network team\.$/m,
    );
    assert.deepEqual(buttonsOf(card), ['events hq-fw01', 'show reboots', 'help']);

    const none = only(await at(personalChat(stranger), stranger).added());
    assertSays(words(none), /^You have no rights here\. For more rights, ask the network team\.$/m);
    assert.deepEqual([buttonsOf(none), suggested(none)], [['help'], []]);
    assert.doesNotMatch(words(none), /hq-fw01/);
  });

  it('in a team: how to mention it, how to get the alerts, and no suggestions without a mention', async () => {
    const chat = channel();
    const card = only(await at(chat).added());
    assertSays(
      words(card),
      /^In this channel, mention it in every message, such as: @Network Assistant help$/m,
      /^To get the alerts in this channel, write: @Network Assistant alerts here$/m,
      /^Alex Wilber may reboot devices, .*\. Write help to see what you may do\.$/m,
    );
    assert.deepEqual([buttonsOf(card), suggested(card)], [['alerts here', 'help'], []]);
    const [answer] = await assistant.teams.press(operator, chat, card, 'alerts here');
    assertSays(words(answer ?? assert.fail()), /Alerts are posted here from now on\./);
  });

  it('in a group chat, from somebody who may not choose where alerts go, and from a stranger', async () => {
    const card = only(await at(groupChat(), looker).added());
    const line =
      /^To get the alerts in this chat, ask somebody with that right to write: @Network Assistant alerts here$/m;
    assertSays(words(card), line, /^Megan Bowen may see scheduled reboots, see events and see the devices\./m);
    assert.deepEqual(buttonsOf(card), ['help']);
    const none = words(only(await at(groupChat(), stranger).added()));
    assertSays(
      none,
      /^In this chat, mention it in every message, such as: @Network Assistant help$/m,
      /^Nobody may do nothing here\./m,
    );
    assertSays(none, /^You have no rights here\. For more rights, ask the network team\.$/m);
  });
});

describe('help', { concurrency: true }, () => {
  const ask = (person = operator, chat = personalChat(person)) => assistant.teams.ask(person, chat, 'help');

  it('by task behind tabs, with examples that are all understood', async () => {
    const card = await ask();
    assert.deepEqual(buttonsOf(card), ['Devices', 'Alerts']);
    const examples = everyButtonOf(card).filter((title) => !['Devices', 'Alerts'].includes(title));
    assert.equal(examples.length, 11);
    for (const example of examples) {
      const { intent, unresolved } = understand(example, context);
      assert.notEqual(intent, 'unknown', example);
      assert.deepEqual(unresolved, [], example);
    }
    assert.equal(suggested(card).length, 3);
  });

  it('only what this person may do here; suggestions in a personal chat alone', async () => {
    const card = await ask(looker);
    assert.deepEqual(everyButtonOf(card).sort(), [
      'Alerts',
      'Devices',
      'devices',
      'events hq-fw01',
      'muted',
      'show reboots',
    ]);
    assert.deepEqual(
      suggested(card).map(([, title]) => title),
      ['events hq-fw01', 'show reboots'],
    );
    assert.deepEqual(suggested(await ask(operator, groupChat())), []);
    assert.deepEqual(buttonsOf(await ask(stranger)), []);
  });
});
