import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Assistant } from '../fakes/assistant.ts';
import { makeCertificates } from '../fakes/certificates.ts';
import type { FolderOptions } from '../fakes/folder.ts';
import { FTP_PASSWORD, type FtpOptions, ftpMissing, startProftpd, startVsftpd } from '../fakes/ftp.ts';
import { listed, sftpMissing, startSftp } from '../fakes/sftp.ts';
import { leftOnDevice, spoolsOf } from './left.ts';
import { someone } from './talking.ts';

/** The one device of each bot here. */
export const DEVICE = 'hq-fw01';
/** Why the servers cannot be tried here, or false. */
export const skip = ftpMissing('vsftpd') ?? ftpMissing('proftpd') ?? sftpMissing() ?? false;

/** One set for all servers of a process. */
let made: { dir: string; of: ReturnType<typeof makeCertificates> } | undefined;
function certificates() {
  if (!made) {
    const dir = mkdtempSync(join(tmpdir(), 'certificates-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    made = { dir, of: makeCertificates(dir) };
    writeFileSync(join(dir, 'ca.pem'), made.of.ca);
  }
  return { ...made.of, caFile: join(made.dir, 'ca.pem') };
}

/** A server that runs, and how the assistant is told of it. */
export interface Place {
  /** As the card shows it, without a directory. */
  address: string;
  password: string;
  /** What signals reach, and where its files lie on this machine. */
  server: Pick<Awaited<ReturnType<typeof startVsftpd>>, 'child' | 'root' | 'stop'>;
  options: FolderOptions;
  /** What is in it. */
  files: () => string[] | Promise<string[]>;
}

const filesBelow = (root: string) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(root, name)).isFile());

/** How the assistant is told of it. */
const told = (ftp_server: string, user: string, password: string, caFile: string | null): FolderOptions => ({
  junos: { ftp_server, ftp_dir: 'junos' },
  servers: { '^127[.]0[.]0[.]1$': { user, password } },
  assistant: { logs: caFile === null ? {} : { ca_file: caFile } },
});

interface FtpPlace extends FtpOptions {
  password?: string;
  /** What its certificate is, when that is not good. */
  wrong?: 'wrongName';
  trusts?: 'the authority' | 'the public ones';
}

async function ftp(start: typeof startVsftpd, { password = FTP_PASSWORD, trusts, wrong, ...options }: FtpPlace = {}) {
  const secure = options.tls === undefined ? {} : { certificate: certificates()[wrong ?? 'good'] };
  const server = await start({ ...secure, ...options });
  const scheme = { none: 'ftp', explicit: 'ftpes', implicit: 'ftps' }[options.tls ?? 'none'];
  const address = `${scheme}://127.0.0.1:${server.port}`;
  const caFile = options.tls === undefined || trusts === 'the public ones' ? null : certificates().caFile;
  const files = () => filesBelow(server.root);
  return { address, password, server, options: told(address, server.user, password, caFile), files };
}

export const vsftpd = (options: FtpPlace = {}) => ftp(startVsftpd, options);
export const proftpd = (options: FtpPlace = {}) => ftp(startProftpd, options);

interface SftpPlace {
  password?: string;
  /** Where the files are to go; the folder for uploads when not given. */
  at?: 'small' | '/sys';
  isKeyKnown?: boolean;
}

export async function openssh({ at, isKeyKnown = true, ...options }: SftpPlace = {}): Promise<Place> {
  const server = await startSftp();
  const folder = at === 'small' ? server.small : (at ?? server.root);
  const password = options.password ?? server.password;
  const address = `sftp://127.0.0.1:${server.port}${folder}`;
  return {
    address,
    password,
    server,
    options: {
      ...told(address, server.user, password, null),
      // A file system that is small, and one in which nobody makes directories.
      ...(at === 'small' ? { junos: { ftp_server: address } } : {}),
      ...(isKeyKnown ? { knownHosts: `${server.knownHosts}\n` } : {}),
    },
    files: async () => (at === 'small' ? await listed(server, folder) : filesBelow(server.root)),
  };
}

/** Runs the bot with one device and that server, and ends both. */
export async function withBot(starting: Promise<Place>, run: (bot: Bot) => Promise<void>): Promise<void> {
  const place = await starting;
  let assistant: Assistant | undefined;
  try {
    assistant = await Assistant.start({ devices: { [DEVICE]: {} }, ...place.options });
    await run(new Bot(assistant, place));
  } finally {
    await assistant?.close();
    await place.server.stop();
  }
}

export class Bot {
  readonly assistant: Assistant;
  readonly place: Place;

  constructor(assistant: Assistant, place: Place) {
    this.assistant = assistant;
    this.place = place;
  }

  get device() {
    return this.assistant.folder.device(DEVICE).state;
  }

  /** More logs on the device than fit anywhere at once: what does not get smaller. */
  hasMuch(bytes: number): void {
    const put = (name: string, data: Buffer) => this.device.files.write(`/var/log/${name}`, data, 'root', new Date());
    put('noise', randomBytes(bytes));
    // Looked into by way of a spool.
    put('messages.0.gz', gzipSync(randomBytes(100_000).toString('hex')));
  }

  /** Asks, confirms, and waits for the end; the words of the card then. */
  async collected(): Promise<string> {
    const me = someone(() => this.assistant);
    const card = await me.ask(`get the junos logs for ${DEVICE}`);
    await me.click(card, 'Collect logs');
    const end = await me.ended(card);
    assert.ok(!end.includes(this.place.password));
    return end;
  }

  /** Nothing but these files on the server is there beside what was there before. */
  async assertLeft(onServer: (string | RegExp)[] = []): Promise<void> {
    const files = [...(await this.place.files())];
    assert.deepEqual(
      { device: leftOnDevice(this.device), spools: spoolsOf(this.assistant.folder), files: files.length },
      { device: [], spools: [], files: onServer.length },
      files.join(', '),
    );
    for (const [n, name] of files.sort().entries()) assert.match(name, new RegExp(onServer[n] ?? /^$/));
  }
}
