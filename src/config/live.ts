import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_CATALOGUE } from '../catalogue/catalogue.ts';
import { OWN_PAIRS } from '../catalogue/pairs.ts';
import type { Log } from '../log.ts';
import type { Config } from './load.ts';
import { problemLine } from './problem.ts';

/** What counts without a restart: the webhook, the priorities, the rules, and what explains and pairs events. */
const LIVE_FILES = ['junos-config.yaml', OWN_CATALOGUE, OWN_PAIRS];

export type EventConfig = Pick<Config, 'junos' | 'catalogue' | 'pairs'>;

const LOOK_MS = 2_000;

/**
 * The part of the configuration that is reread when its files change. Readers get all of the old or all of the new; a
 * broken file leaves the old in force. Looked at by time: not every file system tells of changes.
 */
export class LiveConfig {
  readonly #config: Config;
  readonly #log: Log;
  readonly #onBroken: (sentence: string) => void;
  #current: EventConfig;
  #stamp: string | null = null;
  /** The problems there were at the last look. */
  #said = '';
  #warned = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** `onBroken` is told in a sentence that files are broken; without a secret in it. */
  constructor(config: Config, log: Log, onBroken: (sentence: string) => void) {
    this.#config = config;
    this.#current = config;
    this.#log = log;
    this.#onBroken = onBroken;
  }

  get current(): EventConfig {
    return this.#current;
  }

  async start(): Promise<void> {
    this.#stamp = await this.#stampOf();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking
        .then(() => this.look())
        .catch((error: unknown) => this.#log.error({ err: error }, 'configuration not reread, looking again'));
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Rereads the files when they changed. */
  async look(): Promise<void> {
    const stamp = await this.#stampOf();
    if (stamp === this.#stamp) return;
    const { config, problems } = await this.#config.reload();
    this.#stamp = stamp;
    const isBroken = (file: string) => problems.some((problem) => problem.file === file);
    const broken = problems.filter(
      ({ level, file }) => level === 'error' || file === OWN_CATALOGUE || file === OWN_PAIRS,
    );
    const errors = broken.map(problemLine);
    if (errors.length > 0) {
      this.#log.error({ problems: errors }, 'configuration changed and is broken: the last good one stays in force');
      // What was said of a file that is left as it is needs no repeating when another one is changed.
      if (!config || errors.join('\n') !== this.#said) {
        const said = errors.slice(0, 3).map((line) => `${line}.`);
        this.#onBroken(
          `The configuration was changed and is broken, so the last good one stays in force. ${said.join(' ')} See all of it with: check`,
        );
      }
    }
    this.#said = errors.join('\n');
    if (!config) return;
    const before = this.#current;
    this.#current = {
      junos: config.junos,
      catalogue: isBroken(OWN_CATALOGUE) ? before.catalogue : config.catalogue,
      pairs: isBroken(OWN_PAIRS) ? before.pairs : config.pairs,
    };
    this.#log.info({ changed: changes(before, this.#current) }, 'configuration reread');
    const lines = problems.map(problemLine);
    // What is wrong since the last time; the rest was said.
    for (const line of lines) if (!this.#warned.has(line)) this.#log.warn(line);
    this.#warned = new Set(lines);
  }

  async #stampOf(): Promise<string> {
    const stamps = LIVE_FILES.map(async (file) => {
      const found = await stat(join(this.#config.dir, file), { bigint: true }).catch(() => null);
      return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : '';
    });
    return (await Promise.all(stamps)).join('\n');
  }
}

/** The names of what is different; never a value. */
function changes(before: EventConfig, after: EventConfig): string[] {
  const entries = ({ catalogue }: EventConfig) => catalogue.ids().map((id) => [id, catalogue.explain(id)]);
  const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b);
  const keys = Object.keys(after.junos.config) as (keyof EventConfig['junos']['config'])[];
  const events = [...new Set([...Object.keys(before.junos.events), ...Object.keys(after.junos.events)])];
  return [
    ...keys.filter((key) => differ(before.junos.config[key], after.junos.config[key])).map((key) => `config.${key}`),
    ...events.filter((id) => differ(before.junos.events[id], after.junos.events[id])).map((id) => `events.${id}`),
    ...(differ(before.junos.rules, after.junos.rules) ? ['rules'] : []),
    ...(differ(entries(before), entries(after)) ? ['catalogue'] : []),
    ...(differ(before.pairs, after.pairs) ? ['pairs'] : []),
  ].slice(0, 50);
}
