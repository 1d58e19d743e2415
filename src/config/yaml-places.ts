import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml';

/** Where a value stands in a YAML text. Offsets in characters; `end` is behind its last one. */
export interface Place {
  /** Of its key, where it has one. */
  start: number;
  end: number;
  /** By key, or by number in a list; in the order of the file. */
  children: Map<string, Place>;
  /** The value itself, when it is neither a list nor has keys. */
  scalar: string | null;
}

/** A place for each document, also for those that are empty. Throws YAMLException, like loading the text. */
export function placesOf(text: string): Place[] {
  return new Reader(text).documents();
}

/**
 * The line of a path such as `document 2.hq-rtr.*.user`, counted from 1: of its deepest part that is there, or of a value
 * that is the path. Null when nothing of it is there.
 */
export const lineOf = (text: string, path: string): number | null => linesOf(text)(path);

/** `lineOf` for many paths of one text, which is read once. */
export function linesOf(text: string): (path: string) => number | null {
  let documents: Place[];
  try {
    documents = placesOf(text);
  } catch {
    return () => null;
  }
  return (path) => lineIn(text, documents, path);
}

function lineIn(text: string, documents: Place[], path: string): number | null {
  const [, number, rest = path] = /^document (\d+)(?:\.(.*))?$/s.exec(path) ?? [];
  const roots = number === undefined ? documents : documents.slice(Number(number) - 1, Number(number));
  const found =
    roots.map((root) => deepest(root, rest.split('.'))).find((place) => place !== null) ??
    (number === undefined
      ? (roots.map((root) => valued(root, path)).find((place) => place !== null) ?? null)
      : roots[0]);
  return found ? text.slice(0, found.start).split('\n').length : null;
}

/** Keys can have dots in them: the longest that fits is the one. */
function deepest(place: Place, segments: string[]): Place | null {
  for (let length = segments.length; length > 0; length -= 1) {
    const child = place.children.get(segments.slice(0, length).join('.'));
    if (child) return deepest(child, segments.slice(length)) ?? child;
  }
  return null;
}

function valued(place: Place, value: string): Place | null {
  if (place.scalar === value) return place;
  for (const child of place.children.values()) {
    const found = valued(child, value);
    if (found) return found;
  }
  return null;
}

class Reader {
  readonly #text: string;
  readonly #events: Event[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#events = parseEvents(text, {});
  }

  documents(): Place[] {
    const documents: Place[] = [];
    let end = 0;
    while (this.#at < this.#events.length) {
      this.#at += 1;
      const value = this.#isPop() ? this.#empty(end) : this.#value(end);
      // The end of the document itself.
      this.#at += 1;
      documents.push(value);
      end = value.end;
    }
    return documents;
  }

  #isPop(): boolean {
    return this.#events[this.#at]?.type === EVENT_ID.POP;
  }

  #empty = (at: number): Place => ({ start: at, end: at, children: new Map(), scalar: null });

  /** `from`: where it begins at the earliest; an alias and nothing at all have no place of their own. */
  #value(from: number): Place {
    const event = this.#events[this.#at];
    this.#at += 1;
    switch (event?.type) {
      case EVENT_ID.SCALAR: {
        const [start, end] = event.valueStart < 0 ? [from, from] : [event.valueStart, event.valueEnd];
        return { start, end, children: new Map(), scalar: getScalarValue(this.#text, event) };
      }
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        return this.#collection(event.start, event.type === EVENT_ID.MAPPING);
      default:
        return this.#empty(from);
    }
  }

  #collection(start: number, isMapping: boolean): Place {
    const place: Place = { start, end: start, children: new Map(), scalar: null };
    for (let number = 0; !this.#isPop(); number += 1) {
      const key = isMapping ? this.#value(place.end) : null;
      const value = this.#value(key?.end ?? place.end);
      place.end = Math.max(place.end, key?.end ?? 0, value.end);
      place.children.set(key ? (key.scalar ?? '') : String(number), { ...value, start: key?.start ?? value.start });
    }
    this.#at += 1;
    return place;
  }
}
