import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { after, before, describe, type TestContext, test } from 'node:test';
import { newHostKey } from '../../simulator/host-key.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';
import { child, find, findAll, text, walk } from '../../src/netconf/xml.ts';
import { type Netconfd, netconfdMissing, startNetconfd } from '../fakes/netconfd.ts';

const skip = netconfdMissing() ?? false;
const NEVER_SENT = 'never-sent';
const GET_CONFIG = '<get-config><source><running/></source></get-config>';

// What the server offers picks the framing: base:1.1 when it does, `]]>]]>` when it does not.
const servers: [protocols: string, passwords: 'plain' | 'prompt'][] = [
  ['netconf1.0', 'plain'],
  ['netconf1.0 netconf1.1', 'prompt'],
];
for (const [protocols, passwords] of servers) {
  describe(`a NETCONF server that is not ours, with ${protocols} and ${passwords} passwords`, { skip }, () => {
    let server: Netconfd;
    let target: SessionTarget;
    before(async () => {
      server = await startNetconfd(protocols, passwords);
      target = {
        name: 'lab',
        address: '127.0.0.1',
        ports: [server.port],
        user: server.user,
        key: { text: server.privateKey, file: 'lab-key' },
        knownHosts: server.knownHosts,
      };
    });
    after(async () => {
      await server?.stop();
      // sshd writes down the name of everyone who tries.
      assert.doesNotMatch(server.log(), new RegExp(NEVER_SENT));
    });
    /**
     * A session that does not outlive its test. When netconfd 2.13 gets two messages in one read (an RPC right behind
     * the hello, or two RPCs), it keeps the second until it reads again; so there is always something more to read.
     */
    const open = async (t: TestContext) => {
      const session = await openSession(target);
      const more = setInterval(() => session.rpc(GET_CONFIG).catch(() => {}), 1000);
      t.after(() => {
        clearInterval(more);
        return session.close();
      });
      return session;
    };

    const failsWith = (code: string) => (error: unknown) => error instanceof NetconfError && error.code === code;

    test('get and get-config are answered, with a declaration in front of every reply', async (t) => {
      const session = await open(t);
      const [state, config] = await Promise.all([session.rpc('<get/>'), session.rpc(GET_CONFIG)]);
      for (const reply of [state, config]) {
        assert.match(reply.raw.trimStart(), /^<\?xml version="1\.0" encoding="UTF-8"\?>/);
        assert.equal(reply.root.children[0]?.name, 'data');
        assert.deepEqual(reply.errors, []);
      }
      const offered = session.capabilities.flatMap(
        (each) => /^urn:ietf:params:netconf:base:(.*)$/.exec(each)?.[1] ?? [],
      );
      assert.equal(offered.map((version) => `netconf${version}`).join(' '), protocols);
      const own = findAll(state.root, 'session').filter((each) => text(child(each, 'username')) === server.user);
      assert.ok(own.length > 0, 'the server lists this session');
      await session.close();
      assert.equal(session.closed, true);
    });

    const errors: [what: string, rpc: string, tag: string, badElement: RegExp | null][] = [
      ['an unknown operation', '<get-nothing/>', 'unknown-element', /get-nothing$/],
      ['an unknown namespace', '<get-x xmlns="urn:example"/>', 'unknown-namespace', /get-x$/],
      ['a missing parameter', '<get-config/>', 'data-missing', null],
      ['an unknown datastore', '<get-config><source><moon/></source></get-config>', 'unknown-element', /moon$/],
    ];
    for (const [what, rpc, tag, badElement] of errors) {
      test(`${what} is an rpc-error with its parts, and the session goes on`, async (t) => {
        const session = await open(t);
        const reply = await session.rpc(rpc);
        const [error] = reply.errors;
        assert.equal(error?.tag, tag, reply.raw);
        assert.equal(error.severity, 'error');
        assert.ok(error.message);
        if (badElement) assert.match(error.badElement ?? '', badElement);
        assert.deepEqual((await session.rpc(GET_CONFIG)).errors, []);
      });
    }

    test('50 sessions in parallel, three RPCs in each: all answered', async (t) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const session = await open(t);
          const replies = [await session.rpc('<get/>'), await session.rpc('<get-x/>'), await session.rpc(GET_CONFIG)];
          await session.close();
          return replies.map((reply) => reply.errors[0]?.severity ?? find(reply.root, 'data')?.name);
        }),
      );
      assert.deepEqual(answers, Array(50).fill(['data', 'error', 'data']));
    });

    test('a text is streamed, and only it', async (t) => {
      const session = await open(t);
      const chunks: Buffer[] = [];
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
      const rpc = '<get/>';
      const [whole, streamed] = [
        await session.rpc(rpc),
        await session.stream(rpc, sink, { timeoutMs: 30_000, elements: ['schemas'] }),
      ];
      const schemas = find(whole.root, 'schemas');
      assert.ok(schemas);
      const expected = [...walk(schemas)].map((element) => element.text.replace(/\s+/g, '')).join('');
      // Text before and after children comes in another order, so only its letters are compared.
      const letters = (value: string) => [...value.replace(/\s+/g, '')].sort().join('');
      assert.equal(letters(Buffer.concat(chunks).toString('utf8')), letters(expected));
      assert.deepEqual([streamed.malformed, streamed.errors], [null, []]);
    });

    test('another host key is refused before anything is sent', async () => {
      const other = knownHostsLine('127.0.0.1', server.port, newHostKey().publicKey);
      for (const knownHosts of [other, '']) {
        await assert.rejects(openSession({ ...target, user: NEVER_SENT, knownHosts }), failsWith('host-key'));
      }
    });

    test('a key the server does not know is refused', async () => {
      const key = { text: newHostKey().privateKey, file: 'stranger-key' };
      await assert.rejects(openSession({ ...target, key }), failsWith('authentication'));
    });

    test('a password opens a session, a wrong one does not', async (t) => {
      if (server.password === null) {
        const reason = 'sshd can be given a password only by root, in a mount namespace';
        if (process.env.REQUIRE_ALL === '1') assert.fail(reason);
        return t.skip(reason);
      }
      const { key: _, ...keyless } = target;
      const session = await openSession({ ...keyless, password: server.password });
      t.after(() => session.close());
      assert.deepEqual((await session.rpc(GET_CONFIG)).errors, []);
      assert.ok(
        server.log().includes(`Accepted ${passwords === 'prompt' ? 'keyboard-interactive/pam' : 'password'} for`),
      );
      await assert.rejects(openSession({ ...keyless, password: 'wrong' }), failsWith('authentication'));
    });
  });
}
