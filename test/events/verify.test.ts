import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sign, signStandard, type Verification, verify } from '../../src/events/verify.ts';

const SECRET = 'Password00';
const BODY = Buffer.from('{"event":"UI_COMMIT"}');
const GOOD = sign(BODY, SECRET);

const verifySignature = (body: Uint8Array, signature: string | undefined, ...secrets: string[]) =>
  verify(body, { signature }, secrets, 0).reason;

describe('the original’s signature', () => {
  const latin1 = Buffer.from('{"message":"caf\xe9"}', 'latin1');
  const cases: [what: string, body: Uint8Array, signature: string | undefined, verdict: Verification['reason']][] = [
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

  it('of either of two secrets', () => {
    assert.equal(verifySignature(BODY, GOOD, 'new-one', SECRET), 'ok');
    assert.equal(verifySignature(BODY, sign(BODY, 'new-one'), 'new-one', SECRET), 'ok');
    assert.equal(verifySignature(BODY, sign(BODY, 'third'), 'new-one', SECRET), 'wrong-signature');
  });

  it('agrees with the known answer of RFC 4231, test case 2', () => {
    const known = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    assert.equal(verifySignature(Buffer.from('what do ya want for nothing?'), known, 'Jefe'), 'ok');
    assert.equal(sign(Buffer.from('what do ya want for nothing?'), 'Jefe'), known);
  });
});

describe('Standard Webhooks', () => {
  const SECONDS = 1_700_000_000;
  const NOW = SECONDS * 1_000 + 250;
  const good = signStandard(BODY, SECRET, 'msg_1', SECONDS);
  const check = (change: Record<string, string | undefined> = {}, ...secrets: string[]) => {
    const headers = { ...good, ...change };
    const proof = {
      signature: headers['Junos-Auth' as never],
      webhookId: headers['webhook-id'],
      webhookTimestamp: headers['webhook-timestamp'],
      webhookSignature: headers['webhook-signature'],
    };
    return verify(BODY, proof, secrets.length > 0 ? secrets : [SECRET], NOW);
  };

  it('the right one tells the id and how far the clock of the sender is off', () => {
    assert.deepEqual(check(), { reason: 'ok', webhookId: 'msg_1', aheadMs: -250 });
  });

  it('agrees with the example of the specification', () => {
    const body = Buffer.from('{"test": 2432232314}');
    const proof = {
      webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      webhookTimestamp: '1614265330',
      webhookSignature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    assert.equal(verify(body, proof, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 0).reason, 'ok');
  });

  const cases: [what: string, change: Record<string, string | undefined>, reason: string][] = [
    ['one of several signatures', { 'webhook-signature': `v1,AAAA v1a,x ${good['webhook-signature']}` }, 'ok'],
    ['another id', { 'webhook-id': 'msg_2' }, 'wrong-signature'],
    ['another time', { 'webhook-timestamp': String(SECONDS + 1) }, 'wrong-signature'],
    ['no id', { 'webhook-id': undefined }, 'malformed-headers'],
    ['an id with a space', { 'webhook-id': 'a b' }, 'malformed-headers'],
    ['a time that is none', { 'webhook-timestamp': '1.5e9' }, 'malformed-headers'],
    ['a signature of another kind', { 'webhook-signature': 'v1a,abc' }, 'malformed-signature'],
    ['an empty one', { 'webhook-signature': '' }, 'malformed-signature'],
    [
      'a wrong one beside the original’s right one',
      { 'webhook-signature': `v1,${'A'.repeat(43)}=`, 'Junos-Auth': GOOD },
      'wrong-signature',
    ],
  ];
  for (const [what, change, reason] of cases)
    it(`${what}: ${reason}`, () => assert.equal(check(change).reason, reason));

  it('of either of two secrets', () => assert.equal(check({}, 'new-one', SECRET).reason, 'ok'));
});

function flip(hex: string, at: number): string {
  return `${hex.slice(0, at)}${hex[at] === '0' ? '1' : '0'}${hex.slice(at + 1)}`;
}
