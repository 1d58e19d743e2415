import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

/** `npm run check`, part by part: types, lint and format, dead code and unused dependencies. */
for (const [name, command, args] of [
  ['types', 'tsc', []],
  ['lint and format', 'biome', ['check']],
  ['dead code', 'knip', []],
] as const) {
  test(`check: ${name}`, async () => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.equal(await exited, 0, `${command} found:\n${out}${err}`);
  });
}
