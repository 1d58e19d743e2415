import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, type ConnectorRequest, wordsOf } from '../fakes/connector.ts';
import type { DeviceSpec } from '../fakes/folder.ts';
import { buttonsOf, newPerson, personalChat } from '../fakes/teams.ts';

const DEVICES: Record<string, DeviceSpec> = {
  'now-fw01': {},
  'later-fw01': {},
  'other-fw01': { hostname: 'somebody-else' },
  'stranger-fw01': { isKeyKnown: false },
  'locked-fw01': { password: 'changed-on-the-device' },
  'cut-fw01': {},
  'cut-early-fw01': {},
  'half-fw01': {},
  'pending-fw01': {},
  'forbidden-fw01': {},
  'queue-fw01': {},
};

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: DEVICES });
});
after(() => assistant.close());

/** A person asks in a chat of their own and confirms; the card the job ends with. */
async function reboot(device: string, when = '', button: RegExp = /^Reboot/) {
  const { teams, connector } = assistant;
  const person = newPerson('Alex Wilber');
  const chat = personalChat(person);
  const card = await teams.ask(person, chat, `reboot ${device} ${when}`);
  const title = buttonsOf(card).find((text) => button.test(text));
  const answer = await teams.click(person, chat, card, title ?? '');
  const end = await connector.waitFor((message) => message.activityId === card.activityId && isEnd(message));
  return { person, chat, card, answer, end, words: wordsOf(end.activity) };
}

const WORDS = ['Done', 'Scheduled', 'Refused', 'Failed', 'Unknown'];
const isEnd = ({ method, activity }: ConnectorRequest) =>
  method === 'PUT' && WORDS.some((word) => wordsOf(activity).split('\n').includes(word));
const device = (name: string) => assistant.folder.device(name).state;

describe('a reboot from chat', { concurrency: true }, () => {
  it('now: card, click, progress, and the result in the same message with the words of the device', async () => {
    const { folder, connector } = assistant;
    device('now-fw01').latencyMs = 700;
    const { card, answer, words, person } = await reboot('now-fw01', 'now', /^Reboot now$/);
    assertSays(wordsOf(card.activity), /^Reboot now-fw01\?$/m, /asked by Alex Wilber/i);
    assert.deepEqual([answer.status, answer.type], [200, 'application/vnd.microsoft.card.adaptive']);
    assertSays(wordsOf(answer.value as Record<string, unknown>), /^Rebooting now-fw01$/m, /^Starting$/m);

    assertSays(words, /^now-fw01 is back$/m, /^Done$/m, /^(?:Away for|Back) \d+ s/m);
    assert.match(words, /Shutdown NOW! \[pid 17221\]/);
    assert.match(words, /✓ Connected to now-fw01 \(SRX345 · Junos 22\.4R3-S6\.5 · up 1 day\)/);
    assert.match(words, /Confirmed by Alex Wilber, \d\d:\d\d GMT\. Ended \d\d:\d\d GMT\./);
    const shown = connector.taken(personalChat(person).id).filter(({ activity }) => activity.type !== 'typing');
    assert.ok(shown.slice(1).every(({ method, activityId }) => method === 'PUT' && activityId === card.activityId));
    assertSays(wordsOf(shown[1]?.activity ?? {}), /^Rebooting now-fw01$/m, /^In progress$/m);
    assert.equal(folder.count('now-fw01'), 1);
    assert.equal(device('now-fw01').rpcs.find(({ rpc }) => rpc === 'request-reboot')?.xml, '<request-reboot/>');
  });

  it('in 30 minutes: the device gets 30 and lists it', async () => {
    const { words, card } = await reboot('later-fw01', 'in 30 minutes', /^Reboot at \d\d:\d\d GMT$|^Reboot at \w/);
    assert.match(wordsOf(card.activity), /\(in 30 min\)/);
    assertSays(words, /^Reboot of later-fw01 is scheduled$/m, /^Scheduled$/m);
    assert.match(words, /It lists the reboot as scheduled\./);
    assert.match(words, /reboot requested by netops at /);
    const sent = device('later-fw01').rpcs.filter(({ rpc }) => rpc === 'request-reboot');
    assert.deepEqual(
      sent.map(({ xml }) => xml),
      ['<request-reboot><in>30</in></request-reboot>'],
    );
    const inMs = (device('later-fw01').pending?.at.getTime() ?? 0) - Date.now();
    assert.ok(inMs > 28 * 60_000 && inMs <= 30 * 60_000, `in ${inMs} ms`);
  });

  const nothingSent: [name: string, device: string, sentence: RegExp][] = [
    ['a device with another name', 'other-fw01', /calls itself somebody-else\. .*Nothing was sent to other-fw01\./],
    [
      'a wrong password',
      'locked-fw01',
      /locked-fw01 refused the password for user netops.*Nothing was sent to locked-fw01\./,
    ],
  ];
  for (const [name, target, sentence] of nothingSent) {
    it(`${name}: failed, nothing sent`, async () => {
      const { words } = await reboot(target);
      assertSays(words, new RegExp(`^Reboot of ${target} failed$`, 'm'), /^Failed$/m, sentence);
      assert.equal(assistant.folder.count(target), 0);
    });
  }

  it('an unknown host key: not even the user name is sent, and the card has the line that makes it known', async () => {
    const { words } = await reboot('stranger-fw01');
    const simulator = assistant.folder.device('stranger-fw01');
    assert.match(words, /Failed/);
    assert.ok(words.includes(simulator.fingerprint), words);
    assert.ok(words.includes(simulator.hostKeyLine), words);
    assert.deepEqual([simulator.state.rpcs.length, simulator.state.logins.length], [0, 0]);
  });

  for (const [name, target, fault] of [
    ['cut before the reply', 'cut-fw01', 'cutBeforeReply'],
    ['cut in the middle of the reply', 'half-fw01', 'cutMidReply'],
  ] as const) {
    it(`${name}: the device is looked at, and its uptime tells; never asked again`, async () => {
      device(target)[fault] = 'request-reboot';
      const { words, person, chat, card } = await reboot(target);
      assertSays(words, /^Done$/m, new RegExp(`^${target} is back$`, 'm'));
      const again = await assistant.teams.click(person, chat, card, 'Reboot now');
      assert.match(String(again.value), /This click sent nothing\./);
      assert.equal(assistant.folder.count(target), 1);
    });
  }

  it('cut before the command: failed, nothing sent', async () => {
    device('cut-early-fw01').cutBeforeReply = 'get-reboot-information';
    const { words } = await reboot('cut-early-fw01');
    assert.match(words, /\nFailed\n[\s\S]*Nothing was sent to cut-early-fw01\./);
    assert.equal(assistant.folder.count('cut-early-fw01'), 0);
  });

  it('another reboot is scheduled: refused, and that one still stands', async () => {
    const at = new Date(Date.now() + 3_600_000);
    device('pending-fw01').pending = { at, user: 'somebody', pid: 1 };
    const { words } = await reboot('pending-fw01');
    assertSays(words, /^pending-fw01 was not rebooted$/m, /^Refused$/m);
    assert.match(words, /reboot requested by somebody at /);
    assert.equal(assistant.folder.count('pending-fw01'), 0);
    assert.equal(device('pending-fw01').pending?.at, at);
  });

  it('no permission: refused, with what to change', async () => {
    device('forbidden-fw01').rpcErrorOn = { 'request-reboot': 'permission denied' };
    const { words } = await reboot('forbidden-fw01');
    assert.match(words, /\nRefused\n[\s\S]*login class needs the permission "maintenance"/);
  });

  it('two people for one device: the second click, on a card asked before the first one, sends nothing', async () => {
    const { teams, folder } = assistant;
    const [alex, megan] = [newPerson('Alex Wilber'), newPerson('Megan Bowen')];
    const first = await teams.ask(alex, personalChat(alex), 'reboot queue-fw01 in 1 hour');
    const second = await teams.ask(megan, personalChat(megan), 'reboot queue-fw01 in 2 hours');
    await teams.click(alex, personalChat(alex), first, buttonsOf(first)[0] ?? '');
    const { value } = await teams.click(megan, personalChat(megan), second, buttonsOf(second)[0] ?? '');
    assert.match(
      String(value),
      /^Alex Wilber confirmed another request for queue-fw01 at .+, after this one was asked\. This click sent nothing\./,
    );
    await assistant.connector.waitFor((message) => message.activityId === first.activityId && isEnd(message));
    assert.equal(folder.count('queue-fw01'), 1);
    // Asked again, it is a request like any other; the device says that one is scheduled.
    assert.match((await reboot('queue-fw01', 'in 2 hours')).words, /^Refused$/m);
    assert.equal(folder.count('queue-fw01'), 1);
  });
});
