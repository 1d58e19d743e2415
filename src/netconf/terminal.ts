import type { Client, ClientChannel } from 'ssh2';
import { NetconfError } from './errors.ts';
import { seconds } from './pending-rpc.ts';
import { DEFAULT_TIMEOUTS, forFiles } from './ssh-access.ts';
import { abandoned, type SessionTarget, type Timeouts } from './target.ts';
import { logIn, type Transport } from './transport.ts';

export interface TerminalOptions {
  signal?: AbortSignal;
  timeouts?: Partial<Timeouts>;
  /** For the first prompt, and for one that needs no work; 30 s. */
  promptMs?: number;
}

/** What came between a line that was typed and the next prompt. */
export interface Typed {
  /** Without the echo, the prompt and the banner above it; lines end in `\n`. */
  text: string;
  /** `{primary:node0}`, which platforms of one engine do not have. */
  banner: string | null;
  /** Where the prompt says we are: the CLI's ends in `>`, a shell's in `%`, `#` or `$`; or it asks for a password. */
  at: 'cli' | 'shell' | 'password';
}

/** Longer than anything that is printed when the output itself is saved in a file. */
const MAX_TEXT = 256 * 1024;
const PROMPT_MS = 30_000;
const CONTROL_C = '\x03';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>()][0B]?|\x07|\x00/g;
const PROMPT = /(?:^|\n)([^\n]*([>%#$]) |[^\n]*[Pp]assword: ?)$/;
const BANNER = /(?:^|\n)(\{[\w:-]+\})\n*$/;

/**
 * An interactive login on an SSH connection of its own: lines are typed, and what comes up to the next prompt is read.
 * A command that runs when it is closed ends with it, because its terminal goes.
 */
export class Terminal {
  readonly #target: SessionTarget;
  readonly #transport: Transport;
  readonly #channel: ClientChannel;
  readonly #promptMs: number;
  #text = '';
  #changed: () => void = () => {};
  #gone = false;
  /** Where the last prompt was. */
  at: Typed['at'] = 'cli';
  banner: string | null = null;

  private constructor(target: SessionTarget, transport: Transport, channel: ClientChannel, promptMs: number) {
    this.#target = target;
    this.#transport = transport;
    this.#channel = channel;
    this.#promptMs = promptMs;
    channel.on('data', (bytes: Buffer) => {
      this.#text = (this.#text + bytes.toString('utf8')).slice(-MAX_TEXT);
      this.#changed();
    });
    channel.stderr.resume();
    channel.on('error', () => this.#end());
    channel.on('close', () => this.#end());
    void transport.closed.then(() => this.#end());
  }

  /** Logs in and waits for the first prompt. Throws `NetconfError`; `not-netconf` when there is no terminal to be had. */
  static async open(target: SessionTarget, options: TerminalOptions = {}): Promise<Terminal> {
    const { signal, timeouts, promptMs = PROMPT_MS } = options;
    const transport = await logIn(forFiles(target), { ...DEFAULT_TIMEOUTS, ...timeouts }, signal);
    try {
      const channel = await shellOf(transport.client, target);
      const terminal = new Terminal(target, transport, channel, promptMs);
      await terminal.#prompt('', promptMs, signal);
      return terminal;
    } catch (error) {
      transport.destroy();
      throw error;
    }
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Types a line and waits for the next prompt. Throws `NetconfError`: `timeout`, `closed` or `cancelled`. */
  async run(line: string, options: { timeoutMs?: number; signal?: AbortSignal | undefined } = {}): Promise<Typed> {
    if (/\p{Cc}/u.test(line)) throw new TypeError('A line must not contain control characters.');
    this.#text = '';
    this.#write(`${line}\r`);
    return this.#prompt(line, options.timeoutMs ?? this.#promptMs, options.signal);
  }

  /** Presses Ctrl-C; true when a prompt came within that time, so that nothing runs any more. */
  async interrupt(timeoutMs: number): Promise<boolean> {
    if (this.#gone) return false;
    this.#text = '';
    this.#write(CONTROL_C);
    try {
      await this.#prompt('', timeoutMs);
      return true;
    } catch {
      return false;
    }
  }

  /** Closes the connection at once, and with it what runs. */
  close(): void {
    this.#channel.close();
    this.#transport.client.end();
    this.#transport.destroy();
  }

  #write(keys: string): void {
    if (!this.#gone) this.#channel.write(keys);
  }

  #end(): void {
    this.#gone = true;
    this.#changed();
  }

  #prompt(echo: string, timeoutMs: number, signal?: AbortSignal): Promise<Typed> {
    const { promise, resolve, reject } = Promise.withResolvers<Typed>();
    const { name } = this.#target;
    const late = () =>
      reject(new NetconfError('timeout', `${name} showed no prompt within ${seconds(timeoutMs)}.`, { sent: true }));
    const timer = setTimeout(late, timeoutMs);
    const abort = () => signal && reject(abandoned(this.#target, signal));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    this.#changed = () => {
      const typed = readTyped(this.#text, echo);
      if (typed) resolve(typed);
      else if (this.#gone)
        reject(new NetconfError('closed', `The terminal of ${name} was closed.`, { sent: true, partial: this.#text }));
    };
    this.#changed();
    return promise
      .then((typed) => {
        this.at = typed.at;
        this.banner = typed.banner;
        return typed;
      })
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#changed = () => {};
      });
  }
}

/** Undefined while the last line is no prompt. */
export function readTyped(raw: string, echo: string): Typed | undefined {
  const all = raw.replace(ESCAPES, '').replace(/\r+\n/g, '\n').replace(/\r/g, '');
  const found = PROMPT.exec(all);
  if (!found) return undefined;
  const [, line = '', mark] = found;
  let text = all.slice(0, all.length - line.length);
  if (echo !== '') {
    // A prompt before the echo is an older one, and a line that was typed is none before it has been carried out.
    const typed = text.indexOf(echo.slice(-40));
    const end = typed === -1 ? -1 : text.indexOf('\n', typed);
    if (end === -1) return undefined;
    text = text.slice(end + 1);
  }
  const banner = BANNER.exec(text)?.[1] ?? null;
  if (banner !== null) text = text.replace(BANNER, '');
  return { text: text.trim(), banner, at: mark === undefined ? 'password' : mark === '>' ? 'cli' : 'shell' };
}

function shellOf(client: Client, target: SessionTarget): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  const none = (error: Error) =>
    reject(new NetconfError('not-netconf', `${target.name} gives no terminal (${error.message}).`, { cause: error }));
  try {
    // Wide, so that no line is broken; a plain terminal is drawn with few escapes.
    client.shell({ term: 'vt100', cols: 500, rows: 100 }, (error, channel) => (error ? none(error) : resolve(channel)));
  } catch (error) {
    none(error as Error);
  }
  return promise;
}
