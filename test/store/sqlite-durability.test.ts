import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { storeFolder } from './files.ts';
import { newEvent } from './samples.ts';

const folder = await storeFolder();
after(folder.remove);

/**
 * Loaded into the store's own thread before it: counts the commits and, at the end, reads from the store's own
 * connection how it is set. Both are known to nobody but that connection.
 */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { DatabaseSync } from 'node:sqlite';
  import { parentPort } from 'node:worker_threads';
  const { exec, close } = DatabaseSync.prototype;
  let commits = 0;
  DatabaseSync.prototype.exec = function (sql) {
    if (/^\\s*COMMIT/.test(sql)) commits += 1;
    return exec.call(this, sql);
  };
  DatabaseSync.prototype.close = function () {
    const value = (pragma) => Object.values(this.prepare('PRAGMA ' + pragma).get())[0];
    if (!this.location().endsWith('.lock')) {
      const [journal, synchronous, keys] = ['journal_mode', 'synchronous', 'foreign_keys'].map(value);
      parentPort.postMessage({ witness: { commits, journal, synchronous, keys } });
    }
    return close.call(this);
  };
`)}`;

interface Witness {
  commits: number;
  journal: string;
  synchronous: number;
  keys: number;
}

type Message = { id: number; error?: unknown } | { witness: Witness };

/** Sends requests to the store's thread all at once, as its owner does; returns what the witness saw. */
async function watch(requests: { name: string; args: unknown[] }[]): Promise<{ answered: number; witness: Witness }> {
  const worker = new Worker(new URL('../../src/store/sqlite-worker.ts', import.meta.url), {
    workerData: { file: folder.file('watched.sqlite') },
    execArgv: ['--import', WITNESS],
  });
  let answered = 0;
  let witness: Witness | undefined;
  const allAnswered = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: Message) => {
      if ('witness' in message) witness = message.witness;
      else if (message.id === 0)
        for (const [index, request] of requests.entries()) worker.postMessage({ id: index + 1, ...request });
      else if ('error' in message) reject(new Error(JSON.stringify(message.error)));
      else {
        answered += 1;
        if (answered === requests.length) resolve();
      }
    });
  });
  await allAnswered;
  const exited = once(worker, 'exit');
  worker.postMessage('close');
  await exited;
  assert.ok(witness);
  return { answered, witness };
}

/** A process that opens a store, adds an event and stays. */
async function holder(file: string) {
  const code = `
    import { openSqliteStore } from ${JSON.stringify(new URL('../../src/store/sqlite.ts', import.meta.url).href)};
    const store = await openSqliteStore(${JSON.stringify(file)});
    const { body, ...event } = ${JSON.stringify(newEvent())};
    console.log(JSON.stringify(await store.addEvent({ ...event, body: new Uint8Array([1]) })));
  `;
  const script = `${file}.holder.mjs`;
  await writeFile(script, code);
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')])) as [string];
  return { child, event: JSON.parse(line) as { id: number } };
}

describe('SQLite: durable', () => {
  it('a thousand events at once share commits; each answer follows a synchronous=FULL commit in WAL mode', async () => {
    const requests = Array.from({ length: 1_000 }, () => ({ name: 'addEvent', args: [newEvent()] }));
    const { answered, witness } = await watch(requests);
    assert.equal(answered, 1_000);
    assert.deepEqual([witness.journal, witness.synchronous, witness.keys], ['wal', 2, 1]);
    assert.ok(witness.commits <= 100, `${witness.commits} commits`);
    assert.ok(witness.commits >= 2, 'the tables and the events are commits of their own');
  });

  it('an answer means that the event is in the file already', async () => {
    const file = folder.file('wal.sqlite');
    const store = await folder.open(file);
    await store.addEvent(newEvent({ message: 'findable-on-disk' }));
    const wal = await readFile(`${file}-wal`, 'latin1');
    assert.ok(wal.includes('findable-on-disk'));
    await store.close();
  });
});

describe('SQLite: one process per file', () => {
  it('a second opening is refused until the first is closed', async () => {
    const file = folder.file('twice.sqlite');
    const first = await folder.open(file);
    await assert.rejects(folder.open(file), {
      code: 'store-in-use',
      message: /Another process is using the store/,
    });
    await first.addEvent(newEvent());
    await first.close();
    const second = await folder.open(file);
    assert.equal((await second.backlog()).waiting, 1);
    await second.close();
  });

  it('held by another process until that is killed; what it was told stays', async () => {
    const file = folder.file('killed.sqlite');
    const { child, event } = await holder(file);
    try {
      await assert.rejects(folder.open(file), { code: 'store-in-use' });
    } finally {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    const store = await folder.open(file);
    assert.deepEqual(
      (await store.owedEvents(9)).map(({ id }) => id),
      [event.id],
    );
    await store.close();
  });
});
