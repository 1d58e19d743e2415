import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import ssh2 from 'ssh2';
import { requireProgram } from '../fakes/requires.ts';
import { helloOf, rpc, start } from './device-client.ts';

const ssh = requireProgram(['ssh'], 'openssh-client');
const skip = 'skip' in ssh ? ssh.skip : false;

const DATA = Buffer.alloc(1_000_000, 'line of text\n');

/** OpenSSH's programs with a key, a device, and nothing of this machine's SSH configuration. */
async function openssh(t: TestContext, legacy = false) {
  const folder = await mkdtemp(join(tmpdir(), 'openssh-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const key = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const simulator = await start(t, { legacy, authorizedKeys: [key.public] });
  simulator.state.files.write('/var/tmp/x', DATA, 'netops', new Date());
  await writeFile(join(folder, 'key'), key.private, { mode: 0o600 });
  await writeFile(join(folder, 'known_hosts'), `${simulator.hostKeyLine}\n`);
  const options = ['BatchMode=yes', 'LogLevel=ERROR', `UserKnownHostsFile=${join(folder, 'known_hosts')}`];
  if (legacy) {
    options.push('KexAlgorithms=diffie-hellman-group14-sha1', 'HostKeyAlgorithms=ssh-rsa', 'Ciphers=aes256-cbc');
    options.push('MACs=hmac-sha1');
  }
  const common = ['-F', '/dev/null', '-i', join(folder, 'key'), ...options.flatMap((option) => ['-o', option])];
  const run = async (program: 'ssh' | 'sftp' | 'scp', args: string[], input = '') => {
    const port = program === 'ssh' ? '-p' : '-P';
    const child = spawn(program, [...common, port, `${simulator.port}`, ...args], { stdio: 'pipe' });
    t.after(() => child.kill('SIGKILL'));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout, stderr, exitCode: await closed };
  };
  return { run, folder };
}

test('ssh runs a command, a session at a terminal, and the netconf subsystem', { skip }, async (t) => {
  const { run } = await openssh(t);
  const version = await run('ssh', ['netops@127.0.0.1', 'show version']);
  assert.deepEqual([version.exitCode, version.stderr], [0, '']);
  assert.match(version.stdout, /^Hostname: hq-fw01\n/);
  const typed = 'show system reboot\nstart shell\nls /var/tmp\nexit\nexit\n';
  const session = await run('ssh', ['-tt', 'netops@127.0.0.1'], typed);
  assert.equal(session.exitCode, 0);
  assert.match(
    session.stdout,
    /> show system reboot\r\nNo shutdown\/reboot scheduled\.\r\n[\s\S]*% ls \/var\/tmp\r\nx\r\n% exit/,
  );
  const netconf = await run('ssh', ['-s', 'netops@127.0.0.1', 'netconf'], helloOf('1.0') + rpc('<close-session/>'));
  assert.equal(netconf.exitCode, 0);
  assert.match(netconf.stdout, /<ok\/>\n<\/rpc-reply>\n]]>]]>\n$/);
});

test('sftp and scp, in its old and its new way, fetch a file', { skip }, async (t) => {
  const { run, folder } = await openssh(t);
  const batch = `ls -l /var/log\nget /var/tmp/x ${join(folder, 'sftp')}\n`;
  const sftp = await run('sftp', ['-b', '-', 'netops@127.0.0.1'], batch);
  assert.deepEqual([sftp.exitCode, sftp.stderr], [0, '']);
  assert.match(sftp.stdout, / messages\n/);
  for (const [name, flags] of [
    ['old', ['-O']],
    ['new', ['-s']],
  ] as const) {
    const scp = await run('scp', [...flags, 'netops@127.0.0.1:/var/tmp/x', join(folder, name)]);
    assert.deepEqual([scp.exitCode, scp.stderr], [0, ''], name);
  }
  for (const name of ['sftp', 'old', 'new']) assert.ok((await readFile(join(folder, name))).equals(DATA), name);
});

test('a device of old algorithms only', { skip }, async (t) => {
  const { run } = await openssh(t, true);
  const { exitCode, stdout } = await run('ssh', ['netops@127.0.0.1', 'show version']);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^Hostname: hq-fw01\n/);
});
