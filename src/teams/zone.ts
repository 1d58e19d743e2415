import type { Activity } from 'botbuilder';
import { isTimeZone } from '../time.ts';

/** The person's time zone as their Teams client tells it, or the configured one. */
export function zoneOf(fallback: string): (activity: Partial<Activity>) => string {
  return ({ localTimezone, entities }) => {
    const told = [localTimezone, clientInfo(entities)?.timezone];
    return told.find((zone): zone is string => typeof zone === 'string' && isTimeZone(zone)) ?? fallback;
  };
}

/** The person's locale as their Teams client tells it, or the configured one. */
export function localeOf(fallback: string): (activity: Partial<Activity>) => string {
  return ({ locale, entities }) => {
    const told = [clientInfo(entities)?.locale, locale];
    return told.find((tag): tag is string => typeof tag === 'string' && isLocale(tag)) ?? fallback;
  };
}

const clientInfo = (entities: Activity['entities'] | undefined) => entities?.find(({ type }) => type === 'clientInfo');

/** A tag such as en-GB by its shape; one that no system knows is read as one without habits of its own. */
const isLocale = (tag: string) => /^[a-z]{2,3}(?:[-_][a-z0-9]{2,8}){0,3}$/i.test(tag);
