import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { someone, words } from './talking.ts';

let assistant: Assistant;
beforeEach(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'hq-fw02': {} } });
});
afterEach(() => assistant.close());

const mutes = () =>
  assistant.folder
    .rows('SELECT scope, key, round((until_at - from_at) / 60000.0) AS minutes FROM mutes WHERE ended_at IS NULL')
    .map(({ scope, key, minutes }) => `${scope} ${key} ${minutes}`);

describe('a mute that is asked for in words', () => {
  it('of a device lasts as long as was said, else an hour, and is answered with its end', async () => {
    const { ask } = someone(() => assistant);
    assert.match(words(await ask('mute hq-fw01 for 8 hours')), /^hq-fw01 is muted until .*Critical events are shown/);
    assert.match(words(await ask('can you mute HQ-FW02 please?')), /^hq-fw02 is muted until /);
    assert.deepEqual(mutes(), ['device hq-fw01 480', 'device hq-fw02 60']);
    assert.match(
      words(await ask('why is hq-fw01 muted?')),
      /hq-fw01[\s\S]*until .*, by Adele Vance · 0 events kept quiet/,
    );
  });

  it('of an event is for every device', async () => {
    const { ask } = someone(() => assistant);
    assert.match(
      words(await ask('mute snmp_trap_link_down for 30 minutes')),
      /^SNMP_TRAP_LINK_DOWN is muted on every device/,
    );
    assert.deepEqual(mutes(), ['event SNMP_TRAP_LINK_DOWN 30']);
  });

  const nothing: [text: string, answer: RegExp][] = [
    ['mute', /Say which one device or event to mute/],
    ['mute everything', /Say which one device or event to mute/],
    ['mute all alerts for 2 hours', /Say which one device or event to mute/],
    ['mute hq-fw01 and reboot it', /Say which one device or event to mute/],
    ['mute hq-fw01 and hq-fw02', /Say which one device or event to mute/],
    ['mute all except hq-fw01', /Say which one device or event to mute/],
    ['mute hq-fw01 forever', /Say which one device or event to mute/],
    ['mute hq-fw01 at 17:00', /Say which one device or event to mute/],
    ['mute SNMP_TRAP_LINK_DOWN on hq-fw01', /Say which one device or event to mute/],
    ['mute hq-fw1', /There is no device and no event called "hq-fw1" here\. Did you mean hq-fw01 or hq-fw02\?/],
    ['mute hq_fw01', /There is no device and no event called "hq_fw01" here\. Did you mean hq-fw01/],
    ['mute printer for 8 hours', /There is no device and no event called "printer" here\. Nothing was muted\./],
    ['mute hq-fw01 until tomorrow', /"until tomorrow" is a span of time.*Nothing was muted/],
    ['mute hq-fw01 for 3 weeks', /"for 3 weeks" is too far ahead.*Nothing was muted/],
    ['mute hq-fw01 until now', /Nothing was muted/],
    ["don't mute hq-fw01", /I do not understand|I did not understand|not understood|understand/],
    ['should I mute hq-fw01?', /understand/],
  ];
  it('that is not clear mutes nothing, and says so', async () => {
    const { ask } = someone(() => assistant);
    for (const [text, answer] of nothing) {
      assert.match(words(await ask(text)), answer, text);
      assert.deepEqual(mutes(), [], text);
    }
    assert.deepEqual(assistant.folder.rows('SELECT id FROM confirmations'), []);
  });
});

describe('the end of a mute that is asked for in words', () => {
  it('ends that one and no other', async () => {
    const { ask } = someone(() => assistant);
    for (const what of ['hq-fw01', 'hq-fw02', 'A_B']) await ask(`mute ${what}`);
    const nothing: [text: string, answer: RegExp][] = [
      ['unmute', /Say which one: /],
      ['unmute all', /Say which one: /],
      ['unmute all except hq-fw01', /Nothing called "except" is muted\. Nothing was changed/],
      ['unmute hq-fw01 and reboot it', /Nothing called "reboot" is muted\. Nothing was changed/],
      ['unmute hq-fw01 in 2 hours', /Nothing was changed/],
      ['unmute A_B on hq-fw01', /Nothing was changed/],
      ['unmute hq-fw09', /Nothing called "hq-fw09" is muted/],
      ['unmute C_D', /Nothing like that is muted/],
    ];
    for (const [text, answer] of nothing) {
      assert.match(words(await ask(text)), answer, text);
      assert.equal(mutes().length, 3, text);
    }
    assert.equal(words(await ask('please unmute HQ-FW01')), 'No longer muted: hq-fw01.');
    assert.equal(words(await ask('unmute a_b.')), 'No longer muted: A_B.');
    assert.deepEqual(mutes(), ['device hq-fw02 60']);
    assert.equal(words(await ask('unmute')), 'No longer muted: hq-fw02.');
  });

  it('works for a device of no inventory, whose card was muted', async () => {
    const { ask, person, chat } = someone(() => assistant);
    const alerts = await assistant.alertsHere();
    for (const hostname of ['lab1', 'lab_fw1']) {
      await assistant.event({ hostname });
      const card = await assistant.connector.waitFor(
        (message) => message.conversationId === alerts && words(message).includes(`${hostname} ·`),
      );
      const [group] = assistant.folder.rows('SELECT id FROM event_groups ORDER BY opened_at DESC, rowid DESC');
      const data = { group: group?.id, scope: 'device', hours: '1' };
      const action = { type: 'Action.Execute', title: 'Mute', verb: 'mute', data };
      await assistant.teams.execute(person, chat, action, card.activityId);
      assert.deepEqual(mutes(), [`device ${hostname} 60`]);
      assert.match(words(await ask(`unmute ${hostname}`)), /No longer muted: lab/);
      assert.deepEqual(mutes(), []);
    }
  });
});
