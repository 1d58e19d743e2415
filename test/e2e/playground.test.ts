import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPlayground } from '../../simulator/playground.ts';

/** Nothing listens there: the Playground starts without its bot. */
const botEndpoint = 'http://127.0.0.1:9/api/messages';

async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A reset is a way to close, too. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
  });
}

/** A process that is ending closes its connections one by one, and the port it listens on last. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    const socket = await open(port).catch((error: NodeJS.ErrnoException) => error.code);
    if (socket === 'ECONNREFUSED') return;
    if (typeof socket === 'object') socket.destroy();
  }
}

test('the Playground serves our people, on 127.0.0.1 and nowhere else', async () => {
  const playground = await startPlayground({ port: 0, botEndpoint });
  try {
    const page = await fetch(playground.url);
    assert.equal(page.status, 200);
    const config = await (await fetch(`${playground.url}/_internal/v1/testConfig`)).text();
    assert.match(config, /Diego Siciliani/);
    // All of 127/8 is this machine: whoever listens on every interface answers there too.
    await assert.rejects(open(playground.port, '127.0.0.2'), { code: 'ECONNREFUSED' });
    await assert.rejects(open(playground.port, '::1'));
  } finally {
    await playground.close();
  }
  await assert.rejects(open(playground.port), { code: 'ECONNREFUSED' });
});

test('a taken port is refused: the Playground would quietly take another', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await assert.rejects(startPlayground({ port, botEndpoint }), { code: 'playground-port-taken' });
  } finally {
    holder.close();
  }
});

test('a Playground that is not ready in time, or not wanted any more, is ended', async () => {
  await assert.rejects(startPlayground({ port: 0, botEndpoint, readyTimeoutMs: 1 }), { code: 'playground-timeout' });
  const abort = new AbortController();
  const starting = startPlayground({ port: 0, botEndpoint, signal: abort.signal });
  abort.abort();
  await assert.rejects(starting, { code: 'playground-aborted' });
});

// Not one that the system gives to whoever asks for any: another test may be given it the moment it is free again.
const ports = { SIGINT: 21_311, SIGTERM: 21_312, SIGKILL: 21_313 };

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} to the process that started it leaves no Playground behind`, { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-test-'));
    const script = `
      import { startPlayground } from ${JSON.stringify(new URL('../../simulator/playground.ts', import.meta.url).href)};
      const { port } = await startPlayground({ port: ${ports[signal]}, botEndpoint: ${JSON.stringify(botEndpoint)} });
      process.stdout.write(String(port));`;
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const exited = once(starter, 'exit');
      const [printed] = await once(starter.stdout, 'data');
      const port = Number(printed);
      // Asked for before the end: one that is reset closes at once, and nobody hears of it afterwards.
      const released = closed(await open(port));
      starter.kill(signal);
      assert.deepEqual(await exited, [null, signal]);
      await released;
      await untilRefused(port);
      // Nobody can tidy up after kill -9; the system empties its temporary folder.
      if (signal !== 'SIGKILL') assert.deepEqual(readdirSync(folder), []);
    } finally {
      starter.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
}
