import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertSays } from '../fakes/connector.ts';
import { freePort, signalAll } from '../fakes/programs.ts';
import { endInAudit } from './left.ts';
import { DEVICE, openssh, type Place, proftpd, skip, vsftpd, withBot } from './places.ts';

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
      () => proftpd({ tls: 'implicit', wrong: 'wrongName' }),
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
