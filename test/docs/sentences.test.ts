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

/** What a page quotes in the first column of its tables, or of those with this word at the head of it. */
function quotedIn(path: string, head?: string): { at: string; text: string }[] {
  let table = '';
  return readFileSync(join(ROOT, path), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const first = /^\| (.*?) \|/.exec(line)?.[1];
      if (first === undefined) {
        table = '';
        return [];
      }
      table ||= first;
      if (head !== undefined && table !== head) return [];
      // What a device or Teams says, and the names of settings, are not the program's.
      const spans = [...first.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text).filter((text) => text.includes(' '));
      return spans.map((text) => ({ at: `${path}:${index + 1}`, text }));
    });
}

it('what the pages quote of the program is what it says', () => {
  const quoted = [...quotedIn('docs/troubleshooting.md'), ...quotedIn('docs/operations.md', '`msg`')];
  const wrong = quoted.flatMap(({ at, text }) => notWritten(text).map((part) => `${at}: ${part}`));
  assert.deepEqual(wrong, []);
  assert.ok(quoted.length >= 75, `${quoted.length} sentences were looked for`);
});

it('one that is not is found', () => {
  assert.deepEqual(notWritten('… refuses connections on port …. Sorry about that.'), ['Sorry about that.']);
});
