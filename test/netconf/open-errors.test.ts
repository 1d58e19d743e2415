import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { NetconfError, type NetconfErrorCode } from '../../src/netconf/errors.ts';
import { openSession, type SessionTarget, type Timeouts } from '../../src/netconf/session.ts';
import { bareSsh, bareTcp } from './bare-server.ts';

const PASSWORD = 'correct-horse';
let simulator: Simulator;
let target: SessionTarget;
let closedPort: number;

before(async () => {
  simulator = await startSimulator({ hostname: 'hq-fw01', port: 0, user: 'netops', password: PASSWORD });
  target = {
    name: 'hq-fw01',
    address: '127.0.0.1',
    ports: [simulator.port],
    user: 'netops',
    password: PASSWORD,
    knownHosts: simulator.hostKeyLine,
  };
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  closedPort = (gone.address() as AddressInfo).port;
  gone.close();
});
after(() => simulator.close());

async function failure(to: SessionTarget, timeouts: Partial<Timeouts> = {}): Promise<NetconfError> {
  const outcome = await openSession(to, { timeouts }).then(
    () => assert.fail('the session was opened'),
    (error) => error,
  );
  assert.ok(outcome instanceof NetconfError, String(outcome));
  assert.ok(!outcome.message.includes(PASSWORD));
  assert.equal(outcome.sent, false);
  return outcome;
}

function expect(error: NetconfError, code: NetconfErrorCode, sentence: RegExp): void {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
}

test('unknown-host', async () => {
  expect(
    await failure({ ...target, address: 'no-such..host' }),
    'unknown-host',
    /^The name no-such\.\.host of hq-fw01 /,
  );
});

test('unreachable', async () => {
  const error = await failure({ ...target, address: '255.255.255.255' });
  expect(error, 'unreachable', /^hq-fw01 \(255\.255\.255\.255\) cannot be reached \(E[A-Z]+\)\./);
});

test('refused, on every port', async () => {
  const error = await failure({ ...target, ports: [closedPort, closedPort] });
  expect(
    error,
    'refused',
    new RegExp(`^hq-fw01 \\(127\\.0\\.0\\.1\\) refuses connections on port ${closedPort} and ${closedPort}\\.`),
  );
});

test('a refused port makes way for the next one', async () => {
  const session = await openSession({ ...target, ports: [closedPort, simulator.port] });
  assert.equal(session.port, simulator.port);
  await session.close();
});

test('only a refused port does: after a wrong password no other port is tried', async () => {
  const logins = simulator.state.logins.length;
  await failure({ ...target, ports: [simulator.port, simulator.port], password: 'wrong' });
  // none, password, keyboard-interactive: one connection's worth.
  assert.equal(simulator.state.logins.length - logins, 3);
});

test('timeout: no TCP connection', { skip: process.platform !== 'linux' }, async (t) => {
  // A stopped process with a full backlog: the kernel drops further SYNs, as a firewall does.
  const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    require('fs').writeSync(1, String(this.address().port)); process.kill(process.pid, 'SIGSTOP'); })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const port = Number(String((await once(child.stdout, 'data'))[0]));
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  await once(fillers[0] ?? assert.fail(), 'connect');
  const error = await failure({ ...target, ports: [port] }, { connectMs: 100 });
  expect(
    error,
    'timeout',
    new RegExp(`^hq-fw01 \\(127\\.0\\.0\\.1\\) does not answer on port ${port} within 0\\.1 s\\.`),
  );
});

test('timeout: no login', async (t) => {
  const silent = await bareTcp(t, () => {});
  expect(await failure(silent.target, { loginMs: 50 }), 'timeout', /SSH login did not finish within 0\.05 s\.$/);
});

test('timeout: no hello, or half of one', async (t) => {
  for (const beginning of ['', '<!-- user netops, class x -->\n<hello>']) {
    const silent = await bareSsh(t, (channel) => channel.write(beginning));
    expect(await failure(silent.target, { helloMs: 50 }), 'timeout', /sent no NETCONF hello within 0\.05 s\.$/);
  }
});

test('an abort during the login ends it', async (t) => {
  const controller = new AbortController();
  const silent = await bareTcp(t, () => controller.abort());
  const opening = openSession(silent.target, { signal: controller.signal });
  await assert.rejects(opening, (error) => error instanceof NetconfError && error.code === 'cancelled');
});

test('authentication: a wrong password', async () => {
  const error = await failure({ ...target, password: 'wrong' });
  expect(
    error,
    'authentication',
    /^hq-fw01 refused the password for user netops\. Check its entry in secrets\.yaml\.$/,
  );
});

test('authentication: no passwords accepted, so none is sent', async () => {
  simulator.state.authMethods = ['publickey'];
  simulator.state.logins.length = 0;
  try {
    const sentence = /^hq-fw01 does not accept passwords for user netops \(it offers publickey\)\./;
    expect(await failure(target), 'authentication', sentence);
    assert.deepEqual(simulator.state.logins, [{ user: 'netops', method: 'none' }]);
  } finally {
    simulator.state.authMethods = ['password', 'keyboard-interactive'];
  }
});

const wrongKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO7KfD51iKdMIoFEODJtrAVw7u9UQYRYYjtzskSlgPaT';
const hostKeys: [what: string, file: (line: string, port: number) => string, sentence: RegExp][] = [
  ['unknown', () => '', /shows a host key that is not in the known_hosts file: SHA256:/],
  [
    'changed',
    (_line, port) => `[127.0.0.1]:${port} ${wrongKey}`,
    /shows another host key than the known_hosts file has: SHA256:/,
  ],
  [
    'unknown, with an authority',
    () => `@cert-authority * ${wrongKey}`,
    /host certificates cannot be checked, so the key itself has to be listed/,
  ],
  ['revoked', (line) => `${line}\n@revoked ${line}`, /which the known_hosts file marks as revoked/],
];
for (const [what, file, sentence] of hostKeys) {
  test(`host-key: ${what}, and nothing is sent`, async () => {
    const before = simulator.state.logins.length;
    const error = await failure({ ...target, knownHosts: file(simulator.hostKeyLine, simulator.port) });
    expect(error, 'host-key', sentence);
    assert.ok(error.message.includes(simulator.fingerprint));
    if (what !== 'revoked') assert.ok(error.message.endsWith(`: ${simulator.hostKeyLine}`));
    assert.equal(simulator.state.logins.length, before);
  });
}

test('not-netconf: no SSH', async (t) => {
  const web = await bareTcp(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await failure(web.target), 'not-netconf', /answers on port \d+, but an SSH connection cannot be set up: /);
});

test('not-netconf: neither subsystem nor xml-mode', async (t) => {
  const shell = await bareSsh(t, () => {}, { refuse: ['subsystem', 'exec'] });
  expect(await failure(shell.target), 'not-netconf', /It offers neither the netconf subsystem nor xml-mode\.$/);
});

test('not-netconf: a shell that does not know xml-mode', async (t) => {
  const shell = await bareSsh(
    t,
    (channel) => {
      channel.stderr.write('xml-mode: Command not found.\n');
      channel.exit(127);
      channel.end();
    },
    { refuse: ['subsystem'] },
  );
  expect(await failure(shell.target), 'not-netconf', /It said: "xml-mode: Command not found\."$/);
});

test('not-netconf: another message first, or a session without one', async (t) => {
  for (const [said, sentence] of [
    ['<rpc-reply>login first</rpc-reply>]]>]]>', /It said: "login first"$/],
    ['', /It closed the session without a hello\.$/],
  ] as const) {
    const other = await bareSsh(t, (channel) => channel.end(said));
    expect(await failure(other.target), 'not-netconf', sentence);
  }
});

test('closed: before the login', async (t) => {
  const full = await bareTcp(t, (socket) => socket.end());
  expect(await failure(full.target), 'closed', /closed the connection on port \d+ before the login was finished/);
});

test('closed: before the hello', async (t) => {
  const busy = await bareSsh(t, (_channel, connection) => connection.end());
  expect(await failure(busy.target), 'closed', /^The connection to hq-fw01 was closed before NETCONF had started\.$/);
});
