import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { withReference } from './reference.ts';

it('docs/configuration.md has every key of every file as the schemas have them ("npm run docs" writes it)', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, withReference(page));
  for (const key of ['logs.at_once', 'devices[].jump.key_file', 'access.roles[].conversations', 'NAME.command'])
    assert.ok(page.includes(`| \`${key}\` |`), key);
});
