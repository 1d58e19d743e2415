import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import { sentenceOf } from '../errors.ts';
import type { IntentContext } from '../intent/intent.ts';
import { understand } from '../intent/understand.ts';

/** What the bot understands from a text: one line of JSON. */
export function phrase(text: string, context: IntentContext): string {
  return JSON.stringify(understand(text, context));
}

/** The instant `--now` names; ISO 8601, without an offset it is a time in the zone. Undefined when it is neither. */
export function parseNow(iso: string, zone: string): Date | undefined {
  const time = DateTime.fromISO(iso, { zone });
  return time.isValid ? time.toJSDate() : undefined;
}

const lineSchema = z.strictObject({
  text: z.string(),
  now: z.string().optional(),
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), 'is not a time zone such as Europe/London')
    .optional(),
  locale: z.string().min(1).optional(),
});

/**
 * Answers one JSON object per line with one line, in order. A line that cannot be read is answered with
 * `{"error": "…"}`, so that answers and questions stay side by side. `defaults` fill in what a line leaves out.
 */
export async function phraseStream(input: Readable, output: Writable, defaults: IntentContext): Promise<void> {
  for await (const line of linesOf(input)) {
    if (!output.write(`${answer(line, defaults)}\n`)) await once(output, 'drain');
  }
}

function answer(line: string, defaults: IntentContext): string {
  const failed = (error: string) => JSON.stringify({ error });
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return failed('The line is not JSON.');
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return failed(`${issue?.path.join('.') || 'The line'}: ${issue?.message ?? 'cannot be read'}`);
  }
  const { text, zone = defaults.zone, locale = defaults.locale } = parsed.data;
  const now = parsed.data.now === undefined ? defaults.now : parseNow(parsed.data.now, zone);
  if (!now) return failed('now: is not a time such as 2026-11-23T10:00:00Z');
  try {
    return phrase(text, { ...defaults, now, zone, locale });
  } catch (error) {
    return failed(sentenceOf(error));
  }
}

/** Only a line feed ends a line here: node:readline also breaks at U+2028, which JSON allows inside a string. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
