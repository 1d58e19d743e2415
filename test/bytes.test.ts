import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesInWords } from '../src/bytes.ts';

describe('bytes in words', () => {
  const cases: [bytes: number, words: string][] = [
    [0, '0 bytes'],
    [-5, '0 bytes'],
    [1, '1 bytes'],
    [999, '999 bytes'],
    [999.4, '999 bytes'],
    [999.5, '1.0 KB'],
    [1_000, '1.0 KB'],
    [9_949, '9.9 KB'],
    [9_950, '10 KB'],
    [41_234_567, '41 MB'],
    [999_499, '999 KB'],
    [999_500, '1.0 MB'],
    [3_100_000_000, '3.1 GB'],
    [2 ** 50, '1126 TB'],
  ];
  for (const [bytes, words] of cases) it(`${bytes}: ${words}`, () => assert.equal(bytesInWords(bytes), words));
});
