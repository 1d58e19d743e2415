import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Headed } from '../../src/actions/action.ts';
import { rebootAction } from '../../src/actions/reboot.ts';
import { FakeDevice, lost, NOTHING_PENDING, rpcError, type Says } from '../jobs/fake-device.ts';
import { LONDON, MINUTE, NOW, run, seen, unseen } from './context.ts';

const SCHEDULED = 'Shutdown at Mon Nov 23 10:30:00 2026.\n[pid 17221]';
const LISTED = 'reboot requested by netops at Mon Nov 23 10:30:00 2026';
const parameters = (at: number | null, engines: object = {}) => JSON.stringify({ at, engines });
const reboot = (at: number | null, script = {}, now = () => NOW) =>
  run(rebootAction, { at }, new FakeDevice(script), now);

describe('what the confirmation says', () => {
  const summarise = (at: number | null, looks = [seen('hq-fw01')], reader = LONDON) =>
    rebootAction.summarise(parameters(at), looks, NOW, reader);

  it('a reboot now: the device as it is, and that traffic stops', () => {
    const { title, devices, facts, choices, button, warnings } = summarise(null);
    assert.deepEqual([title, button], ['Reboot hq-fw01?', 'Reboot now']);
    assert.deepEqual(devices, [{ name: 'hq-fw01', about: 'SRX345 · Junos 22.4R3 · up 1 h', state: 'ok' }]);
    assert.deepEqual(facts, [
      { label: 'When', value: 'now, as soon as you confirm' },
      { label: 'Engine', value: 'the only one' },
    ]);
    assert.deepEqual(choices, []);
    assert.deepEqual(warnings, ['Traffic through it may stop until it is back.']);
  });

  it('a reboot later: in the zone of the person, by the clock of the device, in UTC', () => {
    const at = Date.UTC(2026, 10, 24, 2, 0);
    const clock = { now: new Date(NOW), zone: 'EST', offsetMinutes: -300, skewMs: 40_000 };
    const { facts, button } = summarise(at, [seen('hq-fw01', { clock })], { ...LONDON, zone: 'Europe/Berlin' });
    assert.deepEqual(facts.slice(0, 2), [
      { label: 'When', value: 'Tue 24 Nov, 03:00 CET (in 16 h)' },
      { label: 'That is', value: 'device clock 21:00 EST · Tue 24 Nov, 02:00 UTC' },
    ]);
    assert.equal(button, 'Reboot at Tue 24 Nov, 03:00 CET');
    assert.equal(rebootAction.notAfter(parameters(at)), at);
  });

  it('several devices, one of them not to be seen: both warned about', () => {
    const { title, devices, warnings } = summarise(null, [seen('hq-fw01'), unseen('hq-fw02')]);
    assert.equal(title, 'Reboot hq-fw01 and hq-fw02?');
    assert.deepEqual(
      devices.map(({ state }) => state),
      ['ok', 'unreachable'],
    );
    assert.match(warnings.join('\n'), /2 devices go down at the same time\./);
    assert.match(warnings.join('\n'), /Could not look at hq-fw02\./);
  });

  it('a device that has one scheduled already', () => {
    const look = {
      ...seen('hq-fw01'),
      pending: { engine: null, kind: 'reboot', user: 'x', at: null, text: LISTED, each: [] },
    };
    assert.match(
      summarise(null, [look as never]).warnings.join(),
      /A reboot or shutdown of hq-fw01 is already scheduled\. This one will not be sent/,
    );
  });

  it('headlines name the device, and differ between all that can become of it', () => {
    for (const at of [null, NOW]) {
      const states: Headed[] = ['running', 'scheduled', 'done', 'cancelled', 'refused', 'failed', 'unknown', 'mixed'];
      const headlines = states.map((state) => rebootAction.headline(parameters(at), ['hq-fw01'], state));
      assert.ok(headlines.every((headline) => headline.includes('hq-fw01')));
      assert.equal(new Set(headlines).size, states.length);
    }
    assert.equal(rebootAction.headline(parameters(null), ['a', 'b'], 'done'), 'a and b are back');
  });
});

describe('engines', () => {
  const re = (name: string, mastership: string, bootedAt: number) => ({
    name,
    state: 'OK',
    mastership,
    model: null,
    uptimeSeconds: 60,
    bootedAt: new Date(bootedAt),
  });
  const dual = { engines: [re('re0', 'master', 1_000), re('re1', 'backup', 9_000)], ownEngine: 're0' };

  it('of a dual router are chosen on the card; nothing but the own one is preset', () => {
    const { choices } = rebootAction.summarise(parameters(null), [seen('hq-rtr01', dual)], NOW, LONDON);
    assert.deepEqual(choices, [
      {
        id: 'engines hq-rtr01',
        label: 'Engines',
        value: 'this',
        options: [
          { title: 'this one (re0, master); re1 keeps running', value: 'this' },
          { title: 'the other one (re1, backup)', value: 'other' },
          { title: 'both (re0 and re1)', value: 'both' },
        ],
      },
    ]);
  });

  const chosen: [inputs: Record<string, unknown>, engines: object | null][] = [
    [{}, {}],
    [{ 'engines hq-rtr01': 'both' }, { 'hq-rtr01': 'both' }],
    [{ 'engines hq-rtr01': 'member:3' }, { 'hq-rtr01': 'member:3' }],
    [{ 'engines other': 'both' }, {}],
    [{ 'engines hq-rtr01': '' }, null],
    [{ 'engines hq-rtr01': 'everything' }, null],
    [{ 'engines hq-rtr01': 'member:x' }, null],
    [{ 'engines hq-rtr01': ['both'] }, null],
    [{ 'engines hq-rtr01': { toString: () => 'both' } }, null],
  ];
  for (const [inputs, engines] of chosen) {
    it(`${JSON.stringify(inputs)} is ${engines === null ? 'refused' : JSON.stringify(engines)}`, () => {
      const choice = rebootAction.choose(parameters(null), ['hq-rtr01'], inputs);
      if (engines === null) assert.deepEqual(choice, { refused: 'Choose which engines of hq-rtr01 to reboot.' });
      else assert.deepEqual(choice, { parameters: JSON.stringify({ at: null, engines }) });
    });
  }

  const sent: [choice: string | null, xml: string, targets: string[]][] = [
    [null, '<request-reboot/>', ['re0']],
    ['this', '<request-reboot/>', ['re0']],
    ['other', '<request-reboot><other-routing-engine/></request-reboot>', ['re1']],
    ['both', '<request-reboot><both-routing-engines/></request-reboot>', ['re0', 're1']],
  ];
  for (const [choice, xml, targets] of sent) {
    it(`${choice ?? 'nothing chosen'} is sent as ${xml}, and what will prove it is noted before`, async () => {
      const engines = choice === null ? {} : { 'hq-fw01': choice };
      const device = new FakeDevice({}, dual);
      const { asked, evidence } = await run(rebootAction, { at: null, engines }, device);
      assert.equal(asked[1], xml);
      assert.deepEqual(Object.keys((evidence as { before: object }).before), targets);
    });
  }

  it('after a switch-over the card is not true any more: refused, and nothing is sent', async () => {
    const looks = [seen('hq-fw01', dual)];
    const { data } = rebootAction.summarise(parameters(null), looks, NOW, LONDON);
    assert.deepEqual(data, { 'own hq-fw01': 're0' });
    const chosen = rebootAction.choose(parameters(null), ['hq-fw01'], { ...data, 'engines hq-fw01': 'this' });
    assert.ok('parameters' in chosen);
    const confirmed = JSON.parse(chosen.parameters) as object;
    assert.equal((await run(rebootAction, confirmed, new FakeDevice({}, dual))).outcome.status, 'waiting');
    for (const ownEngine of ['re1', null]) {
      const device = new FakeDevice({}, { ...dual, ownEngine });
      const { outcome } = await run(rebootAction, confirmed, device);
      assert.equal(outcome.status, 'refused');
      assert.match(outcome.sentence, /has switched over: the card said that the assistant is on re0.*Nothing was sent/);
      assert.equal(device.reboots, 0);
    }
  });

  it('the answer and the headlines name the engine that goes down', async () => {
    const { outcome } = await run(
      rebootAction,
      { at: null, engines: { 'hq-fw01': 'other' } },
      new FakeDevice({}, dual),
    );
    assert.equal(outcome.sentence, 'hq-fw01 accepted the reboot of re1.');
    const of = (choice: string, state: Headed) =>
      rebootAction.headline(parameters(null, { 'hq-rtr01': choice }), ['hq-rtr01'], state);
    assert.equal(of('other', 'running'), 'Rebooting the other engine of hq-rtr01');
    assert.equal(of('other', 'done'), 'The other engine of hq-rtr01 is back');
    assert.equal(of('member:2', 'refused'), 'Member 2 of hq-rtr01 was not rebooted');
    assert.equal(of('this', 'done'), 'hq-rtr01 is back');
  });

  it('what the platform does not know is refused here, and nothing is noted as sent', async () => {
    const device = new FakeDevice();
    const { outcome, order } = await run(rebootAction, { at: null, engines: { 'hq-fw01': 'both' } }, device);
    assert.equal(outcome.status, 'refused');
    assert.match(outcome.sentence, /shows one Routing Engine only.*Nothing was sent\.$/);
    assert.ok(!order.some((line) => line.startsWith('sent')));
  });
});

describe('what the device is asked', () => {
  it('looks first, notes "sent" directly before the command, asks once', async () => {
    const { asked, order, outcome } = await reboot(null);
    assert.deepEqual(asked, ['<get-reboot-information format="text"/>', '<request-reboot/>']);
    assert.deepEqual(order, [
      'Connected to hq-fw01 (SRX345 · Junos 22.4R3 · up 1 h) | Looking for a reboot that is already scheduled',
      'No other reboot is scheduled | Asking for the reboot',
      'sent after 1: <request-reboot/>',
      'Asked (pid 17221) | Waiting for it to come back',
    ]);
    assert.equal(outcome.status, 'waiting');
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
      const { asked } = await reboot(NOW + inMinutes * MINUTE, { reboot: [SCHEDULED] });
      assert.equal(asked[1], `<request-reboot><in>${sent}</in></request-reboot>`);
    });
  }

  it('the delay is counted when the command goes out, not when the card was clicked', async () => {
    let reads = 0;
    // Connecting and looking took ten minutes.
    const { asked } = await reboot(NOW + 30 * MINUTE, { reboot: [SCHEDULED] }, () => {
      reads += 1;
      return NOW + 10 * MINUTE + reads;
    });
    assert.match(asked[1] ?? '', /<in>20<\/in>/);
  });

  it('a time that passed meanwhile is not made up for', async () => {
    const { outcome, asked } = await reboot(NOW - 61_000);
    assert.equal(asked.length, 1);
    assert.equal(outcome.status, 'failed');
    assert.match(outcome.sentence, /^The time for it, 09:58 GMT, passed .*Nothing was sent/);
  });

  it('a device with a reboot scheduled is left alone', async () => {
    const { outcome, asked, order } = await reboot(null, { pending: [LISTED] });
    assert.deepEqual([asked.length, outcome.status, outcome.answer], [1, 'refused', LISTED]);
    assert.ok(!order.some((line) => line.startsWith('sent')));
  });

  it('a device that does not say what is scheduled is not rebooted', async () => {
    await assert.rejects(reboot(null, { pending: [''] }));
    await assert.rejects(reboot(null, { pending: [lost(true)] }));
  });
});

describe('what its answer means', () => {
  const cases: [what: string, reboot: Says, status: string, sentence: RegExp][] = [
    ['accepted', 'Shutdown NOW!\n[pid 7]', 'waiting', /accepted the reboot and is going down\.$/],
    ['another one is under way', 'shutdown: another shutdown is running', 'refused', /already has a shutdown/],
    ['no permission', rpcError('permission denied'), 'refused', /needs the permission "maintenance"/],
    ['not understood by the device', rpcError('syntax error'), 'refused', /refused the command and changed nothing/],
    ['an error that says nothing', rpcError('could not do it'), 'sent', /no clear answer/],
    ['an answer nobody knows', 'hmm', 'sent', /no clear answer/],
    ['an empty answer', '', 'sent', /no clear answer/],
    ['a session lost after sending', lost(true), 'sent', /no clear answer/],
    ['an answer that is no XML', '<rpc-reply><output>Shut', 'sent', /no clear answer/],
  ];
  for (const [what, answer, status, sentence] of cases) {
    it(`${what}: ${status}`, async () => {
      const device = new FakeDevice({ reboot: [answer] });
      const { outcome } = await run(rebootAction, { at: null }, device);
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
      assert.equal(device.reboots, 1, 'asked once, whatever came of it');
    });
  }

  it('a session lost before the request left is thrown: nothing was sent', async () => {
    await assert.rejects(reboot(null, { reboot: [lost(false)] }), { code: 'closed' });
  });

  const readBacks: [what: string, second: Says, sentence: RegExp][] = [
    ['it lists it', LISTED, /^hq-fw01 reboots at 10:30 GMT\. It lists the reboot/],
    ['it does not list it', NOTHING_PENDING, /does not list it as scheduled\. Check with: show system reboot\.$/],
    ['it cannot be asked any more', lost(true), /could not be asked whether it lists it/],
  ];
  for (const [what, second, sentence] of readBacks) {
    it(`scheduled, and ${what}`, async () => {
      const { outcome, evidence } = await reboot(NOW + 30 * MINUTE, {
        pending: [NOTHING_PENDING, second],
        reboot: [SCHEDULED],
      });
      assert.equal(outcome.status, 'scheduled');
      assert.match(outcome.sentence, sentence);
      assert.equal((evidence as { at: number }).at, NOW + 30 * MINUTE);
    });
  }
});
