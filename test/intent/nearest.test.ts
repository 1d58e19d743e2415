import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nearest, type Vocabulary } from '../../src/intent/nearest.ts';
import { understand } from '../../src/intent/understand.ts';
import { context, inventory } from './fixtures.ts';

const intents = new Set('reboot cancel-reboot show-reboot restart-process collect-logs events devices'.split(' '));
const vocabulary: Vocabulary = { inventory, processes: context.processes, intents, device: 'branch-fw01' };

describe('what may have been meant', () => {
  const cases: [text: string, offered: string[]][] = [
    // A slip of the finger: the sentence put right, with its names and its time.
    ['rebot hq-fw01', ['reboot hq-fw01']],
    ['reboto hq-fw01', ['reboot hq-fw01']],
    ['Rebot HQ-FW01 pls', ['reboot HQ-FW01 pls']],
    ['rebot hq-fw01 and hq-fw02 in 30 minutes', ['reboot hq-fw01 and hq-fw02 in 30 minutes']],
    ['rebot hq-fw01 tomorow at 2am', ['reboot hq-fw01 tomorrow at 2am']],
    ['rebot fw01', ['reboot fw01']],
    ['rebot', ['reboot']],
    ['restrat rpd on hq-rtr01', ['restart rpd on hq-rtr01']],
    ['restrat hq-fw01', ['restart hq-fw01']],
    ['colect logs hq-fw01', ['collect logs hq-fw01']],
    ['lgos hq-fw01', ['logs hq-fw01']],
    ['canel the reboot of hq-fw01', ['cancel the reboot of hq-fw01']],
    ['lsit devcies', ['list devices']],
    ['evnts hq-fw01', ['events hq-fw01']],
    // Several commands: one at a time.
    ['reboot hq-fw01 and restart rpd on hq-rtr01', ['reboot hq-fw01', 'restart rpd on hq-rtr01']],
    ['rebot hq-fw01, then restrat rpd on hq-rtr01', ['reboot hq-fw01', 'restart rpd on hq-rtr01']],
    ['get the logs of hq-fw01 and reboot it', ['get the logs of hq-fw01']],
    // A command, not said as one.
    ['hq-fw01 reboot at 17:00', ['reboot hq-fw01 at 17:00', 'show reboots of hq-fw01', 'events hq-fw01']],
    ['reboot hq-fw01?', ['reboot hq-fw01', 'show reboots of hq-fw01', 'events hq-fw01']],
    ['kill rpd on hq-rtr01', ['restart routing on hq-rtr01']],
    ['restart routing on hq-rtr01 if hq-fw01 is up', ['restart routing on hq-rtr01']],
    ['show logs hq-fw01', ['get the junos logs for hq-fw01']],
    ['cancel hq-fw01', ['cancel the reboot of hq-fw01']],
    // Which on which is for the person to say.
    ['restart rpd on hq-rtr01 and snmpd on hq-sw01', ['show reboots of hq-rtr01, hq-sw01', 'events hq-rtr01, hq-sw01']],
    // A question, a negation, and what is never done: a look at most, or to take it back.
    ['why did hq-fw01 reboot?', ['events hq-fw01', 'show reboots of hq-fw01']],
    ['did you reboot hq-fw01', ['show reboots of hq-fw01', 'events hq-fw01']],
    ["don't reboot hq-fw01", ['cancel the reboot of hq-fw01', 'show reboots of hq-fw01', 'events hq-fw01']],
    ["don't rebot hq-fw01", ['cancel the reboot of hq-fw01']],
    ['shutdown hq-fw01', ['show reboots of hq-fw01', 'events hq-fw01']],
    ['rebot hq-fw01 and shut down hq-fw02', ['events hq-fw01, hq-fw02']],
    // A device and nothing else that is known.
    ['hq-fw01', ['show reboots of hq-fw01', 'events hq-fw01']],
    ['ping hq-fw01', ['show reboots of hq-fw01', 'events hq-fw01']],
    ['hq-fw01 is down', ['events hq-fw01']],
    // No device: the one of before, unless another was typed.
    ['the logs were empty', ['get the junos logs for branch-fw01']],
    ['the logs of hq-fw9 were empty', []],
    ['hello world', []],
    ['now 30 it', []],
    ['', []],
  ];
  for (const [text, offered] of cases)
    it(JSON.stringify(text), () => assert.deepEqual(nearest(text, vocabulary), offered));

  it('is what the person may do', () => {
    const looks = { ...vocabulary, intents: new Set(['events', 'show-reboot']) };
    assert.deepEqual(nearest('rebot hq-fw01', looks), []);
    assert.deepEqual(nearest('hq-fw01 reboot', looks), ['show reboots of hq-fw01', 'events hq-fw01']);
    assert.deepEqual(nearest('reboot hq-fw01 and restart rpd on hq-rtr01', looks), []);
  });

  it('without any device is the list of them', () => {
    const empty = { ...vocabulary, device: null };
    assert.deepEqual(nearest('inventory report', empty), ['devices']);
    assert.deepEqual(nearest('something about logs', empty), []);
  });
});

describe('whatever was typed', () => {
  const word = fc.constantFrom(
    ...'rebot reboot restrat colect logs why not if unless and then hq-fw01 hq-rtr01 HQ-SW01 hq-fw9 rpd snmpd at 17:00 tomorrow shutdown cancel ? , 30 now'.split(
      ' ',
    ),
  );
  const text = fc.oneof(
    fc.array(word, { maxLength: 10 }).map((list) => list.join(' ')),
    fc.string({ unit: 'binary', maxLength: 210 }),
  );

  it('offers what is understood, and no device that was not typed', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const offered = nearest(typed, vocabulary);
        assert.ok(offered.length <= 3);
        assert.equal(new Set(offered).size, offered.length);
        for (const sentence of offered) {
          const { intent, devices } = understand(sentence, context);
          assert.ok(intents.has(intent), `${typed}: ${sentence} is ${intent}`);
          for (const name of devices) {
            const isTyped = typed.toLowerCase().includes(name.toLowerCase());
            assert.ok(isTyped || name === vocabulary.device, `${typed}: ${sentence}`);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
