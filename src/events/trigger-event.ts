import { z } from 'zod';

/**
 * The body of a webhook: what a Junos event script tells about the event that triggered it. The five
 * fields are the original agent's; newer agents send more, which is kept in the stored body.
 */
const triggerEventSchema = z.looseObject({
  event: z.string().trim().min(1, 'is empty').max(200, 'is longer than 200 characters'),
  process: z.string(),
  message: z.string(),
  hostname: z.string().trim().min(1, 'is empty').max(253, 'is longer than 253 characters'),
  // A text, or rows such as the busiest processes; null where an agent had nothing to say.
  detail: z.json(),
});

export interface TriggerEvent {
  event: string;
  process: string;
  message: string;
  hostname: string;
  detail: z.infer<typeof triggerEventSchema>['detail'];
  /** What newer agents send; empty without it. */
  facility: string;
  severity: string;
  attributes: Record<string, string>;
  /** Earlier events that the device had no room to keep: they are lost. */
  dropped: number;
}

const MOST_ATTRIBUTES = 64;

/** What newer agents add. Of another type than expected it counts as not sent: an event is not lost for it. */
export function extrasOf(
  json: Record<string, unknown>,
): Pick<TriggerEvent, 'facility' | 'severity' | 'attributes' | 'dropped'> {
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 512) : '');
  const { attributes, dropped } = json;
  const pairs = attributes !== null && typeof attributes === 'object' ? Object.entries(attributes) : [];
  return {
    facility: text(json.facility),
    severity: text(json.severity),
    dropped: typeof dropped === 'number' && Number.isSafeInteger(dropped) && dropped > 0 ? dropped : 0,
    attributes: Object.fromEntries(
      pairs
        .slice(0, MOST_ATTRIBUTES)
        .flatMap(([name, value]) => (typeof value === 'string' ? [[name, text(value)]] : [])),
    ),
  };
}

/**
 * Reads a body's bytes. The answer for a bad one is a sentence that names the field, for the person who
 * looks at the device's log.
 */
export function parseTriggerEvent(body: Uint8Array): { value: TriggerEvent } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return { problem: 'The body is not JSON in UTF-8.' };
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    return { problem: 'The body is not a JSON object.' };
  }
  let parsed: ReturnType<typeof triggerEventSchema.safeParse>;
  try {
    parsed = triggerEventSchema.safeParse(json);
  } catch (error) {
    // Ten thousand brackets in one another: a reader that goes into each runs out of stack, as later ones would.
    if (error instanceof RangeError) return { problem: 'The field detail is nested too deeply.' };
    throw error;
  }
  if (parsed.success) {
    const { event, process, message, hostname, detail } = parsed.data;
    return { value: { event, process, message, hostname, detail, ...extrasOf(json as Record<string, unknown>) } };
  }
  const problems = parsed.error.issues.map((issue) => {
    const field = String(issue.path[0]);
    if (!Object.hasOwn(json, field)) return `The field ${field} is missing.`;
    if (issue.code === 'invalid_type' && issue.path.length === 1) return `The field ${field} is not a text.`;
    return `The field ${field} ${issue.path.length === 1 && issue.code !== 'invalid_union' ? issue.message : 'cannot be read'}.`;
  });
  return { problem: [...new Set(problems)].join(' ') };
}
