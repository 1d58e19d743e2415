import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framed, Requests } from '../../simulator/wire.ts';

/** Cuts bytes at any places. */
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
function* pieces(bytes: Buffer, lengths: number[]): Generator<Buffer> {
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

const message = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !text.includes(']]>]]') && text.isWellFormed() && !/[\]>]$/.test(text) && text.trim() !== '');

for (const isChunked of [false, true]) {
  test(`messages come out as they went in, however they are cut: ${isChunked ? '1.1' : '1.0'}`, () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), cuts, (messages, lengths) => {
        const bytes = Buffer.concat(messages.flatMap((each) => [...framed([each], isChunked)]));
        const requests = new Requests();
        requests.isChunked = isChunked;
        const received: string[] = [];
        for (const piece of pieces(bytes, lengths)) {
          requests.push(piece);
          for (let next = requests.next(); next !== undefined; next = requests.next()) received.push(next);
        }
        assert.deepEqual(
          received.map((each) => (isChunked ? each : each.replace(/^\n/, ''))),
          messages.map((each) => (isChunked ? each : each.replace(/^\n/, ''))),
        );
      }),
    );
  });
}

test('a chunk header that is none ends it', () => {
  for (const text of ['<rpc/>', '\n#0\nx', '\n#12345678901\n']) {
    const requests = new Requests();
    requests.isChunked = true;
    requests.push(Buffer.from(text));
    assert.throws(() => requests.next(), /not a chunk/);
  }
});
