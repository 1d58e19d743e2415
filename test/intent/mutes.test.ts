import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';
import { summaryOf } from './summary.ts';

const said = (text: string) => {
  const intent = understand(text, context);
  const event = intent.intent === 'reboot' ? null : (intent.event ?? null);
  return summaryOf(intent) + (event === null ? '' : ` event=${event}`);
};

const table = (cases: [text: string, understood: string][]) => {
  for (const [text, understood] of cases) it(text, () => assert.equal(said(text), understood));
};

describe('a device to mute', () => {
  table([
    ['mute hq-fw01 for 8 hours', 'mute hq-fw01 in=480'],
    ['mute hq-fw01 for 30 minutes', 'mute hq-fw01 in=30'],
    ['mute hq-fw01 8h', 'mute hq-fw01 in=480'],
    ['mute hq-fw01 for 1h30m', 'mute hq-fw01 in=90'],
    ['mute hq-fw01 for an hour', 'mute hq-fw01 in=60'],
    ['mute hq-fw01 for a week', 'mute hq-fw01 in=10080'],
    ['mute hq-fw01 for', 'mute hq-fw01'],
    ['mute hq-fw01 until 06:00', 'mute hq-fw01 at=2026-11-24T06:00:00Z'],
    ['mute hq-fw01 till 6am', 'mute hq-fw01 at=2026-11-24T06:00:00Z'],
    ['mute hq-fw01 until tomorrow 06:00', 'mute hq-fw01 at=2026-11-24T06:00:00Z'],
    ['mute hq-fw01 until tomorrow at 06:00', 'mute hq-fw01 at=2026-11-24T06:00:00Z'],
    ['mute hq-fw01 until at 06:00', 'mute hq-fw01 at=2026-11-24T06:00:00Z'],
    ['mute hq-fw01 until monday 8am', 'mute hq-fw01 at=2026-11-30T08:00:00Z'],
    ['mute hq-fw01', 'mute hq-fw01'],
    ['mute HQ-FW01', 'mute hq-fw01'],
    ['MUTE hq-fw01 FOR 8 HOURS', 'mute hq-fw01 in=480'],
    ['mute hq-fw01.', 'mute hq-fw01'],
    ['mute hq-fw01!', 'mute hq-fw01'],
    ['mute hq-fw01 please', 'mute hq-fw01'],
    ['please mute hq-fw01', 'mute hq-fw01'],
    ['can you mute hq-fw01', 'mute hq-fw01'],
    ['can you mute hq-fw01 for an hour?', 'mute hq-fw01 in=60'],
    ['could you please mute hq-fw01?', 'mute hq-fw01'],
    ['hi, mute hq-fw01', 'mute hq-fw01'],
    ['hey bot, mute hq-fw01 for 2h thanks', 'mute hq-fw01 in=120'],
    ['mute hq-fw01 for 2h thanks', 'mute hq-fw01 in=120'],
    ['mute hq-fw01 now', 'mute hq-fw01'],
    ['mute "hq-fw01"', 'mute hq-fw01'],
    ["mute hq-fw01's alerts", 'mute hq-fw01'],
    ['mute the alerts of hq-fw01 for 8 hours', 'mute hq-fw01 in=480'],
    ['mute alerts from hq-fw01', 'mute hq-fw01'],
    ['mute the device hq-fw01', 'mute hq-fw01'],
    ['mute all alerts of hq-fw01', 'mute hq-fw01'],
    ['mute all events on hq-fw01 for 1 hour', 'mute hq-fw01 in=60'],
    ['silence hq-fw01', 'mute hq-fw01'],
    ['silence hq-fw01 for 1 hour', 'mute hq-fw01 in=60'],
    ['snooze hq-fw01', 'mute hq-fw01'],
    ['snooze hq-fw01 for 10m', 'mute hq-fw01 in=10'],
    ['mute NY_edge.example.net', 'mute NY_edge.example.net'],
    ['mute everything', 'mute'],
    ['mute all', 'mute'],
    ['mute', 'mute'],
    ['mute alerts', 'mute'],
    ['mute all alerts', 'mute'],
    ['mute all devices', 'mute'],
    ['mute hq-fw01 and hq-fw02', 'mute hq-fw01 hq-fw02'],
    ['mute hq-fw01, hq-fw02', 'mute hq-fw01 hq-fw02'],
    ['mute hq-fw01 for me', 'mute hq-fw01'],
    ['mute 10.0.0.1', 'mute 10.0.0.1'],
    ['mute 10.0.0.1 for 2h', 'mute 10.0.0.1 in=120'],
    ['mute core', 'mute core'],
    ['mute now', 'mute'],
    ['mute depot', 'mute depot'],
    ['mute 30 minutes', 'mute in=30'],
    ['mute for 30 minutes', 'mute in=30'],
    ['mute until 06:00', 'mute at=2026-11-24T06:00:00Z'],
    ['mute the bot', 'mute'],
    ['silence please', 'mute'],
    ['silence', 'mute'],
    ['silence!', 'mute'],
    ['mute hq-fw01 for the next 2 hours', 'mute hq-fw01 in=120'],
    ['I want to mute hq-fw01', 'mute hq-fw01'],
    ["let's mute hq-fw01", 'mute hq-fw01'],
  ]);
});

describe('an event to mute', () => {
  table([
    ['mute SNMP_TRAP_LINK_DOWN', 'mute event=SNMP_TRAP_LINK_DOWN'],
    ['mute snmp_trap_link_down', 'mute event=SNMP_TRAP_LINK_DOWN'],
    ['mute SNMP_TRAP_LINK_DOWN until 06:00', 'mute at=2026-11-24T06:00:00Z event=SNMP_TRAP_LINK_DOWN'],
    ['mute SNMP_TRAP_LINK_DOWN for 2 hours', 'mute in=120 event=SNMP_TRAP_LINK_DOWN'],
    ['mute SNMP_TRAP_LINK_DOWN on hq-fw01', 'mute hq-fw01 event=SNMP_TRAP_LINK_DOWN'],
    ['mute the event SNMP_TRAP_LINK_DOWN', 'mute event=SNMP_TRAP_LINK_DOWN'],
    ['mute RPD_BGP_NEIGHBOR_STATE_CHANGED for a day', 'mute in=1440 event=RPD_BGP_NEIGHBOR_STATE_CHANGED'],
  ]);
});

describe('a time that is none leaves a question', () => {
  table([
    ['mute hq-fw01 for 3 weeks', 'mute hq-fw01 unclear="for 3 weeks"'],
    ['mute hq-fw01 until tomorrow', 'mute hq-fw01 unclear="until tomorrow"'],
    ['mute hq-fw01 until tomorrow morning', 'mute hq-fw01 unclear="until tomorrow morning"'],
    ['mute hq-fw01 until 5', 'mute hq-fw01 unclear="until 5"'],
    ['mute hq-fw01 until', 'mute hq-fw01 unclear="until"'],
    ['mute hq-fw01 until further notice', 'mute hq-fw01 unclear="until further notice"'],
    ['mute may-fw01 until may 3', 'mute may-fw01 unclear="until may 3"'],
    ['mute hq-fw01 for 0 minutes', 'mute hq-fw01 unclear="for 0 minutes"'],
    ['mute hq-fw01 until 31.12.', 'mute hq-fw01 unclear="until 31.12"'],
    ['mute hq-fw01 until yesterday', 'mute hq-fw01 unclear="until yesterday"'],
    ['mute hq-fw01 until 9:00 london time', 'mute hq-fw01 unclear="until 9:00 london time"'],
    ['mute hq-fw01 until 06:00 and SNMP_TRAP_LINK_DOWN', 'mute hq-fw01 unclear="until 06:00 and SNMP_TRAP_LINK_DOWN"'],
  ]);
});

describe('what is not known stays in it, so that nothing is muted', () => {
  table([
    ['mute hq-fw01 for a while', 'mute hq-fw01 ?a() ?while()'],
    ['mute hq-fw01 for ever', 'mute hq-fw01 ?ever()'],
    ['mute hq-fw01 forever', 'mute hq-fw01 ?forever()'],
    ['mute hq-fw01 at 17:00', 'mute hq-fw01 ?at(it) ?17:00()'],
    ['mute hq-fw01 in 2 hours', 'mute hq-fw01 ?in(it) in=120'],
    ['mute hq-fw01 tonight', 'mute hq-fw01 ?tonight()'],
    ['mute hq-fw01 from 17:00 to 18:00', 'mute hq-fw01 ?17:00() ?to() ?18:00()'],
    ['mute SNMP_TRAP_LINK_DOWN everywhere', 'mute ?everywhere() event=SNMP_TRAP_LINK_DOWN'],
    ['mute SNMP_TRAP_LINK_DOWN and SNMP_TRAP_LINK_UP', 'mute ?SNMP_TRAP_LINK_UP() event=SNMP_TRAP_LINK_DOWN'],
    ['mute it', 'mute ?it(it)'],
    ['mute this', 'mute ?this()'],
    ['mute them all', 'mute ?them()'],
    ['mute hq', 'mute ?hq()'],
    ['mute site hq', 'mute ?site() ?hq()'],
    ['mute hq for 2 hours', 'mute ?hq() in=120'],
    ['mute all firewalls', 'mute ?firewalls()'],
    ['mute hq-fw01 and reboot it', 'mute hq-fw01 ?reboot() ?it(it)'],
    ['mute hq-fw01 and reboot hq-fw02', 'mute hq-fw01 hq-fw02 ?reboot()'],
    ['mute hq-fw01 then reboot it', 'mute hq-fw01 ?then() ?reboot() ?it(it)'],
    ['mute hq-fw01; reboot hq-fw02', 'mute hq-fw01 hq-fw02 ?;() ?reboot()'],
    ['mute hq-fw01 for 1 hour and reboot it', 'mute hq-fw01 ?1() ?hour() ?reboot() ?it(it)'],
    ['mute hq-fw01 and unmute hq-fw02', 'mute hq-fw01 hq-fw02 ?unmute()'],
    ['mute and reboot hq-fw01', 'mute hq-fw01 ?reboot()'],
    ['mute hq-fw01 not', 'mute hq-fw01 ?not(now)'],
    ['mute not hq-fw01', 'mute hq-fw01 ?not(now)'],
    ['mute everything but hq-fw01', 'mute hq-fw01 ?but()'],
    ['mute all except hq-fw01', 'mute hq-fw01 ?except()'],
    ['mute hq-fw01 but not hq-fw02', 'mute hq-fw01 hq-fw02 ?but() ?not(now)'],
    ['mute hq-fw01 except SNMP_TRAP_LINK_DOWN', 'mute hq-fw01 ?except() event=SNMP_TRAP_LINK_DOWN'],
    ['mute nothing', 'mute ?nothing()'],
    ['mute no alerts from hq-fw01', 'mute hq-fw01 ?no(now)'],
    ['mute hq-fw01 if it is noisy', 'mute hq-fw01 ?if(it) ?it(it) ?is(it) ?noisy()'],
    ['mute hq-fw01 for 8 hours, not hq-fw02', 'mute hq-fw01 hq-fw02 ?8() ?hours() ?not(now)'],
    ['mute hq-fw9', 'mute ?hq-fw9(hq-fw01 hq-fw02)'],
    ['mute hq-fw', 'mute ?hq-fw(hq-fw01 hq-fw02)'],
    ['mute fw01', 'mute ?fw01(hq-fw01 may-fw01 branch-fw01)'],
    ['mute hqfw01', 'mute ?hqfw01(hq-fw01 hq-fw02 hq-sw01)'],
    ['mute printer', 'mute ?printer()'],
    ['mute printer for 8 hours', 'mute ?printer() in=480'],
    ['mute hq-fw01 hq-fw9', 'mute hq-fw01 ?hq-fw9(hq-fw01 hq-fw02)'],
    ['mute it for 2 hours', 'mute ?it(it) in=120'],
    ['mute 30', 'mute ?30(30)'],
    ['mute 30 for 30 minutes', 'mute ?30(30) in=30'],
    ['mute yourself', 'mute ?yourself()'],
    ['mute me', 'mute ?me()'],
    ['mute hq-fw01 for -5 minutes', 'mute hq-fw01 ?-5() ?minutes()'],
    ['mute hq-fw01 for 5', 'mute hq-fw01 ?5()'],
    ['mute hq-fw01 for 1,5 hours', 'mute hq-fw01 ?1,5() ?hours()'],
    ['mute hq-fw01 for 999999 hours', 'mute hq-fw01 ?999999() ?hours()'],
    ['mute hq-fw01 over the weekend', 'mute hq-fw01 ?over() ?weekend()'],
    ['mute hq-fw01 for the weekend', 'mute hq-fw01 ?weekend()'],
    ['mute hq-fw01 during the maintenance', 'mute hq-fw01 ?during() ?maintenance()'],
    ['mute hq-fw01 for tonight', 'mute hq-fw01 ?tonight()'],
    ['mute critical alerts', 'mute ?critical()'],
    ['mute warnings', 'mute ?warnings()'],
    ['mute critical', 'mute ?critical()'],
    ['mute __proto__', 'mute ?__proto__()'],
    ['mute constructor', 'mute ?constructor()'],
    ['mute hq-fw01 with password secret123', 'mute hq-fw01 ?with() ?password() ?secret123()'],
    ['mute: hq-fw01', 'mute hq-fw01 ?:()'],
  ]);
});

describe('to end a mute', () => {
  table([
    ['unmute hq-fw01', 'unmute hq-fw01'],
    ['Unmute HQ-FW01', 'unmute hq-fw01'],
    ['un-mute hq-fw01', 'unmute hq-fw01'],
    ['unsilence hq-fw01', 'unmute hq-fw01'],
    ['unsnooze hq-fw01', 'unmute hq-fw01'],
    ['please unmute hq-fw01', 'unmute hq-fw01'],
    ['unmute hq-fw01 please', 'unmute hq-fw01'],
    ['can you unmute hq-fw01?', 'unmute hq-fw01'],
    ['unmute SNMP_TRAP_LINK_DOWN', 'unmute event=SNMP_TRAP_LINK_DOWN'],
    ['unmute', 'unmute'],
    ['unmute all', 'unmute'],
    ['unmute everything', 'unmute'],
    ['unmute it', 'unmute ?it(it)'],
    ['unmute hq-fw01 and hq-fw02', 'unmute hq-fw01 hq-fw02'],
    ['unmute hq-fw01 at 17:00', 'unmute hq-fw01 ?at(it) ?17:00()'],
    ['unmute hq-fw01 in 2 hours', 'unmute hq-fw01 ?in(it) ?2() ?hours()'],
    ['unmute hq-fw01 and reboot it', 'unmute hq-fw01 ?reboot() ?it(it)'],
    ['unmute hq-fw9', 'unmute ?hq-fw9(hq-fw01 hq-fw02)'],
    ['unmute nothing', 'unmute ?nothing()'],
    ['unmute all except hq-fw01', 'unmute hq-fw01 ?except()'],
  ]);
});

describe('what is muted', () => {
  for (const text of [
    'why is hq-fw01 muted?',
    'why is hq-fw01 muted',
    'is hq-fw01 muted?',
    'is hq-fw01 muted',
    'who muted hq-fw01',
    'who muted hq-fw01?',
    'what is muted?',
    "what's muted",
    'whats muted',
    'muted',
    'muted?',
    'mutes',
    'show muted',
    'show mutes',
    'show me what is muted',
    'list mutes',
    'which devices are muted',
    'which devices are muted?',
    'what devices are muted',
    'show muted devices',
    'Muted',
    'MUTED',
  ]) {
    it(text, () => assert.equal(said(text), 'muted'));
  }
});

describe('alerts that go nowhere', () => {
  for (const text of [
    'alerts off',
    'Alerts Off',
    'ALERTS OFF',
    'alerts off!',
    'turn alerts off',
    'turn off alerts',
    'please turn off alerts',
    'turn off the alerts',
    'no alerts here',
    'stop alerts',
    'stop the alerts',
  ]) {
    it(text, () => assert.equal(said(text), 'alerts-off'));
  }
});

describe('a question, a negation, a statement, half of two commands', () => {
  for (const text of [
    'mute hq-fw01?',
    'reboot hq-fw01 and mute it',
    'reboot hq-fw01 and mute hq-fw02',
    "don't mute hq-fw01",
    'do not mute hq-fw01',
    'never mute hq-fw01',
    'should I mute hq-fw01',
    'should I mute hq-fw01?',
    'when is hq-fw01 unmuted',
    'unmute hq-fw01?',
    "don't unmute hq-fw01",
    'stop muting hq-fw01',
    'end the mute of hq-fw01',
    'muted hq-fw01',
    'muting hq-fw01',
    'hq-fw01: mute',
    'hq-fw01 mute',
    'alerts off?',
    'turn off alerts for hq-fw01',
    'alerts off for hq-fw01',
    'alerts off on hq-fw01',
    'alerts off for 2 hours',
    'stop alerts from hq-fw01',
    'no alerts',
    'alerts on',
    'turn alerts on',
    "don't turn alerts off",
    'do not send alerts here',
    'be silent',
    'for 8 hours mute hq-fw01',
    'I muted hq-fw01',
    'Alex muted hq-fw01',
    'mutee hq-fw01',
    'mut hq-fw01',
    '@bot mute hq-fw01',
    '> mute hq-fw01',
  ]) {
    it(text, () => assert.equal(said(text), 'unknown'));
  }
});

it('how to do it is a question for help', () => {
  for (const text of ['how do I mute hq-fw01?', 'how can I unmute a device', 'how to silence hq-fw01']) {
    assert.equal(said(text), 'help');
  }
});
