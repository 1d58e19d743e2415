import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { AssistantError } from '../src/errors.ts';
import { playgroundConfig, TENANT_ID } from './playground-people.ts';
import { endWithThisProcess, killGroup } from './process-group.ts';

export interface PlaygroundOptions {
  /** The port of the Playground's page; 0 picks a free one. */
  port: number;
  /** Where the bot listens, such as `http://127.0.0.1:3978/api/messages`. */
  botEndpoint: string;
  /** Closes the Playground when aborted, also while it starts. */
  signal?: AbortSignal;
  /** IANA zone that the person's client reports (`clientInfo.timezone`); by default that of this machine. */
  timeZone?: string;
  /** Default 30,000: loading its five megabytes takes seconds on a busy machine. */
  readyTimeoutMs?: number;
}

export interface Playground {
  url: string;
  port: number;
  /** Ends the Playground and removes its files. May be called more than once. */
  close(): Promise<void>;
}

const CONFIG_FILE = '.m365agentsplayground.yml';
const LOG_FILE = join('devTools', 'm365agentsplayground.log');

/**
 * Starts Microsoft's Agents Playground, a local Teams client in a web page, and returns once it serves our people and
 * team. It is reachable from this machine only, and does not outlive this process.
 *
 * Errors: `playground-port-taken`, `playground-exited`, `playground-timeout`, `playground-aborted`.
 */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { botEndpoint, signal, timeZone, readyTimeoutMs = 30_000 } = options;
  if (signal?.aborted) throw aborted();
  const port = await freePort(options.port);
  const folder = await mkdtemp(join(tmpdir(), 'playground-'));
  // JSON is YAML.
  await writeFile(join(folder, CONFIG_FILE), JSON.stringify(playgroundConfig()));

  const child = launch(port, botEndpoint, folder, timeZone);
  const exited = once(child, 'exit');
  child.once('exit', () => killGroup(child));
  const end = () => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const forget = endWithThisProcess(end);
  const close = async () => {
    end();
    await exited;
    // Once more: it may have written a log line between the two.
    end();
    forget();
    signal?.removeEventListener('abort', onAbort);
  };
  const onAbort = () => void close();
  signal?.addEventListener('abort', onAbort, { once: true });

  try {
    await ready(child, port, folder, AbortSignal.timeout(readyTimeoutMs), signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, port, close };
}

function launch(port: number, botEndpoint: string, folder: string, timeZone?: string): ChildProcess {
  const cli = createRequire(import.meta.url).resolve('@microsoft/m365agentsplayground/cli.js');
  const preload = ['./loopback-only.mjs', './end-with-parent.mjs'].map((file) => new URL(file, import.meta.url).href);
  const args = ['start', '--port', `${port}`, '--app-endpoint', botEndpoint, '--channel-id', 'msteams'];
  // By default the bot is told `localhost`, which may be ::1, where nothing listens.
  args.push('--service-url', `http://127.0.0.1:${port}/_connector`, '--disable-telemetry');
  return spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    // A process group of its own, so that whatever it starts ends with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Not our environment: it would send requests for the bot through a proxy named there, or read other settings.
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TZ: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      // Preloaded through the environment, because processes that it starts inherit that.
      NODE_OPTIONS: preload.map((url) => `--import=${url}`).join(' '),
      TEAMSAPPTESTER_BROWSER: 'none',
      SEND_INSTALLATION_ACTIVITY: 'true',
    },
  });
}

/**
 * Waits until the Playground answers with our configuration. Its "Listening" alone proves nothing: it is printed
 * before the configuration is read, and when the port was taken in between, it listens on another one.
 */
async function ready(
  child: ChildProcess,
  port: number,
  folder: string,
  timeout: AbortSignal,
  signal?: AbortSignal,
): Promise<void> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  for (;;) {
    if (signal?.aborted) throw aborted();
    if (child.exitCode !== null || child.signalCode !== null) {
      const reason = exitReason(folder, output.stderr);
      throw new AssistantError('playground-exited', `The Playground ended while starting: ${reason}`);
    }
    const listening = /^Listening on (\d+)$/m.exec(output.stdout);
    if (listening && Number(listening[1]) !== port) throw portTaken(port);
    if (listening && (await servesOurTenant(port))) return;
    if (timeout.aborted) {
      throw new AssistantError('playground-timeout', `The Playground did not answer on 127.0.0.1:${port} in time.`);
    }
    await delay(50);
  }
}

async function servesOurTenant(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/_internal/v1/testConfig`, {
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok && (await response.text()).includes(TENANT_ID);
  } catch {
    return false;
  }
}

/** The Playground gives the reason in its log, after "Reason:"; for anything unforeseen, the end of what it wrote. */
function exitReason(folder: string, stderr: string): string {
  let log = '';
  try {
    log = readFileSync(join(folder, LOG_FILE), 'utf8');
  } catch {
    // It ended before it opened its log.
  }
  const text = stripVTControlCharacters(`${log}\n${stderr}`);
  const reason = /^(?:error )?Reason: (.+(?:\nYAML .+)*)/m.exec(text)?.[1] ?? text.trim().slice(-300);
  return reason.replaceAll(/\s*\n\s*/g, '; ') || 'it gave no reason.';
}

/** The port itself when it is free on loopback (0: any). The Playground would quietly take another one. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
  } catch (error) {
    throw portTaken(port, error);
  }
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

function portTaken(port: number, cause?: unknown): AssistantError {
  return new AssistantError('playground-port-taken', `Port ${port} on 127.0.0.1 is taken. Choose another one.`, {
    cause,
  });
}

function aborted(): AssistantError {
  return new AssistantError('playground-aborted', 'The Playground was closed before it was ready.');
}
