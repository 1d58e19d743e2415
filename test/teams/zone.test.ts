import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity } from 'botbuilder';
import { localeOf, zoneOf } from '../../src/teams/zone.ts';

const clientInfo = (timezone: unknown) => ({ entities: [{ type: 'clientInfo', timezone }] });

describe('zoneOf', () => {
  const cases: [what: string, activity: object, zone: string][] = [
    ['nothing is told', {}, 'Europe/London'],
    ['the activity tells it', { localTimezone: 'Asia/Tokyo' }, 'Asia/Tokyo'],
    ['the client tells it', clientInfo('America/New_York'), 'America/New_York'],
    ['both: the activity', { localTimezone: 'Asia/Tokyo', ...clientInfo('America/New_York') }, 'Asia/Tokyo'],
    ['a zone nobody knows', { localTimezone: 'Mars/Olympus' }, 'Europe/London'],
    ['unknown here, known there', { localTimezone: 'W. Europe', ...clientInfo('Europe/Berlin') }, 'Europe/Berlin'],
    ['no text', clientInfo(7), 'Europe/London'],
    ['empty', { localTimezone: '' }, 'Europe/London'],
    ['another entity', { entities: [{ type: 'mention', timezone: 'Asia/Tokyo' }] }, 'Europe/London'],
  ];
  for (const [what, activity, zone] of cases) {
    it(`${what}: ${zone}`, () => assert.equal(zoneOf('Europe/London')(activity as Partial<Activity>), zone));
  }
});

describe('localeOf', () => {
  const told = (locale: unknown) => ({ entities: [{ type: 'clientInfo', locale }] });
  const cases: [what: string, activity: object, locale: string][] = [
    ['nothing is told', {}, 'en-gb'],
    ['the activity tells it', { locale: 'en-US' }, 'en-US'],
    ['both: the client', { locale: 'en-US', ...told('de-DE') }, 'de-DE'],
    ['the client tells nonsense', { locale: 'en-US', ...told('../etc') }, 'en-US'],
    ['nonsense everywhere', { locale: '', ...told(7) }, 'en-gb'],
  ];
  for (const [what, activity, locale] of cases) {
    it(`${what}: ${locale}`, () => assert.equal(localeOf('en-gb')(activity as Partial<Activity>), locale));
  }
});
