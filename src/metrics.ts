import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Delivery } from './events/dispatcher.ts';
import type { EventOutcome } from './events/intake.ts';
import type { Lane } from './events/next-operation.ts';
import { watchProcess } from './watch/process-numbers.ts';

/** What is true at the moment of asking. Null: nobody knows, and the sample is left out. */
export interface Now {
  isReady: boolean;
  cards: { waiting: number; oldestSeconds: number; hold: string | null } | null;
  spooled: number;
  isStoreAway: boolean;
  outbox: Record<Lane, { cards: number; oldestSeconds: number }>;
  /** One for each job that has not ended. */
  jobs: readonly { action: string; status: string }[];
  canary: { everySeconds: number; succeededAt: number | null };
  /** Of the ports, and the bot's own for Entra; `expiresAt` epoch ms. */
  certificates: readonly { section: string; expiresAt: number }[];
}

/** Where time is spent on a loopback, in a data centre, and by something that hangs. Seconds. */
const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const MEDIUM = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const SLOW = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_200, 2_400];
/** From an event to its card. */
const DELAY = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600];

/**
 * The numbers of one running bot, as Prometheus reads them. No label holds what comes from outside: neither a device, nor
 * a person, nor an id. docs/metrics.md lists them all.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #stopProcess = watchProcess(this.#registry);

  readonly #events = this.#counter(
    'assistant_events_total',
    'Events received, by their priority and what became of them',
    ['priority', 'outcome'],
  );
  readonly #intake = this.#histogram(
    'assistant_event_intake_duration_seconds',
    'From the body of a webhook to its answer',
    FAST,
  );
  readonly #store = this.#histogram(
    'assistant_store_duration_seconds',
    'Calls of the store, by what they are for',
    FAST,
    ['operation'],
  );
  readonly #storeErrors = this.#counter('assistant_store_errors_total', 'Calls of the store that failed, by why', [
    'operation',
    'code',
  ]);
  readonly #cards = this.#counter(
    'assistant_card_operations_total',
    'Posts and updates of event cards, by what came of them',
    ['lane', 'outcome'],
  );
  readonly #cardDelay = this.#histogram(
    'assistant_card_delay_seconds',
    'From the first event of a card to the card in Teams',
    DELAY,
    ['lane'],
  );
  readonly #teams = this.#counter(
    'assistant_teams_requests_total',
    'Requests to Teams, by HTTP status; none: no answer',
    ['operation', 'status'],
  );
  readonly #teamsDuration = this.#histogram('assistant_teams_request_duration_seconds', 'Requests to Teams', MEDIUM, [
    'operation',
  ]);
  readonly #jobs = this.#counter('assistant_jobs_total', 'Jobs that ended, by action and result', ['action', 'result']);
  readonly #openJobs = this.#gauge('assistant_jobs_open', 'Jobs that have not ended, by action and status', [
    'action',
    'status',
  ]);
  readonly #netconf = this.#histogram(
    'assistant_netconf_duration_seconds',
    'NETCONF by step: connect (login and hello), rpc, stream (a reply that is read as it comes)',
    SLOW,
    ['step'],
  );
  readonly #netconfErrors = this.#counter('assistant_netconf_errors_total', 'NETCONF steps that failed, by why', [
    'step',
    'kind',
  ]);
  readonly #reloads = this.#counter('assistant_config_reloads_total', 'Configurations read anew: good or broken', [
    'result',
  ]);
  readonly #configBroken = this.#gauge(
    'assistant_config_broken',
    '1 while the files are broken and the last good ones count',
  );
  readonly #configLoaded = this.#gauge(
    'assistant_config_loaded_timestamp_seconds',
    'When the configuration that counts was read',
  );
  readonly #ready = this.#gauge('assistant_ready', '1 while GET /readyz answers 200');
  readonly #waiting = this.#gauge('assistant_alerts_waiting', 'Events without a group and groups without a card');
  readonly #oldest = this.#gauge('assistant_alerts_oldest_seconds', 'Age of the oldest of them');
  readonly #gone = this.#gauge('assistant_alert_conversation_gone', '1 while the alert conversation takes no messages');
  readonly #outbox = this.#gauge(
    'assistant_outbox_cards',
    'Cards that Teams does not have as they are, new ones included',
    ['lane'],
  );
  readonly #outboxAge = this.#gauge('assistant_outbox_oldest_seconds', 'For how long the longest of them has been so', [
    'lane',
  ]);
  readonly #spooled = this.#gauge('assistant_spool_events', 'Events on the own disk that wait for the SQL Server');
  readonly #away = this.#gauge('assistant_store_away', '1 while the SQL Server is away and events are spooled');
  readonly #refused = this.#counter(
    'assistant_http_refused_total',
    'Requests that were not believed, by what they were answered with',
    ['route', 'status'],
  );
  readonly #certificates = this.#gauge(
    'assistant_certificate_expiry_timestamp_seconds',
    'When a certificate in use ends, by its section of assistant.yaml',
    ['section'],
  );
  readonly #canaryRuns = this.#counter('assistant_canary_runs_total', 'Self-tests that passed or failed', ['result']);
  readonly #canaryFailures = this.#counter('assistant_canary_failures_total', 'Self-tests that failed, by stage', [
    'stage',
  ]);
  readonly #canaryDuration = this.#gauge(
    'assistant_canary_duration_seconds',
    'How long the last self-test that passed took',
  );
  readonly #canarySuccess = this.#gauge(
    'assistant_canary_last_success_timestamp_seconds',
    'When a self-test passed last; 0: not since the start',
  );
  readonly #canaryEvery = this.#gauge(
    'assistant_canary_interval_seconds',
    'How often the self-test runs; 0: it is off',
  );

  /** `loadedAt`: when the configuration was read, epoch ms. `actions`: what jobs can be for. */
  constructor(build: { version: string; store: string }, actions: readonly string[], loadedAt: number) {
    const info = this.#gauge('assistant_build_info', 'Always 1; what is running is in the labels', [
      'version',
      'node',
      'store',
    ]);
    info.set({ ...build, node: process.version }, 1);
    this.#configLoaded.set(loadedAt / 1_000);
    // What an alert looks for has to be there before it happens for the first time.
    for (const result of ['good', 'broken']) this.#reloads.inc({ result }, 0);
    for (const result of ['passed', 'failed']) this.#canaryRuns.inc({ result }, 0);
    for (const priority of [1, 2, 3])
      for (const outcome of ['stored', 'failed']) this.#events.inc({ priority, outcome }, 0);
    for (const operation of ['post', 'update', 'read', 'delete', 'token'])
      for (const status of [401, 403]) this.#teams.inc({ operation, status }, 0);
    for (const stage of ['intake', 'store', 'board', 'card']) this.#canaryFailures.inc({ stage }, 0);
    for (const route of ['messages', 'events']) this.#refused.inc({ route, status: 401 }, 0);
    this.#events.inc({ priority: 'none', outcome: 'refused' }, 0);
    for (const lane of ['urgent', 'normal']) this.#cards.inc({ lane, outcome: 'rejected' }, 0);
    for (const kind of ['authentication', 'host-key']) this.#netconfErrors.inc({ step: 'connect', kind }, 0);
    for (const action of actions)
      for (const result of ['done', 'failed', 'unknown']) this.#jobs.inc({ action, result }, 0);
  }

  event(outcome: EventOutcome, priority: number | null): void {
    this.#events.inc({ priority: priority ?? 'none', outcome });
  }
  intake(ms: number): void {
    this.#intake.observe(ms / 1_000);
  }
  /** What calls of the store are for; their failures are there before the first one. */
  storeOperations(operations: Iterable<string>): void {
    for (const operation of operations) this.#storeErrors.inc({ operation, code: 'store-failed' }, 0);
  }
  storeCall(operation: string, ms: number, code: string | null): void {
    this.#store.observe({ operation }, ms / 1_000);
    if (code !== null) this.#storeErrors.inc({ operation, code });
  }
  cardOutcome(lane: Lane, outcome: Delivery['outcome']): void {
    this.#cards.inc({ lane, outcome });
  }
  cardDelay(lane: Lane, ms: number): void {
    this.#cardDelay.observe({ lane }, Math.max(0, ms) / 1_000);
  }
  teamsAnswer(operation: string, status: number | null, ms: number): void {
    this.#teams.inc({ operation, status: status ?? 'none' });
    this.#teamsDuration.observe({ operation }, ms / 1_000);
  }
  httpRefused(route: string, status: number): void {
    this.#refused.inc({ route, status });
  }
  jobEnded(action: string, result: string): void {
    this.#jobs.inc({ action, result });
  }
  netconf(step: string, ms: number, kind: string | null): void {
    this.#netconf.observe({ step }, ms / 1_000);
    if (kind !== null) this.#netconfErrors.inc({ step, kind });
  }
  /** The files were read anew at `at`; broken: what was read before still counts. */
  reread(isBroken: boolean, at: number): void {
    this.#reloads.inc({ result: isBroken ? 'broken' : 'good' });
    this.#configBroken.set(isBroken ? 1 : 0);
    if (!isBroken) this.#configLoaded.set(at / 1_000);
  }
  canary(failedAt: string | null, ms: number): void {
    this.#canaryRuns.inc({ result: failedAt === null ? 'passed' : 'failed' });
    if (failedAt === null) this.#canaryDuration.set(ms / 1_000);
    else this.#canaryFailures.inc({ stage: failedAt });
  }

  /** The exposition format. */
  async text(now: Now): Promise<string> {
    this.#ready.set(now.isReady ? 1 : 0);
    this.#away.set(now.isStoreAway ? 1 : 0);
    this.#spooled.set(now.spooled);
    if (now.cards) {
      this.#waiting.set(now.cards.waiting);
      this.#oldest.set(now.cards.oldestSeconds);
      this.#gone.set(now.cards.hold === 'conversation-gone' ? 1 : 0);
    } else for (const gauge of [this.#waiting, this.#oldest]) gauge.remove();
    for (const [lane, { cards, oldestSeconds }] of Object.entries(now.outbox)) {
      this.#outbox.set({ lane }, cards);
      this.#outboxAge.set({ lane }, oldestSeconds);
    }
    this.#openJobs.reset();
    for (const job of now.jobs) this.#openJobs.inc({ action: job.action, status: job.status });
    for (const { section, expiresAt } of now.certificates) this.#certificates.set({ section }, expiresAt / 1_000);
    this.#canaryEvery.set(now.canary.everySeconds);
    this.#canarySuccess.set((now.canary.succeededAt ?? 0) / 1_000);
    return await this.#registry.metrics();
  }

  /** Ends what measures by itself. */
  stop(): void {
    this.#stopProcess();
  }

  #counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
  #gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
  #histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}
