import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, wordsOf } from '../fakes/connector.ts';
import { buttonsOf, groupChat, newPerson } from '../fakes/teams.ts';
import { CARD, doing, shown, someone, WORDS, words } from './talking.ts';

const names = ['hq-fw01', 'hq-fw02', 'slow-fw01', 'card-fw01', 'lost-fw01', 'once-fw01', 'end-fw01'];
let assistant: Assistant;
before(async () => {
  const devices = Object.fromEntries(names.map((name) => [name, {}]));
  assistant = await Assistant.start({ devices, assistant: { look_seconds: 2 } });
});
after(() => assistant.close());

const talk = (where: Parameters<typeof someone>[1] = {}) => someone(() => assistant, where);

describe('what people and clients do that nobody planned', { concurrency: true }, () => {
  it('messages of 10 KB are answered in words, and read no further', async () => {
    const { ask, open } = talk();
    for (const text of [
      'x'.repeat(10_240),
      `reboot hq-fw01 ${'now '.repeat(2_500)}`,
      `${' '.repeat(10_000)}reboot`,
      'reboot '.repeat(1_500),
      `cancel the reboot of ${'hq-fw01, '.repeat(1_100)}`,
      '🤖'.repeat(2_500),
      '\u202e\u0000'.repeat(2_000),
    ]) {
      const answer = await ask(text);
      assert.match(words(answer), /I did not understand|Which device|When shall|no device called/, text.slice(0, 20));
      assert.ok(JSON.stringify(answer.activity).length < 28_000, text.slice(0, 20));
    }
    assert.equal(open(), 0);
  });

  it('an answer to a question that is long gone answers nothing', async () => {
    const { fill, ask, open } = talk();
    for (const value of [
      { ask: 'device', device: 'hq-fw01' },
      { ask: 'process', process: 'routing' },
      { ask: 'time', date: '2030-01-01', time: '02:00' },
      { ask: 'device', device: '' },
      { ask: 'device', device: { name: 'hq-fw01' } },
      { ask: 'nothing' },
    ]) {
      const [answer] = await assistant.teams.say(talk().person, groupChat(), '', { text: undefined, value });
      if (answer) assert.match(words(answer), /I did not understand that, and did nothing\./, JSON.stringify(value));
    }
    await ask('reboot');
    await ask('cancel');
    assert.match(words(await fill({ ask: 'device', device: 'hq-fw01' })), /I did not understand that/);
    assert.equal(open(), 0);
  });

  it('an answer of one kind to a question of another is asked again', async () => {
    const { ask, fill, open } = talk();
    await ask('reboot');
    assert.match(words(await fill({ ask: 'time', date: '2030-01-01', time: '02:00' })), /no device called/);
    assert.match(words(await fill({ ask: 'process', process: 'routing' })), /no device called/);
    await ask('restart on hq-fw01');
    assert.match(words(await fill({ ask: 'device', device: 'hq-fw02' })), /no Junos process called/);
    assert.equal(open(), 0);
  });

  it('a button says no more than a person may', async () => {
    const { fill, open } = talk();
    // Anybody can send this; it is like typing it, and still has to be confirmed.
    const card = await fill({ say: 'reboot hq-fw01', confirmation: 'x', verb: 'confirm', action: 'confirm' });
    assert.match(words(card), /^Reboot hq-fw01\?$/m);
    assert.deepEqual([open(), assistant.folder.count('hq-fw01')], [1, 0]);
  });

  it('two messages at once from one person: each is answered, and no card is lost', async () => {
    const { say, chat, open } = talk();
    await Promise.all([say('reboot hq-fw01 in 2 hours'), say('reboot hq-fw02 in 2 hours')]);
    const told = assistant.connector.taken(chat.id).map(words).join('\n');
    assertSays(told, /^Reboot hq-fw01\?$/m, /^Reboot hq-fw02\?$/m);
    assert.doesNotMatch(told, /went wrong/);
    assert.equal(open(), 2);
  });

  it('twice the same request: two cards, and the second click is told of the first', async () => {
    const { ask, click } = talk();
    const [first, second] = [await ask('reboot once-fw01 in 2 hours'), await ask('reboot once-fw01 in 2 hours')];
    const answers = await Promise.all([first, second].map((card) => click(card, doing(card))));
    assert.deepEqual(answers.map(({ type }) => type).sort(), [CARD, WORDS].sort());
    await Promise.any([first, second].map((card) => shown(assistant, card, /^Scheduled$/m)));
    assert.equal(assistant.folder.count('once-fw01'), 1);
  });

  it('a message that is edited after it was sent is not a request', async () => {
    const { person, chat, ask, open } = talk();
    await ask('help');
    const before = assistant.connector.taken(chat.id).length;
    const edited = assistant.teams.activity(person, chat, {
      type: 'messageUpdate',
      text: 'reboot hq-fw01',
      channelData: { eventType: 'editMessage', tenant: { id: 'tenant' } },
    });
    assert.equal((await assistant.teams.post(edited)).status, 200);
    assert.deepEqual([assistant.connector.taken(chat.id).length, open()], [before, 0]);
  });

  it('reactions, installs and unknown invokes leave it standing', async () => {
    const { person, chat, ask } = talk();
    for (const own of [
      { type: 'messageReaction', reactionsAdded: [{ type: 'like' }], replyToId: 'x' },
      { type: 'installationUpdate', action: 'add' },
      { type: 'messageDelete' },
      { type: 'event', name: 'x' },
      { type: 'invoke', name: 'task/fetch', value: {} },
      { type: 'typing' },
    ]) {
      const { status } = await assistant.teams.post(assistant.teams.activity(person, chat, own));
      assert.ok(status < 500 || status === 501, `${own.type}: ${status}`);
    }
    assert.match(words(await ask('devices')), /^7 devices$/m);
  });

  it('a card in a conversation it was forwarded to: only who asked may, and only once', async () => {
    const { ask, click, person } = talk();
    const card = await ask('reboot hq-fw02 in 3 hours');
    const other = groupChat();
    const somebody = newPerson('Megan Bowen');
    const there = await assistant.teams.click(somebody, other, card, doing(card));
    assert.deepEqual(
      [there.type, there.value],
      [WORDS, 'Only Adele Vance, who asked, can answer this. Nothing was sent.'],
    );
    const cancelled = await assistant.teams.click(person, other, card, 'Cancel');
    assert.equal(cancelled.type, CARD);
    assert.match(String((await click(card, doing(card))).value), /cancelled this at/);
  });
});

describe('what the device or Teams does that nobody planned', { concurrency: true }, () => {
  it('a device that hangs: the card comes when the look is over, says so, and can be confirmed', async () => {
    const { ask, click, ended } = talk();
    const { state } = assistant.folder.device('slow-fw01');
    state.hang = true;
    const asked = Date.now();
    const card = await ask('reboot slow-fw01');
    const tookMs = Date.now() - asked;
    assert.ok(tookMs < 10_000, `${tookMs} ms`);
    assertSays(words(card), /^\? slow-fw01\nUnknown: did not answer within 2 s$/m, /^Could not look at slow-fw01\./m);
    assertSays(words(card), /the one the assistant logs in to, and no other/);
    state.hang = false;
    await click(card, doing(card));
    assertSays(await ended(card), /^Done$/m, /^slow-fw01 is back$/m);
  });

  it('meanwhile others are answered at once', async () => {
    const { state } = assistant.folder.device('card-fw01');
    state.hang = true;
    const waiting = talk().ask('reboot card-fw01');
    const quick = await Promise.race([talk().ask('devices'), waiting]);
    assert.match(words(quick), /^7 devices$/m);
    assert.match(words(await waiting), /^Reboot card-fw01\?$/m);
    state.hang = false;
  });

  it('Teams refuses the card: the person is told, the bot stands, and nothing can be confirmed unseen', async () => {
    const { person, chat, ask, open } = talk();
    assistant.connector.plan(
      { status: 400, code: 'BadSyntax' },
      1,
      ({ conversationId, method }) => conversationId === chat.id && method === 'POST',
    );
    const { status } = await assistant.teams.post(
      assistant.teams.activity(person, chat, { type: 'message', text: 'reboot lost-fw01' }),
    );
    assert.equal(status, 200);
    const [told] = assistant.connector.taken(chat.id);
    assert.match(words(told ?? assert.fail()), /^The assistant could not finish this\. .* Reference: \w{8}\./);
    assert.equal(assistant.folder.count('lost-fw01'), 0);
    assert.ok(open() <= 1);
    assertSays(words(await ask('cancel')), /Closed: "Reboot lost-fw01\?"|no open question/);
  });

  it('Teams refuses every update of a card: the end comes as a new message', async () => {
    const { ask, click, chat } = talk();
    const card = await ask('restart routing on end-fw01');
    assistant.connector.plan(
      { status: 400, code: 'BadSyntax' },
      1_000,
      ({ method, activityId }) => method === 'PUT' && activityId === card.activityId,
    );
    await click(card, doing(card));
    const end = await assistant.connector.waitFor(
      (message) => message.method === 'POST' && message.conversationId === chat.id && /^Done$/m.test(words(message)),
    );
    assert.match(words(end), /^routing on end-fw01 was restarted$/m);
    assert.equal(assistant.folder.count('end-fw01', 'restart-daemon'), 1);
  });
});

it('a click whose answer is lost is told again by the next one', async () => {
  const { ask, click } = talk();
  const card = await ask('restart snmp on hq-fw01');
  assert.deepEqual(buttonsOf(card), ['Restart snmp', 'Cancel']);
  const [first, second] = [await click(card, doing(card)), await click(card, doing(card))];
  assert.match(wordsOf(first.value as Record<string, unknown>), /^Restarting snmp on hq-fw01$/m);
  assert.match(String(second.value), /^Adele Vance confirmed this at .+ This click sent nothing\.$/);
});
