import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { buttonsOf } from '../fakes/teams.ts';
import { CARD, doing, shown, someone, WORDS, words } from './talking.ts';

const PAIRS = ['both', 'refuses', 'away', 'later', 'again', 'mixed', 'site'];
const DEVICES = Object.fromEntries(
  PAIRS.flatMap((pair) => [1, 2].map((n) => [`${pair}-fw0${n}`, { site: pair === 'site' ? 'branch' : 'hq' }])),
);

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: DEVICES, assistant: { look_seconds: 8 } });
});
after(() => assistant.close());

const talk = () => someone(() => assistant);
const state = (name: string) => assistant.folder.device(name).state;
const reboots = (pair: string) => [1, 2].map((n) => assistant.folder.count(`${pair}-fw0${n}`));
const jobsOf = (pair: string) =>
  assistant.folder.rows(`SELECT device, status FROM jobs WHERE device LIKE '${pair}-%' ORDER BY device`);

describe('several devices in one request', { concurrency: true }, () => {
  it('one card, one confirmation, a command for each, one result with a line each', async () => {
    const { ask, through, open } = talk();
    const { card, words: end } = await through('reboot both-fw01 and both-fw02');
    assert.deepEqual(buttonsOf(card), ['Reboot now', 'Cancel']);
    assertSays(words(card), /^Reboot both-fw01 and both-fw02\?$/m, /^✓ both-fw01$/m, /^✓ both-fw02$/m);
    assertSays(
      words(card),
      /^2 devices go down at the same time\.$/m,
      /^Traffic through them may stop until they are back\.$/m,
    );
    assertSays(end, /^Done$/m, /^both-fw01 and both-fw02 are back$/m);
    for (const name of ['both-fw01', 'both-fw02'])
      assertSays(end, new RegExp(`^✓ ${name}: Done\\n(?:Away|Back) .* Up since`, 'm'));
    assert.deepEqual(reboots('both'), [1, 1]);
    assert.deepEqual(
      jobsOf('both').map(({ status }) => status),
      ['done', 'done'],
    );
    assert.equal(open(), 0);
    assert.match(words(await ask('cancel')), /^You have no open question or card here\. What was confirmed goes on\./);
  });

  it('one of the two refuses: the card says which, and the other one is back', async () => {
    state('refuses-fw02').rpcErrorOn = { 'request-reboot': 'permission denied' };
    const { words: end } = await talk().through('reboot refuses-fw01, refuses-fw02 now');
    assertSays(end, /^1 refused, 1 done$/m, /^Reboot of refuses-fw01 and refuses-fw02$/m);
    assertSays(end, /^✓ refuses-fw01: Done\n.*Up since/m, /^! refuses-fw02: Refused\n.*permission "maintenance"/m);
    assert.deepEqual(reboots('refuses'), [1, 1]);
  });

  it('one does not answer: warned before, failed after, and the other one is back', async () => {
    state('away-fw02').authMethods = [];
    const { card, words: end } = await talk().through('reboot away-fw01 and away-fw02');
    assertSays(words(card), /^! away-fw02\nNot reachable: /m, /^✓ away-fw01$/m);
    assert.match(words(card), /^Could not look at away-fw02\. .*nothing is sent to a device that does not answer\.$/m);
    assertSays(end, /^1 failed, 1 done$/m, /^✗ away-fw02: Failed\n.*Nothing was sent to away-fw02\./m);
    assert.deepEqual(reboots('away'), [1, 0]);
  });

  it('at a time: both have it scheduled, one cancelled alone leaves the other', async () => {
    const { ask, click, through } = talk();
    const card = await ask('reboot later-fw01 and later-fw02 in 2 hours');
    assert.equal((await click(card, doing(card))).type, CARD);
    const scheduled = await shown(assistant, card, /^Scheduled$/m);
    assertSays(
      scheduled,
      /^Reboot of later-fw01 and later-fw02 is scheduled$/m,
      /^✓ later-fw01: Scheduled\n.*It lists/m,
    );
    await through('cancel the reboot of later-fw01');
    await shown(assistant, card, /^(?:. )later-fw01: Cancelled$/m, /^✓ later-fw02: Scheduled$/m);
    assert.deepEqual([state('later-fw01').pending, state('later-fw02').pending !== null], [null, true]);
  });

  it('a card of one of them is overtaken by a confirmed card of both', async () => {
    const [first, second] = [talk(), talk()];
    const single = await first.ask('reboot again-fw02 in 3 hours');
    const both = await second.ask('reboot again-fw01 and again-fw02 in 2 hours');
    assert.equal((await second.click(both, doing(both))).type, CARD);
    const { type, value } = await first.click(single, doing(single));
    assert.equal(type, WORDS);
    assert.match(
      String(value),
      /^Adele Vance confirmed another request for again-fw02 at .+ This click sent nothing\./,
    );
    await shown(assistant, both, /^Scheduled$/m);
    assert.deepEqual(reboots('again'), [1, 1]);
  });

  it('one of them is unknown: neither is taken; the answer brings the known ones along', async () => {
    const { ask, press, open } = talk();
    const question = await ask('reboot mixed-fw01 and mixed-fw09 in 45 minutes');
    assert.match(words(question), /There is no device called "mixed-fw09" here\. Did you mean/);
    assert.equal(open(), 0);
    const card = await press(question, 'mixed-fw02, with mixed-fw01');
    assertSays(words(card), /^Reboot mixed-fw01 and mixed-fw02\?$/m, /\(in 45 min\)/);
  });

  it('a whole site is its devices, each named on the card; the same device twice is one', async () => {
    const { ask } = talk();
    assertSays(words(await ask('reboot all devices at branch')), /^Reboot site-fw01 and site-fw02\?$/m);
    assert.match(words(await ask('reboot site-fw01, SITE-FW01 and site-fw01')), /^Reboot site-fw01\?$/m);
  });
});
