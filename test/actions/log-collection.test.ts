import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CollectContext, LogSettings } from '../../src/actions/action.ts';
import { LogCollection } from '../../src/actions/log-collection.ts';
import { AssistantError } from '../../src/errors.ts';
import { facts } from '../../src/netconf/junos.ts';
import { localFolder } from '../../src/transfer/local.ts';
import { aDevice } from '../netconf/a-device.ts';

const ARCHIVE = '/var/tmp/Support-hq-fw01-20260101-000000.tgz';
const OTHERS = '/var/tmp/Support-of-somebody-else.tgz';
const PART = '.Support-hq-fw01-20260101-000000.tgz.part-0123456789abcdef';
const BROKEN = () => Promise.reject(new AssistantError('bad-configuration', 'logs.ca_file cannot be read: ca.pem.'));

/** What a run before has left, on a device and in a folder, and a run that begins with it. */
async function rig(t: TestContext) {
  const { state, target, open } = await aDevice(t);
  const folder = mkdtempSync(join(tmpdir(), 'collection-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const session = await open();
  const connected = { session, facts: await facts(session), target };
  for (const path of [ARCHIVE, OTHERS]) state.files.write(path, Buffer.from('x'), 'netops', new Date());
  for (const name of [PART, 'notes.txt']) writeFileSync(join(folder, name), 'x');
  const noted: unknown[] = [];
  const run = (readLogs: CollectContext['readLogs'], left: unknown) =>
    new LogCollection(false, {
      device: 'hq-fw01',
      connect: async () => connected,
      signal: new AbortController().signal,
      note: async (each) => void noted.push(each),
      left,
      progress: () => {},
      readLogs,
      now: () => 0,
      reader: { zone: 'UTC', locale: 'en-gb' },
    }).run();
  const settings: LogSettings = {
    destination: localFolder(folder),
    destinationData: { localFolder: folder, knownHosts: '' },
    logins: { find: () => assert.fail('nobody asks for a login') },
    checkRoom: async () => {},
    redact: true,
    spoolFolder: folder,
    commands: [],
    supportMs: null,
    afterRestart: 'give-up',
  };
  const onDevice = () => state.files.paths().filter((path) => path.includes('Support-'));
  return { folder, noted, run, settings, onDevice, inFolder: () => readdirSync(folder).sort() };
}

test('settings that cannot be read after a restart: the device is cleaned all the same', async (t) => {
  const { folder, run, onDevice, inFolder } = await rig(t);
  const outcome = await run(BROKEN, { paths: [ARCHIVE], parts: [{ at: folder, name: PART }] });
  assert.deepEqual(outcome, {
    status: 'failed',
    sentence: `logs.ca_file cannot be read: ca.pem. A partial file may still be there, remove it by hand: ${folder}/${PART}. Nothing of it is left on hq-fw01.`,
    answer: null,
  });
  assert.deepEqual(onDevice(), [OTHERS]);
  assert.deepEqual(inFolder(), [PART, 'notes.txt']);
});

test('what was noted is removed, here and there, and nothing else', async (t) => {
  const { folder, noted, run, settings, onDevice, inFolder } = await rig(t);
  const left = { paths: [ARCHIVE, '/var/tmp/Support-that-is-gone.tgz'], parts: [{ at: folder, name: PART }] };
  const { status, sentence } = await run(async () => settings, left);
  assert.deepEqual(
    [status, /gives up then, as configured\. Ask again\. Nothing of it is left/.test(sentence)],
    ['failed', true],
  );
  assert.deepEqual(onDevice(), [OTHERS]);
  assert.deepEqual(inFolder(), ['notes.txt']);
  assert.deepEqual(noted, [{ paths: [], parts: [] }]);
});

test('a partial file at another destination than the one of now is named, and not looked for here', async (t) => {
  const { folder, run, settings, inFolder } = await rig(t);
  const other = join(folder, 'other');
  mkdirSync(other);
  // Noted by a version that had no partial files, and by this one.
  for (const parts of [undefined, [{ at: other, name: PART }]]) {
    const { sentence } = await run(async () => settings, { paths: [], ...(parts ? { parts } : {}) });
    assert.equal(sentence.includes(`remove it by hand: ${other}/${PART}.`), parts !== undefined);
  }
  assert.ok(inFolder().includes(PART));
});
