import type { TurnContext } from 'botbuilder';
import type { Speaker } from '../speaker.ts';
import { type People, placeOf } from './people.ts';
import { localeOf, zoneOf } from './zone.ts';

const SPEAKER = Symbol('speaker');

/** Who speaks in a turn: asked once at its start, and known for the rest of it. */
export function createSpeakers(people: People, fallback: { zone: string; locale: string }) {
  const [zone, locale] = [zoneOf(fallback.zone), localeOf(fallback.locale)];
  return {
    async speaker(context: TurnContext): Promise<Speaker> {
      const { activity } = context;
      const person = await people.personOf(context);
      const speaker = { person, place: placeOf(activity), zone: zone(activity), locale: locale(activity) };
      context.turnState.set(SPEAKER, speaker);
      return speaker;
    },
    /** Throws when the turn did not ask who speaks: an action without a person must not happen. */
    speakerOf(context: TurnContext): Speaker {
      const speaker = context.turnState.get<Speaker>(SPEAKER);
      if (!speaker) throw new Error('Nobody asked who speaks in this turn.');
      return speaker;
    },
  };
}
