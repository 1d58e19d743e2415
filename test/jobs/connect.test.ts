import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { Inventory } from '../../src/inventory.ts';
import { createConnect, isSameDevice } from '../../src/jobs/connect.ts';
import { Credentials } from '../../src/secrets/credentials.ts';
import { encryptSecret } from '../../src/secrets/fernet.ts';
import { parseSecrets } from '../../src/secrets/schema.ts';

describe('isSameDevice', () => {
  const cases: [expected: string, reported: string, isSame: boolean][] = [
    ['hq-fw01', 'hq-fw01', true],
    ['hq-fw01', 'HQ-FW01', true],
    ['hq-fw01', ' hq-fw01\n', true],
    ['hq-fw01', 'hq-fw01.example.net', true],
    ['hq-fw01.example.net', 'hq-fw01', true],
    ['hq-fw01.example.net', 'HQ-FW01.Example.net', true],
    ['hq-fw01.example.net', 'hq-fw01.example.org', false],
    ['hq-rtr01.example.net', 'hq-rtr01-re0.example.net', true],
    ['hq-rtr01', 'hq-rtr01-re0', true],
    ['hq-rtr01', 'hq-rtr01-re1', true],
    ['hq-fw01', 'hq-fw01-node1', true],
    ['hq-fw01-node1', 'hq-fw01-node1', true],
    ['hq-fw01-node0', 'hq-fw01-node1', false],
    ['hq-rtr01-re0', 'hq-rtr01', false],
    ['core0', 'core1', false],
    ['co', 'core0', false],
    ['core0', 'core0', true],
    ['store1', 'store1-re0', true],
    ['hq-fw01', 'hq-fw01_re0', true],
    ['hq-fw01', 'hq-fw02', false],
    ['hq-fw01', 'hq-fw010', false],
    ['hq-fw01', 'hq-fw0', false],
    ['hq-fw01', 'xhq-fw01', false],
    ['hq-fw01', 're0', false],
    ['hq-fw01', '', false],
    ['', '', false],
    ['hq-fw01', 'hq-fw01-re2', false],
    ['core', 'core1', false],
  ];
  for (const [expected, reported, isSame] of cases) {
    it(`${expected || '(nothing)'} ${isSame ? 'is' : 'is not'} ${reported.trim() || '(nothing)'}`, () => {
      assert.equal(isSameDevice(expected, reported), isSame);
    });
  }
});

describe('createConnect', () => {
  const PASSWORD = 'correct-horse';
  let simulator: Simulator;
  let credentials: Credentials;
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assistant-connect-'));
    simulator = await startSimulator({ hostname: 'hq-fw01', port: 0, user: 'netops', password: PASSWORD });
    const secret = await encryptSecret(PASSWORD, 'master', { now: () => new Date(), random: randomBytes });
    credentials = new Credentials(parseSecrets([{ type: 'junos', '.*': { user: 'netops', ...secret } }]), 'master');
    await writeFile(join(dir, 'known_hosts'), `${simulator.hostKeyLine}\n`);
  });
  after(async () => {
    await simulator.close();
    await rm(dir, { recursive: true });
  });

  const connectTo = (entry: { name: string; hostname?: string }, knownHostsFile = join(dir, 'known_hosts')) => {
    const device = { address: '127.0.0.1', port: simulator.port, ...entry };
    const inventory = new Inventory([{ site: 'hq', devices: [device] }]);
    return createConnect({ inventory, credentials, knownHostsFile });
  };

  it('opens a session and knows the device', async () => {
    const { session, facts } = await connectTo({ name: 'hq-fw01' })('hq-fw01');
    assert.equal(facts.hostname, 'hq-fw01');
    await session.close();
  });

  it('takes another name when devices.yaml says so', async () => {
    const { session } = await connectTo({ name: 'edge', hostname: 'hq-fw01' })('edge');
    await session.close();
  });

  it('refuses a device that calls itself something else, tells the way out, and leaves no session', async () => {
    const before = simulator.state.rpcs.length;
    await assert.rejects(connectTo({ name: 'hq-fw02' })('hq-fw02'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'wrong-device');
      assert.match(error.message, /calls itself hq-fw01\..*set "hostname: hq-fw01" for hq-fw02/);
      return true;
    });
    assert.equal(simulator.state.rpcs.at(-1)?.rpc, 'close-session');
    assert.ok(!simulator.state.rpcs.slice(before).some(({ rpc }) => rpc.startsWith('request')));
  });

  it('refuses a name that is not in the inventory', async () => {
    await assert.rejects(connectTo({ name: 'hq-fw01' })('hq-fw9'), { code: 'unknown-device' });
  });

  it('without a known_hosts file the key is not known; one that cannot be read is another matter', async () => {
    await assert.rejects(connectTo({ name: 'hq-fw01' }, join(dir, 'none'))('hq-fw01'), { code: 'host-key' });
    await mkdir(join(dir, 'folder'));
    await assert.rejects(connectTo({ name: 'hq-fw01' }, join(dir, 'folder'))('hq-fw01'), { code: 'known-hosts' });
  });

  it('opens nothing when it is stopped already', async () => {
    const logins = simulator.state.logins.length;
    const signal = AbortSignal.abort(new Error('stopping'));
    await assert.rejects(connectTo({ name: 'hq-fw01' })('hq-fw01', signal));
    assert.equal(simulator.state.logins.length, logins);
  });
});
