import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, helloOf, logIn, rpc, start, talk } from './device-client.ts';

test('a missing end tag, malformed XML, an rpc-error, a warning before the answer', async (t) => {
  const simulator = await start(t);
  const { state } = simulator;
  state.noClosingTag = 'get-reboot-information';
  state.malformed = 'clear-reboot';
  state.rpcErrorOn = { 'request-reboot': 'error: System shutdown time has arrived' };
  state.warningOn = { 'restart-daemon': 'statement has no contents; ignored' };
  const [unclosed = '', malformed = '', error = '', warned = ''] = await ask(t, simulator, [
    '<get-reboot-information/>',
    '<clear-reboot/>',
    '<request-reboot/>',
    '<restart-daemon><daemon-name>snmp</daemon-name></restart-daemon>',
  ]);
  assert.match(unclosed, /<\/output>\s*$/);
  assert.match(malformed, /<R&D only><\/output>/);
  assert.match(error, /System shutdown time has arrived/);
  assert.match(warned, /<error-severity>warning<[\s\S]*statement has no contents[\s\S]*started, pid \d+/);
  assert.equal(state.pending, null);
});

test('a drip-fed reply is the same one, in packets of that many bytes', async (t) => {
  const simulator = await start(t, { now: () => new Date('2026-11-23T10:00:00Z') });
  const operation = ['<get-system-uptime-information/>'];
  const [whole] = await ask(t, simulator, operation);
  simulator.state.dripBytes = 5;
  const client = await logIn(t, simulator);
  const { promise, resolve } = Promise.withResolvers<Buffer[]>();
  client.subsys('netconf', (_error, channel) => {
    const packets: Buffer[] = [];
    channel.on('data', (bytes: Buffer) => {
      packets.push(bytes);
      if (Buffer.concat(packets).toString().split(']]>]]>').length > 2) resolve(packets);
    });
    channel.write(helloOf('1.0') + rpc(operation[0] ?? ''));
  });
  const packets = await promise;
  assert.equal(Buffer.concat(packets).toString().split(']]>]]>')[1], whole);
  assert.ok(packets.slice(1).every((packet) => packet.length <= 5));
});

test('a huge reply, and support information of any size, are exactly that long', async (t) => {
  const simulator = await start(t);
  simulator.state.hugeReply = { 'get-system-storage': 3_000_000 };
  simulator.state.supportBytes = 2_000_001;
  const [huge = '', support = ''] = await ask(t, simulator, ['<get-system-storage/>', '<get-support-information/>']);
  const text = (reply: string) => /<output>\n([\s\S]*)\n<\/output>/.exec(reply)?.[1] ?? '';
  assert.equal(text(huge).length, 3_000_000);
  assert.equal(text(support).replaceAll('&gt;', '>').length, 2_000_001);
});

test('restarting the forwarding process takes the session away, but not the uptime', async (t) => {
  const simulator = await start(t, { downMs: 0 });
  const { bootedAt } = simulator.state;
  const up = once(simulator.events, 'up');
  const restart = '<restart-daemon><daemon-name>forwarding</daemon-name></restart-daemon>';
  assert.equal((await talk(t, simulator, rpc(restart), 2)).split(']]>]]>')[1], '\n');
  await up;
  assert.equal(simulator.state.bootedAt, bootedAt);
});

const RESTARTS: [operation: string, expected: RegExp][] = [
  ['<daemon-name>routing</daemon-name>', /<output>\nRouting protocols process started, pid \d+\n<\/output>/],
  ['<daemon-name>routing</daemon-name><soft/>', /^\s*<rpc-reply [^>]*>\s*<\/rpc-reply>/],
  ['<daemon-name>vrrp</daemon-name>', /vrrp subsystem not running - not needed by configuration\./],
  ['<daemon-name>nonsense</daemon-name>', /invalid daemon[\s\S]*<bad-element>nonsense</],
  ['', /missing mandatory argument: daemon-name/],
  [
    '<daemon-name>snmp</daemon-name>',
    /signalled but still running, waiting 28 seconds more\n.*sending another terminate signal\n.*started, pid/,
  ],
];
for (const [content, expected] of RESTARTS) {
  test(`restart-daemon ${content}`, async (t) => {
    const simulator = await start(t);
    const snmp = simulator.state.processes.get('snmp');
    if (snmp) snmp.ending = 'stuck';
    assert.match((await ask(t, simulator, [`<restart-daemon>${content}</restart-daemon>`]))[0] ?? '', expected);
  });
}

test('a canned reply of any size, and one with the mark of its capture', async (t) => {
  const replies = await mkdtemp(join(tmpdir(), 'replies-'));
  t.after(() => rm(replies, { recursive: true }));
  await writeFile(join(replies, 'get-long.xml'), `<output>${'x'.repeat(2_000_000)}</output>`);
  await writeFile(join(replies, 'get-marked.xml'), '<output>x</output>\n]]>]]>\n');
  const [long = '', marked = ''] = await ask(t, await start(t, { replies }), ['<get-long/>', '<get-marked/>']);
  assert.match(long, /^\n<rpc-reply [^>]*>\n<output>x{2000000}<\/output>\n<\/rpc-reply>\n$/);
  assert.match(marked, /^\n<rpc-reply [^>]*>\n<output>x<\/output>\n\n<\/rpc-reply>\n$/);
});

const HELLOS: [dialect: 'ietf' | 'xml-ns' | 'bare', expected: RegExp, without: RegExp][] = [
  ['ietf', /<capability>urn:ietf:params:netconf:base:1\.0</, /<capability>urn:ietf:params:xml:ns/],
  ['xml-ns', /<capability>urn:ietf:params:xml:ns:netconf:base:1\.0</, /<capability>urn:ietf:params:netconf/],
  ['bare', /\n<hello>\n/, /xmlns/],
];
for (const [hello, expected, without] of HELLOS) {
  test(`a hello in the spelling ${hello}`, async (t) => {
    const greeting = await talk(t, await start(t, { dialect: { hello } }), '', 1);
    assert.match(greeting, expected);
    assert.doesNotMatch(greeting, without);
  });
}

test("rfc-compliant: NETCONF's own elements carry nc:, the payload does not", async (t) => {
  const simulator = await start(t, { dialect: { rfcCompliant: true } });
  const greeting = await talk(t, simulator, '', 1);
  assert.match(greeting, /<nc:hello xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1\.0">/);
  const [version = '', error = ''] = await ask(t, simulator, ['<get-software-information/>', '<get-nothing/>']);
  assert.match(version, /^\n<nc:rpc-reply xmlns:nc=[^>]*>\n<software-information>/);
  assert.match(
    error,
    /<nc:rpc-error>\n<nc:error-type>protocol<\/nc:error-type>[\s\S]*<\/nc:rpc-error>\n<\/nc:rpc-reply>/,
  );
});

test('base:1.1 is spoken only when both sides offer it', async (t) => {
  const simulator = await start(t, { dialect: { chunked: true } });
  const request = '<rpc message-id="1"><get-reboot-information/></rpc>';
  const chunk = `\n#${request.length}\n${request}\n##\n`;
  const chunked = await talk(t, simulator, chunk, 2, { hello: helloOf('1.0', '1.1') });
  assert.match(chunked, /]]>]]>\n\n#\d+\n<rpc-reply [\s\S]*<\/rpc-reply>\n\n##\n$/);
  const marked = await talk(t, simulator, rpc('<get-reboot-information/>'), 2, { hello: helloOf('1.0') });
  assert.match(marked, /<\/rpc-reply>\n]]>]]>\n$/);
});
