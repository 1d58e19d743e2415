import type { When } from '../../src/intent/intent.ts';
import { normalise, type Token, tokenise } from '../../src/intent/text.ts';
import { readWhen } from '../../src/intent/when.ts';
import { context } from './fixtures.ts';

/** Who says it, and when. */
export interface Speaker {
  now: string;
  zone: string;
  locale: string;
}

/** A Monday morning in winter. */
export const london: Speaker = { now: '2026-11-23T10:00:00.400Z', zone: 'Europe/London', locale: 'en-gb' };
export const newYork: Speaker = { now: '2026-11-23T10:00:00Z', zone: 'America/New_York', locale: 'en-us' };
export const berlin: Speaker = { now: '2026-11-23T10:00:00Z', zone: 'Europe/Berlin', locale: 'de-de' };
export const kolkata: Speaker = { now: '2026-07-15T10:00:00Z', zone: 'Asia/Kolkata', locale: 'en-in' };

export const tokensOf = (text: string): Token[] => tokenise(normalise(text) ?? '');

export function when(text: string, { now, zone, locale }: Speaker): When {
  return readWhen(tokensOf(text), { ...context, now: new Date(now), zone, locale });
}

/** In one line, without the year and the seconds: `at 11-23T17:00 Europe/London`, `in 30`, `several 11-23T17:00 11-24T05:00`. */
export function inShort(read: When): string {
  const short = (utc: string) => utc.replace(/^2026-/u, '').replace(/:00Z$/u, '');
  switch (read.kind) {
    case 'now':
      return 'now';
    case 'in':
      return `in ${read.minutes}`;
    case 'at':
      return `at ${short(read.utc)} ${read.zone}`;
    case 'unclear':
      return [read.reason, ...read.choices.map(short)].join(' ');
  }
}
