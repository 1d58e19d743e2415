import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { NetconfError, type NetconfErrorCode } from '../../src/netconf/errors.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';
import { readHostKeys } from '../../src/netconf/trust.ts';
import { answering, type BareServer, bareSsh } from './bare-server.ts';

/** An SSH server that connects where it is told, as sshd does. */
async function jumpServer(t: TestContext): Promise<BareServer & { open: () => number }> {
  let open = 0;
  const server = await bareSsh(t, () => {}, {
    onForward: (accept, reject, { destIP, destPort }) => {
      const socket = connect(destPort, destIP);
      socket.on('error', reject);
      socket.on('connect', () => {
        open++;
        const channel = accept();
        channel.on('error', () => {});
        channel.on('close', () => {
          open--;
          socket.destroy();
        });
        socket.on('close', () => channel.end());
        channel.pipe(socket).pipe(channel);
      });
    },
  });
  server.target.name = 'bastion';
  return { ...server, open: () => open };
}

const device = (t: TestContext) =>
  bareSsh(
    t,
    answering((rpc, channel) => {
      if (rpc.includes('<get-x/>')) channel.write(`<rpc-reply>${'x'.repeat(100_000)}</rpc-reply>]]>]]>`);
      if (rpc.includes('<close-session/>')) channel.end('<rpc-reply><ok/></rpc-reply>]]>]]>');
    }),
  );

async function failure(target: SessionTarget): Promise<NetconfError> {
  const error = await openSession(target, { timeouts: { connectMs: 2_000, loginMs: 2_000 } }).then(
    () => assert.fail('the session was opened'),
    (reason) => reason,
  );
  assert.ok(error instanceof NetconfError, String(error));
  return error;
}

async function expect(target: SessionTarget, code: NetconfErrorCode, sentence: RegExp): Promise<void> {
  const error = await failure(target);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
}

async function closedPort(): Promise<number> {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  return port;
}

test('a session through a jump host, and one through two', async (t) => {
  const [first, second, far] = [await jumpServer(t), await jumpServer(t), await device(t)];
  for (const jump of [first.target, { ...second.target, jump: first.target }]) {
    const session = await openSession({ ...far.target, jump }, { timeouts: { closeMs: 500 } });
    assert.equal((await session.rpc('<get-x/>')).root.text.length, 100_000);
    await session.close();
    assert.equal(session.closed, true);
  }
});

test('the keys of both are checked, and the error names whose it is', async (t) => {
  const [jump, far] = [await jumpServer(t), await device(t)];
  await expect(
    { ...far.target, jump: { ...jump.target, knownHosts: '' } },
    'host-key',
    /^hq-fw01 is reached through bastion\. bastion \(127\.0\.0\.1\) shows a host key that is not in/,
  );
  await expect(
    { ...far.target, knownHosts: '', jump: jump.target },
    'host-key',
    /^hq-fw01 \(127\.0\.0\.1, through bastion\) shows a host key that is not in/,
  );
  const [shown] = await readHostKeys({ ...far.target, knownHosts: '', jump: jump.target });
  assert.equal(shown?.line, far.target.knownHosts);
});

test('a login refused by the jump host, and by the device behind it', async (t) => {
  const nobody = { authenticate: (context: { reject(ways: string[]): void }) => context.reject(['password']) };
  const [jump, far] = [await jumpServer(t), await device(t)];
  const closed = await bareSsh(t, () => {}, nobody as never);
  await expect(
    { ...far.target, jump: { ...closed.target, name: 'bastion' } },
    'authentication',
    /^hq-fw01 is reached through bastion\. bastion refused the password for user u\./,
  );
  await expect(
    { ...closed.target, jump: jump.target },
    'authentication',
    /^hq-fw01 \(127\.0\.0\.1, through bastion\) refused the password/,
  );
});

test('what the jump host cannot reach, or does not let through', async (t) => {
  const [jump, far] = [await jumpServer(t), await device(t)];
  const port = await closedPort();
  await expect(
    { ...far.target, ports: [port, port], jump: jump.target },
    'refused',
    new RegExp(`^hq-fw01 \\(127\\.0\\.0\\.1, through bastion\\) refuses connections on port ${port} and ${port}`),
  );
  const session = await openSession(
    { ...far.target, ports: [port, ...far.target.ports], jump: jump.target },
    { timeouts: { closeMs: 500 } },
  );
  await session.close();
  const shut = await bareSsh(t, () => {});
  await expect(
    { ...far.target, jump: { ...shut.target, name: 'bastion' } },
    'unreachable',
    /^bastion \(127\.0\.0\.1\) does not allow connections to hq-fw01 .* through it/,
  );
  await expect(
    { ...far.target, jump: { ...jump.target, ports: [port] } },
    'refused',
    /^hq-fw01 is reached through bastion\. bastion \(127\.0\.0\.1\) refuses connections on port/,
  );
});

test('a jump host that does not answer for the device, and one that goes away', async (t) => {
  const far = await device(t);
  const mute = await bareSsh(t, () => {}, { onForward: () => {} });
  await expect(
    { ...far.target, jump: { ...mute.target, name: 'bastion' } },
    'timeout',
    /^hq-fw01 \(127\.0\.0\.1, through bastion\) does not answer on port \d+ within 2 s\./,
  );
  const jump = await jumpServer(t);
  const session = await openSession({ ...far.target, jump: jump.target }, { timeouts: { closeMs: 100 } });
  const controller = new AbortController();
  const waiting = session.rpc('<never/>', { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, (error) => error instanceof NetconfError && error.code === 'cancelled' && error.sent);
  await session.close();
});
