import assert from 'node:assert/strict';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { storeContract } from './contract.ts';
import { storeFolder } from './files.ts';
import { storeInOtherProcess } from './other-process.ts';
import { alex, newEvent, pending } from './samples.ts';
import { twoContract } from './two-contract.ts';

const folder = await storeFolder();
let stores = 0;
const nextFile = () => {
  stores += 1;
  return folder.file(`${stores}.sqlite`);
};
after(folder.remove);

storeContract('SQLite', {
  open: () => folder.open(nextFile()),
  reopen: async (store) => {
    await store.close();
    return await folder.open(folder.file(`${stores}.sqlite`));
  },
});

// Another process is refused by a lock. Should that fail, as on some network file systems, what is left is the tables' own
// constraints: each process has a lock file of its own here, since the first one's is taken away.
twoContract('SQLite, two processes', {
  open: () => storeInOtherProcess({ storeFile: nextFile(), sqlServer: null }),
  second: async () => {
    const storeFile = folder.file(`${stores}.sqlite`);
    await assert.rejects(storeInOtherProcess({ storeFile, sqlServer: null }), { code: 'store-in-use' });
    await rm(`${storeFile}.lock`);
    return await storeInOtherProcess({ storeFile, sqlServer: null });
  },
});

describe('SQLite: the file', () => {
  const file = folder.file('deeper/and/deeper/assistant.sqlite');
  let db: DatabaseSync;

  before(async () => {
    const store = await folder.open(file);
    const { id } = await store.addEvent(newEvent({ webhookId: 'msg_1', source: '2001:db8::1' }));
    const group = { id: 'g', key: 'k', priority: 1 as const, openedAt: 1, lastAt: 1, closedAt: null, content: '{}' };
    const unshown = { revision: 1, shownRevision: 0, shownAt: null, conversationId: null, activityId: null };
    await store.saveGrouping({ groups: [{ ...group, ...unshown }], events: [{ id, groupId: 'g' }] });
    const shown = { revision: 1, at: 20, conversationId: 'a:1', activityId: 'card-1' };
    await store.groupShown('g', { ...shown, afterEventId: 0, lastEventId: id });
    await store.setSetting('alert-conversation', 'a:1');
    await store.addConfirmation(pending());
    await store.decide({ id: 'c1', status: 'confirmed', by: alex, at: 2_000, jobs: [{ id: 'j1', device: 'hq-fw01' }] });
    await store.writeState([{ key: 'k', value: 'v', eTag: null }]);
    await store.close();
    db = new DatabaseSync(file, { readOnly: true });
  });
  after(() => db.close());

  it('keeps what it was told, in a folder it made', async () => {
    const store = await folder.open(file);
    assert.equal((await store.addEvent(newEvent({ webhookId: 'msg_1' }))).isDuplicate, true);
    assert.equal(await store.setting('alert-conversation'), 'a:1');
    assert.equal((await store.unfinishedJobs())[0]?.confirmation.decidedBy?.name, alex.name);
    assert.equal((await store.readState(['k']))[0]?.value, 'v');
    await store.close();
  });

  it('has the original columns for reports, times in UTC, the message id and the exact body', () => {
    const row = db
      .prepare('SELECT device, event, description, logdate, logtime, source, message, body FROM events')
      .get();
    assert.deepEqual(
      { ...row },
      {
        device: 'hq-fw01',
        event: 'SYSTEM_ABNORMAL_SHUTDOWN',
        description: 'SYSTEM_ABNORMAL_SHUTDOWN: down',
        logdate: '2026-11-23',
        logtime: '23:59:58',
        source: '2001:db8::1',
        message: 'card-1',
        body: new Uint8Array([0x7b, 0x00, 0xff, 0x7d]),
      },
    );
  });

  it('notes where a card was posted', () => {
    const row = db.prepare('SELECT conversation_id, activity_id, shown_at FROM event_groups').get();
    assert.deepEqual({ ...row }, { conversation_id: 'a:1', activity_id: 'card-1', shown_at: 20 });
  });
});

describe('SQLite: a failing call', () => {
  it('undoes nothing of its neighbours in the same commit', async () => {
    const store = await folder.open(nextFile());
    try {
      await store.addConfirmation(pending());
      // All of these reach the worker before its next commit.
      const outcomes = await Promise.allSettled([
        store.addEvent(newEvent()),
        store.addConfirmation(pending()),
        store.addEvent(newEvent({ priority: 9 as 1 })),
        store.writeState([
          { key: 'half', value: 'x', eTag: null },
          { key: 'none', value: 'x', eTag: '7' },
        ]),
        store.addEvent(newEvent({ priority: 2 })),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'],
      );
      assert.equal((await store.backlog()).waiting, 2);
      assert.deepEqual(await store.readState(['half']), []);
    } finally {
      await store.close();
    }
  });
});

describe('SQLite: a file that cannot be used', () => {
  const unusable = (error: Error & { code?: string }) => {
    assert.equal(error.code, 'store-unusable');
    assert.match(error.message, /^The (?:store|folder of the store) \S+ cannot be (?:used|made)/);
    return true;
  };

  it('written by a newer version: refused, and freed again', async () => {
    const file = nextFile();
    await (await folder.open(file)).close();
    const run = (sql: string) => {
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
    };
    run('INSERT INTO migrations (version, applied_at) VALUES (99, 0)');
    await assert.rejects(folder.open(file), (error: Error) => {
      assert.match(error.message, /newer version \(step 99/);
      return unusable(error);
    });
    run('DELETE FROM migrations WHERE version = 99');
    await (await folder.open(file)).close();
  });

  it('in use, also by another name for it', async () => {
    const file = nextFile();
    const store = await folder.open(file);
    await symlink(file, `${file}.link`);
    for (const name of [file, `${file}.link`])
      await assert.rejects(folder.open(name), (error: Error & { code?: string }) => error.code === 'store-in-use');
    await store.close();
  });

  it('a lock file that is no database: unusable, which is not the same as in use', async () => {
    const file = nextFile();
    await writeFile(`${file}.lock`, 'this is a text, and long enough to be looked at as a database file\n'.repeat(99));
    await assert.rejects(folder.open(file), unusable);
  });

  it('no database', async () => {
    const file = nextFile();
    await writeFile(
      file,
      'this is a text, and long enough to be looked at as the header of a database file\n'.repeat(9),
    );
    await assert.rejects(folder.open(file), unusable);
  });

  it('in a folder that cannot be made', async () => {
    const file = nextFile();
    await writeFile(file, '');
    await assert.rejects(folder.open(`${file}/below/a/file.sqlite`), unusable);
  });

  it('that is a folder', async () => {
    await assert.rejects(folder.open(folder.file('.')), unusable);
  });
});
