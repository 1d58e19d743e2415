import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePattern } from '../../src/secrets/pattern.ts';
import { parseSecrets } from '../../src/secrets/schema.ts';

const ENTRY = { user: 'admin', salt: 'AAAA', secret: 'BBBB' };
const VALUE = 'hunter2!';

describe('secrets.yaml', () => {
  const refused: [what: string, document: unknown, problem: RegExp][] = [
    ['a list', [ENTRY], /document 1: is not a list of credentials/],
    ['a text', VALUE, /document 1: is not a list/],
    ['no type', { 'hq-.*': ENTRY }, /document 1\.type: must be a text such as junos/],
    ['a password in clear', { type: 'junos', 'hq-.*': VALUE }, /document 1\.hq-\.\*: needs user, salt and secret/],
    ['no entry behind a name', { type: 'junos', 'hq-.*': null }, /needs user, salt and secret/],
    ['no salt', { type: 'junos', a: { user: 'admin', secret: 'BBBB' } }, /document 1\.a: needs user, salt and secret/],
    [
      'a number for a user',
      { type: 'junos', a: { ...ENTRY, user: 7 } },
      /a\.user: must be a text; put a number in quotes/,
    ],
    ['a secret that is no token', { type: 'junos', a: { ...ENTRY, secret: VALUE } }, /a\.secret: is not base64url/],
    ['another key', { type: 'junos', a: { ...ENTRY, password: VALUE } }, /document 1\.a: .*password/],
    ['few rounds', { type: 'junos', a: { ...ENTRY, rounds: 1000 } }, /a\.rounds: /],
    ['a NAME of digits', { type: 'junos', 10: ENTRY }, /document 1\.10: is digits only/],
    ['a NAME that is no pattern', { type: 'junos', '*fw': ENTRY }, /document 1\.\*fw: is not a regular expression/],
    ['a NAME that is slow', { type: 'junos', '(a+)+': ENTRY }, /document 1\.\(a\+\)\+: repeats or chooses/],
  ];
  for (const [what, document, problem] of refused) {
    it(`refuses ${what}, naming the place and no value`, () => {
      assert.throws(
        () => parseSecrets([document]),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'bad-secrets');
          assert.match(error.message, problem);
          assert.ok(!error.message.includes(VALUE));
          return true;
        },
      );
    });
  }

  it('lists every problem and skips empty documents', () => {
    assert.throws(() => parseSecrets([{ type: 'junos', '[': ENTRY }, null, { type: 7 }]), {
      message: /document 1\.\[: [^\n]+\nsecrets\.yaml: document 3\.type: /,
    });
    assert.deepEqual(parseSecrets([null, undefined]), []);
  });

  it('keeps the order of the names', () => {
    const names = ['z.*', 'type', 'b', '.*', 'a', '1a'];
    const [document] = parseSecrets([Object.fromEntries(names.map((name) => [name, name === 'type' ? 'x' : ENTRY]))]);
    assert.deepEqual(
      Object.keys(document ?? {}).filter((name) => name !== 'type'),
      ['z.*', 'b', '.*', 'a', '1a'],
    );
  });
});

describe('NAME', () => {
  const same: [pattern: string, name: string, matches: boolean][] = [
    ['hq-fw', 'old-hq-fw01', true],
    ['^hq-', 'old-hq-fw01', false],
    ['.*', 'anything', true],
    ['hq\\-fw01', 'hq-fw01', true],
    ['[a-z\\-]+01', 'hq-fw01', true],
    ['\\Ahq', 'hq-fw01', true],
    ['\\Ahq', 'Ahq', false],
    ['01\\Z', 'hq-fw01', true],
    ['01\\Z', 'hq-fw01Z', false],
    ['(?i)HQ', 'hq-fw01', true],
    ['HQ', 'hq-fw01', false],
    ['(?P<site>hq)-', 'hq-fw01', true],
    ['hq-(fw|rtr)\\d{2}$', 'hq-rtr07', true],
    ['hq(-dc)?-fw\\d+', 'hq-dc-fw1', true],
    ['a\\.b', 'axb', false],
  ];
  for (const [pattern, name, matches] of same) {
    it(`${pattern} ${matches ? 'is' : 'is not'} found in ${name}, as in Python`, () => {
      assert.equal(compilePattern(pattern).test(name), matches);
    });
  }

  const refused = ['a{1000000}', '(', '*', '[', '(?P=x)', '(?x)a', 'a'.repeat(201)];
  for (const pattern of refused) {
    it(`refuses ${pattern.slice(0, 20)}`, () => {
      assert.throws(() => compilePattern(pattern), /^Error: (?:repeats|is |has )/);
    });
  }
});
