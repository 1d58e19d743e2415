import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  archiveLogs,
  cleanUp,
  facts,
  fetchFile,
  logEngines,
  runCommands,
  saveSupportInformation,
  sha256,
} from '../../src/netconf/junos.ts';
import { aDevice, sinks } from './a-device.ts';

test('no password in a command, a request or a file of the device, and nothing left behind', async (t) => {
  const password = 'a-Password-nobody-may-see';
  const { state, target, open } = await aDevice(t, { platform: 'srx-cluster', password });
  const login = { ...target, password };
  const session = await open('netops', password);
  const device = await facts(session);
  const before = state.files.paths();
  const made: string[] = [];
  for (const engine of logEngines(device)) {
    const path = `/var/tmp/Support-${engine.name}.tgz`;
    made.push(path);
    assert.equal((await archiveLogs(login, session, engine, path)).outcome, 'done');
  }
  made.push('/var/tmp/RSI.txt');
  assert.equal((await saveSupportInformation(login, session, '/var/tmp/RSI.txt', device)).outcome, 'saved');
  for (const sftp of [true, false]) {
    state.sftp = sftp;
    for (const path of made) await fetchFile(login, path, { open: sinks().open, sha256: sha256(session, path) });
  }
  await runCommands(session, ['show version'], { openSink: sinks().open });
  assert.deepEqual(await cleanUp(session, made), { removed: made, absent: [], left: [] });
  assert.deepEqual(state.files.paths(), before);
  const contents = [...state.engineFiles.values()].flatMap((files) =>
    files.paths().map((path) => files.read(path)?.data.toString('latin1') ?? ''),
  );
  const said = [...state.commands, ...state.rpcs.map(({ xml }) => xml), ...contents];
  assert.ok(said.length > 20);
  assert.ok(said.every((each) => !each.includes(password)));
});
