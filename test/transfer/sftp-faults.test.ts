import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import ssh2 from 'ssh2';
import { newHostKey } from '../../simulator/host-key.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { ftpMissing, startVsftpd } from '../fakes/ftp.ts';
import { signalAll } from '../fakes/programs.ts';
import { listed, type SftpProgram, sftpMissing, startSftp } from '../fakes/sftp.ts';
import { destinationAt, endless, failsWith, hostKeys, left, options, stream } from './rig.ts';

const NAME = 'Support-hq-fw01.tgz';

describe('faults of an SFTP server', { skip: sftpMissing() ?? false }, () => {
  let server: SftpProgram;
  before(async () => {
    server = await startSftp();
  });
  after(() => server?.stop());

  const at = (directory: string, more: object = {}) =>
    destinationAt(`sftp://127.0.0.1:${server.port}`, {
      user: server.user,
      password: server.password,
      hostKeys: hostKeys(server.knownHosts),
      directory,
      ...more,
    });

  test('login refused', async () => {
    const put = at(server.root, { password: 'wrong-password' }).put(NAME, stream(), options());
    const error = await failsWith(put, 'login', /refused the login\. Check the user/);
    assert.doesNotMatch(error.message, /wrong-password/);
    assert.deepEqual(left(server.root), []);
  });

  test('host key unknown, changed and revoked: nothing is sent', async () => {
    const other = knownHostsLine('127.0.0.1', server.port, newHostKey().publicKey);
    const cases = [
      ['', 'host-key-unknown', /is not in the known_hosts file: SHA256:\S+\. Nothing was sent.*add the line: \[127/],
      [other, 'host-key-changed', /shows another host key.*remove line 1 and add: \[127/],
      [`@revoked ${server.knownHosts}`, 'host-key-revoked', /marks as revoked \(line 1\)/],
    ] as const;
    for (const [known, code, sentence] of cases) {
      const put = at(server.root, { hostKeys: hostKeys(known) }).put(NAME, stream(), options());
      await failsWith(put, code, sentence);
    }
    assert.deepEqual(left(server.root), []);
  });

  test('server full', async () => {
    const file = (bytes: number) => stream(Buffer.alloc(bytes, 'x'));
    const destination = at(server.small);
    await failsWith(destination.put(NAME, file(400_000), options()), 'server-full', /has no room for the file/);
    await failsWith(destination.put(NAME, endless(), options()), 'server-full', /has no room for the file/);
    assert.deepEqual(await listed(server, server.small), []);
    await destination.put(NAME, file(100_000), options());
    assert.deepEqual(await listed(server, server.small), [NAME]);
  });

  test('no such directory, and no permission', async () => {
    writeFileSync(join(server.root, 'file'), '');
    const below = at(join(server.root, 'file/junos')).put(NAME, stream(), options());
    await failsWith(below, 'no-such-directory', /has not got the directory|does not make the directory/);
    await failsWith(at('/sys/junos').put(NAME, stream(), options()), 'permission', /does not allow writing there/);
    await failsWith(at('/sys').put(NAME, stream(), options()), 'permission', /does not allow writing there/);
    rmSync(join(server.root, 'file'));
    assert.deepEqual(left(server.root), []);
  });

  test('a connection that is lost half way: the part is removed over a new one', async () => {
    const onBytes = (total: number) => total > 500_000 && signalAll(server.child, 'SIGKILL', 'children');
    await failsWith(at(server.root).put(NAME, endless(), options({ onBytes })), 'closed', /closed the connection/);
    assert.deepEqual(left(server.root), []);
  });

  test('a server that does not answer any more', async () => {
    const onBytes = () => signalAll(server.child, 'SIGSTOP', 'children');
    const destination = at(server.root, { limits: { connectMs: 15_000, idleMs: 500 } });
    await failsWith(destination.put(NAME, endless(), options({ onBytes })), 'timeout', /did not answer within 500 ms/);
    signalAll(server.child, 'SIGKILL', 'children');
    assert.deepEqual(left(server.root), []);
  });

  test('called off while the server does not answer', async () => {
    const controller = new AbortController();
    const onBytes = () => {
      signalAll(server.child, 'SIGSTOP', 'children');
      controller.abort();
    };
    const put = at(server.root).put(NAME, endless(), options({ onBytes, signal: controller.signal }));
    await failsWith(put, 'cancelled', /called off/);
    signalAll(server.child, 'SIGKILL', 'children');
    assert.deepEqual(left(server.root), []);
  });

  test('a server that went away half way and does not come back: what is left is said', async () => {
    const own = await startSftp();
    const destination = destinationAt(`sftp://127.0.0.1:${own.port}${own.root}`, {
      user: own.user,
      password: own.password,
      hostKeys: hostKeys(own.knownHosts),
    });
    const onBytes = () => signalAll(own.child, 'SIGKILL', 'everything');
    const put = destination.put(NAME, endless(), options({ onBytes }));
    const error = await failsWith(put, 'closed', /closed the connection.*The partial file .* could not be removed/);
    assert.deepEqual([error.left], left(own.root));
    await own.stop();
  });
});

test('a server that is none of SSH, and one without SFTP', { skip: ftpMissing('vsftpd') ?? false }, async (t) => {
  const ftp = await startVsftpd();
  t.after(ftp.stop);
  // What comes before SSH's greeting may be anything, so only time tells.
  const limits = { connectMs: 500, idleMs: 500 };
  const other = destinationAt(`sftp://127.0.0.1:${ftp.port}`, { limits });
  await failsWith(other.put(NAME, stream(), options()), 'timeout', /did not let us log in within 500 ms/);
  const hostKey = newHostKey();
  const shell = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      accept();
    });
  });
  await new Promise<void>((resolve) => shell.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => shell.close());
  const { port } = shell.address() as { port: number };
  const known = hostKeys(knownHostsLine('127.0.0.1', port, hostKey.publicKey));
  const without = destinationAt(`sftp://127.0.0.1:${port}`, { hostKeys: known });
  await failsWith(without.put(NAME, stream(), options()), 'no-sftp', /does not speak SFTP\. Turn SFTP on/);
});
