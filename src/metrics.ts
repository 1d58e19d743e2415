import { Counter, Gauge, Registry } from 'prom-client';
import type { Delivery } from './events/dispatcher.ts';
import type { Lane } from './events/next-operation.ts';

/** What is true at the moment of asking. */
interface Now {
  waiting: number;
  oldestAt: number | null;
  hold: string | null;
  now: number;
}

/** The numbers of one running bot, as Prometheus reads them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #outcomes = new Counter({
    name: 'assistant_card_operations_total',
    help: 'Posts and updates of event cards, by what came of them',
    labelNames: ['lane', 'outcome'],
    registers: [this.#registry],
  });
  readonly #waiting = new Gauge({
    name: 'assistant_alerts_waiting',
    help: 'Events without a group and groups without a card',
    registers: [this.#registry],
  });
  readonly #oldest = new Gauge({
    name: 'assistant_alerts_oldest_seconds',
    help: 'Age of the oldest of them',
    registers: [this.#registry],
  });
  readonly #gone = new Gauge({
    name: 'assistant_alert_conversation_gone',
    help: '1 while the alert conversation takes no messages',
    registers: [this.#registry],
  });

  cardOutcome(lane: Lane, outcome: Delivery['outcome']): void {
    this.#outcomes.inc({ lane, outcome });
  }

  /** The exposition format. */
  async text({ waiting, oldestAt, hold, now }: Now): Promise<string> {
    this.#waiting.set(waiting);
    this.#oldest.set(oldestAt === null ? 0 : Math.max(0, (now - oldestAt) / 1_000));
    this.#gone.set(hold === 'conversation-gone' ? 1 : 0);
    return await this.#registry.metrics();
  }
}
