import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const folder = new URL('../../src/store/', import.meta.url);
const SQL = /\b(?:SELECT|INSERT INTO|UPDATE|DELETE|CREATE|ALTER|EXEC|DROP)\b/;
/** Names that are checked and quoted when the store is opened, and lists of columns written beside the statement. */
const ALLOWED = /^(?:t\.[a-z_]+|t\.eventsName|columns)$/;

/** Template literals with what is put into each; statements do not nest them. */
const templates = (source: string) =>
  [...source.matchAll(/`(?:[^`\\]|\\.)*`/gs)].map(([text]) => ({
    text,
    inserted: [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, expression = '']) => expression.trim()),
  }));

const offences = (source: string) => [
  ...templates(source)
    .filter(({ text }) => SQL.test(text))
    .flatMap(({ inserted }) => inserted.filter((expression) => !ALLOWED.test(expression))),
  // Put together with +.
  ...[...source.matchAll(/['"`][^'"`\n]*\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^'"`\n]*['"`]\s*\+/g)].map(
    ([text]) => text,
  ),
];

describe('the SQL of both stores', () => {
  const files = readdirSync(folder).filter((name) => name.startsWith('sql'));
  it('is looked at', () => assert.ok(files.length > 15));
  for (const name of files) {
    it(`${name}: no statement is built from values`, () => {
      assert.deepEqual(offences(readFileSync(new URL(name, folder), 'utf8')), []);
    });
  }

  it('would be noticed', () => {
    const put = (expression: string) => `$\{${expression}}`.replace('\\', '');
    assert.deepEqual(offences(`ask(\`SELECT * FROM ${put('t.events')} WHERE id = ${put('id')}\`)`), ['id']);
    assert.equal(offences("ask('DELETE FROM events WHERE id = ' + id)").length, 1);
  });
});
