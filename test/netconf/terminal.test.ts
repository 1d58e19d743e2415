import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetconfError } from '../../src/netconf/errors.ts';
import { readTyped, Terminal, type Typed } from '../../src/netconf/terminal.ts';
import { sshdMissing, startSshd } from '../fakes/openssh.ts';
import { aDevice } from './a-device.ts';

const SCREENS: [what: string, raw: string, echo: string, expected: Typed | undefined][] = [
  ['a first prompt', '--- JUNOS 22.4\r\nnetops@fw> ', '', { text: '--- JUNOS 22.4', banner: null, at: 'cli' }],
  ['a banner', '{primary:node0}\r\nnetops@fw> ', '', { text: '', banner: '{primary:node0}', at: 'cli' }],
  [
    'an echo, output, an empty line',
    'show x\r\nline\r\n\r\nnetops@fw> ',
    'show x',
    { text: 'line', banner: null, at: 'cli' },
  ],
  ['a shell', 'start shell\r\n% ', 'start shell', { text: '', banner: null, at: 'shell' }],
  ['a root shell', 'x\r\nroot@fw:~ # ', 'x', { text: '', banner: null, at: 'shell' }],
  ['Evolved', 'x\r\n[vrf:none] user@ptx:~$ ', 'x', { text: '', banner: null, at: 'shell' }],
  ['escapes and bells', '\x1b[?2004lx\r\r\n\x07ok\r\n\x1b[Knetops@fw> ', 'x', { text: 'ok', banner: null, at: 'cli' }],
  ['a password', 'x\r\nPassword:', 'x', { text: '', banner: null, at: 'password' }],
  ['no prompt yet', 'x\r\nworking', 'x', undefined],
  ['an older prompt before the echo', '^C\r\n% ', 'rm x', undefined],
  ['an echo at a prompt, not yet carried out', 'netops@fw> show x', 'show x', undefined],
  ['a line that ends like a prompt without the space', 'x\r\n<output>', 'x', undefined],
];
for (const [what, raw, echo, expected] of SCREENS) {
  test(`a screen: ${what}`, () => assert.deepEqual(readTyped(raw, echo), expected));
}

test('no terminal, no prompt in time, a terminal that goes, a line that is none', async (t) => {
  const { state, target } = await aDevice(t);
  const failsWith = (code: string) => (error: unknown) => error instanceof NetconfError && error.code === code;
  state.refuseTerminal = true;
  await assert.rejects(Terminal.open(target), failsWith('not-netconf'));
  state.refuseTerminal = false;
  const terminal = await Terminal.open(target);
  t.after(() => terminal.close());
  state.supportMs = 60_000;
  await assert.rejects(
    terminal.run('request support information | save /var/tmp/x', { timeoutMs: 100 }),
    failsWith('timeout'),
  );
  assert.equal(await terminal.interrupt(5_000), true);
  assert.deepEqual([...state.busy], []);
  assert.match((await terminal.run('show version')).text, /^Hostname: hq-fw01\n/);
  await assert.rejects(terminal.run('show version\nrequest system reboot'), TypeError);
  const [cut] = state.terminals;
  cut?.();
  await assert.rejects(terminal.run('show version'), failsWith('closed'));
  assert.equal(terminal.gone, true);
  assert.equal(await terminal.interrupt(10), false);
});

test('a terminal of OpenSSH and a real shell', { skip: sshdMissing() ?? false }, async (t) => {
  const sshd = await startSshd({ sftp: true });
  t.after(() => sshd.stop());
  const terminal = await Terminal.open(sshd.target);
  t.after(() => terminal.close());
  assert.equal(terminal.at, 'shell');
  assert.equal((await terminal.run(`cd ${sshd.folder} && echo one; echo two`)).text, 'one\ntwo');
  await assert.rejects(terminal.run('sleep 600', { timeoutMs: 200 }), NetconfError);
  assert.equal(await terminal.interrupt(10_000), true);
  assert.equal((await terminal.run('echo three')).text, 'three');
});
