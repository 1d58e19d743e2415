import { AssistantError } from '../errors.ts';

const NAMES = [
  'migrations',
  'settings',
  'conversations',
  'confirmations',
  'confirmation_devices',
  'jobs',
  'state',
  'audit',
  'audit_head',
  'unknown_phrases',
  'event_groups',
  'mutes',
] as const;

/** Names as they stand in the SQL, quoted. The only thing that is ever put into a text. */
export type Tables = Record<(typeof NAMES)[number] | 'events', string> & {
  /** As they are, for parameters. */
  schema: string;
  eventsName: string;
};

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/** Throws AssistantError `bad-name` for what is not a plain name. */
export function quoted(...names: string[]): string {
  for (const name of names) {
    if (!IDENTIFIER.test(name))
      throw new AssistantError('bad-name', `${name} is not a name of a schema or table: letters, digits and _ only.`);
  }
  return names.map((name) => `[${name}]`).join('.');
}

/** The tables of a store: `events` under the name that reports know, the others with a prefix of their own. */
export function tablesOf(schema: string, eventsName: string): Tables {
  const own = Object.fromEntries(NAMES.map((name) => [name, quoted(schema, `assistant_${name}`)])) as Record<
    (typeof NAMES)[number],
    string
  >;
  return { ...own, events: quoted(schema, eventsName), schema, eventsName };
}
