import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { encryptSecret } from '../../src/secrets/fernet.ts';
import { cli, startCli } from './cli.ts';

const PASSWORD = 'correct-horse';
const MASTER = { NETWORK_ASSISTANT_MASTER_PASSWORD: 'master' };

/** `simulate` in one process, `device` in others, and files as an operator writes them between the two. */
describe('device and simulate', () => {
  let dir: string;
  let simulator: ChildProcess;
  let output: Interface;
  const printed: Record<string, unknown>[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assistant-device-'));
    const child = startCli([
      'simulate',
      '--hostname',
      'hq-fw01',
      '--port',
      '0',
      '--user',
      'netops',
      '--password',
      PASSWORD,
    ]);
    simulator = child;
    output = createInterface(child.stdout);
    output.on('line', (line) => printed.push(JSON.parse(line)));
    await once(output, 'line');
    const { port, hostKey } = printed[0] as { port: number; hostKey: string };
    const secret = await encryptSecret(PASSWORD, 'master', { now: () => new Date(), random: randomBytes });
    const device = (name: string, address: string) => `  - { name: ${name}, address: ${address}, port: ${port} }\n`;
    await writeFile(join(dir, 'junos-config.yaml'), 'config:\n  webhook_secret: a-webhook-secret\n');
    await writeFile(
      join(dir, 'devices.yaml'),
      `site: hq\ndevices:\n${device('hq-fw01', '127.0.0.1')}${device('hq-fw02', 'localhost')}`,
    );
    await writeFile(
      join(dir, 'secrets.yaml'),
      `type: junos\n.*: { user: netops, salt: ${secret.salt}, secret: ${secret.secret} }\n`,
    );
    await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${port},[localhost]:${port} ${hostKey}\n`);
  });
  after(async () => {
    simulator.kill('SIGKILL');
    await rm(dir, { recursive: true });
  });
  const ask = (...args: string[]) => cli(['--config', dir, 'device', ...args], { env: MASTER });

  it('simulate prints one line when it is ready', () => {
    assert.equal(printed.length, 1);
    assert.deepEqual(Object.keys(printed[0] ?? {}), ['hostname', 'port', 'hostKey']);
    assert.match(String(printed[0]?.hostKey), /^ssh-ed25519 \S+$/);
  });

  it('facts, by a name in another case: one JSON line; simulate prints the RPCs', async () => {
    const { code, stdout, stderr } = await ask('facts', 'HQ-FW01');
    assert.deepEqual([code, stderr], [0, '']);
    const found = JSON.parse(stdout);
    assert.deepEqual([found.device, found.site, found.hostname], ['hq-fw01', 'hq', 'hq-fw01']);
    assert.ok(found.uptimeSeconds >= 86_400);
    const rpcs = printed.slice(1).map(({ rpc }) => rpc);
    assert.deepEqual(rpcs.slice(0, 2), ['get-software-information', 'get-system-uptime-information']);
  });

  it('pending, with nothing scheduled', async () => {
    const { code, stdout, stderr } = await ask('pending', 'hq-fw01');
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(JSON.parse(stdout).pending, null);
  });

  it('a device that calls itself something else is refused in one line', async () => {
    const { code, stdout, stderr } = await ask('facts', 'hq-fw02');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^What answers as hq-fw02 .* calls itself hq-fw01\.[^\n]*\n$/);
  });

  it('a name that is not there, with those near it', async () => {
    const { code, stdout, stderr } = await ask('pending', 'hq-fw9');
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr, 'There is no "hq-fw9" in devices.yaml. Near it: hq-fw01, hq-fw02.\n');
  });

  it('without the master password it says which variable is missing', async () => {
    const { code, stdout, stderr } = await cli(['--config', dir, 'device', 'facts', 'hq-fw01']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^[^\n]*NETWORK_ASSISTANT_MASTER_PASSWORD[^\n]*\n$/);
  });

  it('a look changes nothing, and simulate ends on SIGTERM', async () => {
    assert.ok(!printed.some(({ rpc }) => /^(?:request|clear)/.test(String(rpc))));
    const exited = once(simulator, 'exit');
    simulator.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  });
});
