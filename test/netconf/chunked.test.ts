import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framed, Gathered, MalformedChunk, MessageSplitter, MessageTooLong } from '../../src/netconf/framing.ts';
import { parseReply } from '../../src/netconf/reply.ts';

function splitter(chunked: boolean): MessageSplitter {
  const made = new MessageSplitter();
  if (chunked) made.useChunks();
  return made;
}

/** Pushes the stream in pieces that end at `cuts`. */
function split(stream: Buffer, cuts: number[], chunked = true): string[] {
  const made = splitter(chunked);
  const inside = cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...inside, stream.length];
  return edges.slice(1).flatMap((edge, index) => made.push(stream.subarray(edges[index], edge)).map(String));
}

/** One message in chunks of these sizes, the last one as long as it has to be. */
function inChunks(message: Buffer, sizes: number[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    const piece = message.subarray(at, at + size);
    if (piece.length > 0) parts.push(Buffer.from(`\n#${piece.length}\n`), piece);
    at += piece.length;
  }
  return Buffer.concat([...parts, Buffer.from('\n##\n')]);
}

const message = fc
  .array(fc.constantFrom('<a>', '</a>', '\n', '#', '\n##\n', '\n#3\n', ']]>', 'ä', '€', '😀'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((pieces) => pieces.join(''));

test('messages in any chunks, cut anywhere, are the same messages', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(message, fc.array(fc.integer({ min: 1, max: 9 })))),
      fc.array(fc.nat(500)),
      (messages, cuts) => {
        const stream = Buffer.concat(messages.map(([text, sizes]) => inChunks(Buffer.from(text), sizes)));
        assert.deepEqual(
          split(stream, cuts),
          messages.map(([text]) => text),
        );
      },
    ),
  );
});

test('a reply parses to the same tree in either framing, wherever it is cut', () => {
  const value = fc.constantFrom('a', '€', '😀', '&lt;', ' ', '\n', '&#228;', '<!-- x -->', '<![CDATA[<y>]]>');
  const content = fc.array(value, { maxLength: 6 }).map((values) => values.join(''));
  const element = fc.tuple(fc.constantFrom('output', 'name', 'nc:x'), content).map(([n, c]) => `<${n}>${c}</${n}>`);
  const reply = fc
    .array(element, { maxLength: 4 })
    .map((all) => `<rpc-reply message-id="1">${all.join('')}</rpc-reply>`);
  fc.assert(
    fc.property(reply, fc.array(fc.nat(500)), fc.boolean(), (xml, cuts, chunked) => {
      const [got] = split(framed(xml, chunked), cuts, chunked);
      assert.deepEqual(parseReply(got ?? '').root, parseReply(xml).root);
    }),
  );
});

test('any bytes at all give messages or a named error, in either framing', () => {
  const piece = fc.constantFrom('\n', '#', '1', '0', '9', '\n#', '\n##\n', ']]>]]>', 'x', '\r', ' ', '\n#4294967295\n');
  const stream = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
  );
  fc.assert(
    fc.property(stream, fc.boolean(), (bytes, chunked) => {
      const made = splitter(chunked);
      try {
        const length = made.push(bytes).reduce((sum, each) => sum + each.length, made.rest().length);
        assert.ok(length <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof MalformedChunk, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});

const malformed: [what: string, stream: string][] = [
  ['no line end first', '#3\nabc'],
  ['no size', '\n#\nabc'],
  ['a size of zero', '\n#0\n'],
  ['a leading zero', '\n#03\nabc'],
  ['a sign', '\n#+3\nabc'],
  ['a size that is too large', '\n#4294967296\n'],
  ['a size of eleven digits', '\n#10000000000\n'],
  ['an end without a chunk', '\n##\n'],
  ['a carriage return', '\n#3\r\nabc'],
  ['a chunk that is longer than it says', '\n#3\nabcd\n##\n'],
  ['white space between two chunks', '\n#3\nabc\n\n#3\nabc'],
  ['three hashes', '\n#3\nabc\n###'],
  ['the other framing', '<rpc-reply/>]]>]]>'],
];
for (const [what, stream] of malformed) {
  test(`malformed chunks: ${what}`, () => {
    for (const cuts of [[], Array.from({ length: stream.length }, (_, index) => index)]) {
      assert.throws(() => split(Buffer.from(stream), cuts), MalformedChunk);
    }
  });
}

test('a hello ends with a mark, and what follows in the same packet is chunked', () => {
  const made = new MessageSplitter();
  const messages: string[] = [];
  for (const each of made.read(Buffer.from('<hello/>]]>]]>\n\n#4\n<a/>\n##\n\n#2\n<b'))) {
    made.useChunks();
    messages.push(String(each));
  }
  assert.deepEqual([...messages, String(made.rest())], ['<hello/>', '<a/>', '<b']);
});

test('the limit counts all chunks of a message', () => {
  const made = new MessageSplitter(8);
  made.useChunks();
  assert.deepEqual(made.push(Buffer.from('\n#4\nabcd\n#4\nefgh\n##\n')).map(String), ['abcdefgh']);
  assert.throws(() => made.push(Buffer.from('\n#4\nabcd\n#5\nefghi')), MessageTooLong);
});

test('what is put together from single bytes takes no more than twice its size', () => {
  const gathered = new Gathered();
  for (let byte = 0; byte < 100_000; byte++) gathered.add(Buffer.from('x'));
  assert.equal(gathered.view().length, 100_000);
  assert.ok(gathered.view().buffer.byteLength <= 200_000);
});

test('framed: bytes are counted, not characters', () => {
  assert.equal(String(framed('<a>€</a>', true)), '\n#10\n<a>€</a>\n##\n');
  assert.equal(String(framed('<a/>', false)), '<a/>]]>]]>');
});
