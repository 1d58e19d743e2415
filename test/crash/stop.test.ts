import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from '../../src/events/verify.ts';
import { eventBody } from '../fakes/assistant.ts';
import { wordsOf } from '../fakes/connector.ts';
import { Folder, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { said } from '../fakes/programs.ts';
import { TdsServer } from '../fakes/tds.ts';
import { Program } from './program.ts';
import { alex, chat, onSite, type Site } from './site.ts';

/** What every supervisor gives: Docker's `docker stop`, and less than systemd and Kubernetes do. */
const GRACE_MS = 10_000;
/** Longer than any of this takes. */
const HELD_MS = 600_000;
const SENDERS = 25;

interface Flood {
  answers: { status: number; id: number | null }[];
  /** Codes of what had no answer. */
  failures: string[];
  /** Resolves when so many were answered. */
  answered: (count: number) => Promise<void>;
  /** Resolves when every sender has found the door closed. */
  ended: Promise<unknown>;
}

/** Senders that keep their connection and send one event after the other, until nobody listens any more. */
function flood(url: string): Flood {
  const answers: Flood['answers'] = [];
  const failures: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const send = async (message: string) => {
    const body = eventBody({ event: 'STORED', message });
    const headers = { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) };
    const outgoing = request(`${url}/webhooks/junos`, { method: 'POST', headers, agent });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const { id = null } = JSON.parse(Buffer.concat(await response.toArray()).toString()) as { id?: number | null };
    answers.push({ status: response.statusCode ?? 0, id });
    for (const { count, resolve } of waiting) if (answers.length >= count) resolve();
  };
  const sender = async (name: number) => {
    for (let n = 0; ; n += 1) {
      try {
        await send(`${name}-${n}`);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? String(error);
        failures.push(code);
        if (code === 'ECONNREFUSED') return;
      }
    }
  };
  const ended = Promise.all(Array.from({ length: SENDERS }, (_, n) => sender(n))).finally(() => agent.destroy());
  const answered = (count: number) => new Promise<void>((resolve) => waiting.push({ count, resolve }));
  return { answers, failures, answered, ended };
}

/** A reboot that is followed, logs that are collected and a card that Teams does not answer: all of it under way. */
async function busy(site: Site): Promise<void> {
  site.folder.device('hq-fw02').state.archiveMs = HELD_MS;
  await site.teams.ask(alex, chat, 'alerts here');
  await site.confirmed('reboot hq-fw01');
  const card = await site.teams.ask(alex, chat, 'get the logs for hq-fw02');
  await site.teams.click(alex, chat, card, 'Collect logs');
  await site.folder.received('hq-fw01', 'request-reboot');
  await site.connector.waitFor(
    ({ activityId, activity }) => activityId === card.activityId && wordsOf(activity).includes('Packing /var/log'),
  );
  site.connector.plan({ hang: true }, 1_000);
  await site.event('the line is down');
  await site.connector.waitForRequest(({ activity }) => wordsOf(activity).includes('the line is down'));
}

/** Events come as fast as they are taken; after so many the program is stopped. What became of them. */
async function stoppedUnderFire(site: Site, program: Program, events: number): Promise<void> {
  const { answers, failures, answered, ended } = flood(site.url);
  await answered(events);
  const began = performance.now();
  assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
  const tookMs = performance.now() - began;
  await ended;
  assert.ok(tookMs < GRACE_MS, `${tookMs} ms`);
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
  const stored = new Set(site.folder.rows('SELECT id FROM events').map(({ id }) => Number(id)));
  assert.deepEqual(
    answers.filter(({ id }) => !stored.has(Number(id))),
    [],
  );
  // A connection that was idle when the door closed may be reset under a request on its way; nothing else is cut off.
  const cut = failures.filter((code) => code !== 'ECONNREFUSED');
  assert.deepEqual(
    cut.filter((code) => code !== 'ECONNRESET' && code !== 'EPIPE'),
    [],
  );
  assert.ok(cut.length <= SENDERS, cut.join(' '));
  assert.equal(failures.length - cut.length, SENDERS);
}

describe('SIGTERM', { concurrency: true }, () => {
  it('with everything under way: what was acknowledged is stored, nobody is refused, ten seconds are kept', () =>
    onSite(
      async (site) => {
        const program = await site.start();
        await busy(site);
        await stoppedUnderFire(site, program, 500);
        const jobs = site.folder.rows('SELECT device, status FROM jobs ORDER BY device');
        assert.deepEqual(
          jobs.map(({ device, status }) => `${device} ${status}`),
          ['hq-fw01 waiting', 'hq-fw02 running'],
        );
        assert.equal(site.folder.count('hq-fw01'), 1);
      },
      { devices: { 'hq-fw01': { downMs: HELD_MS }, 'hq-fw02': {} }, assistant: { logs: { folder: 'logs' } } },
    ));

  it('with a disk that takes a fifth of a second for each commit: the same', () =>
    onSite(async (site) => {
      const program = await site.start();
      const inject = 'inject=fsync,fdatasync:delay_exit=200000';
      const args = ['-f', '-e', 'trace=fsync,fdatasync', '-e', inject, '-p', String(program.pid)];
      const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      await said(strace, 'attached');
      try {
        await stoppedUnderFire(site, program, 100);
      } finally {
        strace.kill('SIGKILL');
      }
    }));

  it('on its way up: heard, and a SIGHUP before it does nothing', () =>
    onSite(async (site) => {
      // A file that is a pipe is read for as long as nobody writes it to its end.
      const path = join(site.folder.dir, 'assistant.yaml');
      const text = await readFile(path);
      await rm(path);
      execFileSync('mkfifo', [path]);
      const program = site.launch();
      // Opened when the program has opened it.
      const file = await open(path, 'w');
      process.kill(program.pid, 'SIGHUP');
      const exit = program.signal('SIGTERM');
      await file.write(text);
      await file.close();
      assert.equal((await exit).signal, null);
      // A machine that is too busy to start in ten seconds cuts it off.
      assert.match(program.stderr, /"signal":"SIGTERM"|the stop took too long/);
    }));

  it('after a SIGHUP, which rereads the configuration and stops nothing', () =>
    onSite(async (site) => {
      const program = await site.start();
      process.kill(program.pid, 'SIGHUP');
      const limit = AbortSignal.timeout(60_000);
      while (!program.stderr.includes('configuration reread')) await delay(20, undefined, { signal: limit });
      assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
    }));

  it('while the SQL Server does not answer: cut off before a supervisor does it, and told', async () => {
    const server = new TdsServer();
    const asked = new Promise<void>((resolve) => {
      server.answer = () => {
        resolve();
        return 'silence';
      };
    });
    const env = { MSSQL_SERVER: '127.0.0.1', MSSQL_PORT: String(await server.listen()), MSSQL_DATABASE: 'network' };
    const login = { MSSQL_USER: 'netassist', MSSQL_PASSWORD: 'x', MSSQL_ENCRYPT: 'false' };
    const folder = await Folder.make({ assistant: { store: 'mssql' } });
    const program = new Program(folder.dir, { ...env, ...login });
    try {
      await asked;
      // The driver's own limit is later, and would end it with other words.
      assert.deepEqual(await program.signal('SIGTERM'), { code: 1, signal: null });
      assert.match(program.stderr, /the stop took too long and is cut off/);
    } finally {
      await program.signal('SIGKILL');
      await Promise.all([server.close(), folder.close()]);
    }
  });
});
