import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MASTER_PASSWORD } from '../fakes/folder.ts';

export const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** The program as an operator starts it, in a process of its own that can be killed. */
export class Program {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  isReady = false;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly ready: Promise<string>;

  /** `flags` are Node's own. */
  constructor(dir: string, env: Record<string, string> = {}, flags: readonly string[] = []) {
    // Only this environment: what is set on the machine must not change the test.
    this.#child = spawn(process.execPath, [...flags, CLI, '--config', dir, 'start'], {
      env: { PATH: process.env.PATH, NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER_PASSWORD, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // After the streams have ended: what it said last is part of what it said.
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.ready = new Promise((resolve, reject) => {
      this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.stdout += text;
        const url = /is ready on (http\S+)/.exec(this.stdout)?.[1];
        if (!url) return;
        this.isReady = true;
        resolve(url);
      });
      void this.exited.then(() => reject(new Error(`The program ended before it was ready: ${this.stderr}`)));
    });
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal that makes it say something on stdout; what of it matches, its first group. */
  async asked(name: NodeJS.Signals, pattern: RegExp): Promise<string> {
    const before = this.stdout.length;
    this.#child.kill(name);
    for (;;) {
      await Promise.race([once(this.#child.stdout ?? this.#child, 'data'), this.exited]);
      const said = pattern.exec(this.stdout.slice(before))?.[1];
      if (said !== undefined) return said;
      if (this.#child.exitCode !== null) throw new Error('The program ended before it said so.');
    }
  }

  async signal(name: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child.kill(name);
    return await this.exited;
  }
}
