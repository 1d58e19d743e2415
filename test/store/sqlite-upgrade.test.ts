import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { Store } from '../../src/store/store.ts';
import { storeFolder } from './files.ts';
import { alex, entry, pending } from './samples.ts';

const folder = await storeFolder();
after(folder.remove);

describe('SQLite: a store of the first release', () => {
  const file = folder.file('first.sqlite');
  let store: Store;
  before(async () => {
    const db = new DatabaseSync(file);
    db.exec(await readFile(new URL('./first-release.sql', import.meta.url), 'utf8'));
    db.close();
    store = await folder.open(file);
  });
  after(() => store.close());

  const OLD = { id: '29:a', objectId: null, upn: null };

  it('a request that waits for its click: one device, its parameters without it, and it can be confirmed', async () => {
    const open = {
      id: 'open',
      action: 'reboot',
      devices: ['hq-fw01'],
      parameters: '{"at":1795428000000}',
      askedBy: { ...OLD, objectId: 'o-a', name: 'Alex' },
      askedAt: 2_000,
      expiresAt: 602_000,
      zone: 'Europe/London',
      conversationId: 'a:1',
      activityId: 'card-2',
      status: 'pending',
      decidedBy: null,
      decidedAt: null,
    };
    assert.deepEqual(await store.openConfirmations('a:1', 3_000), [open]);
    const jobs = [{ id: 'j-open', device: 'hq-fw01' }];
    const decided = await store.decide({ id: 'open', status: 'confirmed', by: alex, at: 3_000, jobs });
    assert.deepEqual([decided.isTaken, decided.jobs[0]?.device], [true, 'hq-fw01']);
  });

  it('its jobs keep what is known of them, and the device', async () => {
    const [done] = await store.jobsOfConfirmation('done');
    assert.deepEqual(
      { ...done, confirmation: done?.confirmation.id },
      {
        id: 'j-done',
        confirmation: 'done',
        device: 'hq-fw02',
        status: 'done',
        createdAt: 1_500,
        sentAt: 1_510,
        endedAt: 1_520,
        reportedAt: 1_530,
        sentence: 'It reboots.',
        answer: 'Shutdown NOW!',
        evidence: null,
      },
    );
    assert.deepEqual(done?.confirmation.decidedBy, { ...OLD, name: "O'Hara" });
    assert.deepEqual(
      (await store.unfinishedJobs()).map(({ id, status, sentAt, device }) => [id, status, sentAt, device])[0],
      ['j-sent', 'sent', 1_610, 'hq-fw01'],
    );
  });

  it('everything else is where it was', async () => {
    assert.deepEqual(
      (await store.owedEvents(9)).map(({ id }) => id),
      [7],
    );
    assert.deepEqual(
      (await store.recentEvents({ device: 'HQ-FW01', limit: 9 })).map(({ id }) => id),
      [7],
    );
    assert.equal(await store.setting('alert-conversation'), 'a:1');
    assert.equal((await store.conversation('a:1'))?.reference, '{"x":1}');
    assert.deepEqual(await store.readState(['k']), [{ key: 'k', value: 'v', eTag: '5' }]);
  });

  it('its audit begins empty and can be written', async () => {
    assert.equal(await store.auditHead(), null);
    await store.appendAudit([entry()]);
    assert.equal((await store.auditHead())?.seq, 1);
  });

  it('is upgraded once, and opens again', async () => {
    await store.close();
    store = await folder.open(file);
    assert.equal((await store.unfinishedJobs()).length, 2);
    const db = new DatabaseSync(file, { readOnly: true });
    const versions = db.prepare('SELECT version FROM migrations ORDER BY version').all();
    db.close();
    assert.deepEqual(
      versions.map(({ version }) => version),
      [1, 2, 3, 4],
    );
  });
});

describe('SQLite: the tables themselves', () => {
  const file = folder.file('constraints.sqlite');
  let db: DatabaseSync;
  before(async () => {
    const store = await folder.open(file);
    await store.addConfirmation(pending({ devices: ['a', 'b'] }));
    const jobs = ['a', 'b'].map((device) => ({ id: `j-${device}`, device }));
    await store.decide({ id: 'c1', status: 'confirmed', by: alex, at: 2_000, jobs });
    await store.appendAudit([entry(), entry()]);
    await store.close();
    db = new DatabaseSync(file);
    db.exec('PRAGMA foreign_keys = ON');
  });
  after(() => db.close());

  const refused: [what: string, sql: string, reason: RegExp][] = [
    [
      'a second job for a device of one confirmation',
      `INSERT INTO jobs (id, confirmation_id, device, status, created_at) VALUES ('j9', 'c1', 'a', 'queued', 1)`,
      /UNIQUE/,
    ],
    [
      'a job for a device that the confirmation does not name',
      `INSERT INTO jobs (id, confirmation_id, device, status, created_at) VALUES ('j9', 'c1', 'c', 'queued', 1)`,
      /FOREIGN KEY/,
    ],
    ['a changed audit entry', `UPDATE audit SET entry = '{}' WHERE seq = 1`, /an audit entry is never changed/],
    ['a deleted audit entry', 'DELETE FROM audit WHERE seq = 2', /an audit entry is never deleted/],
    ['a replaced audit entry', `REPLACE INTO audit (seq, entry, hash) VALUES (1, '{}', 'x')`, /is never changed/],
    ['a second head', `INSERT INTO audit_head (id, seq, hash) VALUES (2, 0, '')`, /CHECK/],
  ];
  for (const [what, sql, reason] of refused) {
    it(`refuse ${what}`, () => {
      assert.throws(() => db.exec(sql), reason);
    });
  }

  const searched: [what: string, sql: string, index: string][] = [
    [
      'events of a device',
      `SELECT * FROM events WHERE device = ? COLLATE NOCASE ORDER BY id DESC LIMIT 9`,
      'events_device',
    ],
    [
      'unfinished jobs',
      'SELECT * FROM jobs WHERE reported_at IS NULL OR ended_at IS NULL ORDER BY created_at, rowid',
      'jobs_unfinished',
    ],
    [
      'jobs of a device',
      'SELECT * FROM jobs WHERE device = ? AND ended_at IS NULL ORDER BY created_at, rowid',
      'jobs_device',
    ],
  ];
  for (const [what, sql, index] of searched) {
    it(`find ${what} by their index, without sorting`, () => {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(sql.includes('?') ? ['x'] : []));
      const steps = plan.map(({ detail }) => String(detail)).join('\n');
      assert.match(steps, new RegExp(`USING INDEX ${index}\\b`));
      assert.doesNotMatch(steps, /TEMP B-TREE/);
    });
  }
});
