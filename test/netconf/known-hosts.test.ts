import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkHostKey,
  fingerprint,
  type HostKeyVerdict,
  knownHostsLine,
  knownKeyTypes,
  lookUpHostKey,
} from '../../src/netconf/known-hosts.ts';

// Keys, fingerprints and hashed lines made by ssh-keygen.
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIO7KfD51iKdMIoFEODJtrAVw7u9UQYRYYjtzskSlgPaT';
const OTHER =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBED7COtq9O1GGDCl/GfBJPnSyK3+UACaAe/KhPiqLER1oAHooMpOevWMw6bQnXi2mNXcZjlOgdMoWsW/T9NTNjg=';
const ed25519 = `ssh-ed25519 ${KEY}`;
const ecdsa = `ecdsa-sha2-nistp256 ${OTHER}`;
const HASHED_NAME = '|1|tirvLCcDmPoEiZweesQ4stqqfV4=|b1lsrJe+bjms2uTdyfNB1rMSTBU=';
const HASHED_ADDRESS_830 = '|1|S7EG7IBJmoQlmcf41Bvn+HeiRHo=|V5p8BzGGH+6htmcYASN+NUmbW84=';

const cases: [what: string, file: string, host: string, port: number, expected: HostKeyVerdict][] = [
  ['an empty file', '', 'fw', 22, 'unknown'],
  ['a plain name', `fw ${ed25519}`, 'fw', 22, 'known'],
  ['a comment behind the key', `fw ${ed25519} netops@bastion`, 'fw', 22, 'known'],
  ['capitals', `FW ${ed25519}`, 'Fw', 22, 'known'],
  ['another name', `fw2 ${ed25519}`, 'fw', 22, 'unknown'],
  ['no part of a name', `fw ${ed25519}`, 'fw2', 22, 'unknown'],
  ['a list', `a,fw,10.1.1.1 ${ed25519}`, '10.1.1.1', 22, 'known'],
  ['a port', `[fw]:830 ${ed25519}`, 'fw', 830, 'known'],
  ['another port', `[fw]:830 ${ed25519}`, 'fw', 22, 'unknown'],
  ['an IPv6 address', `[2001:db8::1]:830 ${ed25519}`, '2001:db8::1', 830, 'known'],
  ['a line without a port, for 830', `fw ${ed25519}`, 'fw', 830, 'known'],
  ['a line without a port and with another key, for 830', `fw ${ecdsa}`, 'fw', 830, 'changed'],
  ['the line with the port before the one without', `fw ${ed25519}\n[fw]:830 ${ecdsa}`, 'fw', 830, 'changed'],
  ['another key', `fw ${ecdsa}`, 'fw', 22, 'changed'],
  ['two keys', `fw ${ecdsa}\nfw ${ed25519}`, 'fw', 22, 'known'],
  ['a star', `*.example.net ${ed25519}`, 'fw.example.net', 22, 'known'],
  ['a star that does not reach', `*.example.net ${ed25519}`, 'example.net', 22, 'unknown'],
  ['a dot is only a dot', `fw.example ${ed25519}`, 'fwxexample', 22, 'unknown'],
  ['question marks', `10.1.1.? ${ed25519}`, '10.1.1.7', 22, 'known'],
  ['a star with a port', `[10.1.*]:830 ${ed25519}`, '10.1.1.7', 830, 'known'],
  ['stars in a row', `*a*b*c ${ed25519}`, 'xaxbxbxc', 22, 'known'],
  ['a negation', `*.example.net,!fw.example.net ${ed25519}`, 'fw.example.net', 22, 'unknown'],
  ['a negation of something else', `!sw.example.net,*.example.net ${ed25519}`, 'fw.example.net', 22, 'known'],
  ['a negation alone', `!sw ${ed25519}`, 'fw', 22, 'unknown'],
  ['a hashed name', `${HASHED_NAME} ${ed25519}`, 'hq-fw01', 22, 'known'],
  ['a hashed name in capitals', `${HASHED_NAME} ${ed25519}`, 'HQ-FW01', 22, 'known'],
  ['a hashed address and port', `${HASHED_ADDRESS_830} ${ed25519}`, '10.1.1.2', 830, 'known'],
  ['a hashed line of another host', `${HASHED_NAME} ${ed25519}`, 'hq-fw02', 22, 'unknown'],
  ['a broken hash', `|1|x ${ed25519}`, 'hq-fw01', 22, 'unknown'],
  ['a revoked key', `fw ${ed25519}\n@revoked * ${ed25519}`, 'fw', 22, 'revoked'],
  ['a revoked key, with a port', `[fw]:830 ${ed25519}\n@revoked fw ${ed25519}`, 'fw', 830, 'revoked'],
  ['another revoked key', `fw ${ed25519}\n@revoked * ${ecdsa}`, 'fw', 22, 'known'],
  ['a revoked key alone does not list the host', `@revoked * ${ecdsa}`, 'fw', 22, 'unknown'],
  ['a certificate authority', `@cert-authority * ${ed25519}`, 'fw', 22, 'unknown'],
  ['a certificate authority beside the key', `@cert-authority * ${ecdsa}\nfw ${ed25519}`, 'fw', 22, 'known'],
  ['a certificate authority beside another key', `@cert-authority * ${ed25519}\nfw ${ecdsa}`, 'fw', 22, 'changed'],
  ['a marker nobody knows', `@trusted fw ${ed25519}`, 'fw', 22, 'unknown'],
  ['a hashed name that is revoked', `@revoked ${HASHED_NAME} ${ed25519}`, 'hq-fw01', 22, 'revoked'],
  [
    'a line with the port revoked, one without it known',
    `fw ${ed25519}\n@revoked [fw]:830 ${ed25519}`,
    'fw',
    830,
    'revoked',
  ],
  ['comments, blank and broken lines', `# fw ${ed25519}\n\n  \nfw\nfw ssh-ed25519\n`, 'fw', 22, 'unknown'],
  ['Windows line ends and indentation', `# x\r\n \tfw\t${ed25519}\r\n`, 'fw', 22, 'known'],
];
for (const [what, file, host, port, expected] of cases) {
  test(`known_hosts: ${what} -> ${expected}`, () => {
    assert.equal(checkHostKey(file, host, port, Buffer.from(KEY, 'base64')), expected);
  });
}

test('a hostile pattern takes no time', () => {
  const started = performance.now();
  checkHostKey(`${'*a'.repeat(500)} ${ed25519}`, 'a'.repeat(200), 22, Buffer.from(KEY, 'base64'));
  assert.ok(performance.now() - started < 1_000);
});

test('fingerprints are those of ssh-keygen', () => {
  assert.equal(fingerprint(Buffer.from(KEY, 'base64')), 'SHA256:Ki9bRbjK4QVvWoB9jaGIZ+hJpkIqEnbdhKn4HsfQP7U');
  assert.equal(fingerprint(Buffer.from(OTHER, 'base64')), 'SHA256:ih64HXklqBzjfApiw3ofyZ6/+1KimQA7E6MbxUfCezA');
});

test('the line for a key makes it known', () => {
  const key = Buffer.from(KEY, 'base64');
  assert.equal(knownHostsLine('FW', 22, key), `fw ${ed25519}`);
  assert.equal(knownHostsLine('10.1.1.2', 830, key), `[10.1.1.2]:830 ${ed25519}`);
  assert.equal(checkHostKey(knownHostsLine('10.1.1.2', 830, key), '10.1.1.2', 830, key), 'known');
});

test('a key from the wire cannot put lines or controls into the file', () => {
  const hostile = Buffer.concat([Buffer.from([0, 0, 0, 9]), Buffer.from('x\n* ssh-r'), Buffer.from('rest')]);
  assert.match(knownHostsLine('fw', 22, hostile), /^fw x\?\?\?ssh-r [A-Za-z0-9+/=]+$/);
  assert.match(knownHostsLine('fw', 22, Buffer.from('ab')), /^fw {2}YWI=$/);
});

test('the listed key types, in order and without revoked ones', () => {
  const file = `fw ${ecdsa}\nfw ${ed25519}\n@revoked fw ssh-rsa AAAA\nsw ssh-rsa AAAA`;
  assert.deepEqual(knownKeyTypes(file, 'fw', 22), ['ecdsa-sha2-nistp256', 'ssh-ed25519']);
});

const lookUps: [what: string, file: string, lines: number[], hasAuthority: boolean][] = [
  ['other keys', `# devices\nfw ${ecdsa}\nsw ${ed25519}\n*,!sw ${ecdsa}`, [2, 4], false],
  ['a revoked key', `fw ${ed25519}\n\n@revoked * ${ed25519}`, [3], false],
  ['a known key', `fw ${ecdsa}\nfw ${ed25519}`, [], false],
  ['an authority for it', `@cert-authority *.example,f* ${ecdsa}`, [], true],
  ['an authority for another host', `@cert-authority *.example ${ecdsa}`, [], false],
];
for (const [what, file, lines, hasAuthority] of lookUps) {
  test(`the lines in the way: ${what}`, () => {
    const found = lookUpHostKey(file, 'fw', 22, Buffer.from(KEY, 'base64'));
    assert.deepEqual([found.lines, found.hasAuthority], [lines, hasAuthority]);
  });
}
