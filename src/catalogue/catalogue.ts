import { z } from 'zod';

const line = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');

/** What an event means, for somebody who is woken by it. */
const entrySchema = z.strictObject({
  means: z.string().min(1, 'is empty').max(160, 'is longer than 160 characters'),
  /** The syslog severity Junos gives it. */
  severity: z.enum(['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug']).optional(),
  causes: z.array(line).min(1).max(5),
  /** Junos commands to look further with. */
  next: z.array(line).min(1).max(5),
  ignore: line.optional(),
});
export type Entry = z.output<typeof entrySchema>;
export const catalogueSchema = z.record(z.string().min(1), entrySchema);

/** By event id in upper case. */
export type Catalogue = ReadonlyMap<string, Entry>;

/** The shipped entries with the user's in their place. */
export function catalogueOf(...files: Record<string, Entry>[]): Catalogue {
  return new Map(
    files.flatMap((entries) => Object.entries(entries).map(([id, entry]) => [id.toUpperCase(), entry] as const)),
  );
}

/** What is known of an event id, in any case; null without an entry. */
export const explain = (event: string, catalogue: Catalogue): Entry | null =>
  catalogue.get(event.toUpperCase()) ?? null;
