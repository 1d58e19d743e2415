import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clock, duration, isTimeZone } from '../src/time.ts';

const at = (iso: string) => Date.parse(iso);

describe('clock', () => {
  const FAR = '2020-01-01T00:00:00Z';
  const cases: [instant: string, zone: string, text: string, now?: string, locale?: string][] = [
    ['2026-11-24T02:00:00Z', 'Europe/London', 'Tue 24 Nov, 02:00 GMT'],
    ['2026-11-24T02:00:00Z', 'Europe/London', '02:00 GMT', '2026-11-24T23:59:59Z'],
    ['2026-11-24T02:00:00Z', 'Europe/London', 'Tue 24 Nov, 02:00 GMT', '2026-11-25T00:00:00Z'],
    ['2026-11-24T02:00:00Z', 'UTC', 'Tue 24 Nov, 02:00 UTC'],
    ['2026-11-24T00:00:00Z', 'UTC', 'Tue 24 Nov, 00:00 UTC'],
    // Today is the reader's today: in Tokyo it is tomorrow already, in New York still today.
    ['2026-11-24T02:00:00Z', 'Asia/Tokyo', '11:00 GMT+9', '2026-11-23T16:00:00Z'],
    ['2026-11-24T02:00:00Z', 'America/New_York', '21:00 EST', '2026-11-23T16:00:00Z', 'en-us'],
    ['2026-11-24T02:00:00Z', 'Asia/Kathmandu', 'Tue 24 Nov, 07:45 GMT+5:45'],
    ['2026-06-24T02:00:00Z', 'Europe/Berlin', 'Wed 24 Jun, 04:00 CEST'],
    ['2026-11-24T02:00:00Z', 'Europe/Berlin', 'Tue 24 Nov, 03:00 CET'],
    // Spring forward in London: 01:00 does not exist. Fall back: 01:30 exists twice, and the zone tells which.
    ['2026-03-29T00:59:00Z', 'Europe/London', 'Sun 29 Mar, 00:59 GMT'],
    ['2026-03-29T01:00:00Z', 'Europe/London', 'Sun 29 Mar, 02:00 BST'],
    ['2026-10-25T00:30:00Z', 'Europe/London', 'Sun 25 Oct, 01:30 BST'],
    ['2026-10-25T01:30:00Z', 'Europe/London', 'Sun 25 Oct, 01:30 GMT'],
    ['2026-03-08T06:59:00Z', 'America/New_York', 'Sun 8 Mar, 01:59 EST', FAR, 'en-us'],
    ['2026-03-08T07:00:00Z', 'America/New_York', 'Sun 8 Mar, 03:00 EDT', FAR, 'en-us'],
    ['2026-11-01T05:30:00Z', 'America/New_York', 'Sun 1 Nov, 01:30 EDT', FAR, 'en-us'],
    ['2026-11-01T06:30:00Z', 'America/New_York', 'Sun 1 Nov, 01:30 EST', FAR, 'en-us'],
    // Half an hour, in the south.
    ['2026-04-04T14:30:00Z', 'Australia/Lord_Howe', 'Sun 5 Apr, 01:30 GMT+11'],
    ['2026-04-04T15:30:00Z', 'Australia/Lord_Howe', 'Sun 5 Apr, 02:00 GMT+10:30'],
  ];
  for (const [instant, zone, text, now = FAR, locale = 'en-gb'] of cases) {
    it(`${instant} in ${zone}: ${text}`, () => assert.equal(clock(at(instant), at(now), { zone, locale }), text));
  }

  it('the date is left out on both sides of a change of the clock', () => {
    const reader = { zone: 'Europe/London', locale: 'en-gb' };
    assert.equal(clock(at('2026-03-29T22:59:00Z'), at('2026-03-29T00:00:00Z'), reader), '23:59 BST');
    assert.equal(clock(at('2026-03-29T23:00:00Z'), at('2026-03-29T00:00:00Z'), reader), 'Mon 30 Mar, 00:00 BST');
    assert.equal(clock(at('2026-10-25T23:59:00Z'), at('2026-10-24T23:00:00Z'), reader), '23:59 GMT');
  });
});

describe('duration', () => {
  const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
  const cases: [ms: number, text: string][] = [
    [-5 * SECOND, '0 s'],
    [0, '0 s'],
    [499, '0 s'],
    [500, '1 s'],
    [59.4 * SECOND, '59 s'],
    [59.6 * SECOND, '1 min'],
    [348 * SECOND, '5 min 48 s'],
    [10 * MINUTE, '10 min'],
    [30 * MINUTE, '30 min'],
    [60 * MINUTE, '1 h'],
    [90 * MINUTE, '1 h 30 min'],
    [16 * HOUR, '16 h'],
    [24 * HOUR, '1 day'],
    [25 * HOUR, '1 day 1 h'],
    [48 * HOUR, '2 days'],
    [41 * DAY + 5 * HOUR, '41 days'],
  ];
  for (const [ms, text] of cases) it(`${ms} ms: ${text}`, () => assert.equal(duration(ms), text));

  it('never says 60 of a smaller unit', () => {
    for (let seconds = 0; seconds < 200_000; seconds += 7) {
      const text = duration(seconds * SECOND - 1);
      assert.doesNotMatch(text, /\b60 (?:s|min)\b|\b24 h\b|\b0 (?:min|h)\b/, `${seconds} s`);
    }
  });
});

describe('isTimeZone', () => {
  const cases: [zone: string, isZone: boolean][] = [
    ['Europe/London', true],
    ['UTC', true],
    ['Mars/Olympus', false],
    ['', false],
    ['../etc/passwd', false],
  ];
  for (const [zone, isZone] of cases)
    it(`${zone || 'nothing'}: ${isZone}`, () => assert.equal(isTimeZone(zone), isZone));
});
