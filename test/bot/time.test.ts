import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { buttonsOf } from '../fakes/teams.ts';
import { doing, someone, words } from './talking.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'cet-fw01': {}, 'off-fw01': {} } });
  assistant.folder.device('cet-fw01').state.zone = 'Asia/Tokyo';
  assistant.folder.device('off-fw01').state.clockSkewMs = 25 * 60_000;
});
after(() => assistant.close());

const talk = () => someone(() => assistant);
const clientInfo = (timezone: string) => ({ entities: [{ type: 'clientInfo', locale: 'en-GB', timezone }] });
/** The instant that the card of the newest request in this chat is about. */
const asked = (chat: string) => {
  const [row] = assistant.folder.rows(
    'SELECT parameters FROM confirmations WHERE conversation_id = ? ORDER BY asked_at DESC LIMIT 1',
    chat,
  );
  return (JSON.parse(String(row?.parameters)) as { at: number }).at;
};
const DAY_MS = 86_400_000;
const isoDay = (at: number) => new Date(at).toISOString().slice(0, 10);
/** A day that can still be planned, and how a card writes it. Zones without summer time, so that it may be any. */
const AHEAD = Date.now() + 40 * DAY_MS;
const DAY = isoDay(AHEAD);
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(AHEAD);

describe('when', { concurrency: true }, () => {
  it('"at 5" has two readings: both as buttons, soonest first, and neither is taken', async () => {
    const { ask, press, open } = talk();
    const question = await ask('reboot hq-fw01 at 5');
    assertSays(words(question), /^When shall hq-fw01 be rebooted\?$/m, /^"at 5" can mean more than one time\.$/m);
    const [first = '', second = '', take] = buttonsOf(question);
    assert.equal(take, 'Take this time');
    assert.deepEqual(
      [first, second].map((title) => /\b(?:05|17):00 GMT$/.test(title)),
      [true, true],
    );
    assert.equal(open(), 0);
    const card = await press(question, second);
    assert.ok(words(card).includes(second), words(card));
    assert.equal(doing(card), `Reboot at ${second}`);
  });

  it('"another time" of the card is taken in the zone of the person', async () => {
    const { say, chat } = talk();
    const zone = clientInfo('Asia/Kolkata');
    await say('reboot hq-fw01 at 5', zone);
    const [card] = await say('', { ...zone, text: undefined, value: { ask: 'time', date: DAY, time: '02:30' } });
    assertSays(words(card ?? assert.fail()), new RegExp(`${SHORT}, 02:30 GMT\\+5:30 \\(in \\d+ days\\)`));
    assert.equal(new Date(asked(chat.id)).toISOString(), `${isoDay(AHEAD - DAY_MS)}T21:00:00.000Z`);
  });

  it('a form that is half filled, or filled with something else, is asked again', async () => {
    const { ask, fill, open } = talk();
    await ask('reboot hq-fw01 at 5');
    for (const value of [
      { ask: 'time' },
      { ask: 'time', date: DAY },
      { ask: 'time', date: '2020-01-01', time: '02:00' },
      { ask: 'time', date: 'now', time: '' },
      { ask: 'time', date: { now: true }, time: ['02:00'] },
      { ask: 'time', date: DAY, time: '25:00' },
    ]) {
      const answer = words(await fill(value));
      // A word is a word wherever it comes from; anything else is no time.
      if (value.date === 'now') assert.match(answer, /Reboot hq-fw01\?|When shall/);
      else assert.match(answer, /When shall hq-fw01 be rebooted\?|What|did not understand/, JSON.stringify(value));
    }
    assert.ok(open() <= 1);
  });

  const reasons: [said: string, why: RegExp][] = [
    ['yesterday at 17:00', /^"yesterday at 17:00" has passed\.$/m],
    ['between 2 and 4', /is a span of time\. Say one time/],
    ['every day at 2am', /repeats\. Only one time can be planned\./],
    ['at 26:00', /^"at 26:00" is /m],
    ['in 0 minutes', /"in 0 minutes"/],
    ['soon', /"soon"/],
  ];
  for (const [said, why] of reasons) {
    it(`"${said}" is not taken, with the reason in words`, async () => {
      const { ask, open } = talk();
      const question = words(await ask(`reboot hq-fw01 ${said}`));
      assertSays(question, /^When shall hq-fw01 be rebooted\?$/m, why);
      assert.equal(open(), 0);
      assert.match(words(await ask('in 20 minutes')), /^Reboot hq-fw01\?[\s\S]*\(in 20 min\)/m);
    });
  }

  it('the person, the device and UTC each read their own clock on the card, of one instant', async () => {
    const { say, chat } = talk();
    const [card] = await say(`reboot cet-fw01 on ${DAY} at 14:00`, clientInfo('America/Phoenix'));
    assertSays(
      words(card ?? assert.fail()),
      new RegExp(`${SHORT}, 14:00 (?:GMT-7|MST) \\(in \\d+ days\\)$`, 'm'),
      new RegExp(`^device clock 06:00 \\+09 · .*${SHORT}, 21:00 UTC$`, 'm'),
    );
    assert.equal(new Date(asked(chat.id)).toISOString(), `${DAY}T21:00:00.000Z`);
  });

  it('a device whose clock is wrong shows the time that its log will have', async () => {
    const [card] = await talk().say(`reboot off-fw01 on ${DAY} at 14:00`, clientInfo('UTC'));
    assertSays(words(card ?? assert.fail()), /, 14:00 UTC \(in /, /^device clock 14:25 UTC$/m);
  });
});

describe('in spring', () => {
  it('a time that the night of the clock change does not have is not taken', async () => {
    const { say, open } = talk();
    const year = new Date().getUTCFullYear() + 1;
    assistant.moveClock(Date.UTC(year, 1, 20, 12) - assistant.now());
    // The last Sunday of March, when clocks in London go from 01:00 to 02:00.
    const sunday = 31 - new Date(Date.UTC(year, 2, 31)).getUTCDay();
    const [question] = await say(`reboot hq-fw01 on ${sunday} March ${year} at 01:30`, clientInfo('Europe/London'));
    assert.match(words(question ?? assert.fail()), /does not exist that night: clocks go forward\./);
    assert.equal(open(), 0);
  });
});
