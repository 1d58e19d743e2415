import { isDeepStrictEqual } from 'node:util';
import { dump, loadAll } from 'js-yaml';
import { type Place, placesOf } from '../config/yaml-places.ts';
import { AssistantError } from '../errors.ts';
import { compilePattern } from './pattern.ts';

export interface EntryToAdd {
  type: string;
  name: string;
  /** What stands under the name. */
  fields: Readonly<Record<string, string | number>>;
}

export interface Added {
  text: string;
  /** The entry it stands before, as that would have served the device first; null at the end. */
  before: string | null;
  isReplaced: boolean;
}

/** Documents as lists of keys and values, in the order of the file. */
type Keys = [string, unknown][][];

interface Entry {
  name: string;
  place: Place;
  document: number;
}

/**
 * The text of secrets.yaml with an entry more. Everything that is there stays, byte for byte. The first entry that
 * matches a device serves it, so the new one goes before any that matches its name. An entry of that name is replaced
 * when `replace` says so, else `entry-exists` is thrown. Throws `bad-secrets` for a file that it could not be added to
 * without changing more than that.
 */
export function addEntry(text: string, added: EntryToAdd, { replace }: { replace: boolean }): Added {
  const { type, name, fields } = added;
  const keys = keysOf(text);
  const documents = placesOf(text);
  const ofType = [...documents.entries()].filter(([, place]) => place.children.get('type')?.scalar === type);
  const entries = ofType.flatMap(([document, { children }]) =>
    [...children].flatMap(([key, place]): Entry[] => (key === 'type' ? [] : [{ name: key, place, document }])),
  );
  const block = dump({ [name]: fields }, { lineWidth: -1 });
  const same = entries.find((entry) => entry.name === name);
  const first = entries.find((entry) => compilePattern(entry.name).test(name));
  const last = ofType.at(-1);
  let changed: string;
  if (same) {
    if (!replace) throw exists(type, name);
    changed = replaced(text, same.place, block);
    keysIn(keys, same.document, name, fields, same.name, 1);
  } else if (first) {
    changed = inserted(text, beforeComments(text, lineStart(text, first.place.start)), block);
    keysIn(keys, first.document, name, fields, first.name, 0);
  } else if (last) {
    changed = inserted(text, lineEnd(text, last[1].end), block);
    keys[last[0]]?.push([name, fields]);
  } else {
    const isFirst = keys.every((document) => document.length === 0);
    changed = inserted(text, text.length, `${isFirst ? '' : '---\n'}type: ${dump(type).trim()}\n${block}`);
    keys.push([
      ['type', type],
      [name, fields],
    ]);
  }
  assertIs(changed, keys);
  return { text: changed, before: same ? null : (first?.name ?? null), isReplaced: same !== undefined };
}

/** Puts a key before another one, or in its place. */
function keysIn(keys: Keys, document: number, name: string, fields: unknown, before: string, remove: 0 | 1): void {
  const own = keys[document] ?? [];
  own.splice(
    own.findIndex(([key]) => key === before),
    remove,
    [name, fields],
  );
}

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1;

function lineEnd(text: string, at: number): number {
  // The end of a block can be behind its last line already.
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** Comments right above an entry belong to it. */
function beforeComments(text: string, at: number): number {
  let start = at;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!/^[ \t]*#/.test(text.slice(above, start))) break;
    start = above;
  }
  return start;
}

function inserted(text: string, at: number, block: string): string {
  const head = text.slice(0, at);
  return `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}${block}${text.slice(at)}`;
}

/** Comments among its lines stay, below it. */
function replaced(text: string, { start, end }: Place, block: string): string {
  const [from, to] = [lineStart(text, start), lineEnd(text, end)];
  const lines = text.slice(from, to).split('\n');
  const comments = lines.filter((line) => /^[ \t]*#/.test(line)).map((line) => `${line}\n`);
  return `${text.slice(0, from)}${block}${comments.join('')}${text.slice(to)}`;
}

const keysOf = (text: string): Keys =>
  text.trim() === '' ? [] : loadAll(text).map((document) => Object.entries((document ?? {}) as object));

/** Written in a way that lines cannot be put into, such as `{type: junos, …}`, a file would come out as another one. */
function assertIs(text: string, expected: Keys): void {
  const filled = (keys: Keys) => keys.filter((document) => document.length > 0);
  try {
    if (isDeepStrictEqual(filled(keysOf(text)), filled(expected))) return;
  } catch {
    // It is no YAML any more.
  }
  const sentence =
    'secrets.yaml is written in a way that no entry can be added to without changing the rest. Nothing was changed. Write each entry on lines of its own, as in the example.';
  throw new AssistantError('bad-secrets', sentence);
}

function exists(type: string, name: string): AssistantError {
  const sentence = `secrets.yaml has a ${type} entry ${name} already. Nothing was changed. Add --replace to put the new one in its place.`;
  return new AssistantError('entry-exists', sentence);
}
