import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { buttonsOf, channelThread, groupChat, newPerson } from '../fakes/teams.ts';
import { doing, shown, someone, words } from './talking.ts';

const many = Array.from({ length: 8 }, (_, n) => `hq-sw0${n + 1}`);
let assistant: Assistant;
before(async () => {
  const names = ['hq-fw01', 'hq-fw02', 'now', 'cancel', ...many];
  assistant = await Assistant.start({ devices: Object.fromEntries(names.map((name) => [name, {}])) });
});
after(() => assistant.close());

const talk = (where: Parameters<typeof someone>[1] = {}) => someone(() => assistant, where);

/** Each question a request can come to, what leads there, and the answer that leads to the card. */
const STEPS: [name: string, text: string, question: RegExp, answer: string, card: RegExp][] = [
  [
    'device',
    'reboot in 25 minutes',
    /Which device shall be rebooted\?/,
    'hq-fw02',
    /^Reboot hq-fw02\?[\s\S]*\(in 25 min\)/m,
  ],
  ['near device', 'reboot hq-fw03', /no device called "hq-fw03"/, 'hq-fw01', /^Reboot hq-fw01\?/m],
  ['process', 'restart on hq-fw01', /Which process shall be restarted/, 'snmp', /^Restart snmp on hq-fw01\?/m],
  [
    'time',
    'reboot hq-fw01 at 5',
    /When shall hq-fw01 be rebooted\?/,
    'in 35 minutes',
    /^Reboot hq-fw01\?[\s\S]*\(in 35 min\)/m,
  ],
];

describe('at every question', { concurrency: true }, () => {
  for (const [name, text, question, answer, card] of STEPS) {
    it(`${name}: its answer leads to the card`, async () => {
      const { ask } = talk();
      assert.match(words(await ask(text)), question);
      assert.match(words(await ask(answer)), card);
    });

    it(`${name}: "cancel" ends it, and its answer is no answer any more`, async () => {
      const { ask, open } = talk();
      await ask(text);
      assert.match(words(await ask('cancel')), /^The question is closed\. Nothing was sent\./);
      assert.match(words(await ask(answer)), /I did not understand that, and did nothing\./);
      assert.equal(open(), 0);
    });

    it(`${name}: "help" is answered, and the question stays open`, async () => {
      const { ask, say } = talk();
      await ask(text);
      const [help, again] = (await say('help')).map(words);
      assert.match(help ?? '', /^Reboot a device$/m);
      assert.match(again ?? '', question);
      assert.match(words(await ask(answer)), card);
    });

    it(`${name}: a look at something else in between leaves it open`, async () => {
      const { ask, say } = talk();
      await ask(text);
      const [devices, again] = (await say('devices')).map(words);
      assert.match(devices ?? '', /^12 devices$/m);
      assert.match(again ?? '', question);
      assert.match(words(await ask(answer)), card);
    });

    it(`${name}: another request takes its place`, async () => {
      const { ask, open } = talk();
      await ask(text);
      assert.match(words(await ask('reboot hq-sw01 in 50 minutes')), /^Reboot hq-sw01\?/m);
      assert.match(words(await ask(answer)), /I did not understand that, and did nothing\./);
      assert.equal(open(), 1);
    });
  }
});

describe('which device', { concurrency: true }, () => {
  it('a long list has the last three on top; the choice from it is the answer', async () => {
    const { ask, fill } = talk();
    for (const name of ['hq-sw01', 'hq-sw02', 'hq-sw03', 'hq-sw04', 'hq-sw03']) await ask(`reboot ${name} in 3 hours`);
    const question = await ask('reboot');
    assert.deepEqual(buttonsOf(question), ['hq-sw03', 'hq-sw04', 'hq-sw02', 'Choose']);
    assert.match(words(await fill({ ask: 'device', device: 'hq-sw08' })), /^Reboot hq-sw08\?$/m);
  });

  it('a device called like a word is meant when it is chosen, and not when the word is said', async () => {
    const { ask, fill } = talk();
    await ask('reboot');
    assert.match(words(await fill({ ask: 'device', device: 'now' })), /^Reboot now\?$/m);
    assert.match(words(await ask('reboot hq-fw01 now')), /^Reboot hq-fw01\?$/m);
    assert.match(words(await ask('reboot now')), /^Which device shall be rebooted\?$/m);
  });

  it('"cancel" is the way out of a question even where a device is called so', async () => {
    const { ask } = talk();
    await ask('reboot');
    assert.match(words(await ask('cancel')), /^The question is closed\./);
  });
});

describe('whose question it is', { concurrency: true }, () => {
  it('two people in one group, each with a question: each answers their own', async () => {
    const chat = groupChat();
    const [adele, megan] = [talk({ chat }), talk({ chat, person: newPerson('Megan Bowen') })];
    await adele.ask('reboot in 15 minutes');
    await megan.ask('restart on hq-fw02');
    assert.match(words(await adele.ask('hq-fw01')), /^Reboot hq-fw01\?\nAsked by Adele Vance/m);
    assert.match(words(await megan.ask('snmp')), /^Restart snmp on hq-fw02\?\nAsked by Megan Bowen/m);
    // "cancel" closes what belongs to the one who says it.
    const closed = (await megan.say('cancel')).map(words).join('\n');
    assertSays(closed, /Restart snmp on hq-fw02\?/);
    assert.doesNotMatch(closed, /hq-fw01/);
  });

  it('one person in two chats: the answer belongs to the chat it is given in', async () => {
    const person = newPerson('Adele Vance');
    const [here, there] = [talk({ person }), talk({ person, chat: groupChat() })];
    await here.ask('reboot');
    assert.match(words(await there.ask('hq-fw01')), /I did not understand that/);
    assert.match(words(await here.ask('hq-fw01')), /^Reboot hq-fw01\?$/m);
  });

  it('in a thread: question, card and end stay in it', async () => {
    const chat = channelThread();
    const { ask, click } = talk({ chat });
    await ask('reboot in 2 hours');
    const card = await ask('hq-sw07');
    await click(card, doing(card));
    await shown(assistant, card, /^Scheduled$/m);
    const elsewhere = assistant.connector.taken(chat.id.split(';')[0]);
    assert.deepEqual(elsewhere, []);
  });
});

describe('over a restart of the bot', () => {
  for (const [name, text, , answer, card] of STEPS) {
    it(`${name}: the answer after it leads to the card`, async () => {
      const { ask } = talk();
      await ask(text);
      await assistant.stop();
      await assistant.startAgain();
      assert.match(words(await ask(answer)), card);
    });
  }
});
