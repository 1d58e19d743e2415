import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { Locator, Request } from 'playwright-core';
import { PEOPLE } from '../../simulator/playground-people.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { type Demo, startDemo } from '../../src/cli/demo.ts';
import { createLog } from '../../src/log.ts';
import { requireProgram } from '../fakes/requires.ts';
import { TeamsClient, type TextMatch } from './driver.ts';

const chromium = requireProgram(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');

/** Hosts of the fonts and pictures of the Playground's page. They are refused, and the page does without. */
const CDN = /^res-\d\.cdn\.office\.net$/;
const ERROR_LEVEL = 50;

/** The tests share one conversation, as people do, and run in this order. */
describe('the assistant in Teams, with simulated devices', {
  skip: 'skip' in chromium ? chromium.skip : false,
  timeout: 360_000,
}, () => {
  const logged: { level: number; msg: string }[] = [];
  let demo: Demo;
  let teams: TeamsClient;

  before(async () => {
    assert.ok('path' in chromium);
    const log = createLog('info', { write: (line) => void logged.push(JSON.parse(line)) });
    demo = await startDemo({ port: 0, botPort: 0, log });
    teams = await TeamsClient.open({ executablePath: chromium.path, url: demo.url });
  });
  after(async () => {
    await teams?.close();
    await demo?.close();
  });

  function simulator(name: string): Simulator {
    const found = demo.simulators.get(name);
    assert.ok(found, name);
    return found;
  }

  /** What the device was told to do, as it came over the wire. */
  function rebootsOf(name: string): string[] {
    return simulator(name)
      .state.rpcs.filter(({ rpc }) => rpc === 'request-reboot')
      .map(({ xml }) => xml);
  }

  /** Presses a button and returns the request the page made of it. */
  async function click(title: string, card: string): Promise<Request> {
    const request = teams.page.waitForRequest(/\/v1\/invoke$/);
    await teams.clickAction(title, card);
    return await request;
  }

  /** The same click once more, as an impatient finger or a second window sends it; returns the answer's words. */
  async function clickAgain(request: Request): Promise<string> {
    const response = await teams.page.request.post(request.url(), { data: request.postDataJSON() });
    const { type, value } = (await response.json()) as { type: string; value: string };
    assert.equal(type, 'application/vnd.microsoft.activity.message');
    return value;
  }

  async function send(event: string, hostname: string, rest: { message: string; detail?: string }): Promise<void> {
    const { status } = await demo.sendEvent({ event, hostname, process: 'eventd', detail: '', ...rest });
    assert.equal(status, 202);
  }

  async function words(element: Locator): Promise<string> {
    return ((await element.textContent()) ?? '').trim();
  }

  async function see(name: string, text: TextMatch, timeoutMs?: number): Promise<Locator> {
    const card = await teams.waitForCard(text, timeoutMs);
    await teams.screenshot(name);
    return card;
  }

  test('the first thing in a new chat is what can be done there, once', async () => {
    await see('welcome', /Network Assistant is here.*You may reboot devices/s);
    assert.equal(await teams.cards('is here').count(), 1);
    await teams.clickAction('show reboots', 'is here');
    await teams.waitForCard('No reboot is scheduled');
  });

  test('a reboot in 30 minutes is asked for, confirmed, carried out once and answered', async () => {
    const { state } = simulator('hq-fw01');
    // A device that takes its time, so that the card shows it at work.
    state.latencyMs = 1_000;
    await teams.send('reboot hq-fw01 in 30 minutes');
    const card = await see('request', 'Reboot hq-fw01?');
    assert.match(await words(card), /\d\d:\d\d \S+ \(in 30 min\)/);
    const button = await words(card.getByRole('button', { name: /^Reboot at / }));
    assert.deepEqual(rebootsOf('hq-fw01'), []);

    const request = await click(button, 'Reboot hq-fw01?');
    await see('progress', /Scheduling the reboot of hq-fw01.*✓ Connected to hq-fw01/s);
    const result = await see('result', 'Reboot of hq-fw01 is scheduled');
    assert.match(await words(result), /Scheduled/);
    // What the device said is one tap away.
    await teams.clickAction('Details', 'Reboot of hq-fw01 is scheduled');
    await see('result-details', /Shutdown at .* \[pid \d+\]\s+reboot requested by netops at /);
    // A click near the end of a minute may find 29 of them left.
    assert.match(rebootsOf('hq-fw01').join(), /^<request-reboot><in>(?:30|29)<\/in><\/request-reboot>$/);
    assert.equal(state.pending?.user, 'netops');

    assert.match(await clickAgain(request), /^Alex Wilber confirmed this at .* This click sent nothing\.$/);
    assert.equal(rebootsOf('hq-fw01').length, 1);
  });

  test('a second reboot of the same device: the card warns, and the device is left alone', async () => {
    simulator('hq-fw01').state.latencyMs = 0;
    await teams.send('reboot hq-fw01 in 2 hours');
    const card = await see(
      'request-warned',
      /Reboot hq-fw01\?.*2 h.*A reboot or shutdown of hq-fw01 is already scheduled/s,
    );
    await card.getByRole('button', { name: /^Reboot at / }).click();
    await see('already-scheduled', 'hq-fw01 was not rebooted');
    assert.equal(rebootsOf('hq-fw01').length, 1);
  });

  test('what is scheduled is shown, and cancelled with a button and a click', async () => {
    await teams.send('show reboots');
    await see('scheduled', /Scheduled reboots.*hq-fw01.*reboot at .*by netops.*hq-rtr01.*nothing scheduled/s);
    await teams.clickAction('Cancel the reboot of hq-fw01', 'Scheduled reboots');
    await see('cancel-request', 'Cancel the scheduled reboot of hq-fw01?');
    await click('Cancel the reboot', 'Cancel the scheduled reboot of hq-fw01?');
    await see('cancel-result', /Done.*No reboot is scheduled on hq-fw01/s);
    assert.equal(simulator('hq-fw01').state.pending, null);
    // The card of the reboot says so too.
    await teams.waitForCard(/Cancelled.*Reboot of hq-fw01 was cancelled/s);
  });

  test('a reboot now, with the engine chosen on the card: followed until it is back', async () => {
    const { state, events } = simulator('hq-rtr01');
    await teams.send('reboot hq-rtr01');
    const card = await see('request-now', /Reboot hq-rtr01\?.*Engines.*this one/s);
    assert.match(await words(card), /MX480 · Junos 23\.4R2-S3\.9 · up 212 days/);
    const back = once(events, 'up');
    await click('Reboot now', 'Reboot hq-rtr01?');
    await see('waiting', /Rebooting hq-rtr01.*✓ Asked \(pid \d+\).*Waiting for/s);
    assert.deepEqual(rebootsOf('hq-rtr01'), ['<request-reboot/>']);
    await back;
    const bootedAt = state.bootedAt.getTime();
    const result = await see('result-now', 'hq-rtr01 is back', 30_000);
    assert.match(await words(result), /Done.*(?:Away for|Back) \d+ s/s);
    assert.equal(state.bootedAt.getTime(), bootedAt);
    assert.equal(rebootsOf('hq-rtr01').length, 1);
  });

  test('two devices at a time: one card, a line for each, both back', async () => {
    await teams.send('reboot hq-fw01 and branch-fw01');
    await see('request-two', /Reboot hq-fw01 and branch-fw01\?.*2 devices go down at the same time/s);
    await click('Reboot now', 'Reboot hq-fw01 and branch-fw01?');
    await see('progress-two', /In progress, \d of 2/);
    const result = await see('result-two', 'hq-fw01 and branch-fw01 are back', 40_000);
    assert.match(await words(result), /✓ hq-fw01: Done.*✓ branch-fw01: Done/s);
    assert.equal(rebootsOf('branch-fw01').length, 1);
    assert.equal(rebootsOf('hq-fw01').length, 2);
  });

  test('a restart with a missing process: asked, chosen, carried out as chosen on the card', async () => {
    await teams.send('restart hq-fw01');
    const question = await see('process-question', 'Which process shall be restarted on hq-fw01?');
    await question.getByRole('combobox').click();
    await question.getByRole('combobox').pressSequentially('routing');
    await teams.page
      .locator('[role=option]:visible')
      .filter({ hasText: /^routing$/ })
      .first()
      .click();
    await teams.clickAction('Choose', 'Which process shall be restarted on hq-fw01?');
    const card = await see('restart-request', /Restart routing on hq-fw01\?.*routes are learned anew/s);
    await card.getByText('immediately (it is killed)').click();
    await click('Restart routing', 'Restart routing on hq-fw01?');
    await see('restart-result', 'routing on hq-fw01 was restarted');
    const restarts = simulator('hq-fw01').state.rpcs.filter(({ rpc }) => rpc === 'restart-daemon');
    assert.deepEqual(
      restarts.map(({ xml }) => xml),
      ['<restart-daemon><daemon-name>routing</daemon-name><immediately/></restart-daemon>'],
    );
  });

  test('an unknown device is named, and the near ones are buttons', async () => {
    await teams.send('reboot hq-fw1');
    await see('unknown-device', 'There is no device called "hq-fw1" here. Did you mean one of these?');
    await teams.clickAction('hq-fw01', 'There is no device called "hq-fw1" here.');
    await teams.waitForCard('Reboot hq-fw01?');
    await click('Cancel', 'Reboot hq-fw01?');
    await teams.waitForCard('Cancelled');
  });

  test('a cancelled request sends nothing, then and later', async () => {
    await teams.send('reboot branch-fw01');
    await teams.waitForCard('Reboot branch-fw01?');
    const request = await click('Cancel', 'Reboot branch-fw01?');
    const card = await see('cancelled', 'Alex Wilber cancelled it. Nothing was sent.');
    assert.match(await words(card), /Cancelled/);
    assert.equal(await card.getByRole('button').count(), 0);
    assert.match(await clickAgain(request), /^Alex Wilber cancelled this at .* Nothing was sent\.$/);
    assert.deepEqual(rebootsOf('branch-fw01').length, 1);
  });

  test('a time with two readings is asked for, and a button answers', async () => {
    await teams.send('reboot branch-fw01 at 5');
    await see('ambiguous-time', /When shall branch-fw01 be rebooted\?.*Another time/s);
    const card = await teams.waitForCard('When shall branch-fw01 be rebooted?');
    await card
      .getByRole('button', { name: /17:00|05:00/ })
      .first()
      .click();
    await teams.waitForCard(/Reboot branch-fw01\?.*(?:17:00|05:00)/s);
    await teams.clickAction('Cancel', 'Reboot branch-fw01?');
    await teams.waitForCard('Cancelled');
  });

  test('a time that is not understood is asked for, and a delay answers', async () => {
    await teams.send('reboot branch-fw01 next blue moon');
    await see('unclear-time', 'next blue moon');
    await teams.send('in 2 hours');
    await teams.waitForCard(/Reboot branch-fw01\?.*\(in 2 h\)/s);
    await teams.clickAction('Cancel', /Reboot branch-fw01\?.*\(in 2 h\)/s);
    await teams.waitForCard('Cancelled');
  });

  test('words that are not understood: the nearest commands as buttons', async () => {
    await teams.send('rebot branch-fw01');
    await see('not-understood', 'I did not understand that, and did nothing.');
    await teams.clickAction('reboot branch-fw01', 'I did not understand that');
    await teams.waitForCard('Reboot branch-fw01?');
    await teams.send('cancel');
    await teams.waitForText(/^Closed: "Reboot branch-fw01\?"\. Nothing was sent\.$/);
  });

  test('help by task: a tab, and its examples as buttons', async () => {
    await teams.send('help');
    await see('help', 'Write it in your own words, or open the examples.');
    await teams.clickAction('Devices', 'open the examples');
    await see('help-devices', 'Reboot a device');
    await teams.clickAction('Alerts', 'open the examples');
    // A tab closes the one before.
    await teams.lastCard('open the examples').getByText('Reboot a device').waitFor({ state: 'hidden' });
    await teams.clickAction('events hq-fw01', 'open the examples');
    await see('events', /No event from hq-fw01 was received yet/);
    await teams.send('devices');
    await see('devices', /hq \(2\).*hq-fw01, hq-rtr01/s);
  });

  test('events are posted by priority, in the chat that was chosen', async () => {
    const busiest = [
      { pid: '1482', user: 'root', cpu: 71.3, command: 'flowd_octeon' },
      { pid: '2011', user: 'root', cpu: 14.9, command: 'idpd' },
    ];
    await send('RTPERF_CPU_THRESHOLD_EXCEEDED', 'hq-fw01', {
      message: 'RTPERF_CPU_THRESHOLD_EXCEEDED: FPC 0 PIC 0 CPU utilization exceeds threshold, current value=96',
      detail: JSON.stringify(busiest),
    });
    const critical = await see('event-critical', 'RTPERF_CPU_THRESHOLD_EXCEEDED');
    assert.match(await words(critical), /Critical/);
    await critical.getByRole('button', { name: 'Detail' }).click();
    assert.match(await words(critical.getByRole('row').nth(1)), /1482\s*root\s*71\.3\s*flowd_octeon/);

    await send('SNMP_TRAP_LINK_DOWN', 'branch-fw01', { message: 'ifIndex 526, ifName ge-0/0/3' });
    const warning = await see('event-warning', 'SNMP_TRAP_LINK_DOWN');
    assert.match(await words(warning), /Warning.*branch-fw01.*ifName ge-0\/0\/3/s);
  });

  test('nobody else can answer a request in a group', async () => {
    await teams.openConversation('group');
    await teams.send('reboot branch-fw01');
    await teams.waitForCard('Reboot branch-fw01?');
    teams.actAs(PEOPLE.megan);
    await click('Reboot now', 'Reboot branch-fw01?');
    await teams.waitForText('Only Alex Wilber, who asked, can answer this. Nothing was sent.');
    await teams.screenshot('refused');
    await click('Cancel', 'Reboot branch-fw01?');
    teams.actAs(PEOPLE.alex);
    await click('Cancel', 'Reboot branch-fw01?');
    await teams.waitForCard('Alex Wilber cancelled it.');
    assert.equal(rebootsOf('branch-fw01').length, 1);
  });

  test('"alerts here" moves the alerts to the group', async () => {
    await teams.send('alerts here');
    await teams.waitForText('Alerts are posted here from now on.');
    await send('SYSTEM_ABNORMAL_SHUTDOWN', 'hq-rtr01', { message: 'System abnormally shut down' });
    await see('event-group', 'SYSTEM_ABNORMAL_SHUTDOWN');
  });

  test('"alerts here" in a channel makes every alert a post of its own', async () => {
    await teams.openConversation('channel');
    await see(
      'welcome-channel',
      /In this channel, mention it in every message.*To get the alerts in this channel, write: @Network Assistant alerts here/s,
    );
    await teams.send('alerts here');
    await teams.waitForText('Alerts are posted here from now on.');
    await send('SYSTEM_ABNORMAL_SHUTDOWN', 'branch-fw01', { message: 'System abnormally shut down' });
    await see('event-channel', 'SYSTEM_ABNORMAL_SHUTDOWN');
    assert.equal(await teams.threads('SYSTEM_ABNORMAL_SHUTDOWN').count(), 1);
    assert.equal(await teams.threads('SYSTEM_ABNORMAL_SHUTDOWN').filter({ hasText: 'alerts here' }).count(), 0);
  });

  test('a request in a thread of the channel is asked, decided and answered there', async () => {
    const thread = teams.threads('SYSTEM_ABNORMAL_SHUTDOWN');
    const before = await teams.threads().count();
    await teams.reply('SYSTEM_ABNORMAL_SHUTDOWN', 'reboot branch-fw01 in 2 hours');
    const asked = thread.getByText('Reboot branch-fw01?');
    await asked.waitFor();
    const button = thread.getByRole('button', { name: /^Reboot at / });
    teams.actAs(PEOPLE.diego);
    await button.click();
    await thread.getByText('Only Alex Wilber, who asked, can answer this. Nothing was sent.').waitFor();
    assert.equal(rebootsOf('branch-fw01').length, 1);

    teams.actAs(PEOPLE.alex);
    await button.click();
    await thread.getByText('Reboot of branch-fw01 is scheduled').waitFor();
    await see('channel-request', 'Reboot of branch-fw01 is scheduled');
    assert.match(rebootsOf('branch-fw01').at(-1) ?? '', /^<request-reboot><in>1(?:20|19)<\/in><\/request-reboot>$/);
    assert.equal(await teams.threads().count(), before);
  });

  test('a storm of events is a card for each kind, that counts', async () => {
    const flood = Array.from({ length: 20 }, (_, index) =>
      send(index % 3 === 0 ? 'UI_COMMIT' : 'SNMP_TRAP_LINK_DOWN', index % 2 === 0 ? 'hq-fw01' : 'hq-rtr01', {
        message: `ifIndex ${500 + index}, ifOperStatus down(2), ifName ge-0/0/${index}`,
      }),
    );
    await Promise.all(flood);
    const storm = await see('storm', /site hq · 2 devices/);
    assert.match(await words(storm), /Warning.*(?:SNMP_TRAP_LINK_DOWN|UI_COMMIT)/s);
  });

  test('nothing was asked for off this machine, and nothing went wrong in the log', () => {
    const hosts = [...new Set(teams.refused.map((url) => new URL(url).hostname))];
    assert.deepEqual(
      hosts.filter((host) => !CDN.test(host)),
      [],
    );
    assert.deepEqual(
      logged.filter(({ level }) => level >= ERROR_LEVEL),
      [],
    );
  });
});
