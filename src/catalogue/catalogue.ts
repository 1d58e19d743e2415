import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Problem, problemLine } from '../config/problem.ts';
import { AssistantError } from '../errors.ts';
import { finding, findings, readYaml } from './yaml-file.ts';

/** Beside the configuration; its entries come before the shipped ones. */
export const OWN_CATALOGUE = 'event-catalogue.yaml';

const SHIPPED = fileURLToPath(new URL('./catalogue.yaml', import.meta.url));

/** The severities of syslog in the words Junos has for them, worst first. */
const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

const COMMAND = /^(?:show|request|monitor|clear|ping|traceroute|test|file|restart) \S/;

const line = (limit: number) =>
  z
    .string('must be a text')
    .min(1, 'is empty')
    .max(limit, `is longer than ${limit} characters`)
    .regex(/^[^\r\n]*$/, 'has more than one line');

/** What a person is told about an event id. */
const entrySchema = z.strictObject({
  /** One plain sentence; it is shown on the card. */
  means: line(160),
  /** What Junos usually gives it; a release may differ. */
  severity: z.enum(SEVERITIES, `must be one of ${SEVERITIES.join(', ')}`),
  /** Short phrases, the likeliest first. One will do in a file of one's own; the shipped entries have two at least. */
  causes: z.array(line(80), 'must be a list').min(1, 'is empty').max(4, 'has more than 4'),
  /** Commands of the Junos command line, in the order they are typed. */
  next: z
    .array(line(120).regex(COMMAND, 'is not a Junos command such as show chassis alarms'), 'must be a list')
    .min(1, 'is empty')
    .max(4, 'has more than 4'),
  /** When it can be ignored; absent when never. */
  ignore: line(160).optional(),
});
export type Entry = z.infer<typeof entrySchema>;

export interface Catalogue {
  /** Event ids are compared in any case. null: nothing is known of this id. */
  explain(id: string): Entry | null;
  /** The ids there are, upper case. */
  ids(): string[];
}

/**
 * The shipped catalogue, with the entries of `event-catalogue.yaml` in the configuration folder put in their place or
 * added. An entry of that file that cannot be used is a problem, and what is shipped for its id stays in force.
 */
export async function loadCatalogue(dir: string): Promise<{ catalogue: Catalogue; problems: Problem[] }> {
  const shipped = await readEntries(SHIPPED, 'catalogue.yaml');
  if (shipped.problems.length > 0) {
    throw new AssistantError('bad-configuration', shipped.problems.map(problemLine).join('\n'));
  }
  const own = await readEntries(join(dir, OWN_CATALOGUE), OWN_CATALOGUE);
  const entries = new Map([...shipped.entries, ...own.entries]);
  const catalogue: Catalogue = {
    explain: (id) => entries.get(id.toUpperCase()) ?? null,
    ids: () => [...entries.keys()],
  };
  return { catalogue, problems: own.problems };
}

async function readEntries(path: string, file: string): Promise<{ entries: Map<string, Entry>; problems: Problem[] }> {
  const entries = new Map<string, Entry>();
  const { document, problems } = await readYaml(path, file);
  if (document === undefined) return { entries, problems };
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    return { entries, problems: [finding(file, '', 'must be event ids, each with means, severity, causes and next')] };
  }
  for (const [id, value] of Object.entries(document)) {
    const key = id.toUpperCase();
    const parsed = entrySchema.safeParse(value);
    if (entries.has(key)) problems.push(finding(file, id, 'is there twice: ids count in any case'));
    else if (parsed.success) entries.set(key, parsed.data);
    else problems.push(...findings(file, [id], parsed.error.issues));
  }
  return { entries, problems };
}
