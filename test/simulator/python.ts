import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** Debian's own interpreter comes first: its packages are not seen by one that stands earlier on the PATH. */
const INTERPRETERS = ['/usr/bin/python3', 'python3'];

/** The interpreter that can import a module, or the reason to skip; with REQUIRE_ALL=1 nothing may be skipped. */
export function requirePython(module: string, debianPackage: string): { path: string } | { skip: string } {
  const path = INTERPRETERS.find(
    (candidate) => spawnSync(candidate, ['-W', 'ignore', '-c', `import ${module}`], { stdio: 'ignore' }).status === 0,
  );
  if (path !== undefined) return { path };
  const reason = `the Python module ${module} is not installed: apt-get install ${debianPackage}`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return { skip: reason };
}

/**
 * Runs a script of this folder and returns what it prints as JSON. It has a home of its own, so that neither keys
 * nor known hosts of this machine take part. Its errors are the test's.
 */
export async function runScript(t: TestContext, python: string, script: string, args: string[]): Promise<unknown> {
  const home = await mkdtemp(join(tmpdir(), 'python-home-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const file = new URL(script, import.meta.url).pathname;
  const child = spawn(python, ['-W', 'ignore', file, ...args], {
    env: { PATH: process.env.PATH, HOME: home, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`${script} did not end well: ${stderr.slice(-2_000)}`, { cause: error });
  }
}
