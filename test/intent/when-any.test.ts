import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { UnclearReason } from '../../src/intent/intent.ts';
import { readWhen, warmUp, whyUnclear } from '../../src/intent/when.ts';
import { whenSpan } from '../../src/intent/when-words.ts';
import { context } from './fixtures.ts';
import { berlin, inShort, kolkata, london, newYork, tokensOf, when } from './when-fixtures.ts';

const DAY_MS = 86_400_000;

describe('any words', () => {
  const words = fc.constantFrom(
    ...'at on in the a of to past and , - + 5 17 3rd 30 1700 17:00 5pm 3.12 3/12 2026-12-01 25:00 00:30 pm a.m. half'.split(
      ' ',
    ),
    ...'today tomorrow tonight friday next last this week december may noon midnight morning night every from until'.split(
      ' ',
    ),
    ...'minutes hours days 1h30m now UTC CET IST BST Z time Berlin Europe/Berlin +02:00 2-4am hq-fw01 twenty five'.split(
      ' ',
    ),
  );
  const sentence = fc.array(words, { maxLength: 8 }).map((list) => list.join(' '));
  const text = fc.oneof(
    { weight: 4, arbitrary: sentence },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  );
  const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
  const zone = fc.constantFrom(
    'Europe/London',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'Pacific/Apia',
    'UTC',
  );
  const locale = fc.constantFrom('en-gb', 'en-us', 'de-de', 'en-ca', '');

  it('never throw; an answer is ahead and within the limit, and so is a choice', () => {
    fc.assert(
      fc.property(text, instant, zone, locale, (typed, at, zoneOf, localeOf) => {
        const read = readWhen(tokensOf(typed), { ...context, now: new Date(at), zone: zoneOf, locale: localeOf });
        const instants = read.kind === 'unclear' ? read.choices : read.kind === 'now' ? [] : [read.utc];
        for (const utc of instants) {
          assert.match(utc, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          const ahead = Date.parse(utc) - at;
          assert.ok(ahead > 0 || (read.kind === 'in' && ahead > -1_000), `${typed}: ${utc} is not ahead`);
          assert.ok(ahead <= (read.kind === 'in' ? 7 : 183) * DAY_MS, `${typed}: ${utc} is too far`);
        }
        if (read.kind !== 'unclear') return;
        assert.deepEqual(read.choices, [...new Set(read.choices)].sort());
        assert.ok(read.choices.length <= 4);
        if (read.reason === 'several') assert.ok(read.choices.length > 1);
      }),
      { numRuns: 4_000 },
    );
  });

  it('a word more than a time makes it unclear', () => {
    const clear = fc.constantFrom('at 17:00', 'tomorrow at 2am', 'on 3 december at 17:00 CET', 'in 30 minutes', 'now');
    const more = fc.constantFrom(
      'sharp',
      'roughly',
      'maybe',
      'not',
      'hq-fw01',
      '7',
      'last',
      'or',
      'to',
      'week',
      'years',
      '%',
    );
    fc.assert(
      fc.property(clear, more, fc.nat(8), (said, word, place) => {
        const list = said.split(' ');
        list.splice(place, 0, word);
        assert.equal(when(list.join(' '), london).kind, 'unclear', list.join(' '));
      }),
      { numRuns: 500 },
    );
  });

  it('a span stays within the tokens', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const tokens = tokensOf(typed);
        for (const [at] of tokens.entries()) {
          const span = whenSpan(tokens, at);
          assert.ok(span >= 0 && at + span <= tokens.length);
        }
      }),
    );
  });
});

describe('the zone of the process', () => {
  it('changes nothing', () => {
    const before = process.env.TZ;
    const phrases = [
      '3 december at 17:00',
      'five pm',
      'tomorrow at 02:30',
      '29 march at 02:30',
      'on 3/12 at noon',
      'tonight at 2am',
    ];
    const read = () =>
      [london, newYork, berlin, kolkata].flatMap((who) => phrases.map((text) => inShort(when(text, who))));
    try {
      process.env.TZ = 'UTC';
      const expected = read();
      for (const zone of ['Pacific/Apia', 'America/New_York', 'Pacific/Pago_Pago', 'Australia/Lord_Howe']) {
        process.env.TZ = zone;
        assert.deepEqual(read(), expected, zone);
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });
});

describe('whyUnclear', () => {
  const cases: [text: string, reason: UnclearReason, sentence: string][] = [
    ['at 5', 'several', '"at 5" can mean more than one time.'],
    ['today at 09:00', 'past', '"today at 09:00" has passed.'],
    ['between 2 and 4', 'range', '"between 2 and 4" is a span of time. Say one time, such as 02:00.'],
    ['every night', 'repeating', '"every night" repeats. Only one time can be planned.'],
    ['in 2 weeks', 'too-far', '"in 2 weeks" is too far ahead. A delay can be 7 days long, a date 183 days away.'],
    ['2027-03-28 01:30', 'nonexistent', '"2027-03-28 01:30" does not exist that night: clocks go forward.'],
    ['next blue moon', 'unknown', '"next blue moon" is not a time I understand.'],
  ];
  for (const [text, reason, sentence] of cases) {
    it(reason, () => {
      const read = when(text, { ...london, ...(reason === 'nonexistent' ? { now: '2027-03-20T10:00:00Z' } : {}) });
      assert.equal(read.kind, 'unclear');
      assert.equal(read.kind === 'unclear' && read.reason, reason);
      assert.equal(read.kind === 'unclear' && whyUnclear(read), sentence);
    });
  }
});

describe('warmUp', () => {
  it('may be called again and again', () => {
    warmUp();
    warmUp();
    assert.equal(inShort(when('five pm', london)), 'at 11-23T17:00 Europe/London');
  });
});
