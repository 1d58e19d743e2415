import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { whenSpan } from '../../src/intent/when-words.ts';
import { context } from './fixtures.ts';
import { inShort, tokensOf } from './when-fixtures.ts';

describe('whenSpan', () => {
  const all = [
    'at 5 pm tomorrow',
    'tomorrow at 2am',
    'on 3/12 at 17:00',
    '2026-12-01 03:00',
    'next tuesday at noon',
    'in 1 hour 30 minutes',
    'in 1 hour, 30 minutes',
    '17:00 UTC',
    '17:00 UTC+2',
    '02:30 CET',
    '5pm New York time',
    '5 p.m. on friday, 4 december',
    'the third of december at 5pm',
    'between 2 and 4',
    'a week from today at 1am',
    'as soon as possible',
    '2-4am',
  ];
  for (const text of all)
    it(`takes all of "${text}"`, () => assert.equal(whenSpan(tokensOf(text), 0), tokensOf(text).length));

  const parts: [text: string, tokens: number][] = [
    ['hq-fw01 at 5pm', 0],
    ['at hq', 0],
    ['on hq-fw01', 0],
    ['and hq-fw02', 0],
    ['and 17:00', 0],
    [', 17:00', 0],
    ['may-fw01', 0],
    ['10.0.0.1', 0],
    ['third hq-fw01', 0],
    ['west', 0],
    ['New York', 0],
    ['', 0],
    ['5pm and hq-fw02', 1],
    ['at 5pm, hq-fw02', 2],
    ['17:00 on hq-fw01', 1],
    ['at 17:00 + hq-fw02', 2],
    ['in 30 minutes please', 3],
  ];
  for (const [text, tokens] of parts)
    it(`takes ${tokens} of "${text}"`, () => assert.equal(whenSpan(tokensOf(text), 0), tokens));
});

describe('a time around names', () => {
  const cases: [text: string, devices: string, when: string][] = [
    ['reboot hq-fw01 at 17:00', 'hq-fw01', 'at 11-23T17:00 Europe/London'],
    ['at 17:00 reboot hq-fw01', 'hq-fw01', 'at 11-23T17:00 Europe/London'],
    ['reboot at 17:00 hq-fw01', 'hq-fw01', 'at 11-23T17:00 Europe/London'],
    ['tomorrow at 2am, please reboot hq-fw01 and hq-fw02', 'hq-fw01 hq-fw02', 'at 11-24T02:00 Europe/London'],
    ['tomorrow reboot hq-fw01 at 2am', 'hq-fw01', 'at 11-24T02:00 Europe/London'],
    ['tomorrow can you reboot hq-fw01 at 17:00?', 'hq-fw01', 'at 11-24T17:00 Europe/London'],
    ['reboot may-fw01 at 17:00', 'may-fw01', 'at 11-23T17:00 Europe/London'],
    ['reboot 10.0.0.1 at 17:00', '10.0.0.1', 'at 11-23T17:00 Europe/London'],
    ['reboot may-fw01 on 3 december at 17:00', 'may-fw01', 'at 12-03T17:00 Europe/London'],
    ['reboot hq-fw01, hq-fw02 on friday at 3am', 'hq-fw01 hq-fw02', 'at 11-27T03:00 Europe/London'],
    ['reboot hq-fw01 at 5 p.m. please', 'hq-fw01', 'at 11-23T17:00 Europe/London'],
    ['reboot hq-fw01 at 17:00 and hq-fw02 at 18:00', 'hq-fw01 hq-fw02', 'unknown'],
    ['reboot hq-fw01 at 17:00 and hq-fw02', 'hq-fw01 hq-fw02', 'unknown'],
    ['reboot hq-fw01 at 17:00 or 18:00', 'hq-fw01', 'unknown'],
    ['reboot hq-fw01 at 17:00 sharp', 'hq-fw01', 'unknown'],
    ['reboot hq-fw01 at 17:00 unless it is busy', 'hq-fw01', 'unknown'],
    ['reboot hq-fw01 not tomorrow at 5pm', 'hq-fw01', 'unknown'],
    ['reboot hq-fw01 at', 'hq-fw01', 'unknown'],
  ];
  for (const [text, devices, when] of cases) {
    it(text, () => {
      const intent = understand(text, context);
      assert.equal(intent.devices.join(' '), devices);
      assert.equal(intent.when && inShort(intent.when), when);
    });
  }
});
