import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import ssh2 from 'ssh2';
import { AssistantError } from '../../src/errors.ts';
import { type DeviceEntry, Inventory } from '../../src/inventory.ts';
import { createTargets } from '../../src/jobs/target.ts';
import { Credentials } from '../../src/secrets/credentials.ts';
import { encryptSecret } from '../../src/secrets/fernet.ts';
import { secretsSchema } from '../../src/secrets/schema.ts';

const MASTER = 'a-master-password-for-tests-only';
let dir: string;
let credentials: Credentials;
const keys = { plain: '', locked: '' };

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'target-'));
  const secret = (text: string) => encryptSecret(text, MASTER, { now: () => new Date(), random: randomBytes });
  const documents = [
    { type: 'junos', '^hq-': { user: 'netops', ...(await secret('device-secret')) } },
    { type: 'server', bastion: { user: 'jumper', ...(await secret('server-secret')) } },
  ];
  credentials = new Credentials(
    documents.map((document) => secretsSchema.parse(document)),
    MASTER,
  );
  keys.plain = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  keys.locked = ssh2.utils.generateKeyPairSync('ecdsa', {
    bits: 256,
    passphrase: 'device-secret',
    cipher: 'aes256-cbc',
    rounds: 1,
  }).private;
  await writeFile(join(dir, 'plain'), keys.plain);
  await writeFile(join(dir, 'locked'), keys.locked);
  await writeFile(join(dir, 'known_hosts'), '# keys\n');
});
after(() => rm(dir, { recursive: true, force: true }));

const targetOf = async (...devices: DeviceEntry[]) => {
  const device = new Inventory([{ site: 'hq', devices }]).all()[0];
  assert.ok(device);
  const knownHostsFile = join(dir, 'known_hosts');
  return createTargets({ credentials, knownHostsFile, configDir: dir, agentSocket: '/run/agent' })(device);
};

test('where each login comes from', async () => {
  const base = { name: 'hq-fw01', address: 'hq-fw01', ports: [830, 22], knownHosts: '# keys\n' };
  const plain = { text: keys.plain, file: 'plain', passphrase: undefined };
  const locked = { text: keys.locked, file: 'locked', passphrase: 'device-secret' };
  const cases: [entry: Omit<DeviceEntry, 'name'>, login: object][] = [
    [{}, { user: 'netops', password: 'device-secret' }],
    [{ user: 'me' }, { user: 'me', password: 'device-secret' }],
    [{ key_file: 'plain' }, { user: 'netops', key: plain }],
    [
      { key_file: 'plain', user: 'me' },
      { user: 'me', key: plain },
    ],
    [
      { key_file: 'locked', user: 'me' },
      { user: 'me', key: locked },
    ],
    [
      { agent: true, user: 'me' },
      { user: 'me', agent: '/run/agent' },
    ],
    [
      { agent: false, legacy: true },
      { user: 'netops', password: 'device-secret', legacy: true },
    ],
  ];
  for (const [entry, login] of cases) {
    assert.deepEqual(await targetOf({ name: 'hq-fw01', ...entry }), { ...base, ...login });
  }
});

test('a device of no entry in secrets.yaml can be logged in to with a key and a user', async () => {
  const target = await targetOf({ name: 'lab01', key_file: 'plain', user: 'me' });
  assert.equal(target.password, undefined);
});

test('an entry is opened only when its password is needed', async () => {
  const closed = new Credentials(
    [secretsSchema.parse({ type: 'junos', '.*': { user: 'netops', salt: 'AAAA', secret: 'AAAA' } })],
    MASTER,
  );
  const [device] = new Inventory([{ site: 'hq', devices: [{ name: 'lab01', key_file: 'plain' }] }]).all();
  assert.ok(device);
  const target = await createTargets({ credentials: closed, knownHostsFile: join(dir, 'known_hosts') })(device);
  assert.equal(target.user, 'netops');
});

test('jump hosts: a device with its own login, a server, and one behind the other', async () => {
  const target = await targetOf(
    { name: 'hq-fw01', jump: 'HQ-fw02' },
    { name: 'hq-fw02', user: 'other', jump: { address: 'bastion.example.net', port: 2222 } },
  );
  assert.deepEqual(target.jump, {
    name: 'hq-fw02',
    address: 'hq-fw02',
    ports: [22],
    knownHosts: '# keys\n',
    user: 'other',
    password: 'device-secret',
    jump: {
      name: 'bastion.example.net',
      address: 'bastion.example.net',
      ports: [2222],
      knownHosts: '# keys\n',
      user: 'jumper',
      password: 'server-secret',
    },
  });
});

test('what is missing is told by name', async () => {
  for (const [entry, code] of [
    [{ key_file: 'none', user: 'me' }, 'key-file'],
    [{ key_file: 'plain' }, 'no-credentials'],
    [{ jump: { address: 'elsewhere' } }, 'no-credentials'],
  ] as const) {
    await assert.rejects(
      targetOf({ name: 'lab01', user: 'key_file' in entry && 'user' in entry ? 'me' : undefined, ...entry }),
      (error) => error instanceof AssistantError && error.code === code,
    );
  }
});
