import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RedactText, type SecretCounts, TextRedactor } from '../../src/transfer/redact-text.ts';

function redacted(text: Buffer | string, cuts: number[] = []): { output: Buffer; counts: SecretCounts } {
  const input = Buffer.from(text);
  const redactor = new TextRedactor();
  const output: Buffer[] = [];
  let at = 0;
  for (const cut of [...cuts.map((each) => each % (input.length + 1)).sort((a, b) => a - b), input.length]) {
    output.push(...redactor.push(input.subarray(at, cut)));
    at = cut;
  }
  output.push(...redactor.end());
  return { output: Buffer.concat(output), counts: redactor.counts };
}

const S = 'hunter2';
const X = 'xxxxxxx';
const HASH = '$6$abcdefgh$0123456789abcdefghijklmnop.qrstuvwxyz/0123456789ABCDEFGHIJ';

/** `SECRET` is what must not come out. */
const LINES: [line: string, kind: keyof SecretCounts][] = [
  ['set system radius-server 192.0.2.1 secret "SECRET"', 'radius-tacacs-secret'],
  ['set system tacplus-server 192.0.2.1 secret SECRET', 'radius-tacacs-secret'],
  ['        192.0.2.1 secret "SECRET"; ## SECRET-DATA', 'radius-tacacs-secret'],
  ['            secret SECRET;', 'radius-tacacs-secret'],
  ['set snmp community SECRET authorization read-only', 'snmp-community'],
  ['set snmp community "SECRET" authorization read-only', 'snmp-community'],
  ['    community SECRET {', 'snmp-community'],
  ['set groups g snmp community SECRET', 'snmp-community'],
  ['set community SECRET authorization read-write', 'snmp-community'],
  ['set snmp v3 snmp-community i community-name "SECRET"', 'snmp-community'],
  ['<community><name>SECRET</name></community>', 'snmp-community'],
  ['unauthorized SNMP community from 192.0.2.9 to unknown community name (SECRET)', 'snmp-community'],
  ["UI_CMDLINE_READ_LINE: User 'netops', command 'set snmp community SECRET '", 'snmp-community'],
  [
    'UI_CFG_AUDIT_SET: User \'netops\' set: [snmp community SECRET authorization] "read-only -> "read-write""',
    'snmp-community',
  ],
  ["UI_CFG_AUDIT_OTHER: User 'netops' delete: [snmp community SECRET]", 'snmp-community'],
  [
    'UI_CFG_AUDIT_SET: User \'netops\' set: [system radius-server 192.0.2.1 secret] <unconfigured> -> "SECRET"',
    'radius-tacacs-secret',
  ],
  [
    'UI_CFG_AUDIT_SET: User \'x\' set: [security ike policy p pre-shared-key ascii-text] "SECRET" -> "SECRET"',
    'pre-shared-key',
  ],
  ['set security ike policy p pre-shared-key ascii-text "SECRET"', 'pre-shared-key'],
  ['    pre-shared-key hexadecimal "SECRET"; ## SECRET-DATA', 'pre-shared-key'],
  ["command 'set security ike policy p pre-shared-key ascii-text SECRET'", 'pre-shared-key'],
  ['set protocols bgp group g authentication-key "SECRET"', 'authentication-key'],
  ['            authentication-key SECRET;', 'authentication-key'],
  ['set system ntp authentication-key 1 type md5 value "SECRET"', 'authentication-key'],
  ['set protocols ospf area 0 interface ge-0/0/0 authentication md5 1 key SECRET', 'authentication-key'],
  ['set protocols ospf area 0 interface ge-0/0/0 authentication simple-password SECRET', 'password'],
  ['set system root-authentication plain-text-password-value SECRET', 'password'],
  ['set snmp v3 usm local-engine user u authentication-sha authentication-password SECRET', 'password'],
  ['set access profile p client c chap-secret "SECRET"', 'password'],
  ['<secret>SECRET</secret>', 'radius-tacacs-secret'],
  ['<authentication-key>SECRET</authentication-key>', 'authentication-key'],
  ["UI_CMDLINE_READ_LINE: User 'x', command 'file copy /var/log/m ftp://user:SECRET@ftp.example.com/'", 'url-password'],
  ['    some-new-knob "SECRET"; ## SECRET-DATA', 'marked'],
  ['    other-knob SECRET; ## SECRET-DATA', 'marked'],
];

describe('secrets in text', () => {
  for (const [line, kind] of LINES) {
    test(line, () => {
      const { output, counts } = redacted(
        `before\n${line.replaceAll('SECRET-DATA', '#').replaceAll('SECRET', S).replaceAll('## #', '## SECRET-DATA')}\r\nafter\n`,
      );
      const expected = `before\n${line.replaceAll('SECRET-DATA', '#').replaceAll('SECRET', X).replaceAll('## #', '## SECRET-DATA')}\r\nafter\n`;
      assert.equal(output.toString(), expected);
      assert.deepEqual(Object.keys(counts), [kind]);
    });
  }

  test('hashes and $9$ are found wherever they stand, and keep their beginning', () => {
    const text = `a ${HASH};b "$9$aXZUHPfzF69Dimftp1IREcl"; $1$salt$0123456789abcdefghijkl $8$aes256-gcm$hmac-sha2-256$100$abc/def=\n`;
    const { output, counts } = redacted(text);
    assert.match(output.toString(), /^a \$6\$x+;b "\$9\$x+"; \$1\$x+ \$8\$x+\n$/);
    assert.equal(output.length, text.length);
    assert.deepEqual(counts, { 'password-hash': 3, 'junos-secret': 1 });
    const known = redacted(
      `set system login user u authentication encrypted-password "${HASH}"\nsecret "$9$abcd-efgh"\n`,
    );
    assert.deepEqual(known.counts, { 'password-hash': 1, 'junos-secret': 1 });
  });

  test('a community inside snmp { } is one of SNMP, and one of a routing policy is none', () => {
    const policy =
      'policy-options {\n    policy-statement p {\n        from community BLUE;\n        then {\n            community add RED;\n        }\n    }\n    community BLUE members 65000:1;\n}\nset policy-options community RED members 65000:2\n';
    assert.equal(redacted(policy).output.toString(), policy);
    const snmp = (name: string) => `snmp {\n    location x;\n    community ${name};\n}\n`;
    const { output, counts } = redacted(snmp(S) + policy.replace('from community', 'from') + snmp(S));
    assert.equal(output.toString(), snmp(X) + policy.replace('from community', 'from') + snmp(X));
    assert.deepEqual(counts, { 'snmp-community': 2 });
  });

  test('private keys, in lines of their own and in one with \\n, and not the rest of a log without an end', () => {
    const body = 'MIIEpAIBAAKCAQEAnzyis1ZjfNB0bBgKFMSvvkTtwlvBsaJq7S5wA+kzeVOVpVWw';
    for (const end of ['\n', '\\n', '\r\n']) {
      const text = (key: string) =>
        `a${end}-----BEGIN RSA PRIVATE KEY-----${end}${key}${end}${key}=${end}-----END RSA PRIVATE KEY-----${end}b c\n`;
      const { output, counts } = redacted(text(body));
      assert.equal(output.toString(), text('x'.repeat(body.length)).replace('=', 'x'));
      assert.deepEqual(counts, { 'private-key': 1 });
    }
    const log = 'one more line of a log\n'.repeat(5_000);
    const { output } = redacted(`-----BEGIN PRIVATE KEY-----\n${log}`);
    assert.ok(output.toString().endsWith(log.slice(40_000)));
  });

  test('prose and other configuration stay as they are', () => {
    const text = [
      'sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2',
      'authd: secret handshake with 192.0.2.1 failed; community of users',
      'set system login password minimum-length 12',
      'set security authentication-key-chains key-chain c description x',
      'see https://www.juniper.net/documentation/ and ntp://[::1]:123/x@y',
      'bgp: authentication-key mismatch from 192.0.2.1',
      '    encrypted-password /* SECRET-DATA */; ## SECRET-DATA',
      'awk \'{ print $1 $9 $6 }\'; echo "$1$2"',
      'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 user@host',
      '',
    ].join('\n');
    const { output, counts } = redacted(text);
    assert.equal(output.toString(), text);
    assert.deepEqual(counts, {});
  });

  test('a secret that is not ASCII goes as a whole, and bytes that are no UTF-8 stay', () => {
    const broken = Buffer.from([0x61, 0xff, 0xa0, 0xc3, 0x0a]);
    const { output } = redacted(
      Buffer.concat([broken, Buffer.from('secret "à clé";\nset snmp community àé view v\n'), broken]),
    );
    const expected = Buffer.concat([
      broken,
      Buffer.from('secret "xxxxxxx";\nset snmp community xxxx view v\n'),
      broken,
    ]);
    assert.equal(output.toString('latin1'), expected.toString('latin1'));
  });

  test('a line longer than anything is looked at in pieces, with its secrets wherever they are', () => {
    const value = (name: string) => `set system radius-server 192.0.2.1 secret "${name}" `;
    for (const length of [200_000, 262_144 - 40, 262_144, 230_000, 229_376 - 20, 600_000]) {
      const text = (name: string) =>
        `${'word '.repeat(length / 5)}${value(name)}${'more '.repeat(90_000)}${value(name)}\nend\n`;
      const { output, counts } = redacted(text(S), [5, length, length + 30, length + 60]);
      assert.ok(output.equals(Buffer.from(text(X))), `${length}`);
      assert.deepEqual(counts, { 'radius-tacacs-secret': 2 });
    }
  });

  test('as a stream', async () => {
    const stream = new RedactText();
    const output = await buffer(Readable.from([Buffer.from('secret "hun'), Buffer.from('ter2"; no end')]).pipe(stream));
    assert.equal(output.toString(), 'secret "xxxxxxx"; no end');
    assert.deepEqual(stream.counts, { 'radius-tacacs-secret': 1 });
  });
});

const filler = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r\n',
    ' ',
    ';',
    '"',
    ']',
    '{',
    '}',
    ' snmp {\n',
    '}\n',
    'community ',
    'secret ',
    'set ',
    '$9$',
    '://a:',
  ),
  fc.constantFrom('-----BEGIN PRIVATE KEY-----\n', '-----END PRIVATE KEY-----\n', '; ## SECRET-DATA\n', 'md5 1 key '),
  fc.string({ maxLength: 40, unit: 'binary' }),
);
const bytes = fc.oneof(
  filler.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
);
const anyText = fc.array(bytes, { maxLength: 60 }).map((parts) => Buffer.concat(parts));
const cuts = fc.array(fc.nat(), { maxLength: 20 });

test('property: chunks make no difference, and the length stays', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, where) => {
      const whole = redacted(text);
      const inChunks = redacted(text, where);
      assert.equal(inChunks.output.toString('latin1'), whole.output.toString('latin1'));
      assert.deepEqual(inChunks.counts, whole.counts);
      assert.equal(whole.output.length, text.length);
      // Line ends are never part of a secret.
      for (const [at, byte] of text.entries()) {
        if (byte === 0x0a || byte === 0x0d) assert.equal(whole.output[at], byte);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('property: chunks of long lines make no difference', () => {
  const long = fc.tuple(anyText, fc.integer({ min: 220_000, max: 300_000 }), anyText).map(([first, length, last]) => {
    const line = (text: Buffer) => Buffer.from(text.toString('latin1').replaceAll('\n', ' '), 'latin1');
    return Buffer.concat([line(first), Buffer.alloc(length, 'ab cd '), line(last), Buffer.alloc(100_000, 'x;'), last]);
  });
  fc.assert(
    fc.property(long, cuts, (text, where) => {
      assert.ok(redacted(text, where).output.equals(redacted(text).output));
    }),
    { numRuns: 60 },
  );
});

test('property: a planted secret never comes out', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9!#%&*+.:?@^_~-]{8,40}$/).filter((text) => /[A-Za-z0-9]$/.test(text));
  const plain = fc.array(fc.constantFrom('word', 'ge-0/0/0', '10.0.0.1', 'up', '{', '}', ';', '\n', '\r\n'), {
    maxLength: 30,
  });
  const line = fc.constantFrom(...LINES.filter(([text]) => !text.includes('ftp://')).map(([text]) => text));
  fc.assert(
    fc.property(plain, line, name, plain, cuts, (before, pattern, secret, after, where) => {
      const planted = pattern
        .replaceAll('## SECRET-DATA', '## MARK')
        .replaceAll('SECRET', secret)
        .replaceAll('MARK', 'SECRET-DATA');
      const { output } = redacted(`${before.join(' ')}\n${planted}\n${after.join(' ')}`, where);
      assert.ok(!output.toString().includes(secret), output.toString());
    }),
    { numRuns: 2_000 },
  );
});

test('property: text without secrets is the same, byte for byte', () => {
  const word = fc.constantFrom(
    'interface',
    'ge-0/0/0',
    'password',
    'community',
    'for',
    'from',
    '10.0.0.1',
    '{',
    '}',
    'key',
    'value',
    '\n',
    '\r\n',
    '\t',
  );
  const words = fc.array(fc.oneof(word, fc.stringMatching(/^[a-z0-9.:/-]{1,12}$/)), { maxLength: 80 });
  fc.assert(
    fc.property(words, cuts, (parts, where) => {
      const text = parts.join(' ');
      fc.pre(!/password[ \t]+\S+[ \t]*;|community[ \t]+\S+[ \t]*\{|secret|authentic|passphr|snmp|:\/\//.test(text));
      assert.equal(redacted(text, where).output.toString(), text);
    }),
    { numRuns: 1_000 },
  );
});
