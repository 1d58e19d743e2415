import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import ssh2, { type AuthContext } from 'ssh2';
import { NetconfError, type NetconfErrorCode } from '../../src/netconf/errors.ts';
import { algorithmsFor } from '../../src/netconf/host-key.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';
import { readHostKeys } from '../../src/netconf/trust.ts';
import { requireProgram } from '../fakes/requires.ts';
import { answering, type BareSshOptions, bareSsh } from './bare-server.ts';

const agentProgram = requireProgram(['ssh-agent'], 'openssh-client');
const addProgram = requireProgram(['ssh-add'], 'openssh-client');

/** A key pair ssh2 can read back: about one in 250 that it writes is malformed. */
function newKey(passphrase?: string): { privateKey: string; blob: Buffer } {
  for (;;) {
    const options = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 1 };
    const { private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519', options as never);
    const parsed: unknown = ssh2.utils.parseKey(privateKey, passphrase);
    if (parsed instanceof Error) continue;
    const key = (Array.isArray(parsed) ? parsed[0] : parsed) as { getPublicSSH(): Buffer };
    return { privateKey, blob: key.getPublicSSH() };
  }
}

/** A server that lets in who has the key, and notes every way that is tried. */
async function keyServer(t: TestContext, blob: Buffer, options: BareSshOptions = {}) {
  const tried: string[] = [];
  const authenticate = (context: AuthContext) => {
    tried.push(context.method);
    if (context.method === 'publickey' && context.key.data.equals(blob)) context.accept();
    else context.reject(['publickey']);
  };
  const server = await bareSsh(
    t,
    answering(() => {}),
    { authenticate, ...options },
  );
  const { password: _, ...target } = server.target;
  return { target, tried };
}

async function opens(target: SessionTarget): Promise<void> {
  await (await openSession(target, { timeouts: { closeMs: 20 } })).close();
}

async function refused(target: SessionTarget, code: NetconfErrorCode, sentence: RegExp): Promise<void> {
  await assert.rejects(openSession(target, { timeouts: { loginMs: 5_000 } }), (error) => {
    assert.ok(error instanceof NetconfError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, sentence);
    return true;
  });
}

test('a key file, with and without a passphrase', async (t) => {
  for (const passphrase of [undefined, 'open sesame']) {
    const { privateKey, blob } = newKey(passphrase);
    const { target, tried } = await keyServer(t, blob);
    await opens({ ...target, key: { text: privateKey, file: 'keys/netops', passphrase } });
    assert.ok(!tried.includes('password'));
  }
});

test('a key file that cannot be used is told before anything is sent', async (t) => {
  const { privateKey, blob } = newKey('open sesame');
  const { target, tried } = await keyServer(t, blob);
  const key = { text: privateKey, file: 'keys/netops' };
  await refused({ ...target, key }, 'authentication', /^The key file keys\/netops for hq-fw01 is encrypted\. /);
  await refused(
    { ...target, key: { ...key, passphrase: 'wrong' } },
    'authentication',
    /does not open with the passphrase/,
  );
  await refused(
    { ...target, key: { ...key, text: 'ssh-ed25519 AAAA' } },
    'authentication',
    /is not a private key that can be read/,
  );
  assert.deepEqual(tried, []);
});

test('another key, or a password where only keys are accepted', async (t) => {
  const { target } = await keyServer(t, newKey().blob);
  const key = { text: newKey().privateKey, file: 'keys/netops' };
  await refused({ ...target, key }, 'authentication', /^hq-fw01 refused the key in keys\/netops for user u\. /);
  await refused(
    { ...target, password: 'p' },
    'authentication',
    /does not accept passwords for user u \(it offers publickey\)/,
  );
});

test('a key where only passwords are accepted', async (t) => {
  const { target } = await bareSsh(t, () => {}, { authenticate: (context) => context.reject(['password']) });
  const { password: _, ...rest } = target;
  const key = { text: newKey().privateKey, file: 'k' };
  await refused({ ...rest, key }, 'authentication', /does not accept keys for user u \(it offers password\)/);
});

test('a key and then a password, where both are wanted', async (t) => {
  const { privateKey, blob } = newKey();
  const authenticate = (context: AuthContext) => {
    if (context.method === 'publickey' && context.key.data.equals(blob)) {
      if (context.signature) context.reject(['password'], true);
      else context.accept();
    } else if (context.method === 'password' && context.password === 'p') context.accept();
    else context.reject(['publickey']);
  };
  const { target } = await bareSsh(
    t,
    answering(() => {}),
    { authenticate },
  );
  await opens({ ...target, key: { text: privateKey, file: 'k' } });
});

test('an expired password says so', async (t) => {
  const authenticate = (context: AuthContext) => {
    if (context.method === 'password') context.requestChange('Your password has expired.', () => {});
    else context.reject(['password']);
  };
  const { target } = await bareSsh(t, () => {}, { authenticate });
  await refused(target, 'authentication', /wants a new password for user u/);
});

const missing = 'skip' in agentProgram ? agentProgram.skip : 'skip' in addProgram ? addProgram.skip : false;
test('an SSH agent', { skip: missing }, async (t) => {
  assert.ok('path' in agentProgram && 'path' in addProgram);
  const dir = mkdtempSync(join(tmpdir(), 'agent-'));
  const socket = join(dir, 'agent.sock');
  const agent = spawn(agentProgram.path, ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(agent, 'exit');
  t.after(async () => {
    agent.kill();
    // It removes its socket itself; both at once would leave the folder behind.
    await exited;
    rmSync(dir, { recursive: true, force: true });
  });
  await once(agent.stdout, 'data');
  const { privateKey, blob } = newKey();
  const { target, tried } = await keyServer(t, blob);
  await refused({ ...target, agent: socket }, 'authentication', /refused every key of this server's SSH agent/);
  writeFileSync(join(dir, 'key'), privateKey, { mode: 0o600 });
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  assert.equal(spawnSync(addProgram.path, ['-q', join(dir, 'key')], { env }).status, 0);
  await opens({ ...target, agent: socket });
  assert.ok(!tried.includes('password'));
});

test('an agent that is not there', async (t) => {
  const { target } = await keyServer(t, newKey().blob);
  await refused(
    { ...target, agent: join(tmpdir(), 'no-such-agent') },
    'authentication',
    /^The SSH agent could not be used to log in to hq-fw01: /,
  );
});

test("legacy adds what old Junos needs behind ssh2's own choice, and nothing else", () => {
  const target = { name: 'fw', address: 'fw', ports: [22], user: 'u', knownHosts: '' };
  const { serverHostKey, ...plain } = algorithmsFor(target, 22);
  assert.deepEqual(plain, {});
  assert.ok(Array.isArray(serverHostKey) && serverHostKey.includes('ssh-rsa') && !serverHostKey.includes('ssh-dss'));
  const { serverHostKey: _, ...legacy } = algorithmsFor({ ...target, legacy: true }, 22);
  assert.deepEqual(legacy, {
    kex: {
      append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1'],
      prepend: [],
      remove: [],
    },
    cipher: { append: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc'], prepend: [], remove: [] },
  });
});

for (const [what, algorithms] of [
  ['SHA-1 key exchange', { kex: ['diffie-hellman-group14-sha1'] }],
  ['CBC cipher and SHA-1 MAC', { cipher: ['aes128-cbc'], hmac: ['hmac-sha1'] }],
] as const) {
  test(`legacy: a device with only ${what}`, async (t) => {
    const { target } = await bareSsh(
      t,
      answering(() => {}),
      { algorithms: algorithms as never },
    );
    await refused(target, 'not-netconf', /no matching .*set "legacy: true" for hq-fw01 in devices\.yaml\.$/);
    await opens({ ...target, legacy: true });
  });
}

test('a port that does not answer makes way for the next one, within one time', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    require('fs').writeSync(1, String(this.address().port)); process.kill(process.pid, 'SIGSTOP'); })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const silent = Number(String((await once(child.stdout, 'data'))[0]));
  const fillers = Array.from({ length: 8 }, () => connect(silent, '127.0.0.1').on('error', () => {}));
  t.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  await once(fillers[0] ?? assert.fail(), 'connect');
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const closed = (gone.address() as { port: number }).port;
  gone.close();
  const server = await bareSsh(
    t,
    answering(() => {}),
  );
  const timeouts = { connectMs: 800, closeMs: 20 };
  const open = server.target.ports[0] ?? 0;
  const session = await openSession({ ...server.target, ports: [silent, open] }, { timeouts });
  assert.equal(session.port, open);
  await session.close();
  const started = performance.now();
  const both = openSession({ ...server.target, ports: [silent, silent] }, { timeouts });
  await assert.rejects(both, (error) => {
    assert.ok(error instanceof NetconfError);
    assert.equal(error.code, 'timeout');
    assert.match(
      error.message,
      new RegExp(`does not answer on port ${silent} or ${silent} \\(waited 0\\.4 s and [\\d.]+ s\\)\\. Check`),
    );
    return true;
  });
  assert.ok(performance.now() - started < 5_000);
  await assert.rejects(openSession({ ...server.target, ports: [silent, closed] }, { timeouts }), (error) => {
    assert.ok(error instanceof NetconfError);
    assert.equal(error.code, 'refused');
    assert.match(
      error.message,
      new RegExp(`refuses connections on port ${closed} and does not answer on port ${silent} \\(waited 0\\.4 s\\)\\.`),
    );
    return true;
  });
});

test('a host key can be looked at without a login', async (t) => {
  const { target, tried } = await keyServer(t, newKey().blob);
  const [shown] = await readHostKeys({ ...target, knownHosts: '' });
  assert.equal(shown?.verdict, 'unknown');
  assert.equal(shown.line, target.knownHosts);
  assert.equal((await readHostKeys(target))[0]?.verdict, 'known');
  assert.deepEqual(tried, []);
});
