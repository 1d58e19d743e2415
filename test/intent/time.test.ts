import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';

describe('in how long', () => {
  const cases: [text: string, minutes: number][] = [
    ['in 30 minutes', 30],
    ['in 30 min', 30],
    ['in 5m', 5],
    ['in 5 m', 5],
    ['in half an hour', 30],
    ['in half hour', 30],
    ['in an hour', 60],
    ['in one hour', 60],
    ['in 1 hour 30 minutes', 90],
    ['in 1 hour, 30 minutes', 90],
    ['in 1 hour and 30 minutes', 90],
    ['in 1h30m', 90],
    ['in 1h 30m', 90],
    ['in 1h30', 90],
    ['in 1.5 hours', 90],
    ['in 1.1 hours', 66],
    ['in an hour and a half', 90],
    ['in one and a half hours', 90],
    ['in two hours and a half', 150],
    ['in 90 seconds', 2],
    ['in 61s', 2],
    ['in 1 second', 1],
    ['in twenty-five minutes', 25],
    ['in twenty five minutes', 25],
    ['in sixty minutes', 60],
    ['in nineteen min', 19],
    ["in 30 minutes' time", 30],
    ['in 10 minutes from now', 10],
    ['30 minutes from now', 30],
    ['in a couple of hours', 120],
    ['in a day', 1440],
    ['in 7 days', 10_080],
    ['in a week', 10_080],
    ['in 1 day 2 hours 3 minutes', 1563],
    ['in 30 minutes please', 30],
    ['in 5 minutes, in five minutes', 5],
  ];
  for (const [text, minutes] of cases) {
    it(`${text} -> ${minutes} minutes`, () => {
      const utc = new Date(Date.parse('2026-11-23T10:00:00Z') + minutes * 60_000).toISOString().replace('.000', '');
      for (const command of [`reboot hq-fw01 ${text}`, `${text} reboot hq-fw01`, `reboot ${text} hq-fw01`]) {
        const intent = understand(command, context);
        assert.deepEqual(intent.devices, ['hq-fw01'], command);
        assert.deepEqual(intent.when, { kind: 'in', minutes, utc }, command);
        assert.equal(intent.ask, null);
      }
    });
  }

  it('is exact: the published form', () => {
    const intent = understand('reboot hq-fw01 and hq-fw9 in 30 minutes', context);
    assert.equal(
      JSON.stringify(intent),
      '{"intent":"reboot","devices":["hq-fw01"],"unresolved":[{"text":"hq-fw9","suggestions":["hq-fw01","hq-fw02"]}],' +
        '"when":{"kind":"in","minutes":30,"utc":"2026-11-23T10:30:00Z"},"process":null,"mode":null,"extensive":false,"ask":null,"unresolvedProcess":null}',
    );
  });
});

describe('a time that is not clear is never guessed', () => {
  const cases = [
    'in 0 minutes',
    'in 8 days',
    'in 169 hours',
    'in 2 weeks',
    'in 1 hour 30',
    'in 1,5 hours',
    'in ½ hour',
    'in 1½ hours',
    'in -5 minutes',
    'in 30-40 minutes',
    'in 1e3 minutes',
    'in 100000 minutes',
    'in 30m1h',
    'in about 30 minutes',
    'in a hundred minutes',
    'in sixty five minutes',
    'in a few minutes',
    'in minutes',
    'in 30 minutes roughly',
    'in 30 minutes and 10 minutes',
    'in 5 minutes in 10 minutes',
    'now in 10 minutes',
    'in 30 minutes at 17:00',
    'in an hour and a half hour',
    'within 30 minutes',
    'after 30 minutes',
    'every 30 minutes',
    'for 30 minutes',
  ];
  for (const text of cases) {
    it(text, () => {
      const intent = understand(`reboot hq-fw01 ${text}`, context);
      assert.equal(intent.when?.kind, 'unclear');
      assert.equal(intent.ask, 'time');
      assert.deepEqual(intent.devices, ['hq-fw01']);
    });
  }

  it('when it stands between two names', () => {
    const intent = understand('reboot hq-fw01 now and hq-fw02', context);
    assert.deepEqual(intent.devices, ['hq-fw01', 'hq-fw02']);
    assert.deepEqual(intent.when, { kind: 'unclear', text: 'now', choices: [], reason: 'unknown' });
  });
});
