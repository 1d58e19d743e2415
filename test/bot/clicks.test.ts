import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { wordsOf } from '../fakes/connector.ts';
import { buttonsOf, groupChat, newPerson, personalChat } from '../fakes/teams.ts';

const names = ['once', 'cancelled', 'race', 'late', 'overtaken', 'group', 'restart', 'hostile', 'nameless', 'gone'];
const DEVICES = Object.fromEntries(names.map((name) => [`${name}-fw01`, {}]));

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: DEVICES });
});
after(() => assistant.close());

async function asked(device: string, when = 'now') {
  const person = newPerson('Alex Wilber');
  const chat = personalChat(person);
  const card = await assistant.teams.ask(person, chat, `reboot ${device} ${when}`);
  const click = (title = 'Reboot now', by = person) => assistant.teams.click(by, chat, card, title);
  return { person, chat, card, click };
}

const ended = (device: string) => assistant.logged((line) => line.msg === 'job ended' && line.device === device);
const statuses = () =>
  assistant.folder.rows(
    'SELECT c.status, d.device FROM confirmations c JOIN confirmation_devices d ON d.confirmation_id = c.id',
  );
const CARD = 'application/vnd.microsoft.card.adaptive';
const WORDS = 'application/vnd.microsoft.activity.message';

describe('one decision per card', { concurrency: true }, () => {
  it('20 clicks at once start one job and send one command; the others hear who confirmed', async () => {
    const { click } = await asked('race-fw01');
    const answers = await Promise.all(Array.from({ length: 20 }, () => click()));
    assert.equal(answers.filter(({ type }) => type === CARD).length, 1);
    const others = answers.filter(({ type }) => type === WORDS);
    assert.equal(others.length, 19);
    for (const { value } of others)
      assert.match(String(value), /^Alex Wilber confirmed this at .+\. This click sent nothing\.$/);
    await ended('race-fw01');
    assert.equal(assistant.folder.count('race-fw01'), 1);
    const jobs = assistant.folder.rows(`SELECT id FROM jobs WHERE device = 'race-fw01'`);
    assert.equal(jobs.length, 1);
  });

  it('a second click after the end sends nothing', async () => {
    const { click } = await asked('once-fw01');
    await click();
    await ended('once-fw01');
    for (const title of ['Reboot now', 'Cancel']) {
      const { type, value } = await click(title);
      assert.equal(type, WORDS);
      assert.match(String(value), /This click sent nothing\./);
    }
    assert.equal(assistant.folder.count('once-fw01'), 1);
  });

  it('cancelled: the card says who, and stays cancelled', async () => {
    const { click } = await asked('cancelled-fw01');
    const cancelled = await click('Cancel');
    assert.equal(cancelled.type, CARD);
    assert.match(
      wordsOf(cancelled.value as object),
      /\nCancelled\n[\s\S]*Alex Wilber cancelled it\. Nothing was sent\./,
    );
    const { type, value } = await click();
    assert.deepEqual([type, /cancelled this at .+ Nothing was sent\./.test(String(value))], [WORDS, true]);
    assert.equal(assistant.folder.count('cancelled-fw01'), 0);
  });

  it('somebody else in the group may neither confirm nor cancel; the one who asked still may', async () => {
    const { teams } = assistant;
    const [alex, megan, group] = [newPerson('Alex Wilber'), newPerson('Megan Bowen'), groupChat()];
    const card = await teams.ask(alex, group, 'reboot group-fw01');
    for (const title of ['Reboot now', 'Cancel']) {
      const { type, value } = await teams.click(megan, group, card, title);
      assert.deepEqual([type, value], [WORDS, 'Only Alex Wilber, who asked, can answer this. Nothing was sent.']);
    }
    // A client may write any name and any Teams id; the Entra object id is what counts.
    const pretender = { ...alex, aadObjectId: megan.aadObjectId as string };
    assert.match(String((await teams.click(pretender, group, card, 'Reboot now')).value), /^Only Alex Wilber/);
    assert.equal(assistant.folder.count('group-fw01'), 0);
    assert.equal((await teams.click(alex, group, card, 'Cancel')).type, CARD);
  });

  it('without object ids, the Teams id tells people apart', async () => {
    const { teams } = assistant;
    const [{ aadObjectId: _, ...alex }, { aadObjectId: __, ...megan }] = [
      newPerson('Same Name'),
      newPerson('Same Name'),
    ];
    const group = groupChat();
    const card = await teams.ask(alex, group, 'reboot nameless-fw01');
    assert.match(String((await teams.click(megan, group, card, 'Reboot now')).value), /^Only Same Name, who asked/);
    assert.equal(assistant.folder.count('nameless-fw01'), 0);
  });

  it('hostile buttons: answered in words, nothing is sent, the bot goes on', async () => {
    const { teams, folder } = assistant;
    const { person, chat, card, click } = await asked('hostile-fw01');
    const [row] = folder.rows(`SELECT confirmation_id AS id FROM confirmation_devices WHERE device = 'hostile-fw01'`);
    const id = String(row?.id);
    const unknown = /This (?:button|request) is not known here\. Nothing was sent\./;
    const actions: [action: unknown, answer: RegExp][] = [
      [{ type: 'Action.Execute', verb: 'confirm', data: { confirmation: 'no-such-id' } }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm', data: { confirmation: `${id}' OR '1'='1` } }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm', data: { confirmation: [id] } }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm', data: { confirmation: { id } } }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm', data: null }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm', data: id }, unknown],
      [{ type: 'Action.Execute', verb: 'confirm' }, unknown],
      [{ type: 'Action.Execute', verb: 'CONFIRM', data: { confirmation: id } }, unknown],
      [{ type: 'Action.Execute', verb: '__proto__', data: { confirmation: id } }, unknown],
      [{ type: 'Action.Execute', verb: { toString: 'confirm' }, data: { confirmation: id } }, unknown],
      [{ type: 'Action.Submit', verb: 'confirm', data: { confirmation: id } }, /^$/],
      ['confirm', /^$/],
      [null, /^$/],
    ];
    for (const [action, answer] of actions) {
      const { status, value } = await teams.execute(person, chat, action);
      // Without any action the SDK has nothing to hand over; the turn fails, and Teams says so.
      assert.ok(status < 500 || (action === null && status === 501), `${JSON.stringify(action)}: ${status}`);
      assert.match(typeof value === 'string' ? value : '', answer, JSON.stringify(action));
    }
    // Parameters in the click are not parameters of the job: the row has them.
    const extra = { confirmation: id, device: 'gone-fw01', parameters: '{"device":"gone-fw01","at":null}', at: 1 };
    const { type } = await teams.execute(
      person,
      chat,
      { type: 'Action.Execute', verb: 'cancel', data: extra },
      card.activityId,
    );
    assert.equal(type, CARD);
    assert.match(String((await click()).value), /cancelled this/);
    for (const name of ['hostile-fw01', 'gone-fw01']) assert.equal(folder.count(name), 0);
  });
});

describe('time and restarts', () => {
  it('a card outlives the bot: after a restart it works, once', async () => {
    const { click } = await asked('restart-fw01');
    await assistant.stop();
    await assistant.startAgain();
    const answers = await Promise.all([click(), click(), click()]);
    assert.equal(answers.filter(({ type }) => type === CARD).length, 1);
    await ended('restart-fw01');
    await assistant.stop();
    await assistant.startAgain();
    assert.match(String((await click()).value), /This click sent nothing\./);
    assert.equal(assistant.folder.count('restart-fw01'), 1);
  });

  it('a card expires after ten minutes, and a delay that is over expires it sooner', async () => {
    const ten = await asked('late-fw01');
    const five = await asked('overtaken-fw01', 'in 5 minutes');
    assistant.moveClock(5 * 60_000 + 1_000);
    const tooLate = await five.click(buttonsOf(five.card)[0]);
    assert.match(
      wordsOf(tooLate.value as object),
      /\nExpired\n[\s\S]*This request expired at .+ Nothing was sent\. Ask again if it is still wanted\./,
    );
    assistant.moveClock(5 * 60_000);
    const expired = await ten.click();
    assert.equal(expired.type, CARD);
    assert.match(wordsOf(expired.value as object), /\nExpired\n/);
    assert.match(wordsOf((await ten.click('Cancel')).value as object), /\nExpired\n/);
    for (const name of ['late-fw01', 'overtaken-fw01']) assert.equal(assistant.folder.count(name), 0);
    assert.ok(statuses().some(({ status, device }) => status === 'pending' && device === 'late-fw01'));
  });
});
