import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { sentenceOf } from '../errors.ts';
import { commandLine, commandRequest, printed } from './command.ts';
import { NetconfError, RpcError } from './errors.ts';
import type { StreamingSession } from './support.ts';

export interface RunCommandsOptions {
  /** A sink for what that command prints. It is ended when all of it is there, else destroyed. */
  openSink(command: string, index: number): Writable | Promise<Writable>;
  /** Of one command, in ms; 10 minutes. */
  timeoutMs?: number;
  /** The longest silence in one command, in ms; 2 minutes. */
  idleMs?: number;
  /** Ends the work; the command under way goes on until the session is closed. */
  signal?: AbortSignal;
  /** Before each command. */
  progress?(done: number, total: number, command: string): void;
}

/** `text` is a sentence; the sink then holds a part, or nothing. */
export type CommandOutcome =
  | { command: string; outcome: 'done'; bytes: number }
  | { command: string; outcome: 'failed'; text: string };

const TIMEOUT_MS = 10 * 60_000;
const IDLE_MS = 2 * 60_000;
/** Stricter than for one command: a list comes from a file, and runs without being read by anyone. */
const SHOWS = /^show\b/;
/** What a command prints, and before it the name of the engine that answers, where there are several. */
const PRINTED = ['output', 're-name', 'configuration-text', 'configuration-output'];

/**
 * Runs commands that begin with `show`, one after the other, the text of each streamed into a sink of its own. One that
 * fails is noted, and the next one runs; after a lost session all that are left fail. Throws `NetconfError` `cancelled`.
 */
export async function runCommands(
  session: StreamingSession,
  commands: readonly string[],
  options: RunCommandsOptions,
): Promise<CommandOutcome[]> {
  const outcomes: CommandOutcome[] = [];
  for (const [index, command] of commands.entries()) {
    options.progress?.(index, commands.length, command);
    try {
      outcomes.push({ command, outcome: 'done', bytes: await runCommand(session, command, index, options) });
    } catch (error) {
      if (error instanceof NetconfError && error.code === 'cancelled') throw error;
      outcomes.push({ command, outcome: 'failed', text: failure(error) });
    }
  }
  return outcomes;
}

async function runCommand(
  session: StreamingSession,
  command: string,
  index: number,
  { openSink, timeoutMs = TIMEOUT_MS, idleMs = IDLE_MS, signal }: RunCommandsOptions,
): Promise<number> {
  const line = commandLine(command, SHOWS);
  const sink = await openSink(command, index);
  sink.on('error', () => {});
  try {
    const options = { timeoutMs, idleMs, elements: PRINTED, ...(signal ? { signal } : {}) };
    const reply = await session.stream(commandRequest(line), sink, options);
    const [error] = reply.errors;
    if (error) throw new RpcError(session.target.name, `"${line}"`, error);
    if (!reply.complete) throw new NetconfError('closed', `The answer to "${line}" ended in the middle.`);
    // A command can answer in elements of its own all the same.
    const aside = reply.bytes === 0 ? Buffer.from(printed(reply.root).trimStart()) : Buffer.alloc(0);
    sink.end(aside);
    await finished(sink, { readable: false });
    return reply.bytes + aside.length;
  } catch (error) {
    sink.destroy();
    throw error;
  }
}

/** A sink has its own errors, which are not the device's. */
function failure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC') return 'There is no space left on this server for what it prints.';
  return sentenceOf(error);
}
