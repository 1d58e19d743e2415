import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { saysTime, takesBack } from '../../src/intent/answer.ts';

describe('saysTime', () => {
  const cases: [text: string, says: boolean][] = [
    ...['now', 'in 5 minutes', 'in 2 hours', 'immediately', 'please now', 'in half an hour'].map(
      (text): [string, boolean] => [text, true],
    ),
    ...['ok', 'thanks', 'please', 'yes', 'sure', 'thank you', 'hq-fw01', '', ' ', '?'].map(
      (text): [string, boolean] => [text, false],
    ),
  ];
  for (const [text, says] of cases) it(`${JSON.stringify(text)}: ${says}`, () => assert.equal(saysTime(text), says));
});

describe('takesBack', () => {
  for (const text of ["Actually don't", 'Actually don’t', 'no', 'never mind', 'do not', 'cancel that', 'forget it'])
    it(`${text}: yes`, () => assert.equal(takesBack(text), true));
  for (const text of ['in a fortnight-ish', 'soon', 'at noon', 'tonight', 'before november'])
    it(`${text}: no`, () => assert.equal(takesBack(text), false));
});
