import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Address, addressText, parseAddress } from '../../src/transfer/address.ts';
import { destinationAt } from './rig.ts';

const at = (
  protocol: 'ftp' | 'ftps' | 'ftpes' | 'sftp',
  host: string,
  port: number,
  directory = '',
  user: string | null = null,
) => ({ protocol, host, port, user, directory }) satisfies Address;

const GOOD: [server: string, directory: string | undefined, address: Address, text: string][] = [
  ['ftp.example.com', undefined, at('ftp', 'ftp.example.com', 21), 'ftp://ftp.example.com'],
  ['ftp.example.com:2121', 'junos', at('ftp', 'ftp.example.com', 2121, 'junos'), 'ftp://ftp.example.com:2121/junos'],
  ['192.0.2.1', '/pub/junos/', at('ftp', '192.0.2.1', 21, '/pub/junos'), 'ftp://192.0.2.1//pub/junos'],
  ['[2001:db8::1]:2121', '', at('ftp', '2001:db8::1', 2121), 'ftp://[2001:db8::1]:2121'],
  ['ftp://ftp.example.com/a/b', 'c', at('ftp', 'ftp.example.com', 21, 'a/b/c'), 'ftp://ftp.example.com/a/b/c'],
  ['ftp://ftp.example.com//a', undefined, at('ftp', 'ftp.example.com', 21, '/a'), 'ftp://ftp.example.com//a'],
  ['FTPS://ftp.example.com', './a//b/', at('ftps', 'ftp.example.com', 990, 'a/b'), 'ftps://ftp.example.com/a/b'],
  [
    'ftpes://u@ftp.example.com:2121',
    undefined,
    at('ftpes', 'ftp.example.com', 2121, '', 'u'),
    'ftpes://u@ftp.example.com:2121',
  ],
  [
    'ftp+tls://ftp.example.com/a%20b',
    undefined,
    at('ftpes', 'ftp.example.com', 21, 'a b'),
    'ftpes://ftp.example.com/a b',
  ],
  [
    'sftp://sftp.juniper.net/pub/incoming',
    '2026-1',
    at('sftp', 'sftp.juniper.net', 22, '/pub/incoming/2026-1'),
    'sftp://sftp.juniper.net/pub/incoming/2026-1',
  ],
  ['sftp://h/~/up', undefined, at('sftp', 'h', 22, 'up'), 'sftp://h/~/up'],
  ['sftp://h', 'up', at('sftp', 'h', 22, 'up'), 'sftp://h/~/up'],
  ['sftp://h', undefined, at('sftp', 'h', 22), 'sftp://h'],
  ['file:///srv/logs/', 'hq', { protocol: 'file', directory: '/srv/logs/hq' }, '/srv/logs/hq'],
  ['file://localhost/srv', undefined, { protocol: 'file', directory: '/srv' }, '/srv'],
];

const BAD: [server: string, directory: string | undefined, problem: RegExp][] = [
  ['ftp.example.com\r\nDELE x', undefined, /control characters/],
  ['ftp.example.com', 'a\r\nDELE x', /control characters/],
  ['ftp://ftp.example.com/a%0d%0aDELE', undefined, /path that cannot be read/],
  ['ftp://ftp.example.com/a%zz', undefined, /path that cannot be read/],
  ['ftp://u%0d@ftp.example.com', undefined, /user that cannot be read/],
  ['http://ftp.example.com', undefined, /scheme that is not known/],
  ['toString://ftp.example.com', undefined, /scheme that is not known/],
  ['ftp://user:secret@ftp.example.com', undefined, /holds a password: remove it/],
  ['ftp://', undefined, /no host name/],
  ['ftp://a b', undefined, /no host name/],
  ['ftp://-oProxyCommand=x', undefined, /no host name/],
  ['ftp.example.com:0', undefined, /port that is not a number/],
  ['ftp.example.com:65536', undefined, /port that is not a number/],
  ['ftp.example.com:ftp', undefined, /port that is not a number/],
  ['a:b:c', undefined, /port that is not a number|neither a host/],
  ['ftp.example.com/pub', undefined, /neither a host, host:port nor a URL/],
  ['', undefined, /neither a host/],
  ['ftp.example.com', '../etc', /stands for a directory/],
  ['ftp.example.com', 'a\\b', /holds a slash/],
  ['ftp.example.com', 'a/ b', /begins or ends with a space/],
  ['ftp://ftp.example.com/a', '/b', /give only one of them/],
  ['file://nas/srv', undefined, /another machine: write file/],
  ['file://', undefined, /names no folder/],
];

describe('addresses', () => {
  for (const [server, directory, address, text] of GOOD) {
    test(`${server} with ${directory}`, () => {
      assert.deepEqual(parseAddress(server, directory), address);
      assert.equal(addressText(address), text);
      assert.equal(destinationAt(server, { directory }).address, text);
    });
  }
  for (const [server, directory, problem] of BAD) {
    test(`${JSON.stringify(server)} with ${JSON.stringify(directory)} is refused`, () => {
      const parsed = parseAddress(server, directory);
      assert.ok('problem' in parsed, JSON.stringify(parsed));
      assert.match(parsed.problem, problem);
      assert.doesNotMatch(parsed.problem, /user:|:secret/);
      // An empty setting is none.
      if (server === '') return;
      assert.throws(() => destinationAt(server, { directory }), {
        code: 'bad-destination',
        message: /^ftp_server .*\.$/,
      });
    });
  }

  test('property: whatever is read can be shown and read again, and holds no control characters', () => {
    const part = fc.constantFrom(
      'ftp://',
      'sftp://',
      'file://',
      'ftps://',
      'h',
      '/',
      '//',
      'a',
      ':',
      '21',
      '@',
      '~',
      '..',
      '%0a',
      '%2f',
      ' ',
      '[::1]',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 3 }), (server, directory) => {
        const parsed = parseAddress(server.join(''), directory.join(''));
        if ('problem' in parsed || parsed.directory.includes('%')) return;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        assert.doesNotMatch(JSON.stringify(Object.values(parsed)), /[\u0000-\u001f]|\\[nru]/);
        assert.ok(!parsed.directory.split('/').includes('..'));
        if (parsed.protocol !== 'file')
          assert.deepEqual(parseAddress(addressText(parsed).replaceAll(' ', '%20')), parsed);
      }),
      { numRuns: 2_000 },
    );
  });
});
