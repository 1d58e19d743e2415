import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNetwork, networkTest, plainAddress, senderOf } from '../src/networks.ts';

describe('isNetwork', () => {
  const good = [
    '192.0.2.1',
    '10.0.0.0/8',
    '0.0.0.0/0',
    '10.0.0.1/32',
    '::1',
    '2001:db8::/32',
    '::/0',
    '2001:db8::1/128',
    '::ffff:192.0.2.1',
    '::ffff:10.0.0.0/104',
  ];
  for (const text of good) it(`${text} is one`, () => assert.equal(isNetwork(text), true));

  const bad = [
    '',
    ' ',
    '/',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/8.0',
    '10.0.0.0/1e1',
    '10.0.0.0/ 8',
    '10.0.0/8',
    '10.0.0.256',
    '010.0.0.1',
    '2001:db8::/129',
    '2001:db8::/255.0.0.0',
    ':::',
    '[::1]',
    '[2001:db8::]/32',
    'localhost',
    'proxy.example.net',
    '10.0.0.0-10.0.0.9',
    '10.0.0.*',
    '192.0.2.1:80',
  ];
  for (const text of bad) it(`"${text}" is none`, () => assert.equal(isNetwork(text), false));
});

describe('networkTest', () => {
  const cases: [networks: string[], address: string, isIn: boolean][] = [
    [[], '192.0.2.1', false],
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.10', false],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.1.2.3/8'], '10.200.0.1', true],
    [['192.0.2.0/25'], '192.0.2.127', true],
    [['192.0.2.0/25'], '192.0.2.128', false],
    [['10.0.0.0/8', '192.0.2.1'], '192.0.2.1', true],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::1'], '::1', true],
    [['::1'], '0:0:0:0:0:0:0:1', true],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:DB8::/32'], '2001:db8::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['10.0.0.0/8'], '::ffff:11.1.2.3', false],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['10.0.0.0/8'], '', false],
    [['10.0.0.0/8'], 'unknown', false],
    [['10.0.0.0/8'], '10.1.2.3:80', false],
    [['10.0.0.0/8'], '10.1.2', false],
  ];
  for (const [networks, address, isIn] of cases) {
    it(`"${address}" is ${isIn ? '' : 'not '}in ${networks.join(', ') || 'none'}`, () =>
      assert.equal(networkTest(networks)(address), isIn));
  }
});

describe('plainAddress', () => {
  const cases: [text: string, address: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['192.0.2.1:51234', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
    ['2001:db8::443', '2001:db8::443'],
    ['', ''],
    ['unknown', 'unknown'],
  ];
  for (const [text, address] of cases) it(`"${text}" is "${address}"`, () => assert.equal(plainAddress(text), address));
});

describe('senderOf', () => {
  const isTrusted = networkTest(['10.0.0.0/8', '2001:db8::/32']);
  const cases: [what: string, peer: string, forwarded: string | undefined, sender: string][] = [
    ['a device that is connected itself', '192.0.2.1', undefined, '192.0.2.1'],
    ['one that is no proxy is not believed', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['nor when it claims to come through one', '192.0.2.1', '203.0.113.9, 10.0.0.1', '192.0.2.1'],
    ['a peer in the IPv6 form of IPv4', '::ffff:192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['a proxy that says for whom', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a proxy in the IPv6 form of IPv4', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a proxy of IPv6', '2001:db8::1', '[2001:db9::9]:50000', '2001:db9::9'],
    ['a chain of proxies', '10.0.0.1', '203.0.113.9, 10.0.0.3, 2001:db8::2', '203.0.113.9'],
    [
      'what the sender wrote left of his own address is not believed',
      '10.0.0.1',
      '198.51.100.1, 203.0.113.9',
      '203.0.113.9',
    ],
    ['nor when he writes an address of a proxy', '10.0.0.1', '10.0.0.7, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['nor when he writes what is no address', '10.0.0.1', "'; DROP TABLE, 203.0.113.9", '203.0.113.9'],
    ['a proxy that writes no address is the last known', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['so is the last proxy before what is no address', '10.0.0.1', '203.0.113.9, _hidden, 10.0.0.2', '10.0.0.2'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['a header of commas', '10.0.0.1', ',,,', '10.0.0.1'],
    ['an address and a port', '10.0.0.1', '203.0.113.9:1234', '203.0.113.9'],
    ['a proxy for itself', '10.0.0.1', '10.0.0.1, 10.0.0.1', '10.0.0.1'],
    ['nobody', '', '203.0.113.9', ''],
  ];
  for (const [what, peer, forwarded, sender] of cases) {
    it(what, () => assert.equal(senderOf(peer, forwarded, isTrusted), sender));
  }

  it('without any trusted proxy it is always the peer', () => {
    assert.equal(senderOf('10.0.0.1', '203.0.113.9', networkTest([])), '10.0.0.1');
  });

  it('a header of a hundred thousand addresses is read in a moment', () => {
    const before = performance.now();
    assert.equal(senderOf('10.0.0.1', '10.0.0.2,'.repeat(100_000), isTrusted), '10.0.0.1');
    assert.equal(
      senderOf('10.0.0.1', `203.0.113.9,${Array(100_000).fill('10.0.0.2').join()}`, isTrusted),
      '203.0.113.9',
    );
    assert.ok(performance.now() - before < 10_000);
  });
});
