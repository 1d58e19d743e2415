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

/** The sentence to show a person for any thrown value: ours as it is, anything else without its internals. */
export function sentenceOf(error: unknown): string {
  return error instanceof AssistantError
    ? error.message
    : 'Something went wrong inside the assistant. The log has the details.';
}
