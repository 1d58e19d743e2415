import type { EventEmitter } from 'node:events';
import type { Device, Engine } from './device.ts';

export interface SimulatorEvents {
  /** The engine that sessions are on went down; its connections are cut. */
  down: [];
  /** It listens again. */
  up: [];
  /** Any engine, that one included, by its name. */
  engine: [name: string, state: 'down' | 'up'];
}

export interface PowerOptions {
  device: Device;
  events: EventEmitter<SimulatorEvents>;
  /** From the end of the answer `Shutdown NOW!` to the cut connections. */
  goneAfterMs: number;
  /** From there to the open port. */
  downMs: number;
  /** Cuts every connection and closes the port. */
  disconnect(): Promise<void>;
  listen(): Promise<void>;
}

type TimerName = 'scheduled' | 'gone' | 'up';

/** Longest time a Node timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Takes engines down when their time has come, and brings them up again. */
export class Power {
  readonly #options: PowerOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: PowerOptions) {
    this.#options = options;
  }

  /** Carries out what is due by the device's `now()`, and waits for the rest. */
  tick(graceMs = 0): void {
    const { device } = this.#options;
    for (const engine of device.running) {
      if (!engine.pending) continue;
      const leftMs = engine.pending.at.getTime() - device.now().getTime();
      if (leftMs > 0) this.#after(engine, 'scheduled', leftMs, () => this.tick());
      else if (graceMs === 0 || !this.#timers.has(`${engine.name} gone`)) {
        this.#after(engine, 'gone', graceMs, () => this.#shutDown(engine));
      }
    }
  }

  /** A reply has left: a shutdown that it announced begins now. */
  answered(): void {
    const { device, goneAfterMs } = this.#options;
    if (device.outage) {
      device.outage = false;
      void this.#takeDown(device.engine, () => {});
    } else this.tick(goneAfterMs);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #shutDown(engine: Engine): Promise<void> {
    this.#timers.delete(`${engine.name} gone`);
    // It may have been cancelled in its last moment.
    if (!engine.pending) return;
    await this.#takeDown(engine, () => {
      engine.pending = null;
      engine.bootedAt = this.#options.device.now();
    });
  }

  async #takeDown(engine: Engine, boot: () => void): Promise<void> {
    const { device, events, downMs, disconnect, listen } = this.#options;
    const isOurs = engine === device.engine;
    clearTimeout(this.#timers.get(`${engine.name} scheduled`));
    engine.isUp = false;
    if (isOurs) await disconnect();
    events.emit('engine', engine.name, 'down');
    if (isOurs) events.emit('down');
    if (this.#closed) return;
    this.#after(engine, 'up', downMs, async () => {
      boot();
      engine.isUp = true;
      if (isOurs) await listen();
      events.emit('engine', engine.name, 'up');
      if (isOurs) events.emit('up');
    });
  }

  #after(engine: Engine, name: TimerName, ms: number, run: () => void): void {
    const key = `${engine.name} ${name}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(run, Math.min(ms, MAX_TIMER_MS)));
  }
}
