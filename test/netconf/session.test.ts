import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { NetconfError, type NetconfErrorCode } from '../../src/netconf/errors.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';
import { find, text, XmlError } from '../../src/netconf/xml.ts';
import { answering, bareSsh } from './bare-server.ts';

const PASSWORD = 'correct-horse';
let simulator: Simulator;
let target: SessionTarget;

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
});
beforeEach(() => {
  simulator.state.rpcs.length = 0;
  simulator.state.logins.length = 0;
  simulator.state.latencyMs = 0;
  simulator.state.hang = simulator.state.cutBeforeReply = simulator.state.cutMidReply = false;
});
after(() => simulator.close());

const failsWith = (code: NetconfErrorCode, sentence: RegExp, sent?: boolean) => (error: unknown) => {
  assert.ok(error instanceof NetconfError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, sentence);
  assert.doesNotMatch(error.message, new RegExp(PASSWORD));
  if (sent !== undefined) assert.equal(error.sent, sent);
  return true;
};

test('a session: hello, RPC, close', async () => {
  const session = await openSession(target);
  assert.equal(session.port, simulator.port);
  assert.ok(session.capabilities.includes('urn:ietf:params:netconf:base:1.0'));
  const reply = await session.rpc('<get-software-information/>');
  assert.equal(text(find(reply.root, 'host-name')), 'hq-fw01');
  assert.deepEqual(reply.errors, []);
  assert.match(reply.raw, /<host-name>hq-fw01</);
  await Promise.all([session.close(), session.close()]);
  assert.equal(session.closed, true);
  await assert.rejects(session.rpc('<get-x/>'), failsWith('closed', /^The connection to hq-fw01 is closed\.$/, false));
  assert.deepEqual(
    simulator.state.rpcs.map((each) => each.rpc),
    ['get-software-information', 'close-session'],
  );
});

test('without the subsystem, xml-mode is used', async () => {
  simulator.state.refuseSubsystem = true;
  try {
    const session = await openSession(target);
    assert.equal((await session.rpc('<get-software-information/>')).errors.length, 0);
    await session.close();
  } finally {
    simulator.state.refuseSubsystem = false;
  }
});

test('keyboard-interactive takes the same password', async () => {
  simulator.state.authMethods = ['keyboard-interactive'];
  try {
    await (await openSession(target)).close();
    assert.deepEqual(
      simulator.state.logins.map((each) => each.method),
      ['none', 'keyboard-interactive'],
    );
    await assert.rejects(
      openSession({ ...target, password: 'wrong' }),
      failsWith('authentication', /refused the password/),
    );
  } finally {
    simulator.state.authMethods = ['password', 'keyboard-interactive'];
  }
});

test('pipelined RPCs get their own replies', async () => {
  const session = await openSession(target);
  const names = ['get-software-information', 'get-nothing', 'get-system-uptime-information', 'get-reboot-information'];
  const replies = await Promise.all(names.map((name) => session.rpc(`<${name}/>`)));
  assert.deepEqual(
    replies.map((reply) => reply.errors[0]?.badElement ?? reply.root.children[0]?.name),
    ['software-information', 'get-nothing', 'system-uptime-information', 'output'],
  );
  await session.close();
});

test('an RPC that ends the framing is not sent', async () => {
  const session = await openSession(target);
  await assert.rejects(session.rpc('<get-x>]]>]]></get-x>'), TypeError);
  await session.close();
  assert.deepEqual(
    simulator.state.rpcs.map((each) => each.rpc),
    ['close-session'],
  );
});

test('a hanging RPC times out, alone; a late reply is not taken for another one', async () => {
  const session = await openSession(target);
  simulator.state.latencyMs = 100;
  const late = session.rpc('<get-software-information/>', { timeoutMs: 20 });
  await assert.rejects(
    late,
    failsWith('timeout', /^hq-fw01 did not answer get-software-information within 0\.02 s\.$/, true),
  );
  const reply = await session.rpc('<get-system-uptime-information/>');
  assert.ok(find(reply.root, 'system-uptime-information'));
  await session.close();
});

test('a late reply without an id belongs to the RPC that timed out', async (t) => {
  const slow = await bareSsh(t, (channel) => {
    channel.write('<hello/>]]>]]>');
    channel.on('data', (bytes: Buffer) => {
      // The first request is answered when the second one arrives.
      if (!bytes.includes('<second/>')) return;
      channel.write('<rpc-reply><first/></rpc-reply>]]>]]><rpc-reply><second/></rpc-reply>]]>]]>');
    });
  });
  const session = await openSession(slow.target, { timeouts: { closeMs: 10 } });
  await assert.rejects(session.rpc('<first/>', { timeoutMs: 10 }), failsWith('timeout', /first/, true));
  assert.ok(find((await session.rpc('<second/>')).root, 'second'));
  await session.close();
});

for (const fault of ['cutBeforeReply', 'cutMidReply'] as const) {
  test(`${fault}: every pending RPC settles`, async () => {
    simulator.state[fault] = 'get-software-information';
    const session = await openSession(target);
    const [first, second] = await Promise.allSettled([
      session.rpc('<get-software-information/>'),
      session.rpc('<get-system-uptime-information/>'),
    ]);
    assert.ok(first.status === 'rejected' && second.status === 'rejected');
    failsWith(
      'closed',
      /^The connection to hq-fw01 was lost before it answered get-software-information\.$/,
      true,
    )(first.reason);
    failsWith('closed', /get-system-uptime-information/, true)(second.reason);
    assert.equal(first.reason.partial !== '', fault === 'cutMidReply');
    assert.equal(second.reason.partial, '');
    await session.close();
  });
}

test('a device that ends only the channel ends the session', async (t) => {
  const device = await bareSsh(t, (channel) => {
    channel.write('<hello/>]]>]]>');
    channel.on('data', (bytes: Buffer) => {
      if (bytes.includes('<get-x/>')) channel.end();
    });
  });
  const session = await openSession(device.target);
  await assert.rejects(session.rpc('<get-x/>'), failsWith('closed', /lost before it answered get-x/, true));
  await session.close();
});

test('an abort ends the session and what waits in it', async () => {
  simulator.state.hang = true;
  const controller = new AbortController();
  const session = await openSession(target, { signal: controller.signal });
  const waiting = session.rpc('<get-x/>');
  controller.abort();
  await assert.rejects(waiting, (error) => {
    // The cause tells our own cut from the device's.
    assert.ok(error instanceof NetconfError && error.cause instanceof NetconfError);
    assert.equal(error.cause.code, 'cancelled');
    return failsWith('closed', /get-x/, true)(error);
  });
  await assert.rejects(session.rpc('<get-y/>'), failsWith('cancelled', /cancelled/, false));
  await session.close();
  await assert.rejects(openSession(target, { signal: controller.signal }), failsWith('cancelled', /cancelled/));
});

test('close does not wait for a device that says nothing', async () => {
  const session = await openSession(target, { timeouts: { closeMs: 20 } });
  simulator.state.hang = true;
  const waiting = session.rpc('<get-x/>');
  const settled = assert.rejects(waiting, failsWith('closed', /get-x/, true));
  await session.close();
  await settled;
});

const hellos: [what: string, hello: string][] = [
  [
    'the other spelling',
    '<hello><capabilities><capability>urn:ietf:params:xml:ns:netconf:base:1.0</capability></capabilities></hello>',
  ],
  ['no namespace and a declaration', '<?xml version="1.0"?><hello><capabilities/></hello>'],
  [
    'a prefix and comments',
    '<!-- user u, class x -->\n<nc:hello xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"/>\n',
  ],
  ['an empty message first', ']]>]]>\n<hello/>'],
];
for (const [what, hello] of hellos) {
  test(`a hello with ${what} is one`, async (t) => {
    const device = await bareSsh(t, (channel) => {
      channel.write(`${hello}]]>]]>`);
      channel.on('data', (bytes: Buffer) => {
        if (bytes.includes('<rpc')) channel.write('<!-- now --><rpc-reply><ok/></rpc-reply>]]>]]>');
      });
    });
    const session = await openSession(device.target);
    assert.equal((await session.rpc('<get-x/>')).root.name, 'rpc-reply');
    await session.close();
    assert.match(
      device.received.join(''),
      /^<hello .*base:1\.0<\/capability>.*]]>]]>\n<rpc [^>]*message-id="1"[^>]*><get-x\/><\/rpc>/,
    );
  });
}

test('a reply that is not XML is an XmlError with its text, and the session goes on', async (t) => {
  const device = await bareSsh(t, (channel) => {
    channel.write('<hello/>]]>]]>');
    channel.on('data', (bytes: Buffer) => {
      if (bytes.includes('<bad/>')) channel.write('<rpc-reply message-id="1">R&D</rpc-reply>]]>]]>');
      if (bytes.includes('<good/>')) channel.write('<rpc-reply message-id="2"/>]]>]]>');
    });
  });
  const session = await openSession(device.target, { timeouts: { closeMs: 10 } });
  await assert.rejects(session.rpc('<bad/>'), (error) => {
    assert.ok(error instanceof XmlError);
    assert.match(error.message, /^hq-fw01 answered bad with XML that cannot be read \(.+\)\.$/);
    return error.raw.includes('R&D');
  });
  assert.equal((await session.rpc('<good/>')).root.name, 'rpc-reply');
  await session.close();
});

test('a closed session leaves no connection behind', async (t) => {
  const device = await bareSsh(t, (channel, connection) => {
    channel.write('<hello/>]]>]]>');
    ended = once(connection, 'close');
  });
  let ended: Promise<unknown> | undefined;
  const session = await openSession(device.target, { timeouts: { closeMs: 10 } });
  await session.close();
  await ended;
});

const hello11 =
  '<hello><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>]]>]]>\n';

test('with a device that offers base:1.1 both sides speak in chunks', async (t) => {
  const device = await bareSsh(
    t,
    answering((rpc, channel) => {
      if (rpc.includes('<get-x/>')) channel.write('\n#14\n<rpc-reply>€\n#2\n</\n#10\nrpc-reply>\n##\n');
    }, hello11),
  );
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  assert.equal((await session.rpc('<get-x/>')).root.text, '€');
  await session.close();
  assert.match(
    device.received.join(''),
    /^<hello .*base:1\.0<.*base:1\.1<.*]]>]]>\n#\d+\n<rpc [^>]*><get-x\/><\/rpc>\n##\n/,
  );
});

test('malformed chunks end the session, by name, and what waits in it', async (t) => {
  const device = await bareSsh(
    t,
    answering((_rpc, channel) => channel.write('\n#x\n<rpc-reply/>'), hello11),
  );
  const session = await openSession(device.target);
  const [first, second] = await Promise.allSettled([session.rpc('<get-x/>'), session.rpc('<get-y/>')]);
  for (const each of [first, second]) {
    assert.ok(each.status === 'rejected');
    failsWith(
      'framing',
      /^The connection to hq-fw01 was lost before it answered get-[xy]\. .* is not the header of a chunk\.$/,
      true,
    )(each.reason);
  }
  await assert.rejects(session.rpc('<get-z/>'), failsWith('framing', /closed/, false));
  await session.close();
});

test('an abort of one RPC ends its wait only', async () => {
  const session = await openSession(target);
  simulator.state.hang = 'get-x';
  const controller = new AbortController();
  const waiting = session.rpc('<get-x/>', { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, failsWith('cancelled', /get-x/, true));
  await assert.rejects(
    session.rpc('<get-y/>', { signal: controller.signal }),
    failsWith('cancelled', /not sent/, false),
  );
  assert.equal((await session.rpc('<get-software-information/>')).errors.length, 0);
  await session.close();
});

test('a device that says it will send no more ends the session', async (t) => {
  const device = await bareSsh(
    t,
    answering((_rpc, channel) => (channel as unknown as { eof(): void }).eof()),
  );
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  await assert.rejects(session.rpc('<get-x/>'), failsWith('closed', /lost before it answered get-x/, true));
  await session.close();
});
