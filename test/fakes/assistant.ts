import { EventEmitter } from 'node:events';
import type { AccessRules } from '../../src/access.ts';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { sign } from '../../src/events/verify.ts';
import { createLog } from '../../src/log.ts';
import { type Running, start } from '../../src/main.ts';
import type { Cloud } from '../../src/teams/cloud.ts';
import type { Traces } from '../../src/watch/traces.ts';
import { Connector } from './connector.ts';
import { Folder, type FolderOptions, MASTER_PASSWORD, WEBHOOK_SECRET } from './folder.ts';
import { type Answer, newPerson, personalChat, Teams } from './teams.ts';

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export interface AssistantOptions extends FolderOptions {
  /** Environment beside the master password: an identity, for instance. */
  env?: Record<string, string>;
  /** Where its traces go; nowhere when not given. */
  traces?: Traces;
  /** Who may do what, from the next start on; in local mode everybody everything when not given. */
  access?: AccessRules;
  /** Where Microsoft is, for one with an identity. */
  cloud?: Cloud;
}

export interface TestEvent {
  event?: string;
  process?: string;
  message?: string;
  hostname?: string;
  detail?: unknown;
}

/** A complete event; what is given replaces its fields. */
export const eventBody = (event: TestEvent = {}) =>
  Buffer.from(
    JSON.stringify({
      event: 'CRITICAL',
      process: 'eventd',
      message: 'Something broke',
      hostname: 'hq-fw01',
      detail: '',
      ...event,
    }),
  );

/** The whole bot in this process, as `start` runs it: real HTTP, real SSH, a real store, a recording connector. */
export class Assistant {
  readonly connector: Connector;
  readonly folder: Folder;
  readonly teams: Teams;
  readonly log: LogLine[] = [];
  readonly #logged = new EventEmitter().setMaxListeners(0);
  readonly #env: Record<string, string>;
  readonly #cloud: Cloud | undefined;
  access: AccessRules | undefined;
  readonly #traces: Traces | undefined;
  #aheadMs = 0;
  #heldAt: number | undefined;
  #running: Running | undefined;

  private constructor(connector: Connector, folder: Folder, { env = {}, access, cloud, traces }: AssistantOptions) {
    this.#traces = traces;
    this.connector = connector;
    this.folder = folder;
    this.access = access;
    this.#cloud = cloud;
    this.#env = { NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER_PASSWORD, ...env };
    this.teams = new Teams(() => this.url, connector);
  }

  static async start(options: AssistantOptions = {}): Promise<Assistant> {
    const assistant = new Assistant(await Connector.start(), await Folder.make(options), options);
    try {
      await assistant.startAgain();
    } catch (error) {
      await assistant.close();
      throw error;
    }
    return assistant;
  }

  get url(): string {
    if (!this.#running) throw new Error('The bot is stopped.');
    return this.#running.url;
  }

  /** Where events are taken. */
  get eventsUrl(): string {
    return this.#running?.eventsUrl ?? this.url;
  }

  /** The bot's clock: it runs as the real one does, moved ahead, or stands still. */
  now = () => (this.#heldAt ?? Date.now()) + this.#aheadMs;

  /** From now on it moves when it is moved. */
  holdClock(): void {
    this.#heldAt = Date.now();
  }

  moveClock(ms: number): void {
    this.#aheadMs += ms;
  }

  async startAgain(): Promise<void> {
    const { config } = await loadConfigOrThrow(this.folder.dir, this.#env);
    const log = createLog('info', { write: (line) => this.#take(line) });
    const { now, access } = this;
    this.#running = await start(config, log, { now, access, cloud: this.#cloud, traces: this.#traces });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async close(): Promise<void> {
    // A connector that hangs would hold up the stop; nobody waits for its answer any more.
    this.connector.heal();
    await Promise.all([this.stop(), this.connector.close()]);
    await this.folder.close();
  }

  /** The first log line, past or to come, that matches. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.log.find(matches);
        if (!found) return;
        clearTimeout(timer);
        this.#logged.off('line', look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#logged.off('line', look);
        reject(new Error(`Nothing logged for ${matches}. Logged: ${this.log.map(({ msg }) => msg).join('; ')}`));
      }, 25_000);
      this.#logged.on('line', look);
      look();
    });
  }

  /** Resolves when so many events are on cards, and the store knows it. */
  async shown(events: number): Promise<void> {
    const count = () => {
      const lines = this.log.filter(({ msg }) => msg === 'card posted' || msg === 'card updated');
      return [...new Map(lines.map((line) => [line.group, Number(line.events)])).values()].reduce((a, b) => a + b, 0);
    };
    await this.logged(() => count() >= events);
  }

  /** Posts bytes to the webhook, rightly signed unless the headers say otherwise. */
  async webhook(body: Uint8Array, headers: Record<string, string> = {}, path = '/webhooks/junos'): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET), ...headers },
      body: Buffer.from(body),
    });
    return { status: response.status, body: await response.text() };
  }

  /** Sends one signed event as an agent does; its id in the store. */
  async event(event: TestEvent = {}): Promise<number> {
    const { status, body } = await this.webhook(eventBody(event));
    if (status !== 202) throw new Error(`The event was not taken: ${status} ${body}`);
    return (JSON.parse(body) as { id: number }).id;
  }

  /** Somebody chooses a chat for alerts; its id. */
  async alertsHere(): Promise<string> {
    const person = newPerson('Diego Siciliani');
    await this.teams.say(person, personalChat(person), 'alerts here');
    return personalChat(person).id;
  }

  #take(line: string): void {
    this.log.push(JSON.parse(line) as LogLine);
    this.#logged.emit('line');
  }
}
