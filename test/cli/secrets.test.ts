import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadAll } from 'js-yaml';
import ssh2 from 'ssh2';
import { Credentials } from '../../src/secrets/credentials.ts';
import { entriesOf, parseSecrets } from '../../src/secrets/schema.ts';
import { addEntry } from '../../src/secrets/secrets-file.ts';
import { requireProgram } from '../fakes/requires.ts';
import { cli } from './cli.ts';

const MASTER = 'planted-master-7c1d';
const PASSWORD = 'planted-password-51ab "x" #1';
const env = { NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assistant-secrets-'));
  writeFileSync(join(dir, 'devices.yaml'), 'site: hq\ndevices: [hq-fw01, hq-sw01]\n');
  writeFileSync(join(dir, 'junos-config.yaml'), 'config: {webhook_secret: long-enough-secret}\n');
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = () => join(dir, 'secrets.yaml');
const run = (args: string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}) =>
  cli(['--config', dir, 'secrets', ...args], { env, ...options });
const add = (name: string, input = PASSWORD, more: string[] = []) =>
  run(['add', name, '--user', 'ops', ...more], { input });
const passwordOf = async (name: string) =>
  (await new Credentials(parseSecrets(loadAll(readFileSync(file(), 'utf8'))), MASTER).find('junos', name)).password;

describe('secrets add', () => {
  it('makes the file for its owner alone, adds to it, and the password opens; it is nowhere to be read', async () => {
    const first = await add('.*', 'other\n');
    assert.deepEqual([first.code, first.stderr], [0, '']);
    assert.match(
      first.stdout,
      /secrets\.yaml: junos entry \.\*, user ops: added at the end\.\nIt serves hq-fw01, hq-sw01\.\n$/,
    );
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    const second = await add('hq-fw01');
    assert.match(second.stdout, /added before \.\*, which matches it too\.\nIt serves hq-fw01\.\n$/);
    assert.deepEqual([await passwordOf('hq-fw01'), await passwordOf('hq-sw01')], [PASSWORD, 'other']);
    const all = [first, second].map(({ stdout, stderr }) => stdout + stderr).join() + readFileSync(file(), 'utf8');
    assert.doesNotMatch(all, /planted/);
    assert.match(all, /rounds: 600000/);
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.includes('secrets')),
      ['secrets.yaml'],
    );
  });

  it('several at once: each is there, or is told that it is not', async () => {
    const runs = await Promise.all(['a1', 'a2', 'a3'].map(async (name) => ({ name, ...(await add(name)) })));
    const there = Object.keys(Object.assign({}, ...(loadAll(readFileSync(file(), 'utf8')) as object[])));
    for (const { name, code, stderr } of runs) {
      assert.equal(there.includes(name), code === 0, name);
      if (code !== 0) assert.match(stderr, /Another run is changing|was changed by somebody else/);
    }
    assert.ok(!readdirSync(dir).some((name) => name.endsWith('.lock')));
    // A lock of a run that was killed.
    symlinkSync('4194303', `${file()}.lock`);
    assert.equal((await add('a4')).code, 0);
  });

  it('a text that is not UTF-8 stays as it is', async () => {
    writeFileSync(file(), Buffer.from('# Schl\xfcssel\ntype: junos\n', 'latin1'));
    const { code, stderr } = await add('a');
    assert.deepEqual([code, /it is not UTF-8\)\. Nothing was changed\./.test(stderr)], [1, true]);
    assert.ok(readFileSync(file()).includes(0xfc));
  });

  it('keeps mode and link of the file, and everything in it', async () => {
    const text = '# of the network team\ntype: junos\n.*: {user: u, env: X} # others\n';
    writeFileSync(join(dir, 'real.yaml'), text);
    chmodSync(join(dir, 'real.yaml'), 0o640);
    symlinkSync(join(dir, 'real.yaml'), file());
    assert.equal((await add('hq-fw01')).code, 0);
    assert.equal(statSync(join(dir, 'real.yaml')).mode & 0o777, 0o640);
    const lines = text.split('\n');
    const left = readFileSync(join(dir, 'real.yaml'), 'utf8').split('\n');
    assert.deepEqual(
      left.filter((line) => lines.includes(line)),
      lines,
    );
  });

  const refused: [what: string, args: [name: string, input?: string, more?: string[]], sentence: RegExp][] = [
    ['an entry of that name', ['hq-fw01'], /already\. Nothing was changed\. Add --replace/],
    ['an empty password', ['x', '\n'], /The password is empty\. Nothing was changed\./],
    ['two lines', ['x', 'a\nb\n'], /more than one line\. Nothing was changed\./],
    ['a pattern that can take for ever', ['(a+)+'], /^The name repeats or chooses .*Nothing was changed\./],
    ['no name', [''], /^The name cannot be that of an entry\. Nothing was changed\./],
    ['the name of another key', ['type'], /^The name cannot be that of an entry\. Nothing was changed\./],
    ['no user', ['x', 'p', ['--user', '']], /^The user is empty\. Nothing was changed\./],
    ['a pattern that is none', ['hq-['], /^The name is not a regular expression .*Nothing was changed\./],
  ];
  for (const [what, args, sentence] of refused) {
    it(`refuses ${what}, and changes nothing`, async () => {
      const before = 'type: junos\nhq-fw01: {user: u, env: X}\n';
      writeFileSync(file(), before);
      const { code, stdout, stderr } = await add(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, sentence);
      assert.equal(readFileSync(file(), 'utf8'), before);
    });
  }

  it('refuses a master password that opens nothing of the file, and works without asking only with one', async () => {
    await add('hq-fw01');
    const before = readFileSync(file(), 'utf8');
    const wrong = await run(['add', 'x', '--user', 'ops'], { env: { chat_master_pw: 'planted-other' }, input: 'a' });
    assert.match(wrong.stderr, /^The master password opens none of the entries in secrets\.yaml\. Nothing was changed/);
    const none = await run(['add', 'x', '--user', 'ops'], { env: {}, input: 'a' });
    assert.match(none.stderr, /^There is no master password to encrypt with\. Set NETWORK_ASSISTANT_MASTER_PASSWORD/);
    assert.equal(readFileSync(file(), 'utf8'), before);
  });

  it('says whom the entry serves, and whom an earlier one serves all the same', async () => {
    writeFileSync(
      join(dir, 'devices.yaml'),
      'site: hq\ndevices: [hq-fw01, hq-fw02, hq-sw01, {name: hq-rtr01, jump: {address: bastion}}]\n',
    );
    writeFileSync(file(), 'type: junos\nfw01: {user: a, env: A}\nfw: {user: a, env: A}\n');
    const whom = async (...args: Parameters<typeof add>) => (await add(...args)).stdout.split('\n').slice(1, -1);
    assert.deepEqual(await whom('^hq-[a-z]'), [
      'It serves hq-sw01, hq-rtr01.',
      'Served by the earlier entry fw01 all the same: hq-fw01.',
      'Served by the earlier entry fw all the same: hq-fw02.',
    ]);
    assert.deepEqual(await whom('fw', PASSWORD, ['--replace']), [
      'It serves hq-fw02.',
      'Served by the earlier entry fw01 all the same: hq-fw01.',
    ]);
    assert.deepEqual(await whom('fw01$'), ['It serves hq-fw01.']);
    // The bot's own secret is with its service; this command has no need of it.
    writeFileSync(
      join(dir, 'assistant.yaml'),
      `bot: { type: SingleTenant, app_id: ${randomUUID()}, tenant_id: ${randomUUID()} }\n`,
    );
    assert.deepEqual(await whom('sw01$'), [
      'It serves no device of devices.yaml.',
      'Served by the earlier entry ^hq-[a-z] all the same: hq-sw01.',
    ]);
    assert.deepEqual(await whom('lab'), ['It serves no device of devices.yaml.']);
    assert.deepEqual(await whom('.', PASSWORD, ['--type', 'server']), ['It serves bastion.']);
    rmSync(join(dir, 'junos-config.yaml'));
    assert.match(
      (await add('x')).stdout,
      /^The configuration has mistakes, so whom it serves is not known: see check/m,
    );
  });

  it('replaces the only entry under another master password, which then opens it', async () => {
    await add('hq-fw01', 'first');
    const other = { NETWORK_ASSISTANT_MASTER_PASSWORD: 'planted-other' };
    const args = ['add', 'hq-fw01', '--user', 'ops', '--replace'];
    assert.equal((await run(args, { env: other, input: 'second' })).code, 0);
    await assert.rejects(passwordOf('hq-fw01'), /does not decrypt/);
    assert.match((await run(['check'], { env: other })).stdout, /^1 open, 1 without an entry, 0 do not open\.$/m);
  });

  it('reads the master password from a file, and from systemd’s credentials', async () => {
    writeFileSync(join(dir, 'master-password'), `${MASTER}\n`);
    const named = { NETWORK_ASSISTANT_MASTER_PASSWORD_FILE: join(dir, 'master-password') };
    for (const [name, from] of [
      ['a', named],
      ['b', { CREDENTIALS_DIRECTORY: dir }],
    ] as const) {
      assert.equal((await run(['add', name, '--user', 'ops'], { env: from, input: PASSWORD })).code, 0);
      assert.equal(await passwordOf(name), PASSWORD);
    }
    const { stderr } = await run(['check'], { env: { NETWORK_ASSISTANT_MASTER_PASSWORD_FILE: join(dir, 'none') } });
    assert.match(stderr, /environment: NETWORK_ASSISTANT_MASTER_PASSWORD_FILE: .*none cannot be read \(ENOENT\)/);
  });

  const python = requireProgram(['python3'], 'python3');
  const noPython = 'skip' in python ? python.skip : false;

  it('asks on a terminal without an echo, twice', { skip: noPython }, async () => {
    // Python's pty gives it a terminal; what the terminal shows is what comes back.
    const script = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b''
def until(text):
    global shown
    while text not in shown:
        shown += os.read(fd, 1024)
for prompt in (b'for hq-fw01: ', b'Once more: '):
    until(prompt)
    os.write(fd, b'planted-typed\\x7fd\\r')
try:
    while True:
        shown += os.read(fd, 1024)
except OSError:
    pass
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
    const args = ['src/cli.ts', '--config', dir, 'secrets', 'add', 'hq-fw01', '--user', 'ops'];
    const child = spawn('python3', ['-c', script, process.execPath, ...args], { env: { ...process.env, ...env } });
    let shown = '';
    child.stdout.on('data', (chunk) => (shown += chunk));
    assert.deepEqual((await once(child, 'exit'))[0], 0, shown);
    assert.match(shown, /^Password of ops for hq-fw01: \s+Once more: \s+/);
    assert.doesNotMatch(shown, /planted/);
    assert.equal(await passwordOf('hq-fw01'), 'planted-typed');
  });

  const strace = requireProgram(['strace'], 'strace');
  const skip = 'skip' in strace ? strace.skip : false;
  const CALLS = '/^(symlink|rename|unlink)(at2?)?$,fchmod,fchown,ftruncate,fsync,fdatasync';

  it('killed at each call that changes files: the old file or the new one, byte for byte', { skip }, async () => {
    await add('first');
    const parts = () => readdirSync(dir).filter((name) => /^\.secrets\.yaml\.[0-9a-f-]{36}$/.test(name));
    const bystanders = ['.secrets.yaml.mine', '.other.yaml.00000000-0000-4000-8000-000000000000'];
    for (const name of bystanders) writeFileSync(join(dir, name), '');
    const moments: string[] = [];
    for (const [n, [call, nth]] of (await callsOf('hq-0')).entries()) {
      const before = readFileSync(file(), 'utf8');
      // Taking over the lock of the run before would be calls of its own.
      rmSync(`${file()}.lock`, { force: true });
      const { signal } = await traced(`hq-${n + 1}`, `inject=${call}:signal=SIGKILL:when=${nth}`);
      assert.equal(signal, 'SIGKILL', call);
      const after = readFileSync(file(), 'utf8');
      if (after !== before) await assertAdded(before, after, `hq-${n + 1}`);
      const [part, more] = parts();
      assert.equal(more, undefined, 'of the run before it nothing is left');
      const size = part === undefined ? 'no part' : statSync(join(dir, part)).size === 0 ? 'empty part' : 'part';
      moments.push(`${call}: ${after === before ? 'old' : 'new'}, ${size}`);
    }
    assert.deepEqual(moments, [
      'symlink: old, no part',
      'fchmod: old, empty part',
      'fsync: old, part',
      'rename: old, part',
      'fsync: new, no part',
      'unlink: new, no part',
    ]);
    assert.equal((await add('last')).code, 0);
    assert.deepEqual(parts(), []);
    assert.deepEqual(
      readdirSync(dir).filter((name) => bystanders.includes(name) || name.endsWith('.lock')),
      bystanders.toSorted(),
    );
    assert.equal(await passwordOf('first'), PASSWORD);
  });

  /** The calls that change files, in the order of a run that adds an entry; which one of its name each is. */
  async function callsOf(name: string): Promise<[call: string, nth: number][]> {
    const log = join(dir, 'calls');
    assert.equal((await traced(name, `trace=${CALLS}`, log)).code, 0);
    const calls = [...readFileSync(log, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, call = '']) => call);
    return calls.map((call, n) => [call, calls.slice(0, n + 1).filter((each) => each === call).length]);
  }

  /** Adds an entry under strace. A signal comes before the call is carried out. */
  async function traced(name: string, expression: string, log = '/dev/null') {
    const strace = ['-f', '-qq', '-o', log, '-e', `trace=${CALLS}`, '-e', expression];
    const args = [process.execPath, 'src/cli.ts', '--config', dir, 'secrets', 'add', name, '--user', 'ops'];
    // strace counts the calls of each thread: all of them are to be in one.
    const threads = { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };
    const child = spawn('strace', [...strace, ...args], { env: { PATH: process.env.PATH, ...env, ...threads } });
    child.stdin.on('error', () => {});
    child.stdin.end(PASSWORD);
    child.stdout.resume();
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code, signal };
  }

  async function assertAdded(before: string, after: string, name: string): Promise<void> {
    const documents = parseSecrets(loadAll(after));
    const entry = documents.flatMap(entriesOf).find(([each]) => each === name)?.[1];
    const { user = '', salt = '', secret = '', rounds = 0 } = entry ?? {};
    const fields = { user, salt, secret, rounds };
    const whole = addEntry(before, { type: 'junos', name, fields }, { replace: false });
    assert.equal(after, whole.text);
    assert.equal(await passwordOf(name), PASSWORD);
  }

  it('leaves the temporary file of a run that holds the lock, and is told to try again', async () => {
    const part = join(dir, '.secrets.yaml.00000000-0000-4000-8000-000000000000');
    writeFileSync(part, '');
    symlinkSync(String(process.pid), `${file()}.lock`);
    assert.match((await add('a')).stderr, /^Another run is changing/);
    assert.ok(existsSync(part));
    unlinkSync(`${file()}.lock`);
    assert.equal((await add('a')).code, 0);
    assert.ok(!existsSync(part));
  });
});

describe('secrets check', () => {
  const check = (more = env as NodeJS.ProcessEnv) => run(['check'], { env: more });

  it('says for each device which entry serves it, in which line, and that it opens', async () => {
    await add('^hq-sw');
    await add('hq-fw01');
    await add('nobody');
    const { code, stdout } = await check();
    assert.equal(code, 0);
    assert.equal(
      stdout,
      [
        'hq-fw01: junos entry hq-fw01 (line 7), user ops: opens',
        'hq-sw01: junos entry ^hq-sw (line 2), user ops: opens',
        'junos entry nobody (line 12): serves nothing',
        '2 open, 0 without an entry, 0 do not open.',
        '',
      ].join('\n'),
    );
  });

  it('a device without an entry is a warning, one whose entry does not open is exit 1', async () => {
    await add('hq-fw01');
    const missing = await check();
    assert.match(missing.stdout, /^hq-sw01: warning: no junos entry matches$/m);
    assert.equal(missing.code, 0);
    const wrong = await check({ chat_master_pw: 'planted-other' });
    assert.match(wrong.stdout, /^hq-fw01: junos entry hq-fw01 \(line 2\), user ops: .*does not decrypt\./m);
    assert.match(wrong.stdout, /^0 open, 1 without an entry, 1 do not open\.$/m);
    assert.equal(wrong.code, 1);
    assert.doesNotMatch(JSON.stringify([missing, wrong]), /planted/);
  });

  const folder = (devices: string, secrets: string, config = '') => {
    writeFileSync(join(dir, 'devices.yaml'), `site: hq\ndevices:\n${devices}`);
    writeFileSync(join(dir, 'junos-config.yaml'), `config: {webhook_secret: long-enough-secret${config}}\n`);
    writeFileSync(file(), secrets);
  };
  const writeKey = (name: string, passphrase?: string) => {
    const { generateKeyPairSync } = ssh2.utils;
    const pair =
      passphrase === undefined
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 1 });
    writeFileSync(join(dir, name), pair.private);
  };

  it('devices with a key need no entry; jump hosts and the log server have a line', async () => {
    folder(
      '- {name: hq-fw01, user: ops, key_file: k}\n- {name: hq-rtr01, user: ops, agent: true}\n- {name: hq-sw01, jump: {address: bastion}}\n',
      'type: junos\nhq-sw01: {user: a, key_file: missing}\n---\ntype: server\nbastion: {user: b, env: B}\n',
      ', ftp_server: "sftp://files.example.com/in"',
    );
    writeKey('k');
    const { stdout, code } = await check({ B: 'planted' });
    assert.equal(
      stdout.replaceAll(dir, 'DIR'),
      [
        'hq-fw01: key_file of devices.yaml, user ops: opens, needs no entry',
        'hq-rtr01: SSH agent of devices.yaml, user ops: needs no entry',
        'hq-sw01: junos entry hq-sw01 (line 2), user a: The key file of hq-sw01 is not there: DIR/missing.',
        'bastion: server entry bastion (line 5), user b: opens',
        'files.example.com: warning: no server entry matches',
        '2 open, 1 without an entry, 1 do not open.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  const inDevices = (name: string) => [`- {name: hq-fw01, user: ops, key_file: ${name}}\n`, ''] as const;
  const inSecrets = (name: string, more = '') =>
    ['- hq-fw01\n', `type: junos\nhq-fw: {user: ops, key_file: ${name}${more}}\n`] as const;
  const jump = (name: string) =>
    [
      ['hq-fw01', 'hq-fw02']
        .map((each) => `- {name: ${each}, user: u, key_file: good, jump: {address: bastion}}\n`)
        .join(''),
      `type: server\nbastion: {user: ops, key_file: ${name}}\n`,
    ] as const;
  const broken: [what: string, files: readonly [devices: string, secrets: string], sentence: RegExp][] = [
    ['is missing', inDevices('none'), /^hq-fw01: .*The key file of hq-fw01 is not there: \S+\/none\.$/m],
    ['is a folder', inSecrets('folder'), /^hq-fw01: .*The key file of hq-fw01 is a folder: \S+\/folder\.$/m],
    [
      'cannot be read',
      inDevices('loop'),
      /^hq-fw01: .*The key file of hq-fw01 cannot be read \(ELOOP\): \S+\/loop\.$/m,
    ],
    [
      'is no key',
      inSecrets('text'),
      /^hq-fw01: .*The key file text for hq-fw01 is not a private key that can be read\./m,
    ],
    ['is a public key', inDevices('good.pub'), /^hq-fw01: .*The key file good\.pub for hq-fw01 is not a private key/m],
    ['is empty', inDevices('empty'), /^hq-fw01: .*The key file empty for hq-fw01 is not a private key/m],
    ['has no passphrase', inSecrets('locked'), /^hq-fw01: .*The key file locked for hq-fw01 is encrypted\. Put its/m],
    ['has no entry with its passphrase', inDevices('locked'), /^hq-fw01: .*locked for hq-fw01 is encrypted\. Put its/m],
    [
      'has a wrong passphrase',
      inSecrets('locked', ', env: WRONG'),
      /^hq-fw01: .*The key file locked for hq-fw01 does not open with the passphrase in secrets\.yaml\. Check/m,
    ],
    [
      'of a jump host is missing',
      jump('none'),
      /^bastion: server entry bastion .*is not there: \S+\/none\. It is the way to hq-fw01, hq-fw02\.$/m,
    ],
    ['of a jump host is no key', jump('text'), /^bastion: .*The key file text for bastion is not a private key/m],
  ];
  for (const [what, [devices, secrets], sentence] of broken) {
    it(`says of which device a key file ${what}, exit 1`, async () => {
      folder(devices, secrets);
      writeKey('good');
      writeKey('locked', 'planted-passphrase');
      for (const [name, content] of [
        ['text', 'planted-text'],
        ['empty', ''],
        ['good.pub', ssh2.utils.generateKeyPairSync('ed25519').public],
      ] as const)
        writeFileSync(join(dir, name), content);
      mkdirSync(join(dir, 'folder'));
      symlinkSync('loop', join(dir, 'loop'));
      const { stdout, stderr, code } = await check({ WRONG: 'planted-other' });
      assert.match(stdout, sentence);
      assert.match(stdout, /, 1 do not open\.$/m);
      assert.doesNotMatch(stdout + stderr, /planted/);
      assert.equal(code, 1);
    });
  }

  it('a key that the passphrase of its entry opens is good, wherever it is named', async () => {
    folder(
      '- {name: hq-fw01, user: ops, key_file: locked}\n- hq-sw01\n',
      'type: junos\nhq-fw01: {user: a, env: P}\nhq-sw01: {user: b, key_file: locked, env: P}\n',
    );
    writeKey('locked', 'planted-passphrase');
    const { stdout, code } = await check({ P: 'planted-passphrase' });
    assert.equal(
      stdout,
      [
        'hq-fw01: key_file of devices.yaml, junos entry hq-fw01 (line 2), user ops: opens',
        'hq-sw01: junos entry hq-sw01 (line 3), user b: opens',
        '2 open, 0 without an entry, 0 do not open.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
  });

  it('a log server whose entry has a key alone needs a password, exit 1', async () => {
    folder(
      '- {name: hq-fw01, user: ops, key_file: good}\n',
      'type: server\nfiles: {user: b, key_file: good}\n',
      ', ftp_server: files',
    );
    writeKey('good');
    const { stdout, code } = await check({});
    assert.match(
      stdout,
      /^files: server entry files \(line 2\), user b: The server entry in secrets\.yaml for files has a key and no password\./m,
    );
    assert.equal(code, 1);
  });
});
