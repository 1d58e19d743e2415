import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Assistant } from '../fakes/assistant.ts';
import { makeCertificates } from '../fakes/certificates.ts';
import { assertSays } from '../fakes/connector.ts';
import type { FolderOptions } from '../fakes/folder.ts';
import { FTP_PASSWORD, type FtpOptions, ftpMissing, startProftpd, startVsftpd } from '../fakes/ftp.ts';
import { freePort, signalAll } from '../fakes/programs.ts';
import { listed, sftpMissing, startSftp } from '../fakes/sftp.ts';
import { endInAudit, leftOnDevice, spoolsOf } from './left.ts';
import { someone } from './talking.ts';

const DEVICE = 'hq-fw01';
const skip = ftpMissing('vsftpd') ?? ftpMissing('proftpd') ?? sftpMissing() ?? false;

let certificates: ReturnType<typeof makeCertificates>;
let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'certificates-'));
  if (skip === false) certificates = makeCertificates(dir);
  if (skip === false) writeFileSync(join(dir, 'ca.pem'), certificates.ca);
});
after(() => rmSync(dir, { recursive: true }));

/** A server that runs, and how the assistant is told of it. */
interface Place {
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
  trusts?: 'the authority' | 'the public ones';
}

async function ftp(start: typeof startVsftpd, { password = FTP_PASSWORD, trusts, ...options }: FtpPlace = {}) {
  const secure = options.tls === undefined ? {} : { certificate: certificates.good };
  const server = await start({ ...secure, ...options });
  const scheme = { none: 'ftp', explicit: 'ftpes', implicit: 'ftps' }[options.tls ?? 'none'];
  const address = `${scheme}://127.0.0.1:${server.port}`;
  const caFile = options.tls === undefined || trusts === 'the public ones' ? null : join(dir, 'ca.pem');
  const files = () => filesBelow(server.root);
  return { address, password, server, options: told(address, server.user, password, caFile), files };
}

const vsftpd = (options: FtpPlace = {}) => ftp(startVsftpd, options);
const proftpd = (options: FtpPlace = {}) => ftp(startProftpd, options);

interface SftpPlace {
  password?: string;
  /** Where the files are to go; the folder for uploads when not given. */
  at?: 'small' | '/sys';
  isKeyKnown?: boolean;
}

async function openssh({ at, isKeyKnown = true, ...options }: SftpPlace = {}): Promise<Place> {
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
async function withBot(starting: Promise<Place>, run: (bot: Bot) => Promise<void>): Promise<void> {
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

class Bot {
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

/** Once, as soon as the server has a part of the file. */
function whenPartIsThere({ root }: Place['server'], then: () => void): void {
  const folder = join(root, 'junos');
  mkdirSync(folder, { recursive: true });
  const watcher = watch(folder, (_event, name) => {
    if (!name?.includes('.part-')) return;
    watcher.close();
    then();
  });
}

describe('logs to a server', { concurrency: 3, skip }, () => {
  const servers: [name: string, start: () => Promise<Place>][] = [
    ['vsftpd, FTP', () => vsftpd()],
    ['vsftpd, TLS after a plain beginning', () => vsftpd({ tls: 'explicit' })],
    ['proftpd, TLS from the first byte', () => proftpd({ tls: 'implicit' })],
    ['OpenSSH, SFTP', () => openssh()],
  ];
  for (const [name, start] of servers) {
    it(`${name}: whole, with its checksum and its address on the card; nothing is left`, () =>
      withBot(start(), async (bot) => {
        bot.hasMuch(2_000_000);
        const end = await bot.collected();
        assertSays(
          end,
          /^Done\nLogs of hq-fw01 collected$/m,
          /^✓ Transferred by SFTP, with the checksum of the device/m,
        );
        await bot.assertLeft([/^junos\/Support-hq-fw01-\d{8}-\d{6}\.tgz$/]);
        const [path = ''] = await bot.place.files();
        const file = join(bot.place.server.root, path);
        assert.ok(end.includes(`The logs of hq-fw01 are at ${bot.place.address}/${path} (`), end);
        const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
        assert.ok(end.includes(`sha256 ${sum}`) && end.includes(`${statSync(file).size} bytes`), end);
        const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
        assertSays(
          names,
          /^var\/log\/RSI-Support-hq-fw01-\d{8}-\d{6}\.txt$/m,
          /^var\/log\/noise$/m,
          /^var\/log\/messages$/m,
        );
        assert.match(endInAudit(bot.assistant.folder, DEVICE, end), /^The logs of hq-fw01 are at /);
      }));
  }
});

describe('a server that does not take the logs: said in a sentence, and nothing is left', {
  concurrency: 3,
  skip,
}, () => {
  const noDirectory = (starting: Promise<Place>) =>
    starting.then((place) => {
      writeFileSync(join(place.server.root, 'junos'), 'a file');
      return place;
    });
  const mayMakeNone = { more: ['anon_mkdir_write_enable=NO'] };
  const refusals: [what: string, start: () => Promise<Place>, sentence: RegExp, before?: string[]][] = [
    [
      'FTP refuses the login',
      () => vsftpd({ password: 'a-wrong-password' }),
      /^The FTP server 127\.0\.0\.1 \(port \d+\) refused the login\. Check the user and password in its server entry in secrets\.yaml\./m,
    ],
    ['FTPS refuses the login', () => proftpd({ tls: 'implicit', password: 'a-wrong-password' }), /refused the login\./],
    [
      'SFTP refuses the login',
      () => openssh({ password: 'a-wrong-password' }),
      /^The SFTP server 127\.0\.0\.1 \(port \d+\) refused the login\. Check the user and password/m,
    ],
    [
      'FTP is full',
      () => proftpd({ mostBytes: 300_000 }),
      /^The FTP server .+ has no room for the file\. Make room there\./m,
    ],
    [
      'FTPS is full',
      () => proftpd({ tls: 'explicit', mostBytes: 300_000 }),
      /^The FTP server .+ has no room for the file\. Make room there\./m,
    ],
    ['SFTP is full', () => openssh({ at: 'small' }), /^The SFTP server .+ has no room for the file/m],
    [
      'FTP: the directory is none',
      () => noDirectory(vsftpd()),
      /^The FTP server .+ has not got the directory, and does not let us make it\. Check its name\./m,
      ['junos'],
    ],
    [
      'SFTP: the directory is none',
      () => noDirectory(openssh()),
      /^The SFTP server .+(?:has not got the directory|does not make the directory).+Check its name\./m,
      ['junos'],
    ],
    [
      'FTP: the directory may not be made',
      () => vsftpd(mayMakeNone),
      /^The FTP server .+ does not allow writing there\. Check the directory and the user's rights\./m,
    ],
    [
      'SFTP: the directory may not be made',
      () => openssh({ at: '/sys' }),
      /^The SFTP server .+ does not allow writing there\. Check the directory and the user's rights\./m,
    ],
    [
      'FTPS: nobody we trust has signed the certificate',
      () => vsftpd({ tls: 'explicit', trusts: 'the public ones' }),
      /^The TLS certificate of .+ is signed by nobody we trust\. .+ logs\.ca_file .+Nothing was sent to it\./m,
    ],
    [
      'FTPS: the certificate is for another name',
      () => proftpd({ tls: 'implicit', certificate: certificates.wrongName }),
      /^The TLS certificate of .+ is for another name than 127\.0\.0\.1\. .+Nothing was sent to it\./m,
    ],
    [
      'SFTP: nobody knows the host key',
      () => openssh({ isKeyKnown: false }),
      /^The SFTP server .+ shows a host key that is not in the known_hosts file: SHA256:\S+\. Nothing was sent to it\./m,
    ],
  ];
  for (const [what, start, sentence, there = []] of refusals) {
    it(what, () =>
      withBot(start(), async (bot) => {
        bot.hasMuch(1_000_000);
        const end = await bot.collected();
        assertSays(end, /^Failed$/m, sentence, /Nothing of it is left on hq-fw01\./);
        await bot.assertLeft(there);
        assert.match(endInAudit(bot.assistant.folder, DEVICE, end), sentence);
      }),
    );
  }

  it('nobody listens at its port', async () => {
    const port = await freePort();
    const away = vsftpd().then((place) => ({
      ...place,
      options: { ...place.options, junos: { ftp_server: `ftp://127.0.0.1:${port}` } },
    }));
    await withBot(away, async (bot) => {
      const end = await bot.collected();
      const sentence = new RegExp(
        `^The FTP server 127\\.0\\.0\\.1 \\(port ${port}\\) refuses connections on port ${port}\\. Check the port`,
        'm',
      );
      assertSays(end, /^Failed$/m, sentence, /Nothing of it is left on hq-fw01\./);
      await bot.assertLeft();
      assert.match(endInAudit(bot.assistant.folder, DEVICE, end), sentence);
    });
  });
});

describe('a server that goes away half way', { concurrency: 3, skip }, () => {
  const slow: [name: string, start: () => Promise<Place>][] = [
    ['FTP', () => vsftpd({ more: ['anon_max_rate=2000000'] })],
    ['FTPS', () => proftpd({ tls: 'implicit', more: ['TransferRate STOR 2000'] })],
    ['SFTP', () => openssh()],
  ];
  for (const [name, start] of slow) {
    it(`${name}: the connection is cut once: it begins anew, and the part is removed`, () =>
      withBot(start(), async (bot) => {
        const { server } = bot.place;
        let cuts = 0;
        whenPartIsThere(server, () => {
          cuts += 1;
          signalAll(server.child, 'SIGKILL', 'children');
        });
        bot.hasMuch(6_000_000);
        const end = await bot.collected();
        assert.equal(cuts, 1);
        assertSays(end, /^Done\nLogs of hq-fw01 collected$/m);
        await bot.assertLeft([/^junos\/Support-hq-fw01-\d{8}-\d{6}\.tgz$/]);
        const [path = ''] = await bot.place.files();
        execFileSync('tar', ['-tzf', join(server.root, path)]);
        endInAudit(bot.assistant.folder, DEVICE, end);
      }));

    it(`${name}: it does not come back: where its part lies is said`, () =>
      withBot(start(), async (bot) => {
        const { server, address } = bot.place;
        whenPartIsThere(server, () => signalAll(server.child, 'SIGKILL', 'everything'));
        bot.hasMuch(6_000_000);
        const end = await bot.collected();
        assertSays(
          end,
          /^Failed$/m,
          /^The (?:FTP|SFTP) server .+ refuses connections on port \d+\. Check the port, and that the server runs\./m,
          /Nothing of it is left on hq-fw01\./,
        );
        await bot.assertLeft([/^junos\/\.Support-hq-fw01-\d{8}-\d{6}\.tgz\.part-[0-9a-f]{16}$/]);
        const [part = ''] = await bot.place.files();
        assert.ok(end.includes(`A partial file may still be there, remove it by hand: ${address}/${part}.`), end);
        endInAudit(bot.assistant.folder, DEVICE, end);
      }));
  }
});
