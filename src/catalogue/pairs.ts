import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Problem, problemLine } from '../config/problem.ts';
import { AssistantError } from '../errors.ts';
import { matchesMessage, wordsOf } from './message-pattern.ts';
import { finding, findings, readYaml } from './yaml-file.ts';

/** Beside the configuration; it stands in place of the shipped table. */
export const OWN_PAIRS = 'event-pairs.yaml';

const SHIPPED = fileURLToPath(new URL('./pairs.yaml', import.meta.url));

/** Between what is looked for and how it is said: `FPC {} PIC {} CPU => FPC {} PIC {}`. */
const SAID = ' => ';

const text = z.string('must be a text').min(1, 'is empty').max(200, 'is longer than 200 characters');

const when = text.refine((pattern) => !pattern.includes('{}'), 'has {} in it: words are taken by subject only');

/** `{}` takes a word, so each needs something between it and the next, and as many are said as are taken. */
const subject = text
  .refine((said) => !said.includes('{}{}') && !said.includes('{}*{}'), 'has two {} with nothing between them')
  .refine((said) => {
    const { name, pattern, template } = readSubject(said);
    const words = count(pattern);
    return name === '' ? words > 0 && count(template) === words : words === 0 || count(template) === words;
  }, 'must be a pattern with {} for each word, such as ifName {}, or @ and the name of an attribute');

/** Two events that clear each other. The same id may stand on both sides; then the message tells which it is. */
const pairSchema = z.strictObject({
  down: text,
  /** A pattern over the whole message, `*` any characters; without it every message counts. */
  down_when: when.optional(),
  up: text,
  up_when: when.optional(),
  /**
   * Where the thing that is down is named; the first that is found counts. `@name` is an attribute of the event, `@name
   * pattern` words of one, all else a pattern with `{}` for a word. After ` => ` comes how it is said. Without a subject
   * the whole device is meant.
   */
  subject: z.array(subject, 'must be a list').max(8, 'has more than 8').default([]),
});
export type Pair = z.infer<typeof pairSchema>;

export interface PairEvent {
  event: string;
  message: string;
  attributes: Record<string, string>;
}

export interface PairSide {
  direction: 'down' | 'up';
  /** The id under which both are grouped, upper case. */
  down: string;
  /** The thing that is down; '' when the whole device is meant. */
  subject: string;
}

/**
 * Which side of which pair an event is; the first pair of the table that says so counts. null: of no pair, also when the
 * pair has subjects and none of them is found: what is not known by name clears nothing.
 */
export function pairOf(event: PairEvent, pairs: readonly Pair[]): PairSide | null {
  const id = event.event.toUpperCase();
  const message = withoutId(event);
  for (const pair of pairs) {
    const direction = directionOf(id, message, pair);
    if (direction === null) continue;
    const found = pair.subject.length === 0 ? '' : subjectOf(pair.subject, message, event.attributes);
    if (found !== null) return { direction, down: pair.down.toUpperCase(), subject: found };
  }
  return null;
}

/** Ids that can be an up event, upper case: those have to be looked at even when their priority says stored only. */
export function upIds(pairs: readonly Pair[]): Set<string> {
  return new Set(pairs.map(({ up }) => up.toUpperCase()));
}

/**
 * The shipped table of pairs, or `event-pairs.yaml` of the configuration folder in its place. When that file has a
 * problem, none of it counts and the shipped table stays in force.
 */
export async function loadPairs(dir: string): Promise<{ pairs: Pair[]; problems: Problem[] }> {
  const own = await readPairs(join(dir, OWN_PAIRS), OWN_PAIRS);
  if (own.pairs && own.problems.length === 0) return { pairs: own.pairs, problems: [] };
  const shipped = await readPairs(SHIPPED, 'pairs.yaml');
  if (!shipped.pairs || shipped.problems.length > 0) {
    throw new AssistantError('bad-configuration', shipped.problems.map(problemLine).join('\n'));
  }
  return { pairs: shipped.pairs, problems: own.problems };
}

async function readPairs(path: string, file: string): Promise<{ pairs: Pair[] | undefined; problems: Problem[] }> {
  const { document, problems } = await readYaml(path, file);
  if (document === undefined) return { pairs: undefined, problems };
  if (!Array.isArray(document)) {
    return { pairs: undefined, problems: [finding(file, '', 'must be a list of pairs, each with down and up')] };
  }
  const pairs: Pair[] = [];
  for (const [index, value] of document.entries()) {
    const parsed = pairSchema.safeParse(value);
    if (parsed.success) pairs.push(parsed.data);
    else problems.push(...findings(file, [`pair ${index + 1}`], parsed.error.issues));
  }
  return { pairs, problems };
}

function directionOf(id: string, message: string, pair: Pair): PairSide['direction'] | null {
  const is = (side: string, pattern: string | undefined) =>
    side.toUpperCase() === id && (pattern === undefined || matchesMessage(pattern, message));
  if (is(pair.down, pair.down_when)) return 'down';
  return is(pair.up, pair.up_when) ? 'up' : null;
}

function subjectOf(subjects: string[], message: string, attributes: Record<string, string>): string | null {
  for (const subject of subjects) {
    const { name, pattern, template } = readSubject(subject);
    const source = name === '' ? message : Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const words = source === undefined ? null : pattern === '' ? wholeOf(source) : wordsOf(pattern, source);
    if (words) return template.replace(/\{\}/g, () => words.shift() ?? '');
  }
  return null;
}

/** All of an attribute's value, when it is one a name could be. */
function wholeOf(value: string): string[] | null {
  const trimmed = value.trim();
  return trimmed === '' || trimmed.length > 200 ? null : [trimmed];
}

/** `@name pattern => template` in its parts; without a template the words are said one after the other. */
function readSubject(subject: string): { name: string; pattern: string; template: string } {
  const [look = '', said] = subject.split(SAID);
  const [, name = '', rest] = /^@(\S+) ?(.*)$/.exec(look) ?? [];
  const pattern = rest ?? look;
  return {
    name,
    pattern,
    template:
      said ??
      Array(Math.max(count(pattern), 1))
        .fill('{}')
        .join(' '),
  };
}

const count = (pattern: string) => pattern.split('{}').length - 1;

/** Some agents send the message with its id in front, some without. */
function withoutId({ event, message }: PairEvent): string {
  const prefix = `${event}:`;
  const has = message.slice(0, prefix.length).toUpperCase() === prefix.toUpperCase();
  return (has ? message.slice(prefix.length) : message).trim();
}
