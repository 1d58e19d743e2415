import { IANAZone } from 'luxon';
import { type Token, wordsAt } from './text.ts';

/**
 * A zone as a person said it. An abbreviation is both: literally an offset (CET is +01:00 all year), and what
 * clocks show in some region, which is what most people mean by it.
 */
export interface ZoneReading {
  /** IANA name, or an offset such as `+02:00`: both luxon and Intl take them. */
  zone: string;
  /** Minutes east of UTC that the abbreviation literally says. */
  literal?: number;
}

interface SaidZone {
  next: number;
  /** What it may mean to a person in this zone. */
  readings: (personZone: string) => ZoneReading[];
}

interface Meaning {
  minutes: number;
  season: 'standard' | 'summer';
  zone: string;
  /** Said in this zone alone: London has Dublin's hours and does not call them IST. */
  isLocal?: true;
}

const standard = (zone: string, hours: number): Meaning => ({ minutes: hours * 60, season: 'standard', zone });
const summer = (zone: string, hours: number): Meaning => ({ minutes: hours * 60, season: 'summer', zone });

const ABBREVIATIONS = new Map<string, readonly Meaning[]>([
  ['wet', [standard('Europe/Lisbon', 0)]],
  ['west', [summer('Europe/Lisbon', 1)]],
  ['bst', [summer('Europe/London', 1), standard('Asia/Dhaka', 6)]],
  ['cet', [standard('Europe/Berlin', 1)]],
  ['cest', [summer('Europe/Berlin', 2)]],
  ['eet', [standard('Europe/Helsinki', 2)]],
  ['eest', [summer('Europe/Helsinki', 3)]],
  ['msk', [standard('Europe/Moscow', 3)]],
  ['est', [standard('America/New_York', -5)]],
  ['edt', [summer('America/New_York', -4)]],
  ['cst', [standard('America/Chicago', -6), standard('Asia/Shanghai', 8)]],
  ['cdt', [summer('America/Chicago', -5)]],
  ['mst', [standard('America/Denver', -7)]],
  ['mdt', [summer('America/Denver', -6)]],
  ['pst', [standard('America/Los_Angeles', -8)]],
  ['pdt', [summer('America/Los_Angeles', -7)]],
  [
    'ist',
    [
      standard('Asia/Kolkata', 5.5),
      { ...summer('Europe/Dublin', 1), isLocal: true },
      { ...standard('Asia/Jerusalem', 2), isLocal: true },
    ],
  ],
  ['sgt', [standard('Asia/Singapore', 8)]],
  ['hkt', [standard('Asia/Hong_Kong', 8)]],
  ['jst', [standard('Asia/Tokyo', 9)]],
  ['kst', [standard('Asia/Seoul', 9)]],
  ['awst', [standard('Australia/Perth', 8)]],
  ['acst', [standard('Australia/Adelaide', 9.5)]],
  ['acdt', [summer('Australia/Adelaide', 10.5)]],
  ['aest', [standard('Australia/Sydney', 10)]],
  ['aedt', [summer('Australia/Sydney', 11)]],
  ['nzst', [standard('Pacific/Auckland', 12)]],
  ['nzdt', [summer('Pacific/Auckland', 13)]],
  ['sast', [standard('Africa/Johannesburg', 2)]],
]);

/** Names for what the clocks show, without a literal offset. */
const WALL_CLOCKS = new Map([
  ['et', 'America/New_York'],
  ['ct', 'America/Chicago'],
  ['mt', 'America/Denver'],
  ['pt', 'America/Los_Angeles'],
]);

/** Places that people name and the IANA list does not, or under an older name. */
const PLACES: readonly (readonly [string, string])[] = [
  ['uk', 'Europe/London'],
  ['india', 'Asia/Kolkata'],
  ['kolkata', 'Asia/Kolkata'],
  ['mumbai', 'Asia/Kolkata'],
  ['delhi', 'Asia/Kolkata'],
  ['beijing', 'Asia/Shanghai'],
  ['kyiv', 'Europe/Kyiv'],
  ['munich', 'Europe/Berlin'],
  ['frankfurt', 'Europe/Berlin'],
  ['boston', 'America/New_York'],
  ['washington', 'America/New_York'],
  ['san francisco', 'America/Los_Angeles'],
  ['seattle', 'America/Los_Angeles'],
];

/** A zone said behind a time: `UTC`, `CET`, `UTC+2`, `+02:00`, `Europe/Berlin`, "Berlin time", "my time". */
export function zoneAt(tokens: readonly Token[], at: number): SaidZone | undefined {
  return offsetAt(tokens, at) ?? placeAt(tokens, at) ?? abbreviationAt(tokens, at);
}

function offsetAt(tokens: readonly Token[], at: number): SaidZone | undefined {
  const word = tokens[at]?.lower ?? '';
  const [, base = '', minus = ''] = /^(utc|gmt|z|zulu)?(-.+)?$/u.exec(word) ?? [];
  // "02:00 -04:00" may be a span.
  if (base === '' && minus !== '') return undefined;
  const signAt = base === '' ? at : at + 1;
  const isPlus = minus === '' && tokens[signAt]?.text === '+';
  const digits = isPlus ? (tokens[signAt + 1]?.lower ?? '') : minus.slice(1);
  // A bare "+2" may be a number of anything.
  const found = (base === '' ? /^(\d\d):?(\d\d)$/u : /^(\d{1,2})(?::?(\d\d))?$/u).exec(digits);
  if (found) {
    const minutes = Number(found[1]) * 60 + Number(found[2] ?? 0);
    if (minutes > 14 * 60 || Number(found[2] ?? 0) > 59) return undefined;
    const zone = offsetName(isPlus ? minutes : -minutes);
    return { next: isPlus ? signAt + 2 : at + 1, readings: () => [{ zone }] };
  }
  if (base === '' || minus !== '') return undefined;
  // Londoners say GMT in summer too, and mean what their clocks show.
  const readings = (person: string) =>
    base === 'gmt' && usesIt(person, standard('Europe/London', 0)) ? [{ zone: person, literal: 0 }] : [{ zone: 'UTC' }];
  return { next: at + 1, readings };
}

function offsetName(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function placeAt(tokens: readonly Token[], at: number): SaidZone | undefined {
  const word = tokens[at]?.lower ?? '';
  if (word.includes('/')) {
    const zone = ianaName(word);
    return zone ? { next: at + 1, readings: () => [{ zone }] } : undefined;
  }
  if (wordsAt(tokens, at, ['my', 'time'])) return { next: at + 2, readings: (person) => [{ zone: person }] };
  for (let length = 1; length <= 3; length += 1) {
    if (tokens[at + length]?.lower !== 'time') continue;
    const place = tokens.slice(at, at + length).map(({ lower }) => lower);
    const zone = cities().get(place.join(' '));
    if (zone) return { next: at + length + 1, readings: () => [{ zone }] };
  }
  return undefined;
}

function abbreviationAt(tokens: readonly Token[], at: number): SaidZone | undefined {
  const word = tokens[at]?.lower ?? '';
  const next = wordsAt(tokens, at + 1, ['time']) ? at + 2 : at + 1;
  const wall = WALL_CLOCKS.get(word);
  if (wall) return { next, readings: () => [{ zone: wall }] };
  const meanings = ABBREVIATIONS.get(word);
  if (!meanings) return undefined;
  return {
    next,
    readings: (person) => {
      const own = meanings.find((meaning) => usesIt(person, meaning));
      if (own) return [{ zone: person, literal: own.minutes }];
      return meanings.map(({ zone, minutes }) => ({ zone, literal: minutes }));
    },
  };
}

/** Whether clocks where the person is go by this abbreviation: same part of the world, same offset in that season. */
function usesIt(person: string, { zone, minutes, season, isLocal }: Meaning): boolean {
  if (isLocal) return person === zone;
  if (person.split('/')[0] !== zone.split('/')[0]) return false;
  const own = IANAZone.create(person);
  const offsets = [0, 6].map((month) => own.offset(Date.UTC(2026, month, 15)));
  const [low, high] = [Math.min(...offsets), Math.max(...offsets)];
  return season === 'standard' ? low === minutes : high === minutes && high > low;
}

/** Intl accepts any case; the name is written as the list has it, or with capitals. Undefined when there is none. */
function ianaName(word: string): string | undefined {
  if (!IANAZone.isValidZone(word)) return undefined;
  const listed = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === word);
  return listed ?? word.replace(/(?<=^|[/_-])[a-z]/gu, (letter) => letter.toUpperCase());
}

let citiesByName: Map<string, string> | undefined;

function cities(): Map<string, string> {
  citiesByName ??= new Map([
    ...Intl.supportedValuesOf('timeZone').map((zone): [string, string] => [
      zone
        .slice(zone.lastIndexOf('/') + 1)
        .toLowerCase()
        .replaceAll('_', ' '),
      zone,
    ]),
    ...PLACES,
  ]);
  return citiesByName;
}
