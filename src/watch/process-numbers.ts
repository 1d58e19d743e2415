import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** How finely the event loop is watched: a timer of the runtime itself, which costs a fiftieth of a percent. */
const RESOLUTION_MS = 20;

/**
 * The process's own numbers under Prometheus' common names, read when somebody asks. The library's whole set would follow
 * every garbage collection as well. Returns how to end the watch of the event loop.
 */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  const startedAt = Date.now() / 1_000 - process.uptime();
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the process, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(seconds - counted);
      counted = seconds;
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process that is in RAM',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since 1970',
    registers,
  }).set(startedAt);
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap of the main thread that is in use',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const late = (quantile: number) => Math.max(0, delay.percentile(quantile) / 1e6 - RESOLUTION_MS) / 1_000;
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'How late the event loop came, since the last time this was asked for; the median',
    registers,
    collect() {
      this.set(late(50));
    },
  });
  new Gauge({
    name: 'nodejs_eventloop_lag_p99_seconds',
    help: 'The same; one in a hundred was later',
    registers,
    collect() {
      this.set(late(99));
      delay.reset();
    },
  });
  return () => void delay.disable();
}
