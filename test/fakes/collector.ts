import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Value = { stringValue?: string; intValue?: number | string; boolValue?: boolean; doubleValue?: number };

/** A span as OTLP has it in JSON. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Value }[];
  links: { traceId: string; spanId: string }[];
  status: { code?: number; message?: string };
  events?: unknown[];
}

interface Export {
  resourceSpans: { resource: { attributes: Span['attributes'] }; scopeSpans: { spans: Span[] }[] }[];
}

/** A collector of OpenTelemetry's, as far as an exporter over OTLP/HTTP sees it: it takes JSON on /v1/traces and keeps it. */
export class Collector {
  readonly spans: Span[] = [];
  readonly requests: { path: string; type: string; body: string }[] = [];
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly #server = createServer(async (request, response) => {
    const body = await text(request);
    this.requests.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body });
    const { resourceSpans } = JSON.parse(body) as Export;
    this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end('{}');
    this.#changed.emit('spans');
  });

  static async start(): Promise<Collector> {
    const collector = new Collector();
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The first span, past or to come, that matches. */
  span(matches: (span: Span) => boolean): Promise<Span> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.spans.find(matches);
        if (!found) return;
        clearTimeout(timer);
        this.#changed.off('spans', look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#changed.off('spans', look);
        const seen = this.spans.map(({ name, traceId, parentSpanId = '' }) => `${traceId} ${parentSpanId} ${name}`);
        reject(new Error(`No span for ${matches}. There were:\n${seen.join('\n')}`));
      }, 60_000);
      this.#changed.on('spans', look);
      look();
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An attribute's value; undefined when the span has none of that name. */
export function attribute({ attributes }: Span, name: string): string | number | boolean | undefined {
  const value = attributes.find(({ key }) => key === name)?.value;
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue;
}
