import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type HostKey, newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { requireProgram } from './requires.ts';

/** Debian's netconfd (yuma123) behind a real sshd on 127.0.0.1, for the user who runs the tests. */
export interface Netconfd {
  port: number;
  user: string;
  /** The known_hosts line of this sshd, whose key is new every time. */
  knownHosts: string;
  /** OpenSSH private key text of a key that logs in. */
  privateKey: string;
  /** Logs in too; null where sshd cannot be given a password without changing the machine (see `spawnSshd`). */
  password: string | null;
  /** What sshd has written so far: `Accepted password for ...`. */
  log(): string;
  stop(): Promise<void>;
}

/** What is missing to run it, or undefined. */
export function netconfdMissing(): string | undefined {
  for (const program of ['netconfd', 'sshd']) {
    const found = requireProgram([program], 'netconfd openssh-server');
    if ('skip' in found) return found.skip;
  }
  return undefined;
}

/**
 * Starts both, in a folder of their own. `protocols` is what the server offers: `netconf1.0`, `netconf1.1` or both with a
 * space between; `passwords` how one is taken: as itself, or as the answer to a prompt. Rejects with what they said when one does not come up.
 */
export async function startNetconfd(protocols: string, passwords: 'plain' | 'prompt'): Promise<Netconfd> {
  const dir = await mkdtemp(join(tmpdir(), 'netconfd-'));
  const port = await freePort();
  const user = userInfo().username;
  const [hostKey, userKey] = [newHostKey(), newHostKey()];
  const password = canHavePassword() ? randomBytes(12).toString('hex') : null;
  await writeFile(join(dir, 'host-key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(join(dir, 'authorized-keys'), `${authorizedKey(userKey)}\n`, { mode: 0o600 });
  await writeFile(join(dir, 'sshd-config'), sshdConfig(dir, port, password === null ? 'none' : passwords));
  const started: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(started.map(end));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const netconfd = spawn(
      program('netconfd'),
      [
        '--no-startup',
        `--superuser=${user}`,
        `--port=${port}`,
        `--ncxserver-sockname=${dir}/ncxserver.sock`,
        '--target=candidate',
        `--protocols=${protocols}`,
      ],
      { cwd: dir, env: { ...process.env, HOME: dir }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    started.push(netconfd);
    await said(netconfd, 'Running netconfd server');
    const sshd = await spawnSshd(dir, user, password);
    started.push(sshd);
    const log = await said(sshd, 'Server listening on');
    const knownHosts = knownHostsLine('127.0.0.1', port, hostKey.publicKey);
    return { port, user, knownHosts, privateKey: userKey.privateKey, password, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sshdConfig(dir: string, port: number, passwords: 'plain' | 'prompt' | 'none'): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${dir}/host-key
PidFile none
UsePAM yes
StrictModes no
PermitRootLogin yes
AllowUsers ${userInfo().username}
DisableForwarding yes
PermitTTY no
AuthorizedKeysFile ${dir}/authorized-keys
PasswordAuthentication ${passwords === 'plain' ? 'yes' : 'no'}
KbdInteractiveAuthentication ${passwords === 'prompt' ? 'yes' : 'no'}
# The default of 10 begins to refuse logins at random when 50 sessions open at once.
MaxStartups 200
# A subsystem is started by the user's shell; at a level above 1, bash runs no ~/.bashrc first. What stands in one can
# be slow, or wait for a lock, and is none of these tests' business.
SetEnv SHLVL=1
Subsystem netconf "${program('netconf-subsystem')} --ncxserver-sockname=${port}@${dir}/ncxserver.sock"
`;
}

/**
 * sshd and PAM know passwords only from /etc/shadow. Root can show sshd another one in a mount namespace of its own,
 * which nobody else sees and which ends with the process; so no user is made and no file of the machine is changed.
 */
export async function spawnSshd(dir: string, user: string, password: string | null): Promise<ChildProcess> {
  const sshd = [program('sshd'), '-D', '-e', '-f', `${dir}/sshd-config`];
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  if (password === null) return spawn(sshd[0] ?? '', sshd.slice(1), { stdio });
  // Only this one line: nobody else has a password there.
  await writeFile(join(dir, 'shadow'), `${user}:${crypted(password)}:20000:0:99999:7:::\n`, { mode: 0o600 });
  // sshd wants /run/sshd, which only the machine's own sshd makes.
  const mounts = `mount -t tmpfs tmpfs /run && mkdir /run/sshd && mount --bind '${dir}/shadow' /etc/shadow`;
  return spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', `${mounts} && exec "$@"`, 'sh', ...sshd],
    {
      stdio,
    },
  );
}

export function canHavePassword(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    // A container without CAP_SYS_ADMIN.
    return false;
  }
}

/** SHA-512 crypt(3), which Node does not have and Perl, essential on Debian, does. */
function crypted(password: string): string {
  const salt = `$6$rounds=1000$${randomBytes(6).toString('hex')}$`;
  return execFileSync('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, salt], { encoding: 'utf8' });
}

export function authorizedKey(key: HostKey): string {
  return knownHostsLine('x', 22, key.publicKey).replace(/^x /, '');
}

/** sshd insists on an absolute path. */
function program(name: string): string {
  const found = requireProgram([name], 'netconfd openssh-server');
  if ('skip' in found) throw new Error(found.skip);
  return found.path;
}

/** Resolves when the program has written those words; returns how to read all it has written. */
export async function said(child: ChildProcess, words: string): Promise<() => string> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => {
      text += `${line}\n`;
      if (line.includes(words)) resolve();
    });
  }
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${text}`)));
  await promise;
  return () => text;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // netconfd takes a second to shut down; one that cannot must not outlive the tests.
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

/** netconfd and sshd both have to be told a number, so it is free a moment before, not held. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
