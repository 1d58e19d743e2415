import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePattern } from '../../src/secrets/pattern.ts';

/** Classical ones, most of which take longer than anybody waits on `aaaa…!`, and some in disguise. */
const EVIL = [
  '(a+)+$',
  '(a*)*b',
  '(a|a)*$',
  '(a|aa)+$',
  '(a|ab)*c',
  '((a+))+x',
  '((a|b)c)+',
  '((a+)+)+x',
  '(.*)*x',
  '(.*.*)*x',
  '([a-z]+)*\\d',
  '([a-zA-Z0-9]+)*$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^(\\w+\\.?)+$',
  '(\\w+\\s?)*$',
  '(\\d+|\\w+)+!',
  '((ab?)*c?)*x',
  '(?:a{1,9}){2,}x',
  '(?:a+?)+?x',
  '(?i:a+)+x',
  '(?<n>a+)+x',
  '(?P<n>a+)+x',
  '(?=(a+)+b)a',
  '(?!(?:a|a)*b)',
  '^(?:[a-z-]+-)*$',
  '(?:\\u002d[a-z\\-]+)*x',
  // Of no endless repeat at all.
  '(a?){60}x',
  'a?'.repeat(50) + 'a'.repeat(50),
  '(a|a)'.repeat(36),
  '(?:a|b|ab)'.repeat(19),
  'a{1,255}'.repeat(6),
  '((a{1,3}){1,3}){1,3}'.repeat(4),
  // Slow for whoever gets so far, and so many to try.
  `a{100}(a|a)*x`,
  `a{100}${'(a|a)'.repeat(30)}`,
  '.*.*.*.*.*x',
  '(?:(?:(?:a{255}){255}){255}){255}',
];

/** Names and what serves them, as they stand in inventories. */
const HARMLESS: [pattern: string, name: string][] = [
  ['.*', 'anything'],
  ['^hq-.*', 'hq-fw01'],
  ['hq-(fw|rtr)\\d{2}$', 'hq-rtr07'],
  ['hq(-dc)?-fw\\d+', 'hq-dc-fw1'],
  ['^(hq|dc1|dc2)-(fw|rtr|sw)\\d{2,3}[ab]?$', 'dc2-sw104b'],
  ['^[a-z]{3}\\d{2}-(core|dist|acc)-sw\\d+$', 'lon01-core-sw2'],
  ['^(\\d{1,3}\\.){3}\\d{1,3}$', '192.0.2.17'],
  ['^10\\.20\\.\\d+\\.\\d+$', '10.20.3.4'],
  ['^([a-z0-9-]+\\.)+example\\.com$', 'fw01.hq.example.com'],
  ['^[a-z0-9-]+\\.example\\.com$', 'hq-fw01.example.com'],
  ['^(?:[a-z]+-){2}fw\\d+$', 'hq-dc-fw1'],
  ['^[a-z]+(-[a-z0-9]+)*$', 'hq-dc1-fw01'],
  ['^[a-z]+(?:-[a-z0-9]+){1,4}$', 'hq-dc1-fw01'],
  ['(?i)^HQ-.*-FW\\d+', 'hq-dc1-fw01'],
  ['^(?!lab-).*', 'hq-fw01'],
  ['^(?!.*-oob$)branch-.*', 'branch-fw01'],
  ['.*-fw0[12]$', 'hq-fw02'],
  ['.*hq.*core.*sw.*', 'hq-core-sw1'],
  ['^.*-.*-fw\\d+$', 'hq-dc1-fw01'],
  ['^[a-z]+-[a-z]+-[a-z]+-[a-z]+-\\d+$', 'eu-lon-hq-fw-1'],
  ['(?P<site>hq|br\\d+)-(?P<role>fw|sw)(?P<n>\\d+)', 'br12-sw3'],
  ['^(srx|ex|mx|qfx)\\d{3,4}-.+', 'srx345-branch'],
  ['\\Abranch-\\d+\\Z', 'branch-104'],
  ['^(fra|lon|nyc|sin)\\d?-(?:pe|p|ce|rr)\\d{1,2}(?:-re[01])?$', 'lon1-pe12-re0'],
  ['bastion|jump', 'jump01'],
  [
    '^s-[0-9a-f]{17}\\.server\\.transfer\\.[a-z]+-[a-z]+-\\d\\.amazonaws\\.com$',
    's-0123456789abcdef0.server.transfer.us-east-1.amazonaws.com',
  ],
  ['.+\\.(mgmt|oob)\\..+', 'fw01.mgmt.example.com'],
  ['^\\w+-\\w+-\\w+$', 'hq-dc1-fw01'],
  ['hq\\-fw\\-?\\d*', 'hq-fw-01'],
  ['^(?:br|branch)[-_.]?\\d{1,4}[-_.]?(?:fw|srx)[-_.]?\\d?[a-z]?$', 'br-0104_srx1a'],
  ['[^-]+-[^-]+-[^-]+', 'hq-dc1-fw01'],
  ['(hq|dc).*(fw|rtr).*\\.example\\.(com|net)', 'hq-fw01.example.net'],
  ['^(?<site>[a-z]+)-\\k<site>-fw$', 'hq-hq-fw'],
];

describe('NAME that could take for ever', () => {
  for (const pattern of EVIL) {
    it(`is refused: ${pattern.slice(0, 40)}`, () => {
      assert.throws(() => compilePattern(pattern), { message: /^repeats or chooses in so many ways/ });
    });
  }
});

describe('NAME as it stands in inventories', () => {
  for (const [pattern, name] of HARMLESS) {
    it(`${pattern} serves ${name}`, () => assert.ok(compilePattern(pattern).test(name)));
  }
});
