import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withoutSecrets } from '../../src/intent/secrets.ts';

describe('a text that is stored holds no secret', () => {
  const cases: [text: string, stored: string][] = [
    ['the password is hunter2', 'the password is •••'],
    ['password hunter2', 'password •••'],
    ['Password: hunter2', 'Password: •••'],
    ['password=hunter2', 'password=•••'],
    ['password = hunter2 on hq-fw01', 'password = ••• on hq-fw01'],
    ['{"password":"hunter2"}', '{"password":•••}'],
    ['the password for hq-fw01 is hunter2', 'the password for hq-fw01 is •••'],
    ['password of the router is hunter2', 'password of the router is •••'],
    ['set password to hunter2', 'set password to •••'],
    ['passwd hunter2', 'passwd •••'],
    ['pwd: hunter2', 'pwd: •••'],
    ['my new password is "two words"', 'my new password is •••'],
    ['passphrase: correct horse battery', 'passphrase:•••'],
    ['passphrase is correct horse battery, reboot', 'passphrase is ••• reboot'],
    ['snmp community s3cr1t', 'snmp community •••'],
    ['community string public', 'community string •••'],
    ['shared secret is abc', 'shared secret is •••'],
    ['token: abc', 'token: •••'],
    ['api-key abc123', 'api-key •••'],
    ['api key = abc123', 'api key = •••'],
    ['API_KEY=abc123', 'API_KEY=•••'],
    ['pre-shared-key ascii-text', 'pre-shared-key •••'],
    ['psk is abc', 'psk is •••'],
    ['hash $9$abcDEF123', 'hash •••'],
    ['encrypted "$1$salt$hashhash"', 'encrypted "•••"'],
    ['$6$rounds=5000$salt$hash and more', '••• and more'],
    ['$5$salt$hash', '•••'],
    ['$8$aes256-gcm$hmac-sha2-256$100$x', '•••'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer •••'],
    ['authorization: basic YWRtaW46eA==', 'authorization: basic •••'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_def', '•••'],
    ['ftp://user:pass@192.0.2.1/x', 'ftp://•••@192.0.2.1/x'],
    ['ftp://user:p@ss/word@host/x', 'ftp://•••@host/x'],
    ['use 0123456789abcdef0123456789abcdef', 'use •••'],
    ['use dGhpcyBpcyBhIHNlY3JldCAx==', 'use •••'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '•••'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '•••'],
  ];
  for (const [text, stored] of cases) it(text, () => assert.equal(withoutSecrets(text), stored));
});

describe('an ordinary text stays as it is', () => {
  const texts = [
    'reboot hq-fw01 and hq-fw02 in 30 minutes',
    'reboot hq-fw01 tomorrow at 2am',
    'restart ipsec-key-management on hq-fw01',
    'restart the routing process on hq-rtr01 immediately',
    'get the junos logs for branch-fw01',
    'reboot branch-office-building-two-fw01-node0',
    'reboot ny-edge-router-01.newyork.example.net at 2026-11-24T02:00:00Z',
    'reboot hq-fw01 at 2026-12-01 03:00 Europe/London',
    'rebot hq-fw01',
    'what is the compass for',
    'http://192.0.2.1:8080/path',
    'Support-hq-fw01-20261123-101500.tgz',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'pay $100',
    '',
  ];
  for (const text of texts) it(JSON.stringify(text), () => assert.equal(withoutSecrets(text), text));
});

it('keeps no word that follows a password, and takes any text', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9#%&*?@^~]{8,16}$/u);
  const before = fc.constantFrom('password ', 'the password is ', 'Token: ', 'api-key=', 'secret for hq-fw01 is ');
  fc.assert(
    fc.property(word, before, fc.string({ unit: 'binary', maxLength: 100 }), (secret, start, around) => {
      assert.ok(!withoutSecrets(`${start}${secret} ${around}`).startsWith(`${start}${secret}`));
    }),
  );
});

it('is quick with a long text', () => {
  const start = performance.now();
  for (const piece of ['password ', 'password for ', '://a:', 'eyJaaaaa.', 'key=', 'a1', '-', '"']) {
    withoutSecrets(piece.repeat(2_000));
  }
  assert.ok(performance.now() - start < 2_000);
});
