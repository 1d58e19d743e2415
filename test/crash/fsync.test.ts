import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { Folder, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { Program } from './program.ts';

/** One system call as strace writes it, with its end where another thread came in between. */
const SYNC = /\b(?:fsync|fdatasync)(?:\(\d+<([^>]+)>\)\s*= 0| resumed>)/;

it('a 202 leaves the process after the event was synced to the disk, by its own system calls', async () => {
  const folder = await Folder.make();
  const program = new Program(folder.dir);
  const file = join(folder.dir, 'calls');
  try {
    const url = await program.ready;
    const calls = 'trace=fsync,fdatasync,write,writev,sendto,read,recvfrom';
    const strace = spawn('strace', ['-f', '-y', '-s', '64', '-e', calls, '-o', file, '-p', String(program.pid)]);
    const [said] = await once(strace.stderr, 'data');
    assert.match(String(said), /attached/);
    const body = JSON.stringify({ event: 'CRITICAL', process: 'p', message: 'm', hostname: 'hq-fw01', detail: '' });
    const signature = createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex');
    for (let n = 0; n < 5; n += 1) {
      const headers = { 'content-type': 'application/json', 'junos-auth': signature };
      assert.equal((await fetch(`${url}/webhooks/junos`, { method: 'POST', headers, body })).status, 202);
    }
    strace.kill('SIGINT');
    await once(strace, 'exit');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const answers = [...lines.keys()].filter((n) => lines[n]?.includes('HTTP/1.1 202'));
    assert.equal(answers.length, 5);
    let from = 0;
    for (const answer of answers) {
      const arrived = lines.findIndex((line, n) => n >= from && /POST \/webhooks\/junos/.test(line));
      assert.ok(arrived >= from && arrived < answer, `request before line ${answer}`);
      const between = lines.slice(arrived, answer);
      const synced = between.filter((line) => SYNC.test(line));
      assert.ok(synced.length > 0, between.join('\n'));
      assert.ok(
        between.some((line) => line.includes(`${folder.storeFile}-wal`)),
        between.join('\n'),
      );
      from = answer + 1;
    }
  } finally {
    await program.signal('SIGKILL');
    await folder.close();
  }
});
