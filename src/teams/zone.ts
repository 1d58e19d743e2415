import type { Activity } from 'botbuilder';
import { isTimeZone } from '../time.ts';

/** The person's time zone as their Teams client tells it, or the configured one. */
export function zoneOf(fallback: string): (activity: Partial<Activity>) => string {
  return ({ localTimezone, entities }) => {
    const told = [localTimezone, entities?.find(({ type }) => type === 'clientInfo')?.timezone];
    return told.find((zone): zone is string => typeof zone === 'string' && isTimeZone(zone)) ?? fallback;
  };
}
