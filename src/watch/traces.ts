/** What a span says of itself. Ids, names and numbers of ours; never a secret, nor the text of a message. */
export type Attributes = Record<string, string | number | boolean | undefined>;

/** A span, to go on from. */
export interface SpanPlace {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** Whose child it is; without it the span that is around it here. */
  parent?: SpanPlace | undefined;
  /** W3C traceparent of a sender who was proved to be one. What is none is ignored. */
  traceparent?: string | undefined;
  links?: readonly SpanPlace[];
  /** Only as a part of a span that is around it: what happens all the time by itself is no trace. */
  isPart?: boolean;
}

export interface Traces {
  readonly isOn: boolean;
  /** Does the work in a span of its own. An error marks it with its code. `note` adds what is known later. */
  span<T>(name: string, options: SpanOptions, work: (note: (more: Attributes) => void) => Promise<T>): Promise<T>;
  /** The span that is around here. */
  here(): SpanPlace | undefined;
  /** Sends what is left, within a few seconds. */
  stop(): Promise<void>;
}

const nothing = () => {};

/** Tracing that is off costs a call. */
export const NO_TRACES: Traces = {
  isOn: false,
  span: (_name, _options, work) => work(nothing),
  here: () => undefined,
  stop: async () => {},
};
