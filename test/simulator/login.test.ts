import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { ask, logIn, start } from './device-client.ts';

test('a public key lets in who has it, and nobody else', async (t) => {
  const own = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const other = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const simulator = await start(t, { authorizedKeys: [own.public] });
  await logIn(t, simulator, { privateKey: own.private, password: '' });
  const stranger = new ssh2.Client();
  stranger.on('error', () => {});
  stranger.connect({ host: '127.0.0.1', port: simulator.port, username: 'netops', privateKey: other.private });
  await assert.rejects(once(stranger, 'ready'), /authentication methods failed/);
  assert.ok(simulator.state.logins.some(({ method }) => method === 'publickey'));
});

test('keyboard-interactive is the only way when passwords are off', async (t) => {
  const simulator = await start(t);
  simulator.state.authMethods = ['keyboard-interactive'];
  const client = new ssh2.Client();
  t.after(() => client.end());
  client.on('error', () => {});
  client.on('keyboard-interactive', (_name, _text, _lang, _prompts, finish) => finish(['pw']));
  client.connect({ host: '127.0.0.1', port: simulator.port, username: 'netops', tryKeyboard: true });
  await once(client, 'ready');
});

test('legacy: an SSH of today is refused until it takes the old algorithms', async (t) => {
  const simulator = await start(t, { legacy: true });
  assert.match(simulator.hostKeyLine, / ssh-rsa AAAA/);
  const modern = new ssh2.Client();
  modern.on('error', () => {});
  const algorithms: ssh2.Algorithms = { kex: ['curve25519-sha256'], cipher: ['aes128-ctr'], hmac: ['hmac-sha2-256'] };
  modern.connect({ host: '127.0.0.1', port: simulator.port, username: 'netops', password: 'pw', algorithms });
  await assert.rejects(once(modern, 'ready'), /no matching key exchange algorithm/);
  const old: ssh2.Algorithms = {
    kex: ['diffie-hellman-group14-sha1'],
    cipher: ['aes256-cbc'],
    hmac: ['hmac-sha1'],
    serverHostKey: ['ssh-rsa'],
  };
  await logIn(t, simulator, { algorithms: old });
});

test('login classes: what they may, and how a refusal reads', async (t) => {
  const people = (['operator', 'read-only'] as const).map((name) => ({
    name,
    password: 'pw',
    class: name,
    authorizedKeys: [],
  }));
  const simulator = await start(t, { users: people });
  const operations = [
    '<get-reboot-information/>',
    '<restart-daemon><daemon-name>snmp</daemon-name></restart-daemon>',
    '<request-reboot/>',
    '<command format="text">request system reboot</command>',
    '<file-delete><path>/var/log/messages</path></file-delete>',
    '<command format="text">request support information</command>',
  ];
  for (const [username, allowed] of [
    ['operator', 2],
    ['read-only', 1],
  ] as const) {
    const replies = await ask(t, simulator, operations, { login: { username } });
    assert.deepEqual(
      replies.map((reply) => !reply.includes('<error-message>permission denied</error-message>')),
      operations.map((_operation, index) => index < allowed),
      username,
    );
  }
  assert.equal(simulator.state.pending, null);
  assert.ok(simulator.state.files.read('/var/log/messages'));
});
