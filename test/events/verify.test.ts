import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sign, type Verification, verifySignature } from '../../src/events/verify.ts';

const SECRET = 'Password00';
const BODY = Buffer.from('{"event":"UI_COMMIT"}');
const GOOD = sign(BODY, SECRET);

describe('verifySignature', () => {
  const latin1 = Buffer.from('{"message":"caf\xe9"}', 'latin1');
  const cases: [what: string, body: Uint8Array, signature: string | undefined, verdict: Verification][] = [
    ['the right one', BODY, GOOD, 'ok'],
    ['none', BODY, undefined, 'no-signature'],
    ['an empty one', BODY, '', 'no-signature'],
    ['upper case', BODY, GOOD.toUpperCase(), 'malformed-signature'],
    ['one digit short', BODY, GOOD.slice(1), 'malformed-signature'],
    ['one digit long', BODY, `${GOOD}0`, 'malformed-signature'],
    ['a line feed after it', BODY, `${GOOD}\n`, 'malformed-signature'],
    ['white space around it', BODY, ` ${GOOD}`, 'malformed-signature'],
    ['no hex', BODY, 'z'.repeat(64), 'malformed-signature'],
    ['a prefix as others send it', BODY, `sha256=${GOOD}`, 'malformed-signature'],
    ['two of them', BODY, `${GOOD}, ${GOOD}`, 'malformed-signature'],
    ['first digit off', BODY, flip(GOOD, 0), 'wrong-signature'],
    ['last digit off', BODY, flip(GOOD, 63), 'wrong-signature'],
    ['of another secret', BODY, sign(BODY, 'Password01'), 'wrong-signature'],
    ['of a body with one byte more', Buffer.from(`${BODY} `), GOOD, 'wrong-signature'],
    ['of bytes that are not UTF-8', latin1, sign(latin1, SECRET), 'ok'],
    ['of those bytes decoded', latin1, sign(Buffer.from(latin1.toString('utf8')), SECRET), 'wrong-signature'],
    ['of an empty body', Buffer.alloc(0), sign(Buffer.alloc(0), SECRET), 'ok'],
  ];
  for (const [what, body, signature, verdict] of cases) {
    it(`${what}: ${verdict}`, () => assert.equal(verifySignature(body, signature, SECRET), verdict));
  }

  it('agrees with the known answer of RFC 4231, test case 2', () => {
    const known = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    assert.equal(verifySignature(Buffer.from('what do ya want for nothing?'), known, 'Jefe'), 'ok');
    assert.equal(sign(Buffer.from('what do ya want for nothing?'), 'Jefe'), known);
  });
});

function flip(hex: string, at: number): string {
  return `${hex.slice(0, at)}${hex[at] === '0' ? '1' : '0'}${hex.slice(at + 1)}`;
}
