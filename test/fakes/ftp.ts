import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { end, freePort } from './programs.ts';
import { requireProgram } from './requires.ts';

export const FTP_PASSWORD = 'an-ftp-password-for-tests-only';

/** A real FTP server on 127.0.0.1, run by whoever runs the tests. */
export interface FtpProgram {
  port: number;
  user: string;
  /** Where the login leads. */
  root: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

export interface FtpOptions {
  tls?: 'none' | 'explicit' | 'implicit';
  certificate?: Certificate;
  /** Bytes of the largest file that it takes; proftpd only. */
  mostBytes?: number;
  /** What the shell is told before the program, such as a limit. */
  before?: string;
  /** Lines of its configuration. */
  more?: string[];
}

/** What is missing to run it, or undefined. */
export function ftpMissing(program: 'vsftpd' | 'proftpd'): string | undefined {
  const found = requireProgram([program], program === 'vsftpd' ? 'vsftpd' : 'proftpd-basic');
  return 'skip' in found ? found.skip : undefined;
}

/**
 * vsftpd: "anonymous" with a list of allowed passwords, because its other users come from PAM, and PAM needs root.
 */
export async function startVsftpd({
  tls = 'none',
  certificate,
  before,
  more = [],
}: FtpOptions = {}): Promise<FtpProgram> {
  const { dir, root, port } = await place('vsftpd');
  await writeFile(join(dir, 'passwords'), `${FTP_PASSWORD}\n`);
  const config = [
    'listen=YES',
    'listen_address=127.0.0.1',
    `listen_port=${port}`,
    'background=NO',
    'run_as_launching_user=YES',
    'anonymous_enable=YES',
    'local_enable=NO',
    `ftp_username=${userInfo().username}`,
    `anon_root=${root}`,
    'write_enable=YES',
    'anon_upload_enable=YES',
    'anon_mkdir_write_enable=YES',
    'anon_other_write_enable=YES',
    'anon_world_readable_only=NO',
    'secure_email_list_enable=YES',
    `email_password_file=${join(dir, 'passwords')}`,
    'xferlog_enable=NO',
    `vsftpd_log_file=${join(dir, 'log')}`,
    'seccomp_sandbox=NO',
    'isolate=NO',
    'isolate_network=NO',
    ...(certificate === undefined
      ? []
      : [
          'ssl_enable=YES',
          'allow_anon_ssl=YES',
          'force_anon_logins_ssl=YES',
          'force_anon_data_ssl=YES',
          `implicit_ssl=${tls === 'implicit' ? 'YES' : 'NO'}`,
          `rsa_cert_file=${certificate.certificate}`,
          `rsa_private_key_file=${certificate.key}`,
        ]),
    ...more,
  ];
  await writeFile(join(dir, 'config'), `${config.join('\n')}\n`);
  return run('vsftpd', [join(dir, 'config')], { dir, root, port, user: 'anonymous', before });
}

export async function startProftpd(options: FtpOptions = {}): Promise<FtpProgram> {
  const { tls = 'none', certificate, mostBytes, before, more = [] } = options;
  const { dir, root, port } = await place('proftpd');
  const { uid, gid, username } = userInfo();
  const password = execFileSync('openssl', ['passwd', '-6', FTP_PASSWORD], { encoding: 'utf8' }).trim();
  await writeFile(join(dir, 'passwd'), `support:${password}:${uid}:${gid}::${root}:/bin/sh\n`, { mode: 0o600 });
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
  const config = [
    'ServerType standalone',
    `Port ${port}`,
    'DefaultAddress 127.0.0.1',
    'UseIPv6 off',
    'UseReverseDNS off',
    `User ${username}`,
    `Group ${group}`,
    `PidFile ${join(dir, 'pid')}`,
    `ScoreboardFile ${join(dir, 'scoreboard')}`,
    `DelayTable none`,
    'ModulePath /usr/lib/proftpd',
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${join(dir, 'passwd')}`,
    'RequireValidShell off',
    'UseFtpUsers off',
    'RootLogin on',
    'WtmpLog off',
    'AllowOverwrite on',
    'TransferLog none',
    `SystemLog ${join(dir, 'log')}`,
    ...(mostBytes === undefined ? [] : [`MaxStoreFileSize ${mostBytes} B`]),
    ...(certificate === undefined
      ? []
      : [
          'LoadModule mod_tls.c',
          'TLSEngine on',
          'TLSRequired on',
          `TLSECCertificateFile ${certificate.certificate}`,
          `TLSECCertificateKeyFile ${certificate.key}`,
          `TLSLog ${join(dir, 'tls-log')}`,
          ...(tls === 'implicit' ? ['TLSOptions UseImplicitSSL'] : []),
        ]),
    ...more,
  ];
  await writeFile(join(dir, 'config'), `${config.join('\n')}\n`);
  return run('proftpd', ['-n', '-c', join(dir, 'config')], { dir, root, port, user: 'support', before });
}

async function place(name: string) {
  const dir = await mkdtemp(join(tmpdir(), `${name}-`));
  const root = join(dir, 'root');
  await mkdir(root);
  return { dir, root, port: await freePort() };
}

async function run(
  name: string,
  args: string[],
  {
    dir,
    before = 'true',
    ...rest
  }: { dir: string; root: string; port: number; user: string; before?: string | undefined },
): Promise<FtpProgram> {
  const found = requireProgram([name], name);
  if ('skip' in found) throw new Error(found.skip);
  const child = spawn('sh', ['-c', `${before} && exec "$@"`, 'sh', found.path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (text) => (said += text));
  const stop = async () => {
    await end(child);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await answers(child, rest.port, () => said);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...rest, child, stop };
}

/** Neither says when it listens. */
async function answers(child: ChildProcess, port: number, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended: ${said()}`);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => setTimeout(() => resolve(false), 20));
    const open = await promise;
    socket.destroy();
    if (open) return;
  }
}
