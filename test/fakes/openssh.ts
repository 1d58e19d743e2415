import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import type { SessionTarget } from '../../src/netconf/session.ts';
import { end, freePort, said } from './programs.ts';
import { requireProgram } from './requires.ts';
import { canHavePassword, spawnSshd } from './sshd.ts';

/** A real OpenSSH server on 127.0.0.1 for the user who runs the tests, with a key, and with SFTP or without. */
export interface Sshd {
  target: SessionTarget;
  /** Where files may be put for it to serve. */
  folder: string;
  stop(): Promise<void>;
}

/** What is missing to run it, or undefined. */
export function sshdMissing(): string | undefined {
  const found = requireProgram(['sshd'], 'openssh-server');
  return 'skip' in found ? found.skip : undefined;
}

/** Rejects with what sshd said when it does not come up. */
export async function startSshd({ sftp }: { sftp: boolean }): Promise<Sshd> {
  const found = requireProgram(['sshd'], 'openssh-server');
  if ('skip' in found) throw new Error(found.skip);
  const folder = await mkdtemp(join(tmpdir(), 'sshd-'));
  const port = await freePort();
  const user = userInfo().username;
  const [hostKey, userKey] = [newHostKey(), newHostKey()];
  await writeFile(join(folder, 'host-key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(
    join(folder, 'authorized-keys'),
    `${knownHostsLine('x', 22, userKey.publicKey).replace(/^x /, '')}\n`,
    { mode: 0o600 },
  );
  await writeFile(join(folder, 'sshd-config'), config(folder, port, user, sftp));
  // Its password is nobody's; being given one is what lets root start sshd without changing the machine.
  const password = canHavePassword() ? randomBytes(12).toString('hex') : null;
  const sshd = await spawnSshd(found.path, folder, user, password);
  const stop = async () => {
    await end(sshd);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await said(sshd, 'Server listening on');
  } catch (error) {
    await stop();
    throw error;
  }
  const target: SessionTarget = {
    name: 'lab',
    address: '127.0.0.1',
    ports: [port],
    user,
    key: { text: userKey.privateKey, file: 'lab-key' },
    knownHosts: knownHostsLine('127.0.0.1', port, hostKey.publicKey),
  };
  return { target, folder, stop };
}

function config(folder: string, port: number, user: string, sftp: boolean): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host-key
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
AllowUsers ${user}
AuthorizedKeysFile ${folder}/authorized-keys
SetEnv SHLVL=1
${sftp ? 'Subsystem sftp internal-sftp' : ''}
`;
}
