import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServerChannel } from 'ssh2';
import { NetconfError } from '../../src/netconf/errors.ts';
import { openSession } from '../../src/netconf/session.ts';
import { ReplyStream, type StreamedReply } from '../../src/netconf/stream.ts';
import { child, clean, parseXml, XmlError } from '../../src/netconf/xml.ts';
import { answering, bareSsh } from './bare-server.ts';

/** Streams a reply in pieces that end at `cuts`. */
function streamed(reply: Buffer, cuts: number[] = [], elements = ['output']): StreamedReply & { written: string } {
  const parts: Buffer[] = [];
  const reader = new ReplyStream({ elements, sinkFor: () => (bytes) => parts.push(bytes) });
  const edges = [0, ...cuts.map((cut) => cut % (reply.length + 1)).sort((a, b) => a - b), reply.length];
  for (const [index, edge] of edges.slice(1).entries()) reader.write(reply.subarray(edges[index], edge));
  return { ...reader.end(), written: Buffer.concat(parts).toString('utf8') };
}

const everyByte = (bytes: Buffer) => Array.from({ length: bytes.length }, (_, index) => index);

test('the text of <output> is what an XML parser says it is, wherever the reply is cut', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\r\n',
    'ä',
    '€',
    '😀',
    '&lt;',
    '&gt;',
    '&amp;',
    '&quot;',
    '&apos;',
    '&#228;',
    '&#x1F600;',
    '&#13;',
    '\x07',
    '\x1b[K',
    '&#7;',
    '\ufffe',
    '<!-- a > b -->',
    '<![CDATA[<b> & \r\n]] ]]]>',
    '<![CDATA[]]>',
    ']]',
    '>',
    '<?x y?>',
  );
  const content = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(content, fc.array(fc.nat(300)), (inside, cuts) => {
      // Not well-formed outside CDATA; the parser refuses it.
      fc.pre(
        !clean(inside)
          .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
          .includes(']]>'),
      );
      const xml = `<!-- user u -->\n<rpc-reply message-id="1"><output>${inside}</output><ok/></rpc-reply>`;
      const expected = child(parseXml(xml), 'output')?.text;
      const got = streamed(Buffer.from(xml), cuts);
      assert.equal(got.written, expected);
      assert.equal(got.bytes, Buffer.byteLength(got.written));
      assert.equal(got.malformed, null);
      assert.deepEqual(
        got.root.children.map(({ name, text }) => [name, text]),
        [
          ['output', ''],
          ['ok', ''],
        ],
      );
    }),
    { numRuns: 500 },
  );
});

const OK = '<rpc-reply><output>x</output></rpc-reply>';
const cases: [what: string, reply: string, written: string, malformed: boolean][] = [
  [
    'several outputs, one after the other',
    '<r><i><re-name>node0</re-name><output>a</output></i><i><output>b</output></i></r>',
    'ab',
    false,
  ],
  ['an empty one', '<r><output/><output></output></r>', '', false],
  ['none', '<r><ok/></r>', '', false],
  ['a prefix and attributes', `<nc:r><x:output a='>' b="<!--">t</x:output></nc:r>`, 't', true],
  ['a prefix and an attribute with a >', `<nc:r><x:output a='>'>t</x:output></nc:r>`, 't', false],
  ['elements inside', '<r><output>a<b c=">">d</b>e</output></r>', 'ade', false],
  [
    'an rpc-error inside',
    '<r><output>a<rpc-error><error-message>m</error-message></rpc-error></output></r>',
    'a',
    false,
  ],
  ['a declaration in the middle', `<?xml version="1.0"?><r><?xml version="1.0"?><output>a</output></r>`, 'a', false],
  ['a < that begins no tag', '<r><output>1 < 2 << 3</output></r>', '1 < 2 << 3', true],
  ['a tag that never ends', "<r><output>a <b isn't </output></r>", "a <b isn't ", true],
  ['a closing tag of nothing', '<r><output>a</b>c</output></r>', 'a</b>c', true],
  ['an unknown reference', '<r><output>&nbsp; R&D &#xD800;</output></r>', '&nbsp; R&D &#xD800;', true],
  ['line ends', '<r><output>a\r\nb\rc&#13;</output></r>', 'a\nb\nc\r', false],
  ['a DOCTYPE inside', '<r><output><!DOCTYPE x></output></r>', '<!DOCTYPE x>', true],
];
for (const [what, reply, written, malformed] of cases) {
  test(`streamed: ${what}`, () => {
    for (const cuts of [[], everyByte(Buffer.from(reply))]) {
      const got = streamed(Buffer.from(reply), cuts);
      assert.equal(got.written, written);
      assert.equal(got.malformed !== null, malformed, String(got.malformed));
    }
  });
}

test('another element can be asked for', () => {
  assert.equal(streamed(Buffer.from('<r><a>1</a><output>2</output></r>'), [], ['a']).written, '1');
});

test('errors and warnings come back parsed, and write nothing', () => {
  const reply = `<rpc-reply><rpc-error><error-severity>warning</error-severity><error-message>w</error-message></rpc-error>
    <xnm:error xmlns="http://xml.juniper.net/xnm/1.1/xnm"><message>e</message></xnm:error></rpc-reply>`;
  const got = streamed(Buffer.from(reply));
  assert.deepEqual([got.errors[0]?.message, got.warnings[0]?.message, got.bytes], ['e', 'w', 0]);
});

test('any bytes give a result or an XmlError, and no more than came', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    'output',
    '<output>',
    '</output>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&',
    ';',
    '"',
    "'",
    '<?',
    '?>',
    '/',
    '\r',
    'é',
    '<!DOCTYPE x>',
    '<a ',
  );
  const wild = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
  );
  fc.assert(
    fc.property(wild, fc.array(fc.nat(200)), (bytes, cuts) => {
      const reply = Buffer.concat([Buffer.from('<rpc-reply><output>'), bytes]);
      try {
        const got = streamed(reply, cuts);
        assert.ok(got.bytes <= reply.length);
        assert.deepEqual(streamed(reply, everyByte(reply)).written, got.written);
      } catch (error) {
        assert.ok(error instanceof XmlError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('hostile markup takes time in proportion to its length', () => {
  const started = performance.now();
  for (const filler of ['<a ', "<a '", '<', '&', '<!', 'x', '<a><!--']) {
    streamed(Buffer.from(`<r><output>${filler.repeat(200_000)}`.slice(0, 400_000)), [1, 1000, 5000, 100_000]);
  }
  assert.ok(performance.now() - started < 10_000);
});

/** Takes what it gets when told to. */
class SlowSink extends Writable {
  readonly parts: Buffer[] = [];
  go: (() => void) | undefined;
  constructor() {
    super({ highWaterMark: 16_384 });
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.parts.push(chunk);
    this.go = done;
    this.emit('waiting');
  }
}

/** Takes everything at once. */
const quick = () => {
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  return { sink, text: () => Buffer.concat(parts).toString('utf8') };
};

const idOf = (rpc: string) => /message-id="(\d+)"/.exec(rpc)?.[1];
const hello11 =
  '<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>]]>]]>';
const output = (rpc: string, content: string) => `<rpc-reply message-id="${idOf(rpc)}">${content}</rpc-reply>`;
const failsWith = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NetconfError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, sentence);
  return true;
};

test('a stream between other RPCs, in both framings', async (t) => {
  for (const chunked of [false, true]) {
    const device = await bareSsh(
      t,
      answering(
        (rpcs, channel) => {
          for (const rpc of rpcs.split('<rpc ').slice(1)) {
            const xml = output(rpc, rpc.includes('rsi') ? '<output>\nVersion &lt;1&gt; €\n</output>' : '<a/>');
            channel.write(chunked ? `\n#${Buffer.byteLength(xml)}\n${xml}\n##\n` : `${xml}]]>]]>`);
          }
        },
        chunked ? hello11 : undefined,
      ),
    );
    const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
    const { sink, text: written } = quick();
    const [before, reply, behind] = await Promise.all([
      session.rpc('<first/>'),
      session.stream('<rsi/>', sink, { timeoutMs: 5_000 }),
      session.rpc('<last/>'),
    ]);
    assert.equal(written(), '\nVersion <1> €\n');
    assert.equal(reply.bytes, Buffer.byteLength(written()));
    assert.deepEqual([before.root.children[0]?.name, behind.root.children[0]?.name], ['a', 'a']);
    assert.equal(sink.writableEnded, false);
    await session.close();
    assert.equal(/\n#\d+\n<rpc/.test(device.received.join('')), chunked);
  }
});

test('a full sink stops the device, a drained one lets it go on', async (t) => {
  const total = 12 * 1024 * 1024;
  let sent = 0;
  const device = await bareSsh(
    t,
    answering((rpc, channel) => void send(rpc, channel)),
  );
  async function send(rpc: string, channel: ServerChannel): Promise<void> {
    if (!rpc.includes('rsi')) return;
    channel.write(`<rpc-reply message-id="${idOf(rpc)}"><output>`);
    const packet = Buffer.alloc(32_768, 'x');
    while (sent < total) {
      await new Promise((resolve) => channel.write(packet, resolve));
      sent += packet.length;
    }
    channel.write('</output></rpc-reply>]]>]]>');
    // The connection is gone before the sink has taken what came through it.
    channel.end();
  }
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  const sink = new SlowSink();
  const waiting = once(sink, 'waiting');
  const streaming = session.stream('<rsi/>', sink, { timeoutMs: 60_000, idleMs: 200 });
  await waiting;
  // Nothing is read meanwhile, so another reply cannot come; and longer than idleMs: it is not the device that is slow.
  await assert.rejects(session.rpc('<other/>', { timeoutMs: 400 }), failsWith('timeout', /other/));
  assert.ok(sent < 8 * 1024 * 1024, `${sent} bytes were read into memory`);
  sink.on('waiting', () => setImmediate(() => sink.go?.()));
  sink.go?.();
  const reply = await streaming;
  assert.equal(reply.bytes, total);
  await session.close();
});

test('8 MB in little memory', async (t) => {
  const line = Buffer.from(`${'a line of support information &lt;x&gt; €'.padEnd(97)}\n`);
  const block = Buffer.alloc(line.length * 300, line);
  const device = await bareSsh(
    t,
    answering((rpc, channel) => {
      if (!rpc.includes('rsi')) return;
      void (async () => {
        channel.write(`<rpc-reply message-id="${idOf(rpc)}"><output>`);
        for (let sent = 0; sent < 8 * 1024 * 1024; sent += block.length) {
          await new Promise((resolve) => channel.write(block, resolve));
        }
        channel.write('</output></rpc-reply>]]>]]>');
      })();
    }),
  );
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  let [length, largest] = [0, 0];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      largest = Math.max(largest, chunk.length);
      done();
    },
  });
  const reply = await session.stream('<rsi/>', sink, { timeoutMs: 60_000 });
  assert.equal(reply.bytes, length);
  assert.ok(length > 7_000_000 && largest <= 64 * 1024, `${length} bytes, at most ${largest} at once`);
  await session.close();
});

test('a stream ends by time, by silence, by abort, by its sink; the session goes on', async (t) => {
  const half: { rpc: string; channel: ServerChannel }[] = [];
  const device = await bareSsh(
    t,
    answering((rpc, channel) => {
      if (rpc.includes('<half/>')) {
        half.push({ rpc, channel });
        channel.write(`<rpc-reply message-id="${idOf(rpc)}"><output>first`);
      } else if (rpc.includes('<other/>')) {
        for (const late of half.splice(0)) late.channel.write(' and late</output></rpc-reply>]]>]]>');
        channel.write(`${output(rpc, '<done/>')}]]>]]>`);
      }
    }),
  );
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  const controller = new AbortController();
  const broken = new Error('no space left on device');
  const ways: [
    start: (sink: Writable) => Promise<StreamedReply>,
    check: (error: unknown) => boolean,
    onData?: () => void,
  ][] = [
    [
      (sink) => session.stream('<half/>', sink, { timeoutMs: 100 }),
      failsWith('timeout', /did not answer half within 0\.1 s/),
    ],
    [
      (sink) => session.stream('<half/>', sink, { timeoutMs: 9_000, idleMs: 100 }),
      failsWith('timeout', /sent nothing more of its answer to half for 0\.1 s/),
    ],
    [
      (sink) => session.stream('<half/>', sink, { timeoutMs: 9_000, signal: controller.signal }),
      failsWith('cancelled', /is not waited for/),
      () => controller.abort(),
    ],
    [(sink) => session.stream('<half/>', sink, { timeoutMs: 9_000 }), (error) => error === broken],
  ];
  for (const [index, [start, check, onData]] of ways.entries()) {
    const written: string[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        onData?.();
        done(index === 3 ? broken : null);
      },
    });
    sink.on('error', () => {});
    await assert.rejects(start(sink), check);
    assert.ok(child((await session.rpc('<other/>')).root, 'done'));
    assert.deepEqual(written, ['first']);
  }
  await session.close();
});

test('a stream whose connection is lost fails, and one that answers with an error does not', async (t) => {
  const device = await bareSsh(
    t,
    answering((rpc, channel) => {
      if (rpc.includes('<bad/>'))
        channel.write(
          `${output(rpc, '<rpc-error><error-severity>error</error-severity><error-message>\nsyntax error\n</error-message></rpc-error>')}]]>]]>`,
        );
      else if (rpc.includes('<doctype/>')) channel.write(`<!DOCTYPE x>${output(rpc, OK)}]]>]]>`);
      else if (rpc.includes('<cut/>')) channel.end(`<rpc-reply message-id="${idOf(rpc)}"><output>half`);
    }),
  );
  const session = await openSession(device.target, { timeouts: { closeMs: 20 } });
  const { sink, text: written } = quick();
  const refused = await session.stream('<bad/>', sink, { timeoutMs: 5_000 });
  assert.deepEqual([refused.errors[0]?.message, refused.bytes, written()], ['syntax error', 0, '']);
  await assert.rejects(session.stream('<doctype/>', sink, { timeoutMs: 5_000 }), XmlError);
  await assert.rejects(
    session.stream('<cut/>', sink, { timeoutMs: 5_000 }),
    failsWith('closed', /lost before it answered cut/),
  );
  assert.equal(written(), 'half');
  await session.close();
});
