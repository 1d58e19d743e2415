import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inShort, type Speaker, when } from './when-fixtures.ts';

type Case = [text: string, expected: string];

function table(name: string, zone: string, now: string, cases: Case[]): void {
  const speaker: Speaker = { now, zone, locale: 'en-gb' };
  describe(`${name}, ${zone}, from ${now}`, () => {
    for (const [text, expected] of cases)
      it(`${text} -> ${expected}`, () => assert.equal(inShort(when(text, speaker)).replace(` ${zone}`, ''), expected));
  });
}

table('clocks go forward', 'Europe/London', '2026-03-28T20:00:00Z', [
  ['at 00:59', 'at 03-29T00:59'],
  ['at 01:00', 'nonexistent'],
  ['at 01:30', 'nonexistent'],
  ['tomorrow at 01:30', 'nonexistent'],
  ['sunday at 1:30am', 'nonexistent'],
  ['2026-03-29 01:59', 'nonexistent'],
  ['tonight at 1:30', 'nonexistent'],
  ['at 1:30', 'nonexistent 03-29T12:30'],
  ['at 02:00', 'at 03-29T01:00'],
  ['at 02:30', 'at 03-29T01:30'],
  ['01:30 UTC', 'at 03-29T01:30 UTC'],
  ['01:30 GMT', 'nonexistent 03-29T01:30'],
  ['monday at 01:30', 'at 03-30T00:30'],
  ['in 5 hours', 'in 300'],
]);

table('an hour before clocks go forward', 'Europe/London', '2026-03-29T00:45:00Z', [
  ['in 30 minutes', 'in 30'],
  ['at 01:30', 'nonexistent'],
  ['at 02:30', 'at 03-29T01:30'],
]);

table('clocks have gone forward', 'Europe/London', '2026-03-29T08:00:00Z', [['at 01:30', 'at 03-30T00:30']]);

table('clocks go back', 'Europe/London', '2026-10-24T20:00:00Z', [
  ['at 00:59', 'at 10-24T23:59'],
  ['at 01:00', 'several 10-25T00:00 10-25T01:00'],
  ['at 01:30', 'several 10-25T00:30 10-25T01:30'],
  ['tomorrow at 01:30', 'several 10-25T00:30 10-25T01:30'],
  ['at 1:30', 'several 10-25T00:30 10-25T01:30 10-25T13:30'],
  ['at 02:00', 'at 10-25T02:00'],
  ['01:30 BST', 'at 10-25T00:30'],
  ['01:30 GMT', 'at 10-25T01:30'],
  ['01:30 UTC', 'at 10-25T01:30 UTC'],
]);

table('in the hour that comes twice', 'Europe/London', '2026-10-25T00:40:00Z', [
  ['at 01:30', 'at 10-25T01:30'],
  ['at 01:50', 'several 10-25T00:50 10-25T01:50'],
  ['in 30 minutes', 'in 30'],
]);

table('clocks go forward', 'America/New_York', '2026-03-08T04:00:00Z', [
  ['at 01:30', 'at 03-08T06:30'],
  ['at 02:30', 'nonexistent'],
  ['at 03:00', 'at 03-08T07:00'],
  ['tomorrow at 02:30', 'nonexistent'],
  ['02:30 EST', 'nonexistent 03-08T07:30'],
]);

table('clocks go back', 'America/New_York', '2026-11-01T02:00:00Z', [
  ['at 01:30', 'several 11-01T05:30 11-01T06:30'],
  ['01:30 EDT', 'at 11-01T05:30'],
  ['01:30 EST', 'at 11-01T06:30'],
  ['at 02:30', 'at 11-01T07:30'],
]);

table('clocks go forward by half an hour', 'Australia/Lord_Howe', '2026-10-03T10:00:00Z', [
  ['at 01:59', 'at 10-03T15:29'],
  ['at 02:00', 'nonexistent'],
  ['at 02:15', 'nonexistent'],
  ['at 02:30', 'at 10-03T15:30'],
]);

table('clocks go back by half an hour', 'Australia/Lord_Howe', '2026-04-04T10:00:00Z', [
  ['at 01:15', 'at 04-04T14:15'],
  ['at 01:45', 'several 04-04T14:45 04-04T15:15'],
  ['at 02:00', 'at 04-04T15:30'],
]);

table('clocks do not change', 'Asia/Kolkata', '2026-03-28T20:00:00Z', [
  ['at 02:30', 'at 03-28T21:00'],
  ['tomorrow at 02:30', 'at 03-29T21:00'],
]);

table('the year turns', 'America/New_York', '2027-01-01T03:30:00Z', [
  ['tomorrow at 02:00', 'at 2027-01-01T07:00'],
  ['at 23:00', 'at 2027-01-01T04:00'],
  ['1/1 at 03:00', 'at 2027-01-01T08:00'],
]);
