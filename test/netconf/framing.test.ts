import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageSplitter, MessageTooLong } from '../../src/netconf/framing.ts';

const MARK = ']]>]]>';

/** Pushes the stream in pieces that end at `cuts`. */
function split(stream: Buffer, cuts: number[]): { messages: string[]; rest: string } {
  const splitter = new MessageSplitter();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), stream.length];
  const messages = edges.slice(1).flatMap((edge, index) => splitter.push(stream.subarray(edges[index], edge)));
  return { messages: messages.map(String), rest: splitter.rest().toString() };
}

test('a stream splits the same wherever it is cut', () => {
  // Pieces of the terminator and characters of several bytes make the cuts interesting.
  const piece = fc.constantFrom('<a>', '</a>', ']', '>', ']]>', ']]>]', 'ä', '€', '😀', '\n');
  const message = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.array(message), message, fc.array(fc.nat(400)), (complete, incomplete, cuts) => {
      const text = complete.map((each) => each + MARK).join('') + incomplete;
      const stream = Buffer.from(text);
      const expected = text.split(MARK);
      const inside = cuts.map((cut) => Math.min(cut, stream.length));
      assert.deepEqual(split(stream, inside), { messages: expected.slice(0, -1), rest: expected.at(-1) });
    }),
  );
});

test('one byte at a time', () => {
  const stream = Buffer.from(`<a>€</a>${MARK}${MARK}<b/>${MARK}]]>]]`);
  const everywhere = Array.from({ length: stream.length }, (_, index) => index);
  assert.deepEqual(split(stream, everywhere), { messages: ['<a>€</a>', '', '<b/>'], rest: ']]>]]' });
});

test('a message longer than the limit is an error, one as long as it is not', () => {
  const splitter = new MessageSplitter(8);
  assert.deepEqual(splitter.push(Buffer.from(`12345678${MARK}`)).map(String), ['12345678']);
  splitter.push(Buffer.from('12345678'));
  assert.throws(() => splitter.push(Buffer.from('9abcdefg')), MessageTooLong);
});

test('a long reply in small packets is searched once, not once per packet', () => {
  const splitter = new MessageSplitter();
  const packet = Buffer.alloc(4096, 'x');
  const started = performance.now();
  for (let sent = 0; sent < 32 * 1024 * 1024; sent += packet.length) splitter.push(packet);
  assert.equal(splitter.push(Buffer.from(MARK)).length, 1);
  // Linear takes a tenth of a second, quadratic half a minute.
  assert.ok(performance.now() - started < 5_000);
});
