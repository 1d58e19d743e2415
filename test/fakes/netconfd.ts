import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type HostKey, newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { end, freePort, said } from './programs.ts';
import { requireProgram } from './requires.ts';
import { canHavePassword, spawnSshd } from './sshd.ts';

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
    const sshd = await spawnSshd(program('sshd'), dir, user, password);
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

function authorizedKey(key: HostKey): string {
  return knownHostsLine('x', 22, key.publicKey).replace(/^x /, '');
}

/** sshd insists on an absolute path. */
function program(name: string): string {
  const found = requireProgram([name], 'netconfd openssh-server');
  if ('skip' in found) throw new Error(found.skip);
  return found.path;
}
