import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assistantSchema, junosConfigSchema } from '../../src/config/schemas.ts';
import { createLogSettings } from '../../src/jobs/log-settings.ts';
import { createLog } from '../../src/log.ts';
import { Credentials } from '../../src/secrets/credentials.ts';
import { Spool } from '../../src/transfer/spool.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;

const junos = { ...junosConfigSchema.parse({ config: { webhook_secret: 'long-enough-secret' } }), events: {} };

type Server = { ftp_server?: string | null; ftp_dir?: string | null };

/** Settings as the assistant makes them, in a folder of their own; `server` is what junos-config.yaml says. */
function rig(t: TestContext, logs: object = {}, server: Server = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'log-settings-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const store = join(dir, 'store');
  mkdirSync(store);
  const lines: string[] = [];
  const read = createLogSettings({
    config: () => ({
      dir,
      assistant: assistantSchema.parse({ logs: { folder: 'logs', ...logs } }),
      storeFile: join(store, 'assistant.sqlite'),
      knownHostsFile: join(dir, 'known_hosts'),
      showCommands: ['show version'],
      junos: { ...junos, config: { ...junos.config, ...server } },
    }),
    credentials: new Credentials([], undefined),
    now: () => NOW,
    log: createLog('info', { write: (line) => void lines.push(line) }),
  });
  const put = (name: string, days: number) => {
    mkdirSync(join(dir, 'logs'), { recursive: true });
    writeFileSync(join(dir, 'logs', name), name);
    const at = (NOW - days * DAY_MS) / 1_000;
    utimesSync(join(dir, 'logs', name), at, at);
  };
  return { dir, store, read, put, lines, server };
}

test('what is not set is as the configuration says by itself', async (t) => {
  const { dir, store, read } = rig(t);
  const { destination, redact, spoolFolder, commands, supportMs, afterRestart } = await read();
  assert.deepEqual(
    { address: destination.address, redact, spoolFolder, commands, supportMs, afterRestart },
    {
      address: join(dir, 'logs'),
      redact: true,
      spoolFolder: store,
      commands: ['show version'],
      supportMs: null,
      afterRestart: 'begin-again',
    },
  );
  assert.equal((await rig(t, { rsi_minutes: 5 }).read()).supportMs, 300_000);
});

test('the server is read anew for each collection', async (t) => {
  const { read, server } = rig(t, {}, { ftp_server: 'ftp.example.com', ftp_dir: 'junos' });
  assert.equal((await read()).destination.address, 'ftp://ftp.example.com/junos');
  server.ftp_server = 'sftp://other.example.com/incoming';
  assert.equal((await read()).destination.address, 'sftp://other.example.com/incoming/junos');
  server.ftp_server = 'ftp://user:hunter2@ftp.example.com';
  await assert.rejects(read(), (error: Error & { code?: string }) => {
    assert.deepEqual([error.code, /hunter2/.test(error.message)], ['bad-destination', false]);
    assert.match(error.message, /^ftp_server holds a password: remove it, and put it into secrets\.yaml\.$/);
    return true;
  });
});

test('too little room on this machine: how much is free, needed and missing', async (t) => {
  const { dir, store, read } = rig(t);
  const { checkRoom } = await read();
  await checkRoom(1);
  const said = (folder: string) =>
    new RegExp(
      `^The assistant has \\d[\\d.]* \\w+ free in ${folder}, and 1126 TB may be needed: \\d+ TB are missing\\. Make room there\\.$`,
    );
  await assert.rejects(checkRoom(2 ** 50), { code: 'disk-full', message: said(store) });
  // The folder for the archives may be on another disk; the archive goes there only when no server is named.
  rmSync(store, { recursive: true });
  mkdirSync(join(dir, 'logs'));
  await assert.rejects(checkRoom(2 ** 50), { code: 'disk-full', message: said(join(dir, 'logs')) });
  const elsewhere = rig(t, {}, { ftp_server: 'ftp.example.com' });
  const settings = await elsewhere.read();
  rmSync(elsewhere.store, { recursive: true });
  mkdirSync(join(elsewhere.dir, 'logs'));
  await settings.checkRoom(2 ** 50);
});

test('an authority that cannot be read', async (t) => {
  const { dir, read } = rig(t, { ca_file: 'ca.pem' }, { ftp_server: 'ftps://ftp.example.com' });
  await assert.rejects(read(), {
    code: 'bad-configuration',
    message: `logs.ca_file cannot be read: ${join(dir, 'ca.pem')}.`,
  });
  writeFileSync(join(dir, 'ca.pem'), 'a certificate');
  assert.equal((await read()).destination.address, 'ftps://ftp.example.com');
});

test('old files of the folder are removed on the way, and said in the log; others stay', async (t) => {
  const { dir, read, put, lines } = rig(t, { keep_days: 30, keep_files: 2 });
  const names = ['Support-a-20260101-000000.tgz', 'Support-b.tgz', 'Support-c.tgz', 'Support-d.tgz', 'notes.txt'];
  for (const [n, days] of [59, 20, 10, 5, 99].entries()) put(names[n] ?? '', days);
  await read();
  assert.deepEqual(readdirSync(join(dir, 'logs')).sort(), ['Support-c.tgz', 'Support-d.tgz', 'notes.txt']);
  const [line, ...more] = lines.map((each) => JSON.parse(each) as { msg: string; removed: string[] });
  assert.deepEqual([line?.msg, line?.removed.sort()], ['old logs removed', names.slice(0, 2)]);
  assert.deepEqual(more, []);
});

test('nothing is removed without being told to, nor while logs go to a server', async (t) => {
  const [keeping, sending] = [rig(t), rig(t, { keep_days: 1 }, { ftp_server: 'ftp.example.com' })];
  for (const { dir, read, put, lines } of [keeping, sending]) {
    put('Support-a.tgz', 3_000);
    await read();
    assert.deepEqual(readdirSync(join(dir, 'logs')), ['Support-a.tgz']);
    assert.deepEqual(lines, []);
  }
});

test('spools of a run that was killed are removed, and nothing of anybody else', async (t) => {
  const { store } = rig(t);
  const others = ['.spool-x', '.spool-0123456789abcdef.txt', 'spool-0123456789abcdef', 'assistant.sqlite'];
  for (const name of ['.spool-0123456789abcdef', ...others]) writeFileSync(join(store, name), '');
  const open = await Spool.open(store);
  await Spool.sweep(store);
  assert.deepEqual(readdirSync(store).sort(), others.sort());
  // One that is in use has no name to lose.
  await open.write((async function* () {})());
  await open.close();
  await Spool.sweep(join(store, 'not-there'));
  assert.equal(existsSync(join(store, 'not-there')), false);
});
