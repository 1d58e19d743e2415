import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Of a sentence that is put together from parts, each part; a shorter piece would be found anywhere. */
const LEAST = 5;

const sources = globSync(['src/**/*.ts', 'dialogs/*.ts', 'cards/*.ts', 'agent/*.py'], { cwd: ROOT });
const written = sources.map((file) => readFileSync(join(ROOT, file), 'utf8').replaceAll('\\', '')).join('\n');

/** Pieces of what the program says, as the page quotes it, that no source has. */
function notWritten(quoted: string): string[] {
  return quoted
    .split('…')
    .flatMap((part) => part.split(/(?<=[.:?]) (?=[A-Z])/))
    .map((part) => part.trim().replace(/^[.,:;)]+ ?|[(]+$/g, ''))
    .filter((part) => part.length >= LEAST && !written.includes(part));
}

it('the sentences of docs/troubleshooting.md are those of the program', () => {
  const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8').split('\n');
  const wrong: string[] = [];
  let quotes = 0;
  for (const [index, line] of page.entries()) {
    const [, first = ''] = /^\| (.*?) \|/.exec(line) ?? [];
    for (const [, quoted = ''] of first.matchAll(/`([^`]+)`/g)) {
      // What a device or Teams says, and the names of settings, are not the program's.
      if (!quoted.includes(' ')) continue;
      quotes += 1;
      for (const part of notWritten(quoted)) wrong.push(`docs/troubleshooting.md:${index + 1}: ${part}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(quotes >= 60, `${quotes} sentences were looked for`);
});

it('one that is not is found', () => {
  assert.deepEqual(notWritten('… refuses connections on port …. Sorry about that.'), ['Sorry about that.']);
});
