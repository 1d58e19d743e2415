import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cli, startCli } from '../cli/cli.ts';
import { Folder } from '../fakes/folder.ts';

const OLD = readFileSync(new URL('../store/first-release.sql', import.meta.url), 'utf8');
const EVENTS = 60_000;

it('killed while its tables are brought up to date: the store is whole, and the next run ends it', async () => {
  const folder = await Folder.make();
  try {
    const old = join(folder.dir, 'old.sqlite');
    const made = new DatabaseSync(old);
    made.exec(OLD);
    const before = Number(made.prepare('SELECT count(*) AS n FROM events').get()?.n);
    // Many, so that it takes a while.
    made.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
      INSERT INTO events (${columns(made)}) SELECT ${columns(made)} FROM (SELECT * FROM events LIMIT 1), n`);
    made.close();
    mkdirSync(join(folder.dir, 'store'), { recursive: true });
    const versions = new Set<number>();
    for (let n = 0; n < 12; n += 1) {
      for (const end of ['', '-wal', '-shm']) rmSync(`${folder.storeFile}${end}`, { force: true });
      copyFileSync(old, folder.storeFile);
      const child = startCli(['--config', folder.dir, 'db', 'create']);
      const ended = once(child, 'exit');
      await Promise.race([ended, delay(150 + n * 60)]);
      child.kill('SIGKILL');
      await ended;
      versions.add(versionOf(folder.storeFile));
      const { code, stderr } = await cli(['--config', folder.dir, 'db', 'create']);
      assert.deepEqual([code, stderr], [0, '']);
      const db = new DatabaseSync(folder.storeFile, { readOnly: true });
      assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
      assert.equal(Number(db.prepare('SELECT count(*) AS n FROM events').get()?.n), before + EVENTS);
      db.close();
    }
    // Killed before it began at least once.
    assert.ok(versions.has(1) || versions.has(0), [...versions].join());
  } finally {
    await folder.close();
  }
});

const columns = (db: DatabaseSync) =>
  db
    .prepare("SELECT name FROM pragma_table_info('events') WHERE name NOT IN ('id', 'webhook_id')")
    .all()
    .map(({ name }) => String(name))
    .join(', ');

/** The newest step that is whole. */
function versionOf(file: string): number {
  const db = new DatabaseSync(file);
  try {
    return Number(db.prepare('SELECT max(version) AS v FROM migrations').get()?.v ?? 0);
  } finally {
    db.close();
  }
}
