import type { Place } from './access.ts';
import type { Person } from './store/store.ts';

/** Who says something, where, and how they write times. */
export interface Speaker {
  person: Person;
  place: Place;
  /** IANA zone of the person. */
  zone: string;
  /** Their locale, which decides whether 3/12 is in March. */
  locale: string;
}
