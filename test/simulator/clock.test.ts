import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ctime, dateTime, longLength, readAt, timeLength } from '../../simulator/clock.ts';

const WINTER = new Date('2026-01-05T08:09:10Z');
const SUMMER = new Date('2026-07-09T18:15:00Z');

const TIMES: [instant: Date, zone: string, expected: string][] = [
  [WINTER, 'UTC', '2026-01-05 08:09:10 UTC'],
  [WINTER, 'Europe/Berlin', '2026-01-05 09:09:10 CET'],
  [SUMMER, 'Europe/Berlin', '2026-07-09 20:15:00 CEST'],
  [SUMMER, 'America/Los_Angeles', '2026-07-09 11:15:00 PDT'],
  [SUMMER, 'Asia/Kolkata', '2026-07-09 23:45:00 IST'],
  [SUMMER, 'America/Sao_Paulo', '2026-07-09 15:15:00 -03'],
  [SUMMER, 'Asia/Kathmandu', '2026-07-10 00:00:00 +0545'],
];
for (const [instant, zone, expected] of TIMES) {
  test(`the device's clock reads ${expected}`, () => assert.equal(dateTime(instant, zone), expected));
}

test('ctime pads the day with a space', () => {
  assert.equal(ctime(SUMMER, 'UTC'), 'Thu Jul  9 18:15:00 2026');
  assert.equal(ctime(new Date('2026-11-23T10:05:00Z'), 'Asia/Tokyo'), 'Mon Nov 23 19:05:00 2026');
});

test('lengths of time', () => {
  assert.deepEqual([timeLength(14_234), timeLength(206_599)], ['03:57:14', '2d 09:23']);
  assert.deepEqual(
    [longLength(0), longLength(60), longLength(115_180)],
    ['0 seconds', '1 minute, 0 seconds', '1 day, 7 hours, 59 minutes, 40 seconds'],
  );
});

const AT: [value: string, zone: string, expected: string | undefined][] = [
  ['2611231700', 'UTC', '2026-11-23T17:00:00.000Z'],
  ['2611231700', 'America/New_York', '2026-11-23T22:00:00.000Z'],
  ['17:00', 'Europe/Berlin', '2026-01-05T16:00:00.000Z'],
  // The hour that does not exist when summer time begins.
  ['2603290230', 'Europe/Berlin', undefined],
  ['2613011200', 'UTC', undefined],
  ['26112317', 'UTC', undefined],
  ['tomorrow', 'UTC', undefined],
];
for (const [value, zone, expected] of AT) {
  test(`at ${value} in ${zone}`, () => assert.equal(readAt(value, WINTER, zone)?.toISOString(), expected));
}

test('a time written on the device reads back as the same instant', () => {
  const minutes = fc
    .integer({ min: 0, max: 50 * 365 * 24 * 60 })
    .map((value) => new Date(Date.UTC(2001, 0) + value * 60_000));
  fc.assert(
    fc.property(minutes, fc.constantFrom('UTC', 'Asia/Kolkata', 'Asia/Tokyo'), (instant, zone) => {
      const written = dateTime(instant, zone).slice(2, 16).replace(/\D/g, '');
      assert.equal(readAt(written, WINTER, zone)?.getTime(), instant.getTime());
    }),
  );
});
