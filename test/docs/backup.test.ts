import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cli } from '../cli/cli.ts';
import { Assistant } from '../fakes/assistant.ts';
import { MASTER_PASSWORD } from '../fakes/folder.ts';
import { requireProgram } from '../fakes/requires.ts';
import { readPage } from './markdown.ts';

const PAGE = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
const sqlite3 = requireProgram(['sqlite3'], 'sqlite3');

/** The statement of the page, with another file to write to. */
function statement(backup: string): string {
  const blocks = readPage('docs/operations.md', readFileSync(PAGE, 'utf8')).blocks;
  const found = blocks.flatMap(({ text: block }) => /"(VACUUM INTO ')[^']+'"/.exec(block) ?? []);
  assert.equal(found.length, 2, 'the page shows one statement for a backup');
  return `${found[1]}${backup}'`;
}

describe('a backup made while the bot runs', { skip: 'skip' in sqlite3 ? sqlite3.skip : false }, () => {
  let assistant: Assistant;
  let backup: string;
  let acknowledged: number[];
  let alerts: string;

  before(async () => {
    assistant = await Assistant.start();
    backup = join(assistant.folder.dir, 'backup.sqlite');
    alerts = await assistant.alertsHere();
    acknowledged = await Promise.all(Array.from({ length: 30 }, () => assistant.event({ event: 'STORED' })));
    let isOver = false;
    const more = (async () => {
      while (!isOver) await assistant.event({ event: 'STORED', message: 'after' });
    })();
    const copying = spawn('sqlite3', [assistant.folder.storeFile, statement(backup)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(copying.stderr), once(copying, 'exit')]);
    isOver = true;
    await more;
    assert.deepEqual([code, said], [0, '']);
    await assistant.event({ event: 'STORED', message: 'long after' });
  });
  after(() => assistant.close());

  it('starts in the place of the store, with everything that was acknowledged before it began', async () => {
    await assistant.stop();
    const file = assistant.folder.storeFile;
    for (const each of [file, `${file}-wal`, `${file}-shm`]) rmSync(each, { force: true });
    copyFileSync(backup, file);
    await assistant.startAgain();
    const stored = assistant.folder.rows('SELECT id, message FROM events ORDER BY id');
    const ids = new Set(stored.map(({ id }) => id));
    assert.deepEqual(
      acknowledged.filter((id) => !ids.has(id)),
      [],
    );
    assert.ok(stored.every(({ message }) => message !== 'long after'));
    assert.equal(assistant.folder.rows('PRAGMA integrity_check')[0]?.integrity_check, 'ok');
  });

  it('goes on from there: new events, the same alert conversation, an unbroken audit', async () => {
    const id = await assistant.event();
    await assistant.shown(1);
    assert.equal(assistant.connector.taken().at(-1)?.conversationId, alerts);
    assert.ok(id > Math.max(...acknowledged));
    const { code, stdout } = await cli(['--config', assistant.folder.dir, 'audit', 'verify'], {
      env: { NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER_PASSWORD },
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^\d+ entr(?:y|ies), unbroken, head [0-9a-f]{64}\n$/);
  });

  it('leaves nothing beside it', () =>
    assert.deepEqual([existsSync(`${backup}-wal`), existsSync(`${backup}-journal`)], [false, false]));
});
