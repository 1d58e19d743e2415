import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { understand } from '../../src/intent/understand.ts';
import { context } from './fixtures.ts';
import { berlin, inShort, kolkata, london, newYork, type Speaker, when } from './when-fixtures.ts';

type Case = [text: string, expected: string];

/** Expected as `inShort` writes it; in London without the zone. */
function table(name: string, speaker: Speaker, cases: Case[]): void {
  describe(`${name}, ${speaker.now} ${speaker.zone} ${speaker.locale}`, () => {
    for (const [text, expected] of cases) {
      it(`${text} -> ${expected}`, () => {
        assert.equal(inShort(when(text, speaker)).replace(` ${speaker.zone}`, ''), expected);
        // The same in a sentence: no word of the time may get lost on the way.
        const { now, ...person } = speaker;
        const said = understand(`reboot hq-fw01 ${text}`, { ...context, ...person, now: new Date(now) });
        assert.deepEqual(said.devices, ['hq-fw01']);
        assert.ok(said.when);
        assert.equal(inShort(said.when).replace(` ${speaker.zone}`, ''), expected);
      });
    }
  });
}

table('clock times', london, [
  ['at 17:00', 'at 11-23T17:00'],
  ['17:00', 'at 11-23T17:00'],
  ['at 17:00:30', 'at 11-23T17:00:30Z'],
  ['at 09:00', 'at 11-24T09:00'],
  ['at 10:00', 'at 11-24T10:00'],
  ['at 10:01', 'at 11-23T10:01'],
  ['@ 17:00', 'at 11-23T17:00'],
  ['1700', 'at 11-23T17:00'],
  ['at 1700', 'at 11-23T17:00'],
  ['at 0500', 'at 11-24T05:00'],
  ['0500', 'at 11-24T05:00'],
  ['1700 hours', 'at 11-23T17:00'],
  ['at 2026', 'at 11-23T20:26'],
  ['05:00', 'at 11-24T05:00'],
  ['at 05', 'at 11-24T05:00'],
  ['at 17', 'at 11-23T17:00'],
  ['at 17.30', 'at 11-23T17:30'],
  ['17h', 'at 11-23T17:00'],
  ['17h30', 'at 11-23T17:30'],
  ['3am', 'at 11-24T03:00'],
  ['3 am', 'at 11-24T03:00'],
  ['3a.m.', 'at 11-24T03:00'],
  ['3 a.m.', 'at 11-24T03:00'],
  ['3.30pm', 'at 11-23T15:30'],
  ['5:30 p.m.', 'at 11-23T17:30'],
  ['at 5pm', 'at 11-23T17:00'],
  ['five pm', 'at 11-23T17:00'],
  ['five thirty pm', 'at 11-23T17:30'],
  ['at seventeen thirty', 'at 11-23T17:30'],
  ['five pm on 3 december', 'at 12-03T17:00'],
  ["5 o'clock pm", 'at 11-23T17:00'],
  ['half past 3 pm', 'at 11-23T15:30'],
  ['a quarter past 5 pm', 'at 11-23T17:15'],
  ['half past 3 in the afternoon', 'at 11-23T15:30'],
  ['3 in the morning', 'at 11-24T03:00'],
  ['three in the morning', 'at 11-24T03:00'],
  ['10 at night', 'at 11-23T22:00'],
  ['noon', 'at 11-23T12:00'],
  ['at midday', 'at 11-23T12:00'],
  ['12 noon', 'at 11-23T12:00'],
  ['12pm', 'at 11-23T12:00'],
  ['12am', 'at 11-24T00:00'],
  ['midnight', 'at 11-24T00:00'],
  ['00:00', 'at 11-24T00:00'],
  ['24:00', 'at 11-24T00:00'],
  ['quarter to midnight', 'at 11-23T23:45'],
  ['at 10:30', 'at 11-23T10:30'],
]);

table('clock times with two readings', london, [
  ['at 5', 'several 11-23T17:00 11-24T05:00'],
  ['at 2', 'several 11-23T14:00 11-24T02:00'],
  ['at five', 'several 11-23T17:00 11-24T05:00'],
  ["5 o'clock", 'several 11-23T17:00 11-24T05:00'],
  ['3:30', 'several 11-23T15:30 11-24T03:30'],
  ['half past 3', 'several 11-23T15:30 11-24T03:30'],
  ['half past three', 'several 11-23T15:30 11-24T03:30'],
  ['quarter to 5', 'several 11-23T16:45 11-24T04:45'],
  ['ten to five', 'several 11-23T16:50 11-24T04:50'],
  ['10 minutes to 5', 'several 11-23T16:50 11-24T04:50'],
  ['twenty past four', 'several 11-23T16:20 11-24T04:20'],
  ['at 12', 'several 11-23T12:00 11-24T00:00'],
  ['at 5 tomorrow', 'several 11-24T05:00 11-24T17:00'],
  ['on friday at 10', 'several 11-27T10:00 11-27T22:00'],
]);

table('a leading zero, two digits and the habit of the country', newYork, [
  ['05:00', 'at 11-24T10:00'],
  ['10:30', 'several 11-23T15:30 11-24T03:30'],
  ['17:30', 'at 11-23T22:30'],
  ['2026-12-01 10:30', 'at 12-01T15:30'],
  ['10:30 UTC', 'at 11-23T10:30 UTC'],
]);

table('days', london, [
  ['today at 17:00', 'at 11-23T17:00'],
  ['5pm today', 'at 11-23T17:00'],
  ['tomorrow at 2am', 'at 11-24T02:00'],
  ['tomorrow 2am', 'at 11-24T02:00'],
  ['2am tomorrow', 'at 11-24T02:00'],
  ['at 5 pm tomorrow', 'at 11-24T17:00'],
  ['tomorrow morning at 3', 'at 11-24T03:00'],
  ['tomorrow at 3 in the morning', 'at 11-24T03:00'],
  ['this evening at 8', 'at 11-23T20:00'],
  ['tonight at 2am', 'at 11-24T02:00'],
  ['tonight at 2', 'at 11-24T02:00'],
  ['tonight at 9', 'at 11-23T21:00'],
  ['10 tonight', 'at 11-23T22:00'],
  ['22:00 tonight', 'at 11-23T22:00'],
  ['tonight at 5', 'several 11-23T17:00 11-24T05:00'],
  ['midnight tonight', 'at 11-24T00:00'],
  ['tonight at midnight', 'at 11-24T00:00'],
  ['today at midnight', 'at 11-24T00:00'],
  ['tomorrow at midnight', 'several 11-24T00:00 11-25T00:00'],
  ['friday at midnight', 'several 11-27T00:00 11-28T00:00'],
  ['tomorrow night at 11pm', 'at 11-24T23:00'],
  ['tomorrow night at 2am', 'several 11-24T02:00 11-25T02:00'],
  ['the day after tomorrow at 1am', 'at 11-25T01:00'],
  ['in two days at 1am', 'at 11-25T01:00'],
  ['in two weeks at 3am', 'at 12-07T03:00'],
  ['a week from today at 1am', 'at 11-30T01:00'],
  ['a week today at 17:00', 'at 11-30T17:00'],
  ['a week on friday at 1am', 'at 12-04T01:00'],
  ['friday week at 1am', 'at 12-04T01:00'],
  ['on friday at 17:00', 'at 11-27T17:00'],
  ['this friday at 17:00', 'at 11-27T17:00'],
  ['friday, 17:00', 'at 11-27T17:00'],
  ['on monday at 3am', 'at 11-30T03:00'],
  ['on monday at 5pm', 'at 11-23T17:00'],
  ['next friday at noon', 'several 11-27T12:00 12-04T12:00'],
  ['next tuesday at noon', 'several 11-24T12:00 12-01T12:00'],
  ['next monday at noon', 'at 11-30T12:00'],
  ['monday next week at 3am', 'at 11-30T03:00'],
  ['next week on tuesday at 3am', 'at 12-01T03:00'],
  ['the 3rd at 2am', 'at 12-03T02:00'],
  ['on the 31st at noon', 'at 12-31T12:00'],
  ['on 2026-12-01 at 3am', 'at 12-01T03:00'],
  ['2026-12-01 03:00', 'at 12-01T03:00'],
  ['2026-12-01T03:00', 'at 12-01T03:00'],
  ['24:00 tomorrow', 'at 11-25T00:00'],
  ['3 december at 17:00', 'at 12-03T17:00'],
  ['december 3rd at 2am', 'at 12-03T02:00'],
  ['the 3rd of december at 2am', 'at 12-03T02:00'],
  ['the fifth of december at 2am', 'at 12-05T02:00'],
  ['december 3, 2026 at 5 pm', 'at 12-03T17:00'],
  ['dec 3 2026 17:00', 'at 12-03T17:00'],
  ['thursday 3 december at 17:00', 'at 12-03T17:00'],
  ['friday 3 december at 17:00', 'unknown'],
  ['31 february at 17:00', 'unknown'],
  ['2026-02-30 03:00', 'unknown'],
  ['33/12 at 17:00', 'unknown'],
  ['3/12/20266 at 17:00', 'unknown'],
  ['13/13 at 17:00', 'unknown'],
  ['3/12/26 at 17:00', 'at 12-03T17:00'],
  ['1 jan at noon', 'at 2027-01-01T12:00'],
  ['3/12 at 17:00', 'at 12-03T17:00'],
  ['on 3/12 at 17:00', 'at 12-03T17:00'],
  ['3/12/2026 17:00', 'at 12-03T17:00'],
  ['tomorrow, 24 november at 5pm', 'at 11-24T17:00'],
]);

table('dates in digits in the United States', newYork, [['on 3/12 at 17:00', 'at 2027-03-12T22:00']]);
table('dates in digits in Australia', { now: london.now, zone: 'Australia/Sydney', locale: 'en-au' }, [
  ['on 3/12 at 17:00', 'at 12-03T06:00'],
]);
table('dates in digits in Canada', { now: london.now, zone: 'America/Toronto', locale: 'en-ca' }, [
  ['on 3/12 at 17:00', 'several 12-03T22:00 2027-03-12T22:00'],
]);
table('dates with dots', berlin, [
  ['3.12. 17:00', 'at 12-03T16:00'],
  ['3.12.2026 at 17:00', 'at 12-03T16:00'],
  ['at 10:30', 'at 11-24T09:30'],
]);
table('a locale that is none', { ...london, locale: 'en_GB.utf8' }, [
  ['3/12 at 17:00', 'several 12-03T17:00 2027-03-12T17:00'],
]);

table('zones', london, [
  ['17:00 UTC', 'at 11-23T17:00 UTC'],
  ['17:00Z', 'at 11-23T17:00 UTC'],
  ['17:00 Z', 'at 11-23T17:00 UTC'],
  ['17:00utc', 'at 11-23T17:00 UTC'],
  ['17:00 GMT', 'at 11-23T17:00'],
  ['midnight UTC', 'at 11-24T00:00 UTC'],
  ['2026-12-01T17:00:00Z', 'at 12-01T17:00 UTC'],
  ['at 2026-12-01T17:00:00.000Z', 'at 12-01T17:00 UTC'],
  ['2026-12-01T17:00:00+02:00', 'at 12-01T15:00 +02:00'],
  ['2026-12-01T17:00:00-05:00', 'at 12-01T22:00 -05:00'],
  ['17:00 UTC+2', 'at 11-23T15:00 +02:00'],
  ['17:00 UTC-5', 'at 11-23T22:00 -05:00'],
  ['17:00 UTC+5:30', 'at 11-23T11:30 +05:30'],
  ['17:00 +02:00', 'at 11-23T15:00 +02:00'],
  ['17:00+0200', 'at 11-23T15:00 +02:00'],
  ['02:30 CET', 'at 11-24T01:30 Europe/Berlin'],
  ['02:30 CEST', 'several 11-24T00:30 11-24T01:30'],
  ['17:00 BST', 'several 11-23T16:00 11-23T17:00'],
  ['5pm EST', 'at 11-23T22:00 America/New_York'],
  ['5pm ET', 'at 11-23T22:00 America/New_York'],
  ['5 pm PST', 'at 11-24T01:00 America/Los_Angeles'],
  ['17:00 MST', 'at 11-24T00:00 America/Denver'],
  ['5pm JST', 'at 11-24T08:00 Asia/Tokyo'],
  ['19:00 SGT', 'at 11-23T11:00 Asia/Singapore'],
  ['23:00 AEDT', 'at 11-23T12:00 Australia/Sydney'],
  ['5pm CST', 'several 11-23T23:00 11-24T09:00'],
  ['5pm IST', 'several 11-23T11:30 11-23T15:00 11-23T16:00 11-23T17:00'],
  ['17:00 Europe/Berlin', 'at 11-23T16:00 Europe/Berlin'],
  ['17:00 europe/berlin', 'at 11-23T16:00 Europe/Berlin'],
  ['17:00 America/New_York', 'at 11-23T22:00 America/New_York'],
  ['17:00 Asia/Kolkata', 'at 11-23T11:30 Asia/Kolkata'],
  ['17:00 Berlin time', 'at 11-23T16:00 Europe/Berlin'],
  ['5pm New York time', 'at 11-23T22:00 America/New_York'],
  ['17:00 my time', 'at 11-23T17:00'],
  ['tomorrow at 02:00 UTC', 'at 11-24T02:00 UTC'],
  ['17:00 Mars/Base', 'unknown'],
]);

table('abbreviations in summer', { ...london, now: '2026-07-15T10:00:00Z' }, [
  ['17:00 BST', 'at 07-15T16:00'],
  ['17:00 UTC', 'at 07-15T17:00 UTC'],
  ['17:00 GMT', 'several 07-15T16:00 07-15T17:00'],
  ['17:00 CEST', 'at 07-15T15:00 Europe/Berlin'],
  ['17:00 CET', 'several 07-15T15:00 07-15T16:00'],
  ['17:00 EDT', 'at 07-15T21:00 America/New_York'],
  ['17:00 EST', 'several 07-15T21:00 07-15T22:00'],
]);
table('abbreviations of the own zone', kolkata, [
  ['17:00 IST', 'at 07-15T11:30'],
  ['17:00 GMT', 'at 07-15T17:00 UTC'],
]);
table('abbreviations of the own zone', { ...newYork, zone: 'America/Chicago' }, [
  ['5pm CST', 'at 11-23T23:00'],
  ['5pm EST', 'at 11-23T22:00 America/New_York'],
]);
table('abbreviations of the own zone', { ...newYork, zone: 'America/Phoenix', now: '2026-07-15T10:00:00Z' }, [
  ['5pm MST', 'at 07-16T00:00'],
]);
table('abbreviations of the own zone', { ...newYork, zone: 'Asia/Shanghai' }, [['7pm CST', 'at 11-23T11:00']]);

table('another day there', { now: '2026-11-23T21:00:00Z', zone: 'Australia/Sydney', locale: 'en-au' }, [
  ['02:00 UTC', 'at 11-24T02:00 UTC'],
  ['tomorrow at 02:00 UTC', 'several 11-24T02:00 11-25T02:00'],
  ['tomorrow at 02:00', 'at 11-24T15:00'],
]);

table('before dawn', { ...london, now: '2026-11-24T01:00:00Z' }, [
  ['tonight at 2am', 'several 11-24T02:00 11-25T02:00'],
  ['tonight at 00:30', 'at 11-25T00:30'],
  ['tonight at 11pm', 'at 11-24T23:00'],
  ['midnight tonight', 'at 11-25T00:00'],
]);

table('has passed', london, [
  ['today at 09:00', 'past 11-24T09:00'],
  ['today at 9am', 'past 11-24T09:00'],
  // Who says it an hour later may mean the evening, or has misread the clock.
  ['today at 9', 'past 11-23T21:00'],
  ['yesterday at 5pm', 'past'],
  ['last friday at 5pm', 'past'],
  ['5 minutes ago', 'past'],
  ['2026-11-01 03:00', 'past'],
  ['22 nov at noon', 'past'],
]);
table('has passed', { ...london, now: '2026-11-23T18:00:00Z' }, [
  ['today at 17:00', 'past 11-24T17:00'],
  ['at 17:00', 'at 11-24T17:00'],
]);

table('is no single time', london, [
  ['between 2 and 4', 'range'],
  ['from 2am to 4am', 'range'],
  ['2-4am', 'range'],
  ['14:00-16:00', 'range'],
  ['02:00-04:00', 'range'],
  ['02:00 - 04:00', 'range'],
  ['2am to 4am', 'range'],
  ['from 2 until 4', 'range'],
  ['2 to 4', 'range'],
  ['this weekend', 'range'],
  ['next week', 'range'],
  ['tomorrow morning', 'range'],
  ['tonight', 'range'],
  ['tomorrow', 'range'],
  ['friday', 'range'],
  ['on 3 december', 'range'],
  ['2026-12-01', 'range'],
  ['before 17:00', 'range'],
  ['by 17:00', 'range'],
  ['after 5pm', 'range'],
  ['around 5pm', 'range 11-23T17:00'],
  ['every night', 'repeating'],
  ['daily at 2', 'repeating'],
  ['every monday at 2am', 'repeating'],
  ['mondays at 2am', 'repeating'],
  ['2027-11-23 03:00', 'too-far'],
  ['in 8 days', 'too-far'],
  ['in 2 weeks', 'too-far'],
]);

table('is not understood', london, [
  ['eod', 'unknown'],
  ['end of day', 'unknown'],
  ['close of business', 'unknown'],
  ['later', 'unknown'],
  ['soon', 'unknown'],
  ['later today', 'unknown'],
  ['in 30', 'unknown'],
  ['at 30', 'unknown'],
  ['2026', 'unknown'],
  ['3.12', 'unknown'],
  ['5h', 'unknown'],
  ['1h30', 'unknown'],
  ['02:00 -04:00', 'unknown'],
  ['25:00', 'unknown'],
  ['2026 am', 'unknown'],
  ['twenty five', 'unknown'],
  ['at twenty five', 'unknown'],
  ['five five', 'unknown'],
  ['in sixty five minutes', 'unknown'],
  ['24:30', 'unknown'],
  ['17:60', 'unknown'],
  ['1760', 'unknown'],
  ['13pm', 'unknown'],
  ['0am', 'unknown'],
  ['17:00 in the morning', 'unknown'],
  ['at 5 or 6', 'unknown'],
  ['at 5 minutes', 'unknown'],
  ['5pm 6pm', 'unknown'],
  ['5pm UTC CET', 'unknown'],
  ['in 1 hour at 5pm', 'unknown'],
  ['in 48 hours at 5pm', 'unknown'],
  ['now at 5pm', 'unknown'],
  ['17:00 local time', 'unknown'],
  ['in a few minutes', 'unknown'],
  ['tomorrow friday at 5pm', 'unknown'],
]);

describe('what was typed', () => {
  it('comes back with an unclear time, whole', () => {
    assert.deepEqual(when('Between 2 and 4 p.m. CET', london), {
      kind: 'unclear',
      text: 'Between 2 and 4 p.m. CET',
      choices: [],
      reason: 'range',
    });
  });

  it('is no time in a zone that is none', () => {
    assert.equal(inShort(when('at 17:00', { ...london, zone: 'Mars/Base' })), 'unknown');
  });

  it('may be the instant that a button repeats', () => {
    assert.equal(inShort(when('at 2026-12-01T03:00:00Z', berlin)), 'at 12-01T03:00 UTC');
  });
});
