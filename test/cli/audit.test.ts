import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry, Store } from '../../src/store/store.ts';
import { storeFolder } from '../store/files.ts';
import { alex, entry } from '../store/samples.ts';
import { cli, startCli } from './cli.ts';

const LENGTH = 200;
const folder = await storeFolder();
const STORE = folder.file('running/assistant.sqlite');
let store: Store;

before(async () => {
  await configure('running');
  store = await folder.open(STORE);
  const entries = Array.from({ length: LENGTH }, (_, n) =>
    entry({
      at: Date.UTC(2026, 10, 23, 10, 0, n),
      text: `reboot hq-fw0${n % 3} — "${n}"`,
      devices: n % 10 === 9 ? [] : [`hq-fw0${n % 3}`, 'hq-sw01'],
      person: n % 2 ? null : alex,
    }),
  );
  await store.appendAudit(entries);
});
after(folder.remove);

/** A configuration folder of that name, with its store inside. */
async function configure(name: string): Promise<string> {
  const dir = folder.file(name);
  await mkdir(dir, { recursive: true });
  await writeFile(`${dir}/assistant.yaml`, 'store_file: assistant.sqlite\n');
  await writeFile(`${dir}/junos-config.yaml`, 'config:\n  webhook_secret: long-enough-secret\n');
  await writeFile(`${dir}/devices.yaml`, 'site: hq\ndevices: [hq-fw01]\n');
  return dir;
}

const audit = (dir: string, ...args: string[]) => cli(['--config', dir, 'audit', ...args]);

describe('audit verify', { concurrency: 2 }, () => {
  it('beside the running bot: how many, unbroken, and the head', async () => {
    const head = await store.auditHead();
    const { code, stdout, stderr } = await audit(folder.file('running'), 'verify');
    assert.deepEqual([code, stdout, stderr], [0, `200 entries, unbroken, head ${head?.hash}\n`, '']);
  });

  // What somebody can do who owns the file and knows about the triggers.
  const tampered: [what: string, sql: string, line: string][] = [
    [
      'one byte of a text',
      `UPDATE audit SET entry = replace(entry, 'a:1', 'a:2') WHERE seq = 17`,
      'entry 17 was changed',
    ],
    [
      'one byte of a hash',
      `UPDATE audit SET hash = 'x' || substr(hash, 2) WHERE seq = 17`,
      'entry 17 was inserted or changed',
    ],
    ['a byte that is no text', `UPDATE audit SET entry = CAST(x'7bff7d' AS TEXT) WHERE seq = 3`, 'entry 3 was changed'],
    ['the first row deleted', 'DELETE FROM audit WHERE seq = 1', 'entry 1 is missing'],
    ['some deleted', 'DELETE FROM audit WHERE seq BETWEEN 17 AND 19', 'entries 17 to 19 are missing'],
    ['the last ones deleted', 'DELETE FROM audit WHERE seq > 197', 'the last 3 entries are missing'],
    ['all deleted', 'DELETE FROM audit', 'the last 200 entries are missing'],
    [
      'the head deleted',
      'DELETE FROM audit_head',
      'the head is missing: nothing tells whether entries are missing at the end',
    ],
    [
      'one put in between',
      `UPDATE audit SET seq = -seq WHERE seq >= 5; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
       INSERT INTO audit SELECT 5, entry, hash FROM audit WHERE seq = 9`,
      'entry 5 was inserted or changed',
    ],
    ['a number below the first', 'UPDATE audit SET seq = -7 WHERE seq = 200', 'entry -7 was inserted or changed'],
  ];
  for (const [index, [what, sql, line]] of tampered.entries()) {
    it(`${what}: ${line}`, async () => {
      const dir = await copyOf(`tampered-${index}`);
      alter(dir, `DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; ${sql}`);
      const { code, stdout, stderr } = await audit(dir, 'verify');
      assert.deepEqual([code, stdout, stderr], [1, `${line}\n`, '']);
    });
  }

  it('of a long record: in batches, with a longer one as flat as a short one', async () => {
    const dir = await configure('long');
    const long = await folder.open(`${dir}/assistant.sqlite`);
    for (let n = 0; n < 5; n += 1) await long.appendAudit(Array.from({ length: 1_000 }, () => entry({ text: `${n}` })));
    await long.close();
    const { code, stdout } = await audit(dir, 'verify');
    assert.equal(code, 0);
    assert.match(stdout, /^5000 entries, unbroken/);
    alter(dir, 'DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE seq = 1000 OR seq = 1001');
    assert.equal((await audit(dir, 'verify')).stdout, 'entries 1000 to 1001 are missing\n');
  });

  const unreadable: [what: string, make: (file: string) => Promise<void> | void, line: RegExp][] = [
    [
      'without a store',
      () => {},
      /^There is no store at \S+assistant\.sqlite yet: it is made when the bot starts\.\n$/,
    ],
    ['of no database', (file) => writeFile(file, 'x'.repeat(9_999)), /^The store \S+ cannot be read: .+\n$/],
    [
      'of an earlier version',
      (file) => new DatabaseSync(file).exec('CREATE TABLE events (id INTEGER)'),
      /^The store \S+ has no audit yet: it was written by an earlier version\. Start the bot once\.\n$/,
    ],
  ];
  for (const [index, [what, make, line]] of unreadable.entries()) {
    it(`${what}: one clear line`, async () => {
      const dir = await configure(`unreadable-${index}`);
      await make(`${dir}/assistant.sqlite`);
      const { code, stdout, stderr } = await audit(dir, 'verify');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, line);
    });
  }

  it('of a store that has written nothing', async () => {
    const dir = await configure('empty');
    await (await folder.open(`${dir}/assistant.sqlite`)).close();
    const { code, stdout } = await audit(dir, 'verify');
    assert.deepEqual([code, stdout], [0, 'no entries yet\n']);
  });
});

type Line = Omit<AuditEntry, 'at'> & { seq: number; hash: string; at: string };

describe('audit export', { concurrency: 2 }, () => {
  const exported = async (...args: string[]) => {
    const { code, stdout, stderr } = await audit(folder.file('running'), 'export', ...args);
    assert.deepEqual([code, stderr], [0, '']);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  };

  it('beside the running bot: a line for each entry, with its number and hash', async () => {
    const lines = await exported();
    const rows = await store.auditRows(0, 999);
    assert.equal(lines.length, LENGTH);
    for (const [index, { seq, hash, ...rest }] of lines.entries()) {
      // The keys are in the canonical order still, so that the hashes can be checked from the export alone.
      assert.deepEqual({ seq, hash, entry: JSON.stringify(rest) }, rows[index]);
    }
  });

  const filters: [args: string[], seqs: number[]][] = [
    [
      ['--since', '2026-11-23T10:03:18Z'],
      [199, 200],
    ],
    [
      ['--since', '2026-11-23T10:03:18'],
      [199, 200],
    ],
    [['--since', '2026-11-23T12:03:19+02:00'], [200]],
    [['--since', '2027-01-01'], []],
    [
      ['--since', '2026-11-23T10:03:10Z', '--device', 'HQ-FW01'],
      [191, 194, 197],
    ],
    [['--device', 'hq-fw'], []],
  ];
  for (const [args, seqs] of filters) {
    it(`${args.join(' ')}: ${seqs.length} entries`, async () => {
      assert.deepEqual(
        (await exported(...args)).map(({ seq }) => seq),
        seqs,
      );
    });
  }

  it('an entry that somebody made unreadable is shown as it is, whatever was asked for', async () => {
    const dir = await copyOf('garbled');
    alter(dir, `DROP TRIGGER audit_is_not_changed; UPDATE audit SET entry = '{"at' WHERE seq = 7`);
    const { code, stdout } = await audit(dir, 'export', '--since', '2027-01-01');
    const row = (await store.auditRows(6, 1))[0];
    assert.deepEqual([code, JSON.parse(stdout)], [0, { seq: 7, hash: row?.hash, entry: '{"at' }]);
  });

  it('a time that is none is wrong usage', async () => {
    const { code, stdout, stderr } = await audit(folder.file('running'), 'export', '--since', 'yesterday');
    assert.deepEqual([code, stdout, stderr], [2, '', 'yesterday is not a time such as 2026-11-23T10:00:00Z.\n']);
  });

  it('a reader that has seen enough ends it quietly', async () => {
    const child = startCli(['--config', folder.file('long-export'), 'audit', 'export']);
    child.stdout.destroy();
    child.stderr.setEncoding('utf8');
    let said = '';
    child.stderr.on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    assert.deepEqual([code, said], [0, '']);
  });

  before(async () => {
    const dir = await configure('long-export');
    const long = await folder.open(`${dir}/assistant.sqlite`);
    // More than a pipe holds.
    await long.appendAudit(Array.from({ length: 3_000 }, () => entry({ detail: 'x'.repeat(500) })));
    await long.close();
  });
});

/** A copy of the running store's audit, closed, in a configuration folder of its own. */
async function copyOf(name: string): Promise<string> {
  const dir = await configure(name);
  const db = new DatabaseSync(STORE, { readOnly: true });
  db.prepare('VACUUM INTO ?').run(`${dir}/assistant.sqlite`);
  db.close();
  return dir;
}

function alter(dir: string, sql: string): void {
  const db = new DatabaseSync(`${dir}/assistant.sqlite`);
  db.exec(sql);
  db.close();
}
