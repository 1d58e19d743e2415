import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Simulator } from '../../simulator/simulator.ts';
import { execute, logIn, start } from './device-client.ts';

/** A terminal: types lines one by one, each at a prompt, and returns what stood between the prompts. */
async function terminal(t: TestContext, simulator: Simulator, lines: string[], username = 'netops') {
  const client = await logIn(t, simulator, { username });
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  client.shell((error, channel) => {
    if (error) return reject(error);
    const screens: string[] = [];
    let screen = '';
    const left = [...lines];
    channel.on('close', () => resolve([...screens, screen].filter((each) => each !== '')));
    channel.on('data', (bytes: Buffer) => {
      screen += bytes;
      if (!/(?:> |% |# |\(no\) )$/.test(screen)) return;
      screens.push(screen);
      screen = '';
      const line = left.shift();
      if (line === undefined) channel.close();
      else channel.write(`${line}\r`);
    });
  });
  return promise;
}

test('the CLI: a prompt, an echo, carriage returns', async (t) => {
  const [prompt, version, unknown, matched] = await terminal(t, await start(t), [
    'show version',
    'show nonsense',
    'show version | match Model | no-more',
  ]);
  assert.match(prompt ?? '', /^--- JUNOS 22\.4R3-S6\.5 .*\r\nnetops@hq-fw01> $/);
  assert.match(
    version ?? '',
    /^show version\r\nHostname: hq-fw01\r\nModel: srx345\r\n[\s\S]*\r\n\r\nnetops@hq-fw01> $/,
  );
  assert.match(unknown ?? '', /\^\r\nunknown command\.\r\n/);
  assert.match(matched ?? '', /no-more\r\nModel: srx345\r\n\r\nnetops/);
});

test('a shell inside the CLI, support information saved from there, and out again', async (t) => {
  const simulator = await start(t, { platform: 'mx-dual-re' });
  const save = "cli -c 'request support information | no-more | save /var/tmp/x'";
  const screens = await terminal(t, simulator, [
    'start shell',
    save,
    'echo $?',
    'cat /nowhere',
    'echo $?',
    'exit',
    'exit',
  ]);
  assert.match(screens[0] ?? '', /\r\n\{master\}\r\nnetops@hq-fw01> $/);
  assert.equal(screens[1], 'start shell\r\n% ');
  assert.match(screens[2] ?? '', /\r\nWrote \d+ lines of output to '\/var\/tmp\/x'\r\n% $/);
  assert.equal(screens[3], 'echo $?\r\n0\r\n% ');
  assert.equal(screens[5], 'echo $?\r\n1\r\n% ');
  assert.match(screens[6] ?? '', /^exit\r\nexit\r\n\{master\}\r\nnetops@hq-fw01> $/);
  assert.match(screens[7] ?? '', /^exit\r\n$/);
  const wrote = /Wrote (\d+) lines/.exec(screens[2] ?? '')?.[1];
  assert.equal(simulator.state.files.read('/var/tmp/x')?.data.toString().split('\n').length, Number(wrote) + 1);
});

test('a reboot in the CLI asks first; no is the default', async (t) => {
  const simulator = await start(t);
  const screens = await terminal(t, simulator, ['request system reboot in 5', '', 'request system reboot in 5', 'yes']);
  assert.match(screens[1] ?? '', /Reboot the system \? \[yes,no] \(no\) $/);
  assert.match(screens[4] ?? '', /^yes\r\nShutdown at .*\r\n\[pid \d+]\r\n/);
  assert.ok(simulator.state.pending);
});

test('root begins in the shell, a reader does not get into it', async (t) => {
  const people = [
    { name: 'root', password: 'pw', class: 'super-user', authorizedKeys: [] },
    { name: 'reader', password: 'pw', class: 'read-only', authorizedKeys: [] },
  ] as const;
  const simulator = await start(t, { users: people });
  assert.equal((await terminal(t, simulator, ['exit'], 'root'))[0], 'root@hq-fw01:~ # ');
  assert.match((await terminal(t, simulator, ['start shell'], 'reader'))[1] ?? '', /error: permission denied\r\n/);
});

const COMMANDS: [command: string, expected: RegExp, exitCode: number][] = [
  ['show version', /^Hostname: hq-fw01\n/, 0],
  ['cli show system uptime', /^Current time: /, 0],
  ["cli -c 'show system reboot'", /^No shutdown\/reboot scheduled\.\n$/, 0],
  ['restart snmp', /^Simple Network Management Protocol process started, pid \d+\n$/, 0],
  ['restart nonsense', /^error: invalid daemon\n$/, 1],
  ['show nonsense', /unknown command\.\n$/, 1],
];
for (const [command, expected, exitCode] of COMMANDS) {
  test(`a command over SSH: ${command}`, async (t) => {
    const client = await logIn(t, await start(t));
    const { text, exitCode: ended } = await execute(client, command);
    assert.match(text, expected);
    assert.equal(ended, exitCode);
  });
}
