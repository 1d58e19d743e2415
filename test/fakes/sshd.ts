import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * sshd and PAM know passwords only from /etc/shadow. Root can show sshd another one in a mount namespace of its own,
 * which nobody else sees and which ends with the process; so no user is made and no file of the machine is changed.
 * `more` is shell text that runs in there too, from ` && ` on.
 */
export async function spawnSshd(
  program: string,
  dir: string,
  user: string,
  password: string | null,
  more = '',
): Promise<ChildProcess> {
  const sshd = [program, '-D', '-e', '-f', `${dir}/sshd-config`];
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  if (password === null) return spawn(sshd[0] ?? '', sshd.slice(1), { stdio });
  // Only this one line: nobody else has a password there.
  await writeFile(join(dir, 'shadow'), `${user}:${crypted(password)}:20000:0:99999:7:::\n`, { mode: 0o600 });
  // sshd wants /run/sshd, which only the machine's own sshd makes.
  const mounts = `mount -t tmpfs tmpfs /run && mkdir /run/sshd && mount --bind '${dir}/shadow' /etc/shadow${more}`;
  return spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', `${mounts} && exec "$@"`, 'sh', ...sshd],
    {
      stdio,
    },
  );
}

/** Whether sshd can be given a password without changing the machine, see `spawnSshd`. */
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
