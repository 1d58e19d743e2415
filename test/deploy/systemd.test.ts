import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { requireProgram } from '../fakes/requires.ts';

const UNIT = readFileSync('deploy/systemd/network-assistant.service', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };

/** Every value of a key, in order. */
const values = (key: string) => [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value);

describe('the systemd service', () => {
  const analyze = requireProgram(['systemd-analyze'], 'systemd');
  const dir = mkdtempSync(join(tmpdir(), 'unit-'));
  after(() => rmSync(dir, { recursive: true, force: true }));
  // Of this machine: systemd-analyze looks whether the program and its folder are there.
  const file = join(dir, 'network-assistant.service');
  writeFileSync(
    file,
    UNIT.replace('/usr/local/bin/node', process.execPath).replaceAll('/opt/network-assistant', process.cwd()),
  );
  const skip = 'skip' in analyze ? analyze.skip : false;
  const path = 'path' in analyze ? analyze.path : '';

  it('is understood by systemd, every line of it', { skip }, () => {
    const { status, stderr } = spawnSync(path, ['verify', '--man=no', file], { encoding: 'utf8' });
    // What systemd finds in the units of this machine is not ours.
    const own = stderr.split('\n').filter((line) => line.includes('network-assistant.service'));
    assert.deepEqual(own, []);
    assert.equal(status, 0, stderr);
  });

  it('exposes as little as a program with a network can: at most 1.2 of 10, by systemd', { skip }, () => {
    const args = ['security', '--offline=true', '--no-pager', '--threshold=12', file];
    const { status, stdout, stderr } = spawnSync(path, args, {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Overall exposure level/);
  });

  it('lets the program make every system call that Node.js needs for files, threads and sockets', { skip }, () => {
    const allowed = callsOf('@system-service');
    const [all, without] = values('SystemCallFilter');
    assert.equal(all, '@system-service');
    for (const set of (without ?? '').replace('~', '').split(' '))
      for (const call of callsOf(set)) allowed.delete(call);
    const needed = 'accept4 clone3 epoll_wait eventfd2 fdatasync fsync futex mmap mprotect openat pwrite64';
    assert.deepEqual(
      needed.split(' ').filter((call) => !allowed.has(call)),
      [],
    );
    assert.ok(!allowed.has('mount') && !allowed.has('setuid') && !allowed.has('reboot'));
    function callsOf(set: string): Set<string> {
      const text = execFileSync(path, ['syscall-filter', '--no-pager', set], { encoding: 'utf8' });
      const names = text
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
      return new Set(
        names
          .filter((name) => name !== '' && !name.startsWith('#'))
          .flatMap((name) => (name.startsWith('@') ? [...callsOf(name)] : [name])),
      );
    }
  });

  it('begins the program as npm start does, and is told how to stop it and to reread', () => {
    assert.deepEqual(values('ExecStart'), [`/usr/local/bin/${scripts.start}`]);
    assert.deepEqual(values('ExecReload'), ['/bin/kill -HUP $MAINPID']);
    assert.deepEqual(values('KillSignal'), ['SIGTERM']);
    assert.ok(Number(values('TimeoutStopSec')[0]) > 10);
    assert.deepEqual(values('Restart'), ['on-failure']);
  });

  it('holds no secret: they come as credentials, under the names that the program looks for', () => {
    assert.doesNotMatch(UNIT, /PASSWORD=|SECRET=|SetCredential/i);
    const master = readFileSync('src/secrets/master.ts', 'utf8');
    for (const credential of values('LoadCredential'))
      assert.ok(master.includes(`'${credential?.split(':')[0]}'`), credential);
    assert.equal(values('LoadCredential').length, 1);
    assert.match(UNIT, /^#Environment=MSSQL_PASSWORD_FILE=%d\/mssql-password$/m);
  });

  it('runs as the user that sysusers makes', () => {
    const [type, name] = readFileSync('deploy/systemd/network-assistant.sysusers', 'utf8').split(/\s+/);
    assert.deepEqual([type, [name]], ['u', values('User')]);
  });
});
