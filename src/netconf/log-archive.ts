import { setTimeout as delay } from 'node:timers/promises';
import { cleanUp } from './clean-up.ts';
import { plainPath } from './device-path.ts';
import { NetconfError, RpcError } from './errors.ts';
import { ARCHIVE_TIMEOUT_MS, archiveFiles, type DeviceFile, listFiles, NO_SPACE, sha256 } from './files.ts';
import type { LogEngine } from './log-engines.ts';
import type { RpcSession } from './operation.ts';
import { openSession } from './session.ts';
import { capped } from './spoken.ts';
import { abandoned, type SessionTarget, type Timeouts } from './target.ts';
import { Terminal } from './terminal.ts';
import { XmlError } from './xml.ts';

export interface ArchiveLogsOptions {
  signal?: AbortSignal;
  /** Of the packing, in ms; 15 minutes. Copying it to the own engine has as much again. */
  timeoutMs?: number;
  timeouts?: Partial<Timeouts>;
}

/**
 * What became of one engine's logs. `done`: the archive is in that file of the engine that the session is on. `refused`:
 * it could not be made; `left` is what is still on the device (`node1:/var/tmp/x` on another engine). `not-possible`:
 * there is no way to that engine's logs, and nothing was made. `text` is a sentence, or the device's own words.
 */
export type EngineArchive =
  | { engine: string | null; outcome: 'done'; file: DeviceFile }
  | { engine: string | null; outcome: 'refused'; text: string; left: string[] }
  | { engine: string | null; outcome: 'not-possible'; text: string };

const SOURCE = '/var/log/*';
/** For a command that only answers. */
const ANSWER_MS = 30_000;
const INTERRUPT_MS = 10_000;
/** What the device was doing for a session has ended that long after the session. */
const HANG_UP_MS = 1_000;

/**
 * Packs /var/log of one engine into `destination` (`/var/tmp/x.tgz`) of the engine that the session is on. The own
 * engine's is one request; on another one the same is typed in its CLI, which its banner has to prove, then the archive
 * is copied over, compared by its checksum, and deleted there. `session` is for looking and deleting. Throws
 * `InvalidPath`, and `NetconfError` `cancelled`, both with nothing left that could be deleted.
 */
export async function archiveLogs(
  target: SessionTarget,
  session: RpcSession,
  engine: LogEngine,
  destination: string,
  options: ArchiveLogsOptions = {},
): Promise<EngineArchive> {
  plainPath(destination);
  const { name, own, impossible } = engine;
  if (impossible !== null) return { engine: name, outcome: 'not-possible', text: impossible };
  return own
    ? archiveOwn(target, session, name, destination, options)
    : new OtherEngine(target, session, engine, destination, options).archive();
}

async function archiveOwn(
  target: SessionTarget,
  session: RpcSession,
  name: string | null,
  destination: string,
  { signal, timeoutMs, timeouts }: ArchiveLogsOptions,
): Promise<EngineArchive> {
  // Of its own: its end is what ends the packing on the device. A goodbye would wait until that is done.
  const end = new AbortController();
  const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  const packing = await openSession(target, { signal: ends, ...(timeouts ? { timeouts } : {}) });
  try {
    const request = { source: SOURCE, destination, compress: true };
    const made = await archiveFiles(packing, request, timeoutMs === undefined ? {} : { timeoutMs });
    if (made.outcome === 'done' && made.file) return { engine: name, outcome: 'done', file: made.file };
    if (made.outcome === 'refused' && made.reason === 'already-there') {
      return { engine: name, outcome: 'refused', text: made.text, left: [] };
    }
    end.abort();
    if (made.outcome === 'unknown') await delay(HANG_UP_MS);
    const { left } = await cleanUp(session, [destination]);
    if (signal?.aborted) throw abandoned(target, signal);
    return { engine: name, outcome: 'refused', text: made.text, left: left.map(({ path }) => path) };
  } finally {
    void packing.close();
  }
}

/** A refusal that ends the work on another engine. */
class Refused extends Error {}

class OtherEngine {
  readonly #target: SessionTarget;
  readonly #session: RpcSession;
  readonly #engine: LogEngine;
  readonly #path: string;
  readonly #options: ArchiveLogsOptions;
  /** The archive may be on the other engine. */
  #begun = false;

  constructor(
    target: SessionTarget,
    session: RpcSession,
    engine: LogEngine,
    path: string,
    options: ArchiveLogsOptions,
  ) {
    this.#target = target;
    this.#session = session;
    this.#engine = engine;
    this.#path = path;
    this.#options = options;
  }

  async archive(): Promise<EngineArchive> {
    const { name } = this.#engine;
    const { signal, timeouts } = this.#options;
    const before = await listFiles(this.#session, this.#path, signal ? { signal } : {});
    if (before.found && before.files.length > 0) {
      return { engine: name, outcome: 'refused', text: `${this.#path} is there already. Nothing was sent.`, left: [] };
    }
    let terminal: Terminal;
    try {
      const common = { ...(signal ? { signal } : {}), ...(timeouts ? { timeouts } : {}) };
      terminal = await Terminal.open(this.#target, common);
    } catch (error) {
      if (!(error instanceof NetconfError) || error.code === 'cancelled') throw error;
      return { engine: name, outcome: 'not-possible', text: error.message };
    }
    try {
      const sentence = await this.#goThere(terminal);
      if (sentence !== null) return { engine: name, outcome: 'not-possible', text: sentence };
      const file = await this.#packAndBring(terminal);
      const left = await this.#removeThere(terminal);
      return left.length === 0
        ? { engine: name, outcome: 'done', file }
        : {
            engine: name,
            outcome: 'refused',
            text: `The archive on ${name} could not be deleted.`,
            left: [...left, ...(await this.#removeHere())],
          };
    } catch (error) {
      if (!isExpected(error)) throw error;
      const left = [...(await this.#removeThere(terminal)), ...(await this.#removeHere())];
      if (signal?.aborted) throw abandoned(this.#target, signal);
      return { engine: name, outcome: 'refused', text: error.message, left };
    } finally {
      terminal.close();
    }
  }

  /** Null when the banner proves that the CLI is the other engine's, else why not. */
  async #goThere(terminal: Terminal): Promise<string | null> {
    const { name, login, bannerEnd } = this.#engine;
    const { signal } = this.#options;
    if (terminal.at === 'shell') await terminal.run('cli', { signal });
    const own = terminal.banner;
    const typed = await terminal.run(login ?? '', { timeoutMs: ANSWER_MS, signal });
    if (typed.at === 'password') return `${name} asks for a password, which is not typed there.`;
    const isThere =
      typed.at === 'cli' &&
      typed.banner !== null &&
      typed.banner !== own &&
      (bannerEnd === null || typed.banner.endsWith(bannerEnd));
    if (isThere) return null;
    const said = capped(typed.text);
    const reason = said === '' ? 'The prompt does not show that it was reached.' : `The device said: ${said}`;
    return `The logs of ${name} cannot be had: a login to it did not succeed. ${reason}`;
  }

  async #packAndBring(terminal: Terminal): Promise<DeviceFile> {
    const { name } = this.#engine;
    const { signal, timeoutMs = ARCHIVE_TIMEOUT_MS } = this.#options;
    const path = this.#path;
    this.#begun = true;
    const packed = await terminal.run(`file archive compress source ${SOURCE} destination ${path}`, {
      timeoutMs,
      signal,
    });
    if (NO_SPACE.test(packed.text)) throw new Refused(`${name} is full: ${capped(packed.text)}`);
    const sum = await terminal.run(`file checksum sha-256 ${path}`, { timeoutMs, signal });
    const expected = /\b[0-9a-f]{64}\b/i.exec(sum.text)?.[0].toLowerCase();
    if (expected === undefined) {
      throw new Refused(`The archive was not made on ${name}: ${capped(`${packed.text} ${sum.text}`)}`);
    }
    const own = this.#ownPrefix();
    const copied = await terminal.run(`file copy ${path} ${own}${path}`, { timeoutMs, signal });
    const options = signal ? { signal } : {};
    const found = await listFiles(this.#session, path, options);
    const [file] = found.found ? found.files : [];
    if (!file) throw new Refused(`The archive of ${name} did not arrive: ${capped(copied.text) || 'nothing was said'}`);
    const arrived = await sha256(this.#session, path, options);
    if (arrived !== expected) throw new Refused(`The archive of ${name} did not arrive whole: its checksum differs.`);
    return file;
  }

  /** Of the engine that the session is on, for `file copy`. */
  #ownPrefix(): string {
    return `${this.#engine.ownName}:`;
  }

  /** What is still there. The word of the other engine counts, while its CLI is there; else nobody can say. */
  async #removeThere(terminal: Terminal): Promise<string[]> {
    if (!this.#begun) return [];
    const there = `${this.#engine.name}:${this.#path}`;
    try {
      if (terminal.gone) return (await cleanUp(this.#session, [there])).left.map(({ path }) => path);
      await terminal.interrupt(INTERRUPT_MS);
      await terminal.run(`file delete ${this.#path}`, { timeoutMs: ANSWER_MS });
      const { text } = await terminal.run(`file list ${this.#path}`, { timeoutMs: ANSWER_MS });
      return /no such file/i.test(text) ? [] : [there];
    } catch {
      return [there];
    }
  }

  async #removeHere(): Promise<string[]> {
    const { left } = await cleanUp(this.#session, [this.#path]);
    return left.map(({ path }) => path);
  }
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof Refused || error instanceof NetconfError || error instanceof RpcError || error instanceof XmlError
  );
}
