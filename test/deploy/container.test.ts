import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { eventBody } from '../fakes/assistant.ts';
import { Folder, MASTER_PASSWORD, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { said, signalAll } from '../fakes/programs.ts';
import { Container, noNamespaces } from './container.ts';
import { readDockerfile } from './dockerfile.ts';

const ENVIRONMENT = { NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER_PASSWORD };

describe('the container, without Docker', { skip: noNamespaces() }, () => {
  let folder: Folder;
  let container: Container;
  before(async () => {
    folder = await Folder.make({ assistant: { store_file: '../var/assistant.sqlite' } });
    container = new Container(folder.dir);
  });
  after(async () => {
    container?.remove();
    await folder?.close();
  });

  it('is ready, takes an event and ends on SIGTERM, as its first process, as nobody, with all but var read-only', async () => {
    const bot = container.run(['start'], ENVIRONMENT);
    const ended = once(bot, 'exit');
    try {
      const output = await said(bot, 'is ready on');
      const url = /is ready on (\S+)/.exec(output())?.[1] ?? '';
      const body = eventBody();
      const headers = { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) };
      assert.equal((await fetch(`${url}/webhooks/junos`, { method: 'POST', headers, body })).status, 202);
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      const check = await run(['-e', healthCheck(url)]);
      assert.deepEqual([check.code, check.stderr], [0, '']);
      const [pid = ''] = readFileSync(`/proc/${bot.pid}/task/${bot.pid}/children`, 'utf8').split(' ');
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const line of [/^Uid:\t1000\t1000\t1000\t1000$/m, /^NoNewPrivs:\t1$/m, /^CapEff:\t0+$/m, /^NSpid:.*\t1$/m])
        assert.match(status, line);
      assert.match(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), new RegExp(` ${container.root} ro,`));
      signalAll(bot, 'SIGTERM', 'children');
      assert.deepEqual(await ended, [0, null]);
    } finally {
      signalAll(bot, 'SIGKILL', 'children');
    }
    const store = new DatabaseSync(join(container.var, 'assistant.sqlite'), { readOnly: true });
    assert.equal(store.prepare('SELECT count(*) AS count FROM events').get()?.count, 1);
    store.close();
    assert.ok(readdirSync(container.var).every((name) => statSync(join(container.var, name)).uid === 1000));
  });

  it('is not healthy when nobody answers', async () => {
    assert.equal((await run(['-e', healthCheck('http://127.0.0.1:1')])).code, 1);
  });

  for (const [args, said] of [
    [['check'], /ready to start/],
    [['agent', 'policy', '--url', 'https://bot.example.com/webhooks/junos'], /^set /m],
    [['db', 'create'], /up to date/],
  ] as const)
    it(`does "${args.join(' ')}"`, async () => {
      const child = container.run([...args], ENVIRONMENT);
      const [out, err] = await Promise.all([text(child.stdout ?? assert.fail()), text(child.stderr ?? assert.fail())]);
      assert.match(out, said, err);
    });

  /** The same Node.js with other arguments, outside: what a health check needs is no file of the container. */
  async function run(args: string[]): Promise<{ code: number; stderr: string }> {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit') as Promise<[number]>;
    return { stderr: await text(child.stderr), code: (await ended)[0] };
  }
});

/** The script of HEALTHCHECK, asking at another address. */
function healthCheck(url: string): string {
  const line =
    readDockerfile()
      .at(-1)
      ?.instructions.find(({ name }) => name === 'HEALTHCHECK')?.text ?? '';
  const [program, flag, script] = JSON.parse(line.slice(line.indexOf('['))) as string[];
  assert.deepEqual([program, flag], ['node', '-e']);
  assert.match(script ?? '', /http:\/\/127\.0\.0\.1:3978\/healthz/);
  return (script ?? '').replace('http://127.0.0.1:3978', url);
}
