import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AccessRules, Right, Role } from '../../src/access.ts';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, wordsOf } from '../fakes/connector.ts';
import { buttonsOf, channelThread, everyButtonOf, groupChat, newPerson, personalChat } from '../fakes/teams.ts';
import { CARD, doing, shown, someone, WORDS, words } from './talking.ts';

const operator = newPerson('Alex Wilber');
const looker = newPerson('Megan Bowen');
const branch = newPerson('Adele Vance');
const upstairs = newPerson('Diego Siciliani');
const stranger = newPerson('Nobody');
const nameless = { id: '29:nameless', name: 'No Object Id' };

const ops = groupChat();
const channel = channelThread();

const role = (name: string, person: { aadObjectId?: string }, of: Partial<Role>): Role => ({
  name,
  people: [person.aadObjectId ?? ''],
  actions: 'all',
  devices: 'all',
  conversations: 'all',
  ...of,
});
const LOOKING: Right[] = ['show-reboot', 'events', 'devices'];
const rules: AccessRules = {
  isLocal: false,
  // In any case of letters.
  operators: [operator.aadObjectId?.toUpperCase() ?? ''],
  roles: [
    role('lookers', looker, { actions: LOOKING }),
    role('branch', branch, { devices: ['site:branch'] }),
    role('ops', upstairs, { conversations: [ops.id, channel.id.split(';')[0] ?? ''] }),
  ],
  ask: 'the network team',
};

let assistant: Assistant;
before(async () => {
  const devices = { 'hq-fw01': { site: 'hq' }, 'branch-fw01': { site: 'branch' }, 'branch-fw02': { site: 'branch' } };
  assistant = await Assistant.start({ devices, access: rules, assistant: { logs: { folder: 'logs' } } });
});
after(() => assistant.close());

const talk = (person: { id: string; name: string; aadObjectId?: string }, chat = personalChat(person)) =>
  someone(() => assistant, { person, chat });
const DENIED = /To get access, ask the network team\./;

describe('who may do what, in conversation', () => {
  it('who is not named may nothing: every request is refused in words, and none is asked on about', async () => {
    for (const person of [stranger, nameless, { ...stranger, id: '29:other', name: 'Alex Wilber' }]) {
      const { ask, open } = talk(person);
      for (const text of [
        'reboot hq-fw01',
        'reboot',
        'cancel the reboot of hq-fw01',
        'restart routing on hq-fw01',
        'show reboots',
        'events',
        'devices',
        'alerts here',
        'get the logs for hq-fw01',
      ]) {
        const answer = await ask(text);
        assertSays(words(answer), /^You may not /m, DENIED);
        assert.deepEqual(buttonsOf(answer), []);
        assert.doesNotMatch(words(answer), /branch-fw01/);
      }
      assert.equal(open(), 0);
      assertSays(words(await ask('help')), /You have no rights here\. For more rights, ask the network team\./);
    }
    assert.deepEqual(assistant.folder.device('hq-fw01').state.logins, []);
  });

  it('who may look may not act, and help says so', async () => {
    const { ask } = talk(looker);
    assert.match(words(await ask('show reboots of hq-fw01')), /^hq-fw01\nnothing scheduled$/m);
    assert.match(words(await ask('reboot hq-fw01')), /^You may not reboot hq-fw01\. To get access/m);
    assert.match(words(await ask('restart routing on hq-fw01')), /^You may not restart processes on hq-fw01\./m);
    const help = await ask('help');
    assertSays(words(help), /You may view devices and events here, but not change anything\./);
    const examples = everyButtonOf(help).filter((title) => title !== 'Devices' && title !== 'Alerts');
    assert.deepEqual(examples, ['show reboots', 'devices', 'events hq-fw01', 'muted']);
    assert.doesNotMatch(words(help), /^reboot|alerts here/m);
  });

  it('who looks at a scheduled reboot and may not cancel it is offered no button', async () => {
    const { state } = assistant.folder.device('hq-fw01');
    state.pending = { at: new Date(Date.now() + 3_600_000), user: 'somebody', pid: 1 };
    assert.deepEqual(buttonsOf(await talk(looker).ask('show reboots of hq-fw01')), []);
    assert.deepEqual(buttonsOf(await talk(operator).ask('show reboots of hq-fw01')), ['Cancel the reboot of hq-fw01']);
    state.pending = null;
  });

  it('one site only: its devices, its questions, its lists', async () => {
    const { ask, fill, open } = talk(branch);
    assert.match(words(await ask('reboot branch-fw01 in 1 hour')), /^Reboot branch-fw01\?$/m);
    assert.match(words(await ask('reboot hq-fw01')), /^You may not reboot hq-fw01\./m);
    // One of two is enough to refuse both.
    assert.match(words(await ask('reboot branch-fw01 and hq-fw01')), /^You may not reboot hq-fw01\./m);
    const question = await ask('reboot');
    assert.deepEqual(buttonsOf(question), ['branch-fw01', 'branch-fw02']);
    assert.match(words(await fill({ ask: 'device', device: 'hq-fw01' })), /^You may not reboot hq-fw01\./m);
    assert.doesNotMatch(words(await ask('devices')), /hq-fw01/);
    assert.doesNotMatch(words(await ask('show reboots')), /hq-fw01/);
    assert.equal(open(), 1);
  });

  it('a wrong answer to "which device?" does not name devices the person may not touch', async () => {
    const { ask, say } = talk(branch);
    assert.doesNotMatch(words(await ask('reboot hq-fw02')), /hq-fw01/);
    await ask('reboot');
    const again = words(await ask('hq-fw09'));
    assertSays(again, /There is no device called "hq-fw09" here\./, /^branch-fw01$/m);
    assert.doesNotMatch(again, /hq-fw01/);
    await say('cancel');
    for (const text of ['show reboots of hq-fw02', 'events hq-fw02'])
      assert.doesNotMatch(words(await ask(text)), /hq-fw01/, text);
  });

  it('another conversation: refused, with where it is allowed; a thread counts as its channel', async () => {
    assert.match(
      words(await talk(upstairs).ask('reboot hq-fw01')),
      /^You may reboot hq-fw01, but not in this conversation\./m,
    );
    const card = await talk(upstairs, ops).ask('reboot hq-fw01 in 4 hours');
    assert.match(words(card), /^Reboot hq-fw01\?$/m);
    assert.match(words(await talk(upstairs, channel).ask('reboot hq-fw01 in 4 hours')), /^Reboot hq-fw01\?$/m);
    // A card that was forwarded is in the wrong place as well.
    const { type, value } = await assistant.teams.click(upstairs, personalChat(upstairs), card, doing(card));
    assert.equal(type, WORDS);
    assert.match(String(value), /not in this conversation\. .*Nothing was sent\.$/);
    assert.equal(assistant.folder.count('hq-fw01'), 0);
  });

  it('the link to files of several devices is for who may collect from each of them', async () => {
    const { chat, through } = talk(operator, groupChat());
    const { card, words: end } = await through('get the logs for branch-fw01 and hq-fw01');
    assert.match(end, /hq-fw01/);
    const last = assistant.connector.requests.findLast(
      ({ method, activityId }) => method === 'PUT' && activityId === card.activityId,
    );
    assert.ok(last);
    const click = async (person: typeof operator) =>
      String((await assistant.teams.click(person, chat, last, 'Send the link on')).value);
    const links = () => assistant.connector.requests.filter(({ activity }) => /^Logs of /.test(activity.text ?? ''));
    assert.equal(await click(branch), 'You may not collect the logs of hq-fw01. To get access, ask the network team.');
    assert.equal(links().length, 0);
    assert.match(await click(operator), /^The link is below/);
    assert.equal(links().length, 1);
  });

  it('"alerts here" needs its right', async () => {
    assert.match(
      words(await talk(looker).ask('alerts here')),
      /^You may not mute alerts or choose where they are posted\./m,
    );
    assert.match(words(await talk(operator).ask('alerts here')), /^Alerts are posted here from now on\./m);
  });

  it('refusals are in the audit, with who and where', async () => {
    const { ask, chat } = talk(stranger, groupChat());
    await ask('reboot hq-fw01');
    const rows = assistant.folder.rows('SELECT entry FROM audit').map(({ entry }) => JSON.parse(String(entry)));
    const refused = rows.filter(({ conversationId }) => conversationId === chat.id);
    assert.deepEqual(
      refused.map(({ kind, person, result, devices }) => [kind, person.objectId, result, devices]),
      [['refused', stranger.aadObjectId, 'unknown-person', ['hq-fw01']]],
    );
  });
});

describe('rights that were withdrawn', () => {
  it('between the question and its answer, and between the card and the click', async () => {
    const [asking, clicking] = [talk(operator), talk(operator, groupChat())];
    await asking.ask('reboot');
    const card = await clicking.ask('reboot branch-fw02 in 3 hours');
    await assistant.stop();
    assistant.access = { ...rules, operators: [] };
    await assistant.startAgain();
    assert.match(words(await asking.ask('branch-fw02')), /^You may not reboot branch-fw02\./m);
    const { type, value } = await clicking.click(card, doing(card));
    assert.equal(type, WORDS);
    assert.match(String(value), /^You may not reboot branch-fw02\. .* Nothing was sent\.$/);
    // To cancel needs none.
    const cancelled = await clicking.click(card, 'Cancel');
    assert.deepEqual([cancelled.type, /^Cancelled$/m.test(wordsOf(cancelled.value as object))], [CARD, true]);
    assert.equal(assistant.folder.count('branch-fw02'), 0);
    await assistant.stop();
    assistant.access = rules;
    await assistant.startAgain();
  });

  it('"Look again" by somebody without the right is refused, by somebody with it is not', async () => {
    assistant.folder.device('branch-fw02').state.hang = 'request-reboot';
    const { ask, click } = talk(operator, ops);
    const card = await ask('reboot branch-fw02');
    await click(card, doing(card));
    await assistant.folder.received('branch-fw02', 'request-reboot');
    await shown(assistant, card, /^In progress$/m);
    // The connection is lost, the device was never rebooted, and the four minutes of grace are over.
    await assistant.stop();
    assistant.folder.device('branch-fw02').state.hang = false;
    assistant.moveClock(6 * 60_000);
    await assistant.startAgain();
    const failed = await shown(assistant, card, /^Failed$/m);
    assertSays(failed, /^branch-fw02 did not reboot: it has been up for 1 day, .*The command was not sent again\./m);
    const [job] = assistant.folder.rows("SELECT id FROM jobs WHERE device = 'branch-fw02'");
    const again = (person: typeof looker) =>
      assistant.teams.execute(person, ops, { type: 'Action.Execute', verb: 'look-again', data: { job: job?.id } });
    const refused = await again(looker);
    assert.deepEqual([refused.type, /^You may not reboot branch-fw02\./.test(String(refused.value))], [WORDS, true]);
    const allowed = await again(operator);
    assert.equal(allowed.type, CARD, String(allowed.value));
    assert.equal(assistant.folder.count('branch-fw02'), 1);
  });
});
