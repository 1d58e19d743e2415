import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { TransferErrorCode } from '../../src/transfer/errors.ts';
import { type FtpOptions, type FtpProgram, ftpMissing, startProftpd, startVsftpd } from '../fakes/ftp.ts';
import { signalAll } from '../fakes/programs.ts';
import { certificates, destinationAt, endless, failsWith, left, options, SCHEMES, silent, stream } from './rig.ts';

const NAME = 'Support-hq-fw01.tgz';
const SHORT = { connectMs: 500, idleMs: 500 };

const programs = [
  ['vsftpd', startVsftpd],
  ['proftpd', startProftpd],
] as const;

for (const [program, start] of programs) {
  describe(`faults of ${program}`, { skip: ftpMissing(program) ?? false }, () => {
    const started = async (t: TestContext, more: FtpOptions = {}): Promise<FtpProgram> => {
      const server = await start(more);
      t.after(() => server.stop());
      return server;
    };

    test('login refused', async (t) => {
      const { port, user, root } = await started(t);
      const destination = destinationAt(`127.0.0.1:${port}`, { user, password: 'wrong-password' });
      const error = await failsWith(
        destination.put(NAME, stream(), options()),
        'login',
        /refused the login\. Check the user/,
      );
      assert.doesNotMatch(error.message, /wrong-password/);
      assert.deepEqual(left(root), []);
    });

    for (const tls of ['explicit', 'implicit'] as const) {
      const wrong: [
        name: 'selfSigned' | 'wrongName' | 'expired' | 'good',
        code: TransferErrorCode,
        sentence: RegExp,
      ][] = [
        ['selfSigned', 'certificate-self-signed', /is signed by itself/],
        ['wrongName', 'certificate-wrong-name', /is for another name than 127\.0\.0\.1/],
        ['expired', 'certificate-expired', /has expired/],
        ['good', 'certificate-untrusted', /signed by nobody we trust/],
      ];
      for (const [name, code, sentence] of wrong) {
        test(`${code}, TLS ${tls}`, async (t) => {
          const { port, user, root } = await started(t, { tls, certificate: certificates()[name] });
          const ca = name === 'good' ? undefined : certificates().ca;
          const destination = destinationAt(`${SCHEMES[tls]}://127.0.0.1:${port}`, { user, ca });
          await failsWith(destination.put(NAME, stream(), options()), code, sentence);
          assert.deepEqual(left(root), []);
        });
      }

      test(`no TLS where it is wanted, ${tls}`, async (t) => {
        const { port, user, root } = await started(t);
        const destination = destinationAt(`${SCHEMES[tls]}://127.0.0.1:${port}`, { user });
        await failsWith(destination.put(NAME, stream(), options()), 'no-tls', /does not speak TLS/);
        assert.deepEqual(left(root), []);
      });
    }

    test('plain FTP where TLS is wanted: no password is asked for', async (t) => {
      const { port, user, root } = await started(t, { tls: 'explicit', certificate: certificates().good });
      const destination = destinationAt(`ftp://127.0.0.1:${port}`, { user });
      await failsWith(destination.put(NAME, stream(), options()), 'no-tls', /wants TLS/);
      assert.deepEqual(left(root), []);
    });

    test('a directory that is a file', async (t) => {
      const { port, user, root } = await started(t);
      writeFileSync(join(root, 'file'), '');
      for (const directory of ['file', 'file/junos', '/dev/null/junos']) {
        const put = destinationAt(`127.0.0.1:${port}`, { user, directory }).put(NAME, stream(), options());
        await failsWith(put, 'no-such-directory', /has not got the directory, and does not let us make it/);
      }
      assert.deepEqual(left(root), ['file']);
    });

    test('a directory that may not be made', async (t) => {
      const more = program === 'vsftpd' ? ['anon_mkdir_write_enable=NO'] : ['<Limit MKD XMKD>', 'DenyAll', '</Limit>'];
      const { port, user, root } = await started(t, { more });
      const put = destinationAt(`127.0.0.1:${port}`, { user, directory: 'junos' }).put(NAME, stream(), options());
      await failsWith(put, 'permission', /does not allow writing there/);
      assert.deepEqual(left(root), []);
    });

    test('no permission to write', async (t) => {
      const may = program === 'vsftpd' ? ['anon_upload_enable=NO'] : ['<Limit STOR>', 'DenyAll', '</Limit>'];
      const { port, user, root } = await started(t, { more: may });
      const destination = destinationAt(`127.0.0.1:${port}`, { user });
      await failsWith(destination.put(NAME, stream(), options()), 'permission', /does not allow writing there/);
      assert.deepEqual(left(root), []);
    });

    test('a server that went away half way and does not come back: what is left is said', async (t) => {
      const { port, user, root, child } = await started(t);
      const destination = destinationAt(`127.0.0.1:${port}`, { user });
      const content = endless();
      const onBytes = () => signalAll(child, 'SIGKILL', 'everything');
      const error = await failsWith(
        destination.put(NAME, content, options({ onBytes })),
        'closed',
        /closed the connection before it was done.*The partial file \.Support-hq-fw01\.tgz\.part-[0-9a-f]{16} could not be removed/,
      );
      assert.deepEqual([error.left], left(root));
      assert.equal(content.destroyed, true);
    });

    test('a connection that is lost half way: the part is removed over a new one', async (t) => {
      const { port, user, root, child } = await started(t);
      const destination = destinationAt(`127.0.0.1:${port}`, { user, directory: 'junos' });
      const onBytes = (total: number) => total > 500_000 && signalAll(child, 'SIGKILL', 'children');
      await failsWith(destination.put(NAME, endless(), options({ onBytes })), 'closed', /closed the connection/);
      assert.deepEqual(left(join(root, 'junos')), []);
    });

    test('a server that takes no more bytes', async (t) => {
      const { port, user, root, child } = await started(t);
      const destination = destinationAt(`127.0.0.1:${port}`, { user, limits: { ...SHORT, connectMs: 10_000 } });
      const onBytes = () => signalAll(child, 'SIGSTOP', 'children');
      await failsWith(destination.put(NAME, endless(), options({ onBytes })), 'timeout', /did not go on within 500 ms/);
      signalAll(child, 'SIGKILL', 'children');
      assert.deepEqual(left(root), []);
    });

    test('a source that is slow is no fault of the server', async (t) => {
      const { port, user, root } = await started(t);
      const destination = destinationAt(`127.0.0.1:${port}`, { user, limits: { connectMs: 10_000, idleMs: 2_000 } });
      const content = silent(1_000);
      const onBytes = (total: number) => {
        if (total > 1_000) return;
        setTimeout(() => {
          content.push('the rest');
          content.push(null);
        }, 2_500);
      };
      const stored = await destination.put(NAME, content, options({ onBytes }));
      assert.equal(stored.bytes, 1_008);
      assert.deepEqual(left(root), [NAME]);
    });
  });
}

test('proftpd: a file that is larger than it takes', { skip: ftpMissing('proftpd') ?? false }, async (t) => {
  for (const tls of ['none', 'explicit'] as const) {
    const secure = tls === 'none' ? {} : { certificate: certificates().good };
    const { port, user, root, stop } = await startProftpd({ tls, ...secure, mostBytes: 1_000_000 });
    t.after(stop);
    const destination = destinationAt(`${SCHEMES[tls]}://127.0.0.1:${port}`, { user, ca: certificates().ca });
    await failsWith(destination.put(NAME, endless(), options()), 'server-full', /has no room for the file/);
    assert.deepEqual(left(root), []);
  }
});

/** A server that says what it is told to, and writes down what it is asked. */
async function scripted(t: TestContext, answers: (command: string, socket: Socket) => string | null) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('220 ready\r\n');
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) {
        asked.push(line);
        const answer = answers(line, socket);
        if (answer !== null) socket.write(`${answer}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

const USUAL: Record<string, string> = {
  USER: '331 password',
  PASS: '230 in',
  TYPE: '200 ok',
  CWD: '250 ok',
  SIZE: '550 no',
};
const usual = (command: string) => USUAL[command.split(' ')[0] ?? ''] ?? '500 unknown';

describe('a server that says', () => {
  const said: [answer: string, code: TransferErrorCode][] = [
    ['452 Insufficient storage space in system', 'server-full'],
    ['552 Exceeded storage allocation', 'server-full'],
    ['550 Quota exceeded', 'server-full'],
    ['553 File name not allowed', 'permission'],
    ['550 Permission denied', 'permission'],
    ['530 Not logged in', 'login'],
    ['421 Timeout', 'closed'],
    ['502 Not implemented', 'rejected'],
    ['550 an-ftp-password-for-tests-only is not allowed', 'permission'],
    ['550 \u001b[31mred\u0007', 'permission'],
  ];
  for (const [answer, code] of said) {
    test(`${JSON.stringify(answer)} to STOR, and to EPSV and PASV`, async (t) => {
      const data = await scripted(t, () => null);
      for (const refused of [/^STOR/, /^(?:EPSV|PASV)/]) {
        const { port, asked } = await scripted(t, (command, socket) => {
          if (!refused.test(command)) return command === 'EPSV' ? `229 passive (|||${data.port}|)` : usual(command);
          if (answer.startsWith('421')) socket.end(`${answer}\r\n`);
          return answer.startsWith('421') ? null : answer;
        });
        const put = destinationAt(`127.0.0.1:${port}`).put(NAME, stream(), options());
        const error = await failsWith(put, code, /^The FTP server/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
        assert.equal(error.left, null);
        assert.ok(asked.some((command) => refused.test(command)));
      }
    });
  }

  test('nothing', async (t) => {
    const { port } = await scripted(t, () => null);
    const destination = destinationAt(`127.0.0.1:${port}`, { limits: SHORT });
    await failsWith(destination.put(NAME, stream(), options()), 'timeout', /did not let us log in within 500 ms/);
  });

  test('goodbye in the middle of the login', async (t) => {
    const { port } = await scripted(t, (command, socket) => {
      if (command.startsWith('PASS')) socket.destroy();
      return command.startsWith('PASS') ? null : usual(command);
    });
    await failsWith(
      destinationAt(`127.0.0.1:${port}`).put(NAME, stream(), options()),
      'closed',
      /closed the connection/,
    );
  });

  test('no to control characters, before anything is asked', async (t) => {
    const { port, asked } = await scripted(t, usual);
    await failsWith(destinationAt(`127.0.0.1:${port}`).put('a\r\nDELE b', stream(), options()), 'bad-name', /control/);
    assert.deepEqual(asked, []);
  });
});

test('nobody listens, and a name that is not known', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  for (const scheme of ['ftp', 'ftpes', 'ftps', 'sftp']) {
    const refused = destinationAt(`${scheme}://127.0.0.1:${port}`).put(NAME, stream(), options());
    await failsWith(refused, 'refused', new RegExp(`127\\.0\\.0\\.1 \\(port ${port}\\) refuses connections`));
    const unknown = destinationAt(`${scheme}://no-such-host.invalid`).put(NAME, stream(), options());
    await failsWith(unknown, 'unknown-host', /The name no-such-host\.invalid (?:is not known|could not be looked up)/);
  }
});

test('the file takes its name only when its size is right', { skip: ftpMissing('vsftpd') ?? false }, async (t) => {
  const { port, user, root, stop } = await startVsftpd();
  t.after(stop);
  const folder = join(root, 'junos');
  mkdirSync(folder);
  const destination = destinationAt(`127.0.0.1:${port}`, { user, directory: 'junos' });
  // Somebody removes the part while it is written: the server does not notice, its size does.
  const onBytes = () => {
    for (const name of left(folder)) rmSync(join(folder, name));
  };
  await failsWith(destination.put(NAME, stream(), options({ onBytes })), 'size-differs', /none of it is there/);
  assert.deepEqual(left(folder), []);
});
