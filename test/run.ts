import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * Runs every suite, or those of the folders named (`node test/run.ts e2e`), and closes with one line:
 * `N passed, N failed, N skipped`.
 */
const folders = process.argv.slice(2);
const patterns = folders.length === 0 ? ['test/**/*.test.ts'] : folders.map((folder) => `test/${folder}/**/*.test.ts`);
const files = globSync(patterns).sort();
// Nothing to run is a mistake in the call, not a success.
if (files.length === 0) throw new Error(`No test matches ${patterns.join(', ')}.`);

const counts = { passed: 0, failed: 0, skipped: 0 };
const stream = run({ files, concurrency: availableParallelism() });
stream.on('test:summary', ({ file, counts: found }) => {
  if (file !== undefined) return;
  counts.passed = found.passed;
  counts.skipped = found.skipped + found.todo;
  counts.failed = found.tests - counts.passed - counts.skipped;
});
for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
