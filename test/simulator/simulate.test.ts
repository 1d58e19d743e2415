import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { simulate } from '../../src/cli/simulate.ts';
import { AssistantError } from '../../src/errors.ts';
import { openSession } from '../../src/netconf/session.ts';

const options = { hostname: 'hq-fw01', port: 0, user: 'netops', password: 'pw' };

test('simulate prints where it listens and what it gets, and ends on SIGTERM', async (t) => {
  const module = new URL('../../src/cli/simulate.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then((m) => m.simulate(${JSON.stringify(options)}))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse(String((await lines.next()).value));
  const ready = await nextLine();
  assert.deepEqual(Object.keys(ready), ['hostname', 'port', 'hostKey']);
  assert.match(ready.hostKey, /^ssh-ed25519 AAAA\S+$/);
  const session = await openSession({
    name: ready.hostname,
    address: '127.0.0.1',
    ports: [ready.port],
    user: 'netops',
    password: 'pw',
    knownHosts: `[127.0.0.1]:${ready.port} ${ready.hostKey}`,
  });
  await session.rpc('<get-reboot-information format="text"/>');
  const record = await nextLine();
  assert.deepEqual([record.rpc, record.xml], ['get-reboot-information', '<get-reboot-information format="text"/>']);
  assert.ok(Date.parse(record.at));
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  await session.close();
});

test('a platform or a folder that is none, and a taken port, are one clear line', async () => {
  const refusal = (code: string, sentence: RegExp) => (error: unknown) =>
    error instanceof AssistantError && error.code === code && sentence.test(error.message);
  await assert.rejects(
    simulate({ ...options, platform: 'qfx' }),
    refusal('usage', /^There is no platform qfx\. Use srx, ex-vc, mx-dual-re, srx-cluster, evo\.$/),
  );
  await assert.rejects(simulate({ ...options, replies: '/nowhere' }), refusal('usage', /^\/nowhere is not a folder\./));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(address && typeof address === 'object');
  await assert.rejects(
    simulate({ ...options, port: address.port }),
    refusal('refused', /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/),
  );
  taken.close();
});
