import { OWN_CATALOGUE } from '../catalogue/catalogue.ts';
import { OWN_PAIRS } from '../catalogue/pairs.ts';
import type { Log } from '../log.ts';
import { changesOf, waitingForRestart } from './changes.ts';
import type { Config } from './load.ts';
import { masked } from './masked.ts';
import { type Problem, problemLine } from './problem.ts';
import { isSameStamp, type Stamp, stampOf } from './stamp.ts';

/** Without them nobody could log in, or everybody's rights would be gone: one that disappears is a mistake. */
const KEPT = ['assistant.yaml', 'secrets.yaml'];

export type EventConfig = Pick<Config, 'junos' | 'catalogue' | 'pairs'>;

const LOOK_MS = 1_000;

/**
 * The configuration, reread when its files change. Readers get all of the old or all of the new; a broken file leaves the
 * old in force. Looked at by time: not every file system tells of changes. What changed is read when it was left alone
 * for a second, so that a file that somebody is writing is not read half.
 */
export class LiveConfig {
  readonly #config: Config;
  readonly #log: Log;
  readonly #onBroken: (sentence: string) => void;
  readonly #onChange: (current: Config) => void;
  readonly #onReread: (isBroken: boolean) => void;
  #current: Config;
  #stamp: Stamp;
  /** At the last look by time. */
  #seen: Stamp;
  /** The problems there were at the last look. */
  #said = '';
  #warned = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /**
   * `onBroken` is told in a sentence that files are broken; without a secret in it. `onChange` gets every new state, in
   * the same breath in which it becomes the current one. `onReread` hears how each reading ended.
   */
  constructor(
    config: Config,
    log: Log,
    onBroken: (sentence: string) => void,
    onChange: (current: Config) => void = () => {},
    onReread: (isBroken: boolean) => void = () => {},
  ) {
    this.#onReread = onReread;
    this.#onChange = onChange;
    this.#config = config;
    this.#stamp = config.stamp;
    this.#seen = config.stamp;
    this.#current = config;
    this.#log = log;
    this.#onBroken = onBroken;
  }

  get current(): Config {
    return this.#current;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking
        .then(() => this.#lookWhenLeftAlone())
        .catch((error: unknown) => this.#log.error({ err: error }, 'configuration not reread, looking again'));
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #lookWhenLeftAlone(): Promise<void> {
    const stamp = await this.#stampOf();
    const isLeftAlone = isSameStamp(stamp, this.#seen);
    this.#seen = stamp;
    if (isLeftAlone) await this.look();
  }

  /** Rereads the files when they changed. */
  async look(): Promise<void> {
    const stamp = await this.#stampOf();
    if (isSameStamp(stamp, this.#stamp)) return;
    await this.#reread(stamp);
  }

  /** Rereads the files, changed or not: whoever asks knows of something that does not show. */
  async reread(): Promise<void> {
    const reread = this.#looking.then(async () => await this.#reread(await this.#stampOf()));
    this.#looking = reread.catch(() => {});
    await reread;
  }

  async #reread(stamp: Stamp): Promise<void> {
    const loaded = await this.#config.reload();
    const gone = KEPT.filter((file) => this.#stamp.get(file) !== '' && stamp.get(file) === '');
    const problems: Problem[] = [
      ...loaded.problems,
      ...gone.map((file) => ({ level: 'error' as const, file, path: '', what: 'is gone' })),
    ];
    const config = gone.length > 0 ? undefined : loaded.config;
    // Until it is back, it is missed with every change.
    if (gone.length === 0) this.#stamp = stamp;
    else this.#stamp = new Map([...stamp, ...gone.map((file) => [file, this.#stamp.get(file) ?? ''] as const)]);
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
    this.#onReread(errors.length > 0);
    if (!config) return;
    const before = this.#current;
    this.#current = masked({
      ...config,
      catalogue: isBroken(OWN_CATALOGUE) ? before.catalogue : config.catalogue,
      pairs: isBroken(OWN_PAIRS) ? before.pairs : config.pairs,
    });
    this.#onChange(this.#current);
    this.#log.info({ changed: changesOf(before, this.#current) }, 'configuration reread');
    const waiting = waitingForRestart(this.#config, this.#current);
    if (waiting.length > 0) this.#log.warn({ keys: waiting }, 'these keys of assistant.yaml count after a restart');
    const lines = problems.map(problemLine);
    // What is wrong since the last time; the rest was said.
    for (const line of lines) if (!this.#warned.has(line)) this.#log.warn(line);
    this.#warned = new Set(lines);
  }

  #stampOf(): Promise<Stamp> {
    return stampOf(this.#config.dir);
  }
}
