import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../src/actions/action.ts';
import { actionNamed, actions } from '../../src/actions/index.ts';
import { rebootAction } from '../../src/actions/reboot.ts';
import { FakeDevice, lost, NOTHING_PENDING, rpcError, type Says } from '../jobs/fake-device.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 0);
const MINUTE = 60_000;
const LONDON = { zone: 'Europe/London', locale: 'en-gb' };
const parameters = (at: number | null) => JSON.stringify({ device: 'hq-fw01', at });
const SCHEDULED = 'Shutdown at Mon Nov 23 10:30:00 2026.\n[pid 17221]';
const LISTED = 'reboot requested by netops at Mon Nov 23 10:30:00 2026';

/** Runs it against a scripted device; `now` is the clock while it runs. */
async function run(at: number | null, script: { pending?: Says[]; reboot?: Says[] } = {}, now = () => NOW) {
  const device = new FakeDevice(script);
  const order: string[] = [];
  const outcome = await rebootAction.run(parameters(at), {
    connect: async () => device.connected(),
    sending: async () => void order.push(`sending after ${device.asked.length}`),
    progress: (done, doing) => order.push(`${done} | ${doing}`),
    now,
    reader: LONDON,
  });
  return { outcome, order, asked: device.asked, reboots: device.reboots };
}

describe('what the confirmation says', () => {
  it('a reboot now', () => {
    const summary = rebootAction.summarise(parameters(null), NOW, LONDON);
    assert.equal(summary.title, 'Reboot hq-fw01?');
    assert.equal(summary.button, 'Reboot now');
    assert.match(summary.warning ?? '', /Traffic/);
    assert.equal(summary.notAfter, null);
    assert.deepEqual(summary.facts[0], { label: 'When', value: 'now, as soon as you confirm' });
  });

  it('a reboot later: the time with its zone, in UTC as well, and the last moment to confirm', () => {
    const at = Date.UTC(2026, 10, 24, 2, 0);
    const summary = rebootAction.summarise(parameters(at), NOW, { zone: 'Europe/Berlin', locale: 'en-gb' });
    assert.deepEqual(
      summary.facts.slice(0, 2).map(({ value }) => value),
      ['Tue 24 Nov, 03:00 CET (in 16 h)', 'Tue 24 Nov, 02:00 UTC'],
    );
    assert.equal(summary.button, 'Reboot at Tue 24 Nov, 03:00 CET');
    assert.equal(summary.notAfter, at);
    assert.equal(summary.facts.filter(({ label }) => label === 'In UTC').length, 1);
    const utc = rebootAction.summarise(parameters(at), NOW, { zone: 'UTC', locale: 'en-gb' });
    assert.equal(utc.facts.filter(({ label }) => label === 'In UTC').length, 0);
  });

  it('headlines name the device, and differ between running, done, not done and unknown', () => {
    for (const at of [null, NOW]) {
      const statuses = ['running', 'done', 'failed', 'unknown'] as const;
      const headlines = statuses.map((status) => rebootAction.headline(parameters(at), status));
      assert.ok(headlines.every((headline) => headline.includes('hq-fw01')));
      assert.equal(new Set(headlines).size, statuses.length);
    }
  });
});

describe('what the device is asked', () => {
  it('looks first, notes "sent" directly before the command, asks once', async () => {
    const { asked, order, outcome } = await run(null);
    assert.deepEqual(asked, ['<get-reboot-information format="text"/>', '<request-reboot/>']);
    assert.deepEqual(order, [
      'Connected to hq-fw01 (srx345, Junos 22.4R3, up 1 h) | Looking for a reboot that is already scheduled',
      'No other reboot is scheduled | Asking for the reboot',
      'sending after 1',
    ]);
    assert.equal(outcome.status, 'done');
  });

  const minutes: [atMinutes: number, asked: number][] = [
    [30, 30],
    [29.6, 30],
    [29.4, 29],
    [1, 1],
    [0.1, 1],
    [0, 1],
    [-0.9, 1],
    [7 * 24 * 60, 10_080],
  ];
  for (const [inMinutes, sent] of minutes) {
    it(`a time in ${inMinutes} min is asked for as ${sent}`, async () => {
      const { asked } = await run(NOW + inMinutes * MINUTE, { reboot: [SCHEDULED] });
      assert.equal(asked[1], `<request-reboot><in>${sent}</in></request-reboot>`);
    });
  }

  it('the delay is counted when the command goes out, not when the card was clicked', async () => {
    let reads = 0;
    // Connecting and looking took ten minutes.
    const { asked } = await run(NOW + 30 * MINUTE, { reboot: [SCHEDULED] }, () => {
      reads += 1;
      return NOW + 10 * MINUTE + reads;
    });
    assert.match(asked[1] ?? '', /<in>20<\/in>/);
  });

  it('a time that passed meanwhile is not made up for', async () => {
    const { outcome, reboots } = await run(NOW - 61_000);
    assert.equal(reboots, 0);
    assert.equal(outcome.status, 'failed');
    assert.match(outcome.sentence, /^The time for it, 09:58 GMT, passed .*Nothing was sent/);
  });

  it('a device with a reboot scheduled is left alone', async () => {
    const { outcome, reboots, order } = await run(null, { pending: [LISTED] });
    assert.deepEqual([reboots, outcome.status, outcome.answer], [0, 'refused', LISTED]);
    assert.ok(!order.some((line) => line.startsWith('sending')));
  });

  it('a device that does not say what is scheduled is not rebooted', async () => {
    await assert.rejects(run(null, { pending: [''] }));
    await assert.rejects(run(null, { pending: [lost(true)] }));
  });
});

describe('how it ends', () => {
  const cases: [what: string, reboot: Says, status: Outcome['status'], sentence: RegExp][] = [
    ['accepted', 'Shutdown NOW!\n[pid 7]', 'done', /accepted the reboot and is going down now/],
    ['another one is under way', 'shutdown: another shutdown is running', 'refused', /already has a shutdown/],
    ['no permission', rpcError('permission denied'), 'refused', /needs the permission "maintenance"/],
    ['not understood by the device', rpcError('syntax error'), 'refused', /refused the command/],
    ['an error that says nothing', rpcError('could not do it'), 'unknown', /may be rebooting/],
    ['an answer nobody knows', 'hmm', 'unknown', /Look at its uptime before asking again/],
    ['an empty answer', '', 'unknown', /may be rebooting/],
    ['a session lost after sending', lost(true), 'unknown', /may be rebooting/],
    ['an answer that is no XML', '<rpc-reply><output>Shut', 'unknown', /may be rebooting/],
  ];
  for (const [what, reboot, status, sentence] of cases) {
    it(`${what}: ${status}`, async () => {
      const { outcome, reboots } = await run(null, { reboot: [reboot] });
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
      assert.equal(reboots, 1, 'asked once, whatever came of it');
    });
  }

  it('a session lost before the request left is thrown: nothing was sent', async () => {
    await assert.rejects(run(null, { reboot: [lost(false)] }), { code: 'closed' });
  });

  const readBacks: [what: string, second: Says, sentence: RegExp][] = [
    ['it lists it', LISTED, /^hq-fw01 reboots at 10:30 GMT\. It lists the reboot/],
    ['it does not list it', NOTHING_PENDING, /does not list it as scheduled\. Check with: show system reboot\.$/],
    ['it cannot be asked any more', lost(true), /could not be asked whether it lists it/],
  ];
  for (const [what, second, sentence] of readBacks) {
    it(`scheduled, and ${what}: done`, async () => {
      const { outcome, reboots } = await run(NOW + 30 * MINUTE, {
        pending: [NOTHING_PENDING, second],
        reboot: [SCHEDULED],
      });
      assert.equal(outcome.status, 'done');
      assert.match(outcome.sentence, sentence);
      assert.equal(reboots, 1);
    });
  }
});

describe('the list of actions', () => {
  it('finds them by name, and refuses parameters that are not theirs', () => {
    for (const action of actions) assert.equal(actionNamed(action.name), action);
    assert.throws(() => actionNamed('paint'), /no action paint/);
    assert.equal(rebootAction.device(parameters(null)), 'hq-fw01');
    for (const bad of [
      '{}',
      '{"device":"x"}',
      '{"device":"x","at":"now"}',
      '{"device":"x","at":1,"both":true}',
      '[]',
    ]) {
      assert.throws(() => rebootAction.device(bad), bad);
    }
  });
});
