import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';

/**
 * An error a person may read. `code` is for machines (logs, metrics, callers that decide by it);
 * `message` is a plain sentence for people, without secrets or internals; the original error is kept as `cause`.
 */
export class AssistantError extends Error {
  readonly code: string;

  constructor(code: string, sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'AssistantError';
    this.code = code;
  }
}

/** Crockford's: no letter in it is taken for a digit when it is read out. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const references = new WeakMap<object, string>();

/** Eight characters, 40 random bits, under which a person and the log name the same failure. */
export const newReference = () => Array.from(randomBytes(8), (byte) => ALPHABET[byte % 32]).join('');

/** The reference of an error: the same each time it is asked for, so that the log line and the sentence agree. */
export function referenceOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return newReference();
  const known = references.get(error) ?? newReference();
  references.set(error, known);
  return known;
}

/** What the log adds to a line with this error: nothing when people are told everything that is known of it. */
export function loggedReferenceOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  return error instanceof AssistantError ? references.get(error) : referenceOf(error);
}

/** An error that nobody foresaw became a sentence that points to the log, and nothing was logged of it yet. */
export interface Unexpected {
  error: unknown;
  reference: string;
}
const unexpected = channel('network-assistant:unexpected');

/** Tells of every such error; returns how to end that. */
export function onUnexpected(listener: (unexpected: Unexpected) => void): () => void {
  const onMessage = (message: unknown) => listener(message as Unexpected);
  unexpected.subscribe(onMessage);
  return () => void unexpected.unsubscribe(onMessage);
}

/**
 * The sentence to show a person for any thrown value: ours as it is, anything else without its internals and with the
 * reference under which the log has them.
 */
export function sentenceOf(error: unknown): string {
  if (error instanceof AssistantError) return error.message;
  const isLogged = typeof error === 'object' && error !== null && references.has(error);
  const reference = referenceOf(error);
  if (!isLogged) unexpected.publish({ error, reference } satisfies Unexpected);
  return `Something went wrong inside the assistant. The log has the details. Reference: ${reference}.`;
}
