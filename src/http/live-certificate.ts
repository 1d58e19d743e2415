import { stat } from 'node:fs/promises';
import { expiryProblem, type KeyPair, readKeyPair } from '../config/key-pair.ts';
import type { Log } from '../log.ts';

export interface LiveCertificateOptions {
  /** The section of assistant.yaml that names it. */
  section: string;
  pair: KeyPair;
  /** Takes a new pair into use; throws when it cannot. */
  use: (pair: KeyPair) => void;
  /** Told in a sentence that the files are broken. */
  onBroken: (sentence: string) => void;
  now: () => number;
  log: Log;
}

const LOOK_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * The certificate of a port, read anew when its files change; a pair that is broken leaves the last good one in force. What
 * changed is read when both files were left alone for a second, because they are replaced one after the other. Once a day the
 * log is told of an end that is near.
 */
export class LiveCertificate {
  readonly #options: LiveCertificateOptions;
  #pair: KeyPair;
  #stamp = '';
  #seen = '';
  #saidAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: LiveCertificateOptions) {
    this.#options = options;
    this.#pair = options.pair;
  }

  get section(): string {
    return this.#options.section;
  }

  /** The end of the one in force, milliseconds since 1970. */
  get expiresAt(): number {
    return this.#pair.expiresAt;
  }

  async start(): Promise<void> {
    const { log, section } = this.#options;
    this.#stamp = await this.#stampOf();
    this.#seen = this.#stamp;
    log.info({ section, expires: new Date(this.#pair.expiresAt).toISOString() }, 'speaking TLS');
    this.#sayExpiry();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking
        .then(() => this.#look())
        .catch((error: unknown) => log.error({ err: error, section }, 'certificate not reread, looking again'));
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Reads the files now, changed or not. */
  async reread(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#take());
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#sayExpiry();
    const stamp = await this.#stampOf();
    const isLeftAlone = stamp === this.#seen;
    this.#seen = stamp;
    if (!isLeftAlone || stamp === this.#stamp) return;
    this.#stamp = stamp;
    await this.#take();
  }

  async #take(): Promise<void> {
    const { section, use, onBroken, log } = this.#options;
    const { pair, problem } = await this.#read(use);
    if (pair) {
      this.#pair = pair;
      this.#saidAt = Number.NEGATIVE_INFINITY;
      log.info({ section, expires: new Date(pair.expiresAt).toISOString() }, 'certificate reread');
      this.#sayExpiry();
      return;
    }
    log.error({ section, problem }, 'certificate changed and is broken: the last good one stays in force');
    onBroken(
      `The certificate that assistant.yaml names under ${section} was changed and is broken, so the last good one stays in force. ${problem}.`,
    );
  }

  async #read(use: (pair: KeyPair) => void): Promise<{ pair?: KeyPair; problem?: string }> {
    const { certificateFile, keyFile } = this.#pair;
    const { pair, problems } = await readKeyPair('', { certificate_file: certificateFile, key_file: keyFile });
    if (!pair) return { problem: problems.map(({ key, what }) => `${key}: ${what}`).join('; ') };
    try {
      use(pair);
      return { pair };
    } catch (error) {
      return { problem: `It cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
    }
  }

  #sayExpiry(): void {
    const { section, now, log } = this.#options;
    if (Math.abs(now() - this.#saidAt) < DAY_MS) return;
    this.#saidAt = now();
    const problem = expiryProblem(this.#pair, now());
    if (problem !== null) log.warn({ section, file: this.#pair.certificateFile }, `the certificate ${problem}`);
  }

  async #stampOf(): Promise<string> {
    const files = [this.#pair.certificateFile, this.#pair.keyFile];
    const stamps = files.map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => null);
      return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : '';
    });
    return (await Promise.all(stamps)).join(', ');
  }
}
