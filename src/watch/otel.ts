import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  diag,
  isSpanContextValid,
  type Link,
  type Attributes as OtelAttributes,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { AssistantError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Attributes, SpanOptions, SpanPlace, Traces } from './traces.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};
/** How long spans wait for others to be sent with. */
const DELAY_MS = 5_000;
/** A collector that does not answer must not hold up the end of the program. */
const STOP_MS = 2_000;
/** What is said of the collector, at most so often. */
const SAY_AGAIN_MS = 60_000;
const LONGEST = 120;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Tracing with OpenTelemetry's SDK, over OTLP/HTTP or to stdout. The exporter reads OTEL_EXPORTER_OTLP_* itself. Nothing is
 * registered globally: what is traced is what is handed these traces.
 */
export function createTraces(env: NodeJS.ProcessEnv, version: string, log: Log): Traces {
  let saidAt = Number.NEGATIVE_INFINITY;
  // The SDK hands on what the collector answered, a page of it for each batch: what may be in it nobody knows.
  const warn = (message: unknown) => {
    if (performance.now() - saidAt < SAY_AGAIN_MS) return;
    saidAt = performance.now();
    log.warn(
      `traces are not sent: ${String(message)
        .split(/[\n\\]/, 1)[0]
        ?.slice(0, LONGEST)}`,
    );
  };
  diag.setLogger(
    {
      error: warn,
      warn,
      info: () => {},
      debug: () => {},
      verbose: () => {},
    },
    { suppressOverrideMessage: true },
  );
  const isConsole = env.OTEL_TRACES_EXPORTER?.trim() === 'console';
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': env.OTEL_SERVICE_NAME?.trim() || 'network-assistant',
      'service.version': version,
    }),
    sampler: samplerOf(env, log),
    spanProcessors: [
      isConsole
        ? new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })
        : new BatchSpanProcessor({
            exporter: new OTLPTraceExporter(),
            scheduledDelayMillis: Number(env.OTEL_BSP_SCHEDULE_DELAY) || DELAY_MS,
          }),
    ],
  });
  const tracer = provider.getTracer('network-assistant', version);
  const around = new AsyncLocalStorage<Context>();

  const span = async <T>(
    name: string,
    { kind, attributes = {}, parent, traceparent, links = [], isPart = false }: SpanOptions,
    work: (note: (more: Attributes) => void) => Promise<T>,
  ): Promise<T> => {
    const here = around.getStore();
    if (isPart && !here) return await work(() => {});
    const from = parent ?? placeOf(traceparent);
    const within = from ? trace.setSpanContext(ROOT_CONTEXT, { ...from, isRemote: true }) : (here ?? ROOT_CONTEXT);
    const own = tracer.startSpan(
      name,
      {
        kind: kind ? KINDS[kind] : SpanKind.INTERNAL,
        attributes: known(attributes),
        links: links.map((context): Link => ({ context })),
      },
      within,
    );
    try {
      return await around.run(trace.setSpan(within, own), () => work((more) => void own.setAttributes(known(more))));
    } catch (error) {
      // Not its message, which may quote what a device or a person wrote.
      own.setAttribute('error.type', error instanceof AssistantError ? error.code : (error as Error)?.name || 'other');
      own.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      own.end();
    }
  };

  return {
    isOn: true,
    span,
    here: () => {
      const context = around.getStore();
      return context && trace.getSpanContext(context);
    },
    stop: async () => {
      const limit = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), limit]);
    },
  };
}

const known = (attributes: Attributes): OtelAttributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function placeOf(traceparent: string | undefined): SpanPlace | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const place = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
  return isSpanContextValid(place) ? place : undefined;
}

/** OTEL_TRACES_SAMPLER and its argument; without them everything. */
function samplerOf(env: NodeJS.ProcessEnv, log: Log): Sampler {
  const name = env.OTEL_TRACES_SAMPLER?.trim() || 'parentbased_always_on';
  const given = Number(env.OTEL_TRACES_SAMPLER_ARG?.trim() || '1');
  const ratio = given >= 0 && given <= 1 ? given : 1;
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const root = roots[name.replace(/^parentbased_/, '')]?.();
  if (!root || ratio !== given) log.warn({ sampler: name }, 'traces: OTEL_TRACES_SAMPLER is not understood in full');
  if (!root) return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
