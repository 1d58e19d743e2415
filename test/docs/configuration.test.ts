import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withReference } from './reference.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = await readFile(`${root}docs/configuration.md`, 'utf8');

it('docs/configuration.md has every key of every file as the schemas have them ("npm run docs" writes it)', () => {
  assert.equal(page, withReference(page));
  for (const key of ['logs.at_once', 'devices[].jump.key_file', 'access.roles[].conversations', 'NAME.command'])
    assert.ok(page.includes(`| \`${key}\` |`), key);
});

it('docs/configuration.md has every variable of the environment that the sources name, and no other', async () => {
  const name =
    /\b(?:NETWORK_ASSISTANT_[A-Z_]+|MicrosoftApp[A-Z]\w+|MSSQL_[A-Z_]+|chat_master_pw|LOG_LEVEL|SSH_AUTH_SOCK|CREDENTIALS_DIRECTORY)\b/g;
  const named = new Set<string>();
  for (const path of globSync('src/**/*.ts', { cwd: root }))
    for (const [found] of (await readFile(root + path, 'utf8')).matchAll(name)) named.add(found);
  assert.ok(named.size > 10);
  const told = new Set([...page.matchAll(name)].map(([found]) => found));
  assert.deepEqual([...told].sort(), [...named].sort());
});
