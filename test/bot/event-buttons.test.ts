import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AccessRules } from '../../src/access.ts';
import { Assistant, type TestEvent } from '../fakes/assistant.ts';
import { assertSays, type ConnectorRequest, cardOf, wordsOf } from '../fakes/connector.ts';
import { buttonsOf, groupChat, newPerson, personalChat, type TeamsConversation } from '../fakes/teams.ts';
import { CARD, someone, WORDS, words } from './talking.ts';

const operator = newPerson('Alex Wilber');
const looker = newPerson('Megan Bowen');
const stranger = newPerson('Nobody');
const miriam = newPerson('Miriam Graham');
/** In a chat of its own, where neither alerts nor the answers to another test come in between. */
const alone = () => someone(() => assistant, { person: miriam, chat: groupChat() });
const muted = async () => words(await alone().ask('muted'));
const access: AccessRules = {
  isLocal: false,
  operators: [operator.aadObjectId ?? '', miriam.aadObjectId ?? ''],
  roles: [
    {
      name: 'lookers',
      people: [looker.aadObjectId ?? ''],
      actions: ['events'],
      devices: ['site:branch'],
      conversations: 'all',
    },
  ],
  ask: 'the network team',
};

let assistant: Assistant;
/** Where the alerts are. */
const chat: TeamsConversation = personalChat(operator);
before(async () => {
  // A site each: what is alike on one site shares a card.
  const names = ['ack', 'race', 'mute', 'device', 'join', 'until', 'latest', 'right', 'odd', 'branch'];
  const devices = Object.fromEntries([
    ...names.map((name) => [`${name}-fw01`, { site: name }]),
    ['join-fw02', { site: 'join' }],
  ]);
  assistant = await Assistant.start({ devices, access });
  await assistant.teams.say(operator, chat, 'alerts here');
});
after(() => assistant.close());

const alex = () => someone(() => assistant, { person: operator, chat });

/** The card of an event that was just sent, of an id that is critical as nobody listed it. */
async function told(hostname: string, event: TestEvent = {}): Promise<ConnectorRequest> {
  await assistant.event({ hostname, event: `OF_${hostname.slice(0, -5).toUpperCase()}`, ...event });
  return await assistant.connector.waitFor(
    (message) =>
      message.method === 'POST' && cardOf(message.activity) !== undefined && words(message).includes(hostname),
  );
}

/** The words of the card a click was answered with. */
const cardWords = ({ type, value }: { type: string; value: unknown }) => {
  assert.equal(type, CARD, String(value));
  return wordsOf(value as Parameters<typeof wordsOf>[0]);
};

const audited = (action: string, device: string) =>
  assistant.folder
    .rows('SELECT entry FROM audit ORDER BY seq')
    .map(({ entry }) => JSON.parse(String(entry)) as { kind: string; action: string; devices: string[] })
    .filter((entry) => entry.action === action && entry.devices.includes(device));

describe('the buttons of an event card', { concurrency: true }, () => {
  it('Acknowledge: the card says who and when, in the answer and in the conversation; the second one hears it', async () => {
    const card = await told('ack-fw01');
    assert.match(cardWords(await alex().click(card, 'Acknowledge')), /^Alex Wilber has it, .*\d\d:\d\d.*\.$/m);
    const updated = await assistant.connector.waitFor(
      (message) => message.activityId === card.activityId && /has it/.test(words(message)),
    );
    assert.ok(!buttonsOf(updated).includes('Acknowledge'));
    const second = await alex().click(card, 'Acknowledge');
    assert.deepEqual([second.type, /^Alex Wilber has it already, since /.test(String(second.value))], [WORDS, true]);
    assert.equal(audited('acknowledge', 'ack-fw01').length, 1);
  });

  it('20 people acknowledge at once: one of them has it', async () => {
    const card = await told('race-fw01');
    const answers = await Promise.all(Array.from({ length: 20 }, () => alex().click(card, 'Acknowledge')));
    assert.equal(answers.filter(({ type }) => type === CARD).length, 1);
  });

  it('Mute these: no card for more of them, a summary when it ends, and everything is in the store', async () => {
    const card = await told('mute-fw01', { event: 'WARNING', message: 'one' });
    const { click } = alex();
    assertSays(
      cardWords(await click(card, 'Mute', { scope: 'group', hours: '8' })),
      /^Muted by Alex Wilber until .+\.$/m,
    );
    for (const message of ['two', 'three']) await assistant.event({ hostname: 'mute-fw01', event: 'WARNING', message });
    // Of another kind, so it is told.
    await assistant.event({ hostname: 'mute-fw01', message: 'and this is critical' });
    await assistant.connector.waitFor((message) => words(message).includes('and this is critical'));
    assertSays(await muted(), /WARNING/, /by Alex Wilber · 2 events kept quiet/);
    const { ask, press } = alone();
    const list = await ask('muted');
    const ended = await press(list, 'Unmute WARNING (mute-fw01)');
    assert.equal(words(ended), 'No longer muted: WARNING (mute-fw01).');
    const summary = await assistant.connector.waitFor((message) => /2 × WARNING/.test(words(message)));
    assert.match(words(summary), /is no longer muted\. In the meantime: 2 × WARNING\. All of them are stored\./);
    const shownOnce = assistant.connector.messages.filter((message) => /\b(?:two|three)\b/.test(words(message)));
    assert.deepEqual(shownOnce, []);
    const rows = assistant.folder.rows(
      "SELECT description FROM events WHERE device = 'mute-fw01' AND event = 'WARNING'",
    );
    assert.deepEqual(
      rows.map(({ description }) => description),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(
      audited('mute', 'mute-fw01').map(({ kind }) => kind),
      ['setting'],
    );
  });

  it('Mute the device: this kind is quiet, another critical kind is told all the same', async () => {
    const card = await told('device-fw01', { message: 'first' });
    cardWords(await alex().click(card, 'Mute', { scope: 'device', hours: '1' }));
    await assistant.event({ hostname: 'device-fw01', event: 'OF_DEVICE', message: 'muted one' });
    await assistant.event({ hostname: 'device-fw01', event: 'WARNING', message: 'muted two' });
    await assistant.event({ hostname: 'device-fw01', event: 'NOT_LISTED', message: 'this one wakes you' });
    await assistant.connector.waitFor((message) => words(message).includes('this one wakes you'));
    assert.equal(
      assistant.connector.messages.some((message) => words(message).includes('muted one')),
      false,
    );
    assert.equal(
      assistant.connector.messages.some((message) => words(message).includes('muted two')),
      false,
    );
    const muted = await assistant.connector.waitFor(
      (message) => message.activityId === card.activityId && /Muted by/.test(words(message)),
    );
    assert.doesNotMatch(cardWords(await alex().click(muted, 'Unmute')), /Muted by/);
    await assistant.connector.waitFor((message) =>
      /device-fw01 is no longer muted\. In the meantime: /.test(words(message)),
    );
    await assistant.event({ hostname: 'device-fw01', event: 'OF_DEVICE', message: 'heard again' });
    await assistant.connector.waitFor((message) => words(message).includes('heard again'));
  });

  it('Unmute ends the mute that the card tells of, also when other devices have joined the card', async () => {
    const { click } = alex();
    const card = await told('join-fw01', { event: 'WARNING', message: 'of the first' });
    const mutedOne = await click(card, 'Mute', { scope: 'device', hours: '8' });
    assert.match(cardWords(mutedOne), /Muted by/);
    await assistant.event({ hostname: 'join-fw02', event: 'WARNING', message: 'of the other' });
    const both = await assistant.connector.waitFor(
      (message) => message.activityId === card.activityId && words(message).includes('of the other'),
    );
    assert.doesNotMatch(cardWords(await click(both, 'Unmute')), /Muted by/);
    assert.doesNotMatch(await muted(), /join-fw01/);
  });

  it('Mute until a time of the day; what is no time or no length mutes nothing', async () => {
    const card = await told('until-fw01', { event: 'WARNING' });
    const { click } = alex();
    for (const inputs of [{ until: 'soon' }, { until: '25:00' }, { hours: '1e9' }, { hours: '-1' }, {}, { until: 7 }]) {
      const { type, value } = await click(card, 'Mute', { scope: 'group', ...inputs });
      assert.deepEqual(
        [type, /Nothing was muted\.|Choose for how long/.test(String(value))],
        [WORDS, true],
        JSON.stringify(inputs),
      );
    }
    assert.doesNotMatch(await muted(), /until-fw01/);
    assertSays(
      cardWords(await click(card, 'Mute', { scope: 'group', hours: '1', until: '06:00' })),
      /^Muted by Alex Wilber until .*06:00 GMT\.$/m,
    );
  });

  it('Show latest 10: the newest ten, newest first, as a message of their own', async () => {
    const card = await told('latest-fw01', { event: 'WARNING', message: 'event 1' });
    for (let n = 2; n <= 12; n += 1)
      await assistant.event({ hostname: 'latest-fw01', event: 'WARNING', message: `event ${n}` });
    await assistant.connector.waitFor((message) => words(message).includes('×12'));
    const { type, value } = await alex().click(card, 'Show latest 10');
    assert.deepEqual([type, value], [WORDS, 'The latest events are listed below.']);
    const list = await assistant.connector.waitFor((message) => words(message).includes('Latest 10 events'));
    const numbers = [...words(list).matchAll(/event (\d+)$/gm)].map(([, n]) => Number(n));
    assert.deepEqual(numbers, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  });

  it('who may not is told so, on every button; nothing changes, and it is written down', async () => {
    const card = await told('right-fw01');
    const theirs = await told('branch-fw01', { event: 'WARNING' });
    for (const [person, of, titles] of [
      [stranger, card, ['Acknowledge', 'Mute', 'Show latest 10']],
      [looker, card, ['Acknowledge', 'Mute', 'Show latest 10']],
      [looker, theirs, ['Mute']],
    ] as const) {
      const { click } = someone(() => assistant, { person, chat });
      for (const title of titles) {
        const { type, value } = await click(of, title, { scope: 'group', hours: '1' });
        assert.equal(type, WORDS);
        assertSays(String(value), /^You may not /, /ask the network team/);
      }
    }
    assert.equal(
      ['acknowledge', 'mute', 'latest']
        .flatMap((verb) => [...audited(verb, 'right-fw01'), ...audited(verb, 'branch-fw01')])
        .filter(({ kind }) => kind === 'refused').length,
      7,
    );
    assert.doesNotMatch(await muted(), /right-fw01|branch-fw01/);
    // What is theirs they may say they have.
    cardWords(await someone(() => assistant, { person: looker, chat }).click(theirs, 'Acknowledge'));
  });

  it('a group that does not exist, a verb that does not, odd inputs: words, and the bot stands', async () => {
    const card = await told('odd-fw01');
    const run = (verb: unknown, data: unknown) =>
      assistant.teams.execute(operator, chat, { type: 'Action.Execute', title: 'x', verb, data }, card.activityId);
    for (const verb of ['acknowledge', 'mute', 'unmute', 'latest']) {
      for (const group of ['no-such-group', '', null, 7, { a: 1 }, '__proto__', 'x'.repeat(100_000)]) {
        const { status, type } = await run(verb, { group, scope: 'group', hours: '1' });
        assert.deepEqual([status, type], [200, WORDS], `${verb} ${JSON.stringify(group).slice(0, 40)}`);
      }
    }
    await run('acknowledge', null);
    cardWords(await alex().click(card, 'Acknowledge'));
  });
});
