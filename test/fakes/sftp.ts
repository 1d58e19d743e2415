import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { end, freePort, said } from './programs.ts';
import { requireProgram } from './requires.ts';
import { canHavePassword, spawnSshd } from './sshd.ts';

/** OpenSSH's sshd with its own SFTP server on 127.0.0.1, for the user who runs the tests. */
export interface SftpProgram {
  port: number;
  user: string;
  password: string;
  /** The known_hosts line of this sshd, whose key is new every time. */
  knownHosts: string;
  /** A folder for uploads. */
  root: string;
  /** A folder of the server, of 256 KiB. What is in it can be seen over SFTP alone. */
  small: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** What is missing to run it, or undefined. */
export function sftpMissing(): string | undefined {
  const found = requireProgram(['sshd'], 'openssh-server');
  if ('skip' in found) return found.skip;
  if (canHavePassword()) return undefined;
  const reason = 'sshd can be given a password only by root, in a mount namespace';
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}

export async function startSftp(): Promise<SftpProgram> {
  const dir = await mkdtemp(join(tmpdir(), 'sftp-'));
  const [root, small] = [join(dir, 'root'), join(dir, 'small')];
  const port = await freePort();
  const user = userInfo().username;
  const password = randomBytes(12).toString('hex');
  const hostKey = newHostKey();
  const found = requireProgram(['sshd'], 'openssh-server');
  if ('skip' in found) throw new Error(found.skip);
  await Promise.all([mkdir(root), mkdir(small)]);
  await writeFile(join(dir, 'host-key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(
    join(dir, 'sshd-config'),
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${dir}/host-key
PidFile none
UsePAM yes
StrictModes no
PermitRootLogin yes
AllowUsers ${user}
DisableForwarding yes
PermitTTY no
PasswordAuthentication yes
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`,
  );
  const child = await spawnSshd(found.path, dir, user, password, ` && mount -t tmpfs -o size=256k tmpfs '${small}'`);
  const stop = async () => {
    await end(child);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await said(child, 'Server listening on');
  } catch (error) {
    await stop();
    throw error;
  }
  const knownHosts = knownHostsLine('127.0.0.1', port, hostKey.publicKey);
  return { port, user, password, knownHosts, root, small, child, stop };
}

/** What is in a folder of the server, as it tells itself. */
export async function listed({ port, user, password }: SftpProgram, folder: string): Promise<string[]> {
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  client.on('error', reject);
  client.on('ready', () =>
    client.sftp((error, sftp) => {
      if (error) return reject(error);
      sftp.readdir(folder, (failure, list) => (failure ? reject(failure) : resolve(list.map((file) => file.filename))));
    }),
  );
  client.connect({ host: '127.0.0.1', port, username: user, password });
  try {
    return await promise;
  } finally {
    client.end();
  }
}
