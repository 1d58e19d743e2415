import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanUp } from './clean-up.ts';
import { plainPath } from './device-path.ts';
import { NetconfError, RpcError } from './errors.ts';
import type { Facts } from './facts.ts';
import { listFiles, NO_SPACE } from './files.ts';
import { PERMISSION, type RpcSession } from './operation.ts';
import { seconds } from './pending-rpc.ts';
import { openSession } from './session.ts';
import { capped } from './spoken.ts';
import { requestSupportInformation } from './support.ts';
import { MAX_SUPPORT_MS, supportLimitMs } from './support-limit.ts';
import { abandoned, type SessionTarget, type Timeouts } from './target.ts';
import { Terminal } from './terminal.ts';
import { XmlError } from './xml.ts';

export interface SupportProgress {
  /** On the device, or in the sink. */
  bytes: number;
  elapsedMs: number;
  /** True once it is streamed, because the device saves none itself. */
  streamed: boolean;
}

export interface SaveSupportOptions {
  /** Where the text goes when the device cannot save it itself; without it that is `refused`. */
  openSink?: () => Writable | Promise<Writable>;
  /** In ms, at most 90 minutes; by platform when not given. */
  timeoutMs?: number;
  /** Ends the command on the device at any moment, and leaves nothing there. */
  signal?: AbortSignal;
  progress?(progress: SupportProgress): void;
  /** Between two looks at the size; 5 s. */
  pollMs?: number;
  /** Monotonic, ms. */
  now?: () => number;
  timeouts?: Partial<Timeouts>;
}

/**
 * What became of support information. `saved`: whole, in that file of the device. `streamed`: whole, in the sink.
 * `incomplete`: it began and did not end well, so there is nothing to be used; `left` is what of it is still on the
 * device. `refused`: it did not begin.
 */
export type SavedSupport =
  | { outcome: 'saved'; path: string; bytes: number; lines: number }
  | { outcome: 'streamed'; bytes: number; malformed: string | null }
  | {
      outcome: 'incomplete';
      reason: 'time-limit' | 'connection' | 'ended-early' | 'no-space';
      text: string;
      left: string[];
    }
  | { outcome: 'refused'; reason: 'already-there' | 'permission' | 'no-terminal'; text: string };

const POLL_MS = 5_000;
/** From Ctrl-C to the prompt. */
const INTERRUPT_MS = 10_000;
/** A command whose terminal went has ended by then; a file that it still wrote would be there again. */
const HANG_UP_MS = 1_000;
const WROTE = /\bWrote (\d+) lines? of output to\b/i;
const UNKNOWN_COMMAND = /unknown command|syntax error|command is not valid|command not found/i;

/**
 * Has the device save `request support information` in a file of its own (over a terminal of its own, in a shell where
 * the user has one, else in the CLI), and tells how it grows; where there is no terminal, streams it over a NETCONF
 * session of its own. `session` is for looking at the file and deleting it. Whole is what the device says it wrote and
 * then is there; all else is deleted. Throws `InvalidPath`, `NetconfError` (`cancelled` after the clean-up) and, before
 * anything began, `RpcError` or `XmlError`.
 */
export async function saveSupportInformation(
  target: SessionTarget,
  session: RpcSession,
  path: string,
  device: Pick<Facts, 'cluster' | 'model' | 'virtualChassis'>,
  options: SaveSupportOptions = {},
): Promise<SavedSupport> {
  plainPath(path);
  const { signal, now = () => performance.now() } = options;
  const limitMs = Math.min(options.timeoutMs ?? supportLimitMs(device), MAX_SUPPORT_MS);
  const found = await listFiles(session, path, signal ? { signal } : {});
  if (found.found && found.files.length > 0) {
    return { outcome: 'refused', reason: 'already-there', text: `${path} is there already. Nothing was sent.` };
  }
  const saving = new Saving(target, session, path, limitMs, now, options);
  const saved = await saving.onDevice();
  if (saved.outcome !== 'refused' || saved.reason !== 'no-terminal' || !options.openSink) return saved;
  return saving.streamed(device, options.openSink);
}

class Saving {
  readonly #target: SessionTarget;
  readonly #session: RpcSession;
  readonly #path: string;
  readonly #limitMs: number;
  readonly #now: () => number;
  readonly #options: SaveSupportOptions;
  readonly #startedAt: number;

  constructor(
    target: SessionTarget,
    session: RpcSession,
    path: string,
    limitMs: number,
    now: () => number,
    options: SaveSupportOptions,
  ) {
    this.#target = target;
    this.#session = session;
    this.#path = path;
    this.#limitMs = limitMs;
    this.#now = now;
    this.#options = options;
    this.#startedAt = now();
  }

  async onDevice(): Promise<SavedSupport> {
    const { signal } = this.#options;
    let terminal: Terminal;
    try {
      terminal = await this.#terminal();
    } catch (error) {
      if (!(error instanceof NetconfError) || error.code === 'cancelled') throw error;
      return { outcome: 'refused', reason: 'no-terminal', text: error.message };
    }
    try {
      const typed = await this.#run(terminal);
      return await this.#judge(terminal, typed);
    } catch (error) {
      if (!(error instanceof NetconfError)) throw error;
      const left = await this.#stop(terminal);
      if (signal?.aborted) throw error;
      const late = error.code === 'timeout';
      const text = late ? this.#lateText() : this.#lostText();
      return { outcome: 'incomplete', reason: late ? 'time-limit' : 'connection', text, left };
    } finally {
      terminal.close();
    }
  }

  /** In a shell where the user may have one: there Ctrl-C ends the whole command line interface that works for us. */
  async #terminal(): Promise<Terminal> {
    const { signal, timeouts } = this.#options;
    const terminal = await Terminal.open(this.#target, {
      ...(signal ? { signal } : {}),
      ...(timeouts ? { timeouts } : {}),
    });
    try {
      if (terminal.at === 'cli') await terminal.run('start shell', { signal });
      if (terminal.at !== 'password') return terminal;
      throw new NetconfError('not-netconf', `${this.#target.name} asks for a password before it gives a shell.`);
    } catch (error) {
      terminal.close();
      throw error;
    }
  }

  async #run(terminal: Terminal): Promise<string> {
    const { signal } = this.#options;
    const command = `request support information | no-more | save ${this.#path}`;
    const line = terminal.at === 'shell' ? `cli -c '${command}'` : command;
    const watching = new AbortController();
    const watched = this.#watch(watching.signal);
    try {
      return (await terminal.run(line, { timeoutMs: this.#limitMs, signal })).text;
    } finally {
      watching.abort();
      await watched;
    }
  }

  /** How the file grows, for whom waits. That it cannot be seen is no reason to give up. */
  async #watch(stopped: AbortSignal): Promise<void> {
    const { pollMs = POLL_MS } = this.#options;
    this.#tell(0, false);
    while (!stopped.aborted) {
      await delay(pollMs, undefined, { signal: stopped }).catch(() => {});
      if (stopped.aborted) return;
      const bytes = await this.#size(stopped).catch(() => null);
      if (bytes !== null && !stopped.aborted) this.#tell(bytes, false);
    }
  }

  #tell(bytes: number, streamed: boolean): void {
    this.#options.progress?.({ bytes, elapsedMs: Math.round(this.#now() - this.#startedAt), streamed });
  }

  /** Null when there is no file. */
  async #size(signal?: AbortSignal): Promise<number | null> {
    const found = await listFiles(this.#session, this.#path, signal ? { signal } : {});
    return found.found ? (found.files[0]?.sizeBytes ?? null) : null;
  }

  async #judge(terminal: Terminal, text: string): Promise<SavedSupport> {
    const said = capped(text);
    const lines = Number(WROTE.exec(text)?.[1] ?? 0);
    const isFull = NO_SPACE.test(text);
    if (lines > 0 && !isFull) {
      const bytes = await this.#size();
      if (bytes) {
        this.#tell(bytes, false);
        return { outcome: 'saved', path: this.#path, bytes, lines };
      }
    }
    const left = await this.#remove(terminal);
    if (isFull) return { outcome: 'incomplete', reason: 'no-space', text: said, left };
    if (lines === 0 && PERMISSION.test(text)) return { outcome: 'refused', reason: 'permission', text: said };
    if (lines === 0 && UNKNOWN_COMMAND.test(text)) return { outcome: 'refused', reason: 'no-terminal', text: said };
    const fact = `${this.#target.name} ended its support information before it was complete.`;
    return {
      outcome: 'incomplete',
      reason: 'ended-early',
      text: said === '' ? fact : `${fact} It said: ${said}`,
      left,
    };
  }

  /** Ends what runs on the device and deletes the part that it wrote. Returns what is still there. */
  async #stop(terminal: Terminal): Promise<string[]> {
    const ended = await terminal.interrupt(INTERRUPT_MS);
    const left = await this.#remove(terminal);
    if (ended) return left;
    // It ended with its terminal, a moment later; until then it can have written a file again.
    await delay(HANG_UP_MS);
    return this.#remove(terminal);
  }

  async #remove(terminal: Terminal): Promise<string[]> {
    const deleting = terminal.at === 'shell' ? `rm -f ${this.#path}` : `file delete ${this.#path}`;
    // The session can be closed already, when the whole work is called off; the terminal is not.
    if (!terminal.gone) await terminal.run(deleting, { timeoutMs: INTERRUPT_MS }).catch(() => {});
    terminal.close();
    const { left } = await cleanUp(this.#session, [this.#path]);
    return left.map(({ path }) => path);
  }

  async streamed(device: Pick<Facts, 'cluster'>, openSink: () => Writable | Promise<Writable>): Promise<SavedSupport> {
    const { signal, timeouts } = this.#options;
    // Of its own: its end is what ends the request on the device. A goodbye would wait until that is done.
    const end = new AbortController();
    const ends = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
    const session = await openSession(this.#target, { signal: ends, ...(timeouts ? { timeouts } : {}) });
    const sink = await Promise.resolve()
      .then(openSink)
      .catch((error: unknown) => {
        end.abort();
        throw error;
      });
    sink.on('error', () => {});
    let bytes = 0;
    const timer = setInterval(() => this.#tell(bytes, true), this.#options.pollMs ?? POLL_MS);
    try {
      const left = this.#limitMs - (this.#now() - this.#startedAt);
      const reply = await requestSupportInformation(session, sink, device, {
        timeoutMs: Math.max(left, 1),
        progress: (count) => {
          bytes = count;
        },
      });
      if (!reply.complete) throw new NetconfError('closed', 'The reply ended in the middle.', { sent: true });
      sink.end();
      await finished(sink, { readable: false });
      this.#tell(reply.bytes, true);
      return { outcome: 'streamed', bytes: reply.bytes, malformed: reply.malformed };
    } catch (error) {
      sink.destroy();
      end.abort();
      if (signal?.aborted) throw abandoned(this.#target, signal);
      return this.#broken(error);
    } finally {
      clearInterval(timer);
      void session.close();
    }
  }

  /** An error of the request itself, before any text, is a refusal. */
  #broken(error: unknown): SavedSupport {
    if (error instanceof RpcError) {
      const reason = PERMISSION.test(error.message) ? 'permission' : 'no-terminal';
      return { outcome: 'refused', reason, text: error.message };
    }
    if (!(error instanceof NetconfError || error instanceof XmlError)) throw error;
    const late = error.code === 'timeout';
    const text = late ? this.#lateText() : this.#lostText();
    return { outcome: 'incomplete', reason: late ? 'time-limit' : 'connection', text, left: [] };
  }

  #lateText(): string {
    const limit = this.#limitMs < 60_000 ? seconds(this.#limitMs) : `${Math.round(this.#limitMs / 60_000)} minutes`;
    return `Support information of ${this.#target.name} was not complete after ${limit}, and was ended.`;
  }

  #lostText(): string {
    return `The connection to ${this.#target.name} was lost before its support information was complete.`;
  }
}
