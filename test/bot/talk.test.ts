import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { type ConnectorRequest, cardOf, shownTexts, wordsOf } from '../fakes/connector.ts';
import { buttonsOf, channelThread, groupChat, newPerson, personalChat } from '../fakes/teams.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'hq-fw02': {}, 'branch-rtr01': {} } });
});
after(() => assistant.close());

function someone() {
  const person = newPerson('Adele Vance');
  const chat = personalChat(person);
  const ask = (text: string) => assistant.teams.ask(person, chat, text);
  const press = async (message: ConnectorRequest, title: string) => {
    const [answer] = await assistant.teams.press(person, chat, message, title);
    return answer ?? assert.fail(`nothing came of ${title}`);
  };
  return { person, chat, ask, press };
}

const words = ({ activity }: ConnectorRequest) => wordsOf(activity);

describe('what is missing is asked for', { concurrency: true }, () => {
  it('a missing device is asked for, and its answer leads to the card', async () => {
    const { ask } = someone();
    const question = await ask('reboot in 30 minutes');
    assert.match(words(question), /^\nWhich device shall be rebooted\?/);
    assert.deepEqual(buttonsOf(question), ['hq-fw01', 'hq-fw02', 'branch-rtr01']);
    assert.match(words(await ask('branch-rtr01')), /Reboot branch-rtr01\?[\s\S]*\(in 30 min\)/);
  });

  it('the button of a question says the whole sentence: device and time', async () => {
    const { ask, press } = someone();
    assert.match(
      words(await press(await ask('reboot in 45 minutes'), 'hq-fw02')),
      /Reboot hq-fw02\?[\s\S]*\(in 45 min\)/,
    );
  });

  it('an unknown device is never taken for a near one: suggestions to choose from', async () => {
    const { ask, press } = someone();
    const question = await ask('reboot hq-fw03');
    assert.match(words(question), /There is no device called "hq-fw03" here\. Did you mean/);
    assert.deepEqual(buttonsOf(question), ['hq-fw01', 'hq-fw02', 'Choose']);
    assert.match(words(await press(question, 'hq-fw01')), /Reboot hq-fw01\?/);
  });

  it('a wrong answer is asked again, and nothing is taken from it', async () => {
    const { ask } = someone();
    await ask('reboot');
    assert.match(words(await ask('hq-fw09')), /There is no device called "hq-fw09" here\./);
    assert.match(words(await ask('the usual one')), /There is no device called/);
    assert.match(words(await ask('hq-fw02')), /Reboot hq-fw02\?/);
  });

  it('several devices: one card names them all', async () => {
    const { ask } = someone();
    const said = words(await ask('reboot hq-fw01 and branch-rtr01 in 10 minutes'));
    assert.match(said, /Reboot hq-fw01 and branch-rtr01\?[\s\S]*\(in 10 min\)/);
    assert.match(said, /✓ hq-fw01\n[\s\S]*✓ branch-rtr01\n[\s\S]*2 devices go down at the same time\./);
  });

  it('the devices asked for lately are on top the next time', async () => {
    const { ask } = someone();
    await ask('reboot branch-rtr01');
    assert.deepEqual(buttonsOf(await ask('reboot')), ['branch-rtr01', 'hq-fw01', 'hq-fw02']);
  });

  it('an unclear time is asked for, never guessed', async () => {
    const { ask } = someone();
    const question = await ask('reboot hq-fw01 in a fortnight-ish');
    assert.match(
      words(question),
      /When shall hq-fw01 be rebooted\?\n"in a fortnight-ish" is not a time I understand\./,
    );
    assert.match(words(await ask('soonish')), /is not a time I understand|is no time that I understand/);
    assert.match(words(await ask('in 45 minutes')), /Reboot hq-fw01\?[\s\S]*\(in 45 min\)/);
  });

  it('an answer to "when?" that says no time is no "now"', async () => {
    const { ask } = someone();
    await ask('reboot hq-fw01 in a fortnight-ish');
    for (const text of ['ok', 'sure', 'please']) assert.doesNotMatch(words(await ask(text)), /Reboot hq-fw01\?/, text);
    assert.match(words(await ask('now')), /Reboot hq-fw01\?/);
  });

  it('a request that is taken back in the same breath is not asked on about', async () => {
    const { ask } = someone();
    assert.match(words(await ask("reboot hq-fw01. Actually don't")), /I did not understand that, and did nothing\./);
    assert.match(words(await ask('now')), /I did not understand that, and did nothing\./);
  });

  it('the answer to "which device?" may bring the time along', async () => {
    const { ask } = someone();
    await ask('reboot');
    assert.match(words(await ask('hq-fw01 in 5 minutes')), /Reboot hq-fw01\?[\s\S]*\(in 5 min\)/);
  });

  it('a message that Teams delivers twice makes one card; the same id elsewhere is another message', async () => {
    const { person, chat } = someone();
    const { teams, folder } = assistant;
    const count = () => folder.rows('SELECT id FROM confirmations').length;
    const said = teams.activity(person, chat, { type: 'message', text: 'reboot hq-fw01' });
    const askedBy = () => folder.rows(`SELECT id FROM confirmations WHERE conversation_id = ?`, chat.id).length;
    await Promise.all([teams.post(said), teams.post(said), teams.post(said)]);
    await teams.post(said);
    assert.equal(askedBy(), 1);
    const elsewhere = groupChat();
    await teams.say(person, elsewhere, 'reboot hq-fw01', { id: said.id });
    assert.equal(folder.rows(`SELECT id FROM confirmations WHERE conversation_id = ?`, elsewhere.id).length, 1);
    assert.ok(count() >= 2);
  });

  it('"cancel" ends a question: what would have answered it is no answer any more', async () => {
    const { ask } = someone();
    await ask('reboot');
    assert.match(words(await ask('cancel')), /^The question is closed\. Nothing was sent\./);
    assert.match(words(await ask('hq-fw01')), /I did not understand that, and did nothing\./);
  });

  it('"cancel" closes the cards that the person has open here, and nobody else\'s', async () => {
    const { ask, person, chat } = someone();
    const card = await ask('reboot hq-fw01');
    const other = someone();
    await other.ask('reboot hq-fw02');
    const before = assistant.folder.count('hq-fw01');
    const answers = (await assistant.teams.say(person, chat, 'cancel')).map(words).sort();
    // The words, and, in the card's own place or soon after, the card without its buttons.
    assert.ok(
      answers.some((said) => /^Closed: "Reboot hq-fw01\?"\. Nothing was sent\./.test(said)),
      answers.join('\n'),
    );
    const late = await assistant.teams.click(person, chat, card, 'Reboot now');
    assert.match(String(late.value), /cancelled this at .* Nothing was sent\./);
    assert.equal(assistant.folder.count('hq-fw01'), before);
    const [open] = assistant.folder.rows(
      "SELECT count(*) AS open FROM confirmations WHERE conversation_id = ? AND status = 'pending'",
      other.chat.id,
    );
    assert.equal(open?.open, 1);
  });

  it('"help" leaves the question open, and asks it again', async () => {
    const { person, chat, ask } = someone();
    await ask('reboot');
    const [help, question] = await assistant.teams.say(person, chat, 'help');
    assert.match(words(help ?? assert.fail()), /Reboot a device/);
    assert.match(words(question ?? assert.fail()), /Which device shall be rebooted\?/);
    assert.match(words(await ask('hq-fw01')), /Reboot hq-fw01\?/);
  });

  it('a new command replaces the question', async () => {
    const { ask } = someone();
    await ask('reboot');
    assert.match(words(await ask('reboot hq-fw02 in 20 minutes')), /Reboot hq-fw02\?/);
    assert.match(words(await ask('hq-fw01')), /I did not understand that/);
  });
});

describe('where it is said', { concurrency: true }, () => {
  it('two people in one group answer their own questions', async () => {
    const { teams } = assistant;
    const [adele, megan, group] = [newPerson('Adele Vance'), newPerson('Megan Bowen'), groupChat()];
    await teams.ask(adele, group, 'reboot');
    assert.match(words(await teams.ask(megan, group, 'hq-fw01')), /I did not understand that, and did nothing\./);
    assert.match(
      words(await teams.ask(megan, group, 'reboot hq-fw02')),
      /Reboot hq-fw02\?[\s\S]*asked by Megan Bowen/i,
    );
    assert.match(words(await teams.ask(adele, group, 'hq-fw01')), /Reboot hq-fw01\?[\s\S]*asked by Adele Vance/i);
  });

  it('in a channel the answer and the result stay in the thread', async () => {
    const { teams, connector } = assistant;
    const [adele, thread] = [newPerson('Adele Vance'), channelThread()];
    const card = await teams.ask(adele, thread, 'reboot hq-fw01 in 2 hours');
    assert.equal(card.conversationId, thread.id);
    assert.match(card.replyTo ?? '', /^activity-/);
    await teams.click(adele, thread, card, buttonsOf(card)[0] ?? '');
    const end = await connector.waitFor(
      (message) => message.activityId === card.activityId && words(message).includes('\nScheduled\n'),
    );
    assert.deepEqual([end.method, end.conversationId], ['PUT', thread.id]);
    const channel = thread.id.split(';')[0];
    assert.deepEqual(connector.taken(channel), []);
  });

  it('the mention is no part of the sentence', async () => {
    const { teams } = assistant;
    const [adele, group] = [newPerson('Adele Vance'), groupChat()];
    assert.match(words(await teams.ask(adele, group, 'reboot hq-fw01')), /Reboot hq-fw01\?/);
    const [answer] = await teams.say(adele, group, '', { text: 'reboot <at>Network Assistant</at> hq-fw02' });
    assert.match(words(answer ?? assert.fail()), /Reboot hq-fw02\?/);
  });

  it('times are told in the zone of the person', async () => {
    const { teams } = assistant;
    const adele = newPerson('Adele Vance');
    const entities = [{ type: 'clientInfo', timezone: 'Asia/Kolkata' }];
    const [card] = await teams.say(adele, personalChat(adele), 'reboot hq-fw01 in 3 hours', { entities });
    assert.match(words(card ?? assert.fail()), /GMT\+5:30 \(in 3 h\)\nThat is\ndevice clock \d\d:\d\d UTC\n/);
  });
});

describe('what else can be said', { concurrency: true }, () => {
  const answers: [text: string, answer: RegExp][] = [
    ['help', /Reboot a device\nreboot hq-fw01 in 30 minutes/],
    ['hello', /What the network assistant|Network Assistant/],
    ['devices', /hq \(3\)\nhq-fw01, hq-fw02, branch-rtr01/],
    ['cancel', /^You have no open question or card here\./],
    ['make me a sandwich', /I did not understand that, and did nothing\./],
    ['do not reboot hq-fw01', /I did not understand that, and did nothing\./],
    [`reboot hq-fw01 ${'x'.repeat(5_000)}`, /I did not understand that, and did nothing\./],
    ['reboot [hq-fw99](https://evil.example) <at>all</at>', /There is no device|Which device|did not understand/],
  ];
  for (const [text, answer] of answers) {
    it(text.slice(0, 40), async () => {
      assert.match(words(await someone().ask(text)), answer);
    });
  }

  it('what a person typed is shown as words, not as a link', async () => {
    const { ask } = someone();
    await ask('reboot');
    const { activity } = await ask('[click](https://evil.example)');
    assert.match(wordsOf(activity), /"\[click\]\(https:\/\/evil\.example\)"/);
    for (const text of shownTexts(cardOf(activity))) assert.ok(!text.includes('[click]('), text);
  });

  it('a message without text, with a strange one, or with a strange value leaves the bot standing', async () => {
    const { person, chat, ask } = someone();
    for (const more of [
      { text: undefined },
      { text: null },
      { text: 5 },
      { value: 7 },
      { value: { say: {} } },
      { entities: 'x' },
    ]) {
      await assistant.teams.say(person, chat, 'x', more);
    }
    assert.match(words(await ask('devices')), /hq-fw01/);
    for (const { activity } of assistant.connector.taken(chat.id))
      assert.doesNotMatch(wordsOf(activity), /TypeError|undefined/);
  });

  it('added to a chat, it introduces itself', async () => {
    const { person, chat } = someone();
    await assistant.teams.say(person, chat, '', { type: 'conversationUpdate', membersAdded: [{ id: '28:assistant' }] });
    assert.match(words(assistant.connector.taken(chat.id)[0] ?? assert.fail()), /Network Assistant/);
    await assistant.teams.say(person, chat, '', { type: 'conversationUpdate', membersAdded: [{ id: person.id }] });
    assert.equal(assistant.connector.taken(chat.id).length, 1);
  });
});

describe('one after the other', () => {
  it('a question survives a restart of the bot', async () => {
    const { ask } = someone();
    await ask('reboot in 25 minutes');
    await assistant.stop();
    await assistant.startAgain();
    assert.match(words(await ask('hq-fw02')), /Reboot hq-fw02\?[\s\S]*\(in 25 min\)/);
  });

  it('a question that is older than a confirmation lives is dropped', async () => {
    const { ask } = someone();
    await ask('reboot');
    assistant.moveClock(10 * 60_000 + 1_000);
    assert.match(words(await ask('hq-fw01')), /I did not understand that, and did nothing\./);
  });

  it('a time that has passed while a question was open is refused in words', async () => {
    const { ask } = someone();
    await ask('reboot in 2 minutes');
    assistant.moveClock(3 * 60_000);
    assert.match(words(await ask('hq-fw01')), /has passed meanwhile\. Nothing was done\. Ask again/);
    assert.match(words(await ask('now')), /I did not understand that, and did nothing\./);
  });

  it('"alerts here" in a thread names the channel, and moves the alerts', async () => {
    const { teams, connector } = assistant;
    const first = await assistant.alertsHere();
    await assistant.event({ message: 'before the move' });
    assert.equal(
      (await connector.waitFor((message) => words(message).includes('before the move'))).conversationId,
      first,
    );
    const thread = channelThread();
    assert.match(
      words(await teams.ask(newPerson('Diego'), thread, 'alerts here')),
      /^Alerts are posted here from now on\./,
    );
    const told = await connector.waitFor((message) =>
      words(message).includes('Alerts are posted in another conversation'),
    );
    assert.deepEqual([told.conversationId, /Diego chose it\./.test(words(told))], [first, true]);
    await assistant.event({ message: 'after the move' });
    const moved = await connector.waitFor((message) => words(message).includes('after the move'));
    assert.equal(moved.conversationId, thread.id.split(';')[0]);
  });
});
