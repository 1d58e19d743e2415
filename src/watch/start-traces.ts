import type { Log } from '../log.ts';
import { NO_TRACES, type Traces } from './traces.ts';

/**
 * Tracing as the environment asks for it, under OpenTelemetry's own names: on with OTEL_EXPORTER_OTLP_ENDPOINT, its
 * variant for traces, or OTEL_TRACES_EXPORTER=otlp or console. Its libraries are loaded only then.
 */
export async function startTraces(env: NodeJS.ProcessEnv, version: string, log: Log): Promise<Traces> {
  const get = (name: string) => env[name]?.trim() ?? '';
  const exporter = get('OTEL_TRACES_EXPORTER');
  const hasEndpoint = get('OTEL_EXPORTER_OTLP_ENDPOINT') !== '' || get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== '';
  const isOff = get('OTEL_SDK_DISABLED').toLowerCase() === 'true' || exporter === 'none';
  if (isOff || (exporter === '' && !hasEndpoint)) return NO_TRACES;
  if (exporter !== '' && exporter !== 'otlp' && exporter !== 'console') {
    log.warn({ exporter }, 'OTEL_TRACES_EXPORTER must be otlp, console or none: nothing is traced');
    return NO_TRACES;
  }
  const { createTraces } = await import('./otel.ts');
  const protocol = get('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || get('OTEL_EXPORTER_OTLP_PROTOCOL') || 'http/json';
  if (exporter !== 'console' && protocol !== 'http/json')
    log.warn(
      { protocol },
      'traces are sent as OTLP over HTTP in JSON (http/json), whatever OTEL_EXPORTER_OTLP_PROTOCOL says',
    );
  log.info({ exporter: exporter || 'otlp' }, 'traces are on');
  return createTraces(env, version, log);
}
