import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { makeCertificates } from '../fakes/certificates.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';
import { end, freePort, said } from '../fakes/programs.ts';
import { requireProgram } from '../fakes/requires.ts';

const nginx = requireProgram(['nginx'], 'nginx');

describe('nginx in front', { skip: 'skip' in nginx && nginx.skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'nginx-'));
  let assistant: Assistant;
  let proxy: ChildProcess;
  let ca: string;
  const ports = { teams: 0, devices: 0 };

  before(async () => {
    assistant = await Assistant.start({ assistant: { trusted_proxies: ['127.0.0.1'] } });
    const made = makeCertificates(dir);
    ca = made.ca;
    ports.teams = await freePort();
    ports.devices = await freePort();
    // The file as it is but for what belongs to this machine: ports, certificates, the networks of the devices.
    const own = readFileSync('deploy/nginx/network-assistant.conf', 'utf8')
      .replace('listen 443 ', `listen 127.0.0.1:${ports.teams} `)
      .replace('listen 8443 ', `listen 127.0.0.1:${ports.devices} `)
      .replace('server 127.0.0.1:3978', `server ${new URL(assistant.url).host}`)
      .replace('allow 10.0.0.0/8', 'allow 127.0.0.1')
      .replace(/ssl_certificate [^;]+/g, `ssl_certificate ${made.good.certificate}`)
      .replace(/ssl_certificate_key [^;]+/g, `ssl_certificate_key ${made.good.key}`);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${dir}/${name};`,
    );
    writeFileSync(join(dir, 'own.conf'), own);
    writeFileSync(
      join(dir, 'nginx.conf'),
      `daemon off; master_process off; pid ${dir}/pid; error_log stderr notice; events {}
       http { access_log off; ${paths.join(' ')} include ${dir}/own.conf; }`,
    );
    proxy = spawn('path' in nginx ? nginx.path : '', ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await said(proxy, 'notice');
  });
  after(async () => {
    if (proxy) await end(proxy);
    await assistant?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function ask(port: number, method: string, path: string, headers = {}, body: Buffer | string = '') {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, ca, agent: false });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: Buffer.concat(await response.toArray()).toString() };
  }
  const json = { 'Content-Type': 'application/json' };
  const signed = (body: Buffer) => ({ ...json, 'Junos-Auth': sign(body, WEBHOOK_SECRET) });

  it('passes an event on as it was signed, with the address that it came from, whatever the sender says', async () => {
    const body = eventBody({ message: 'through the proxy' });
    const headers = { ...signed(body), 'X-Forwarded-For': '192.0.2.1' };
    for (const path of ['/webhooks/junos', '/junos']) {
      const { status, body: answer } = await ask(ports.devices, 'POST', path, headers, body);
      assert.equal(status, 202, answer);
    }
    assert.deepEqual(
      assistant.folder.rows('SELECT DISTINCT source FROM events').map(({ source }) => source),
      ['127.0.0.1'],
    );
  });

  it('passes Teams on: the bot itself says that local mode takes nothing through a proxy', async () => {
    const activity = JSON.stringify({
      ...{ type: 'message', channelId: 'msteams', serviceUrl: assistant.connector.url },
      ...{ from: { id: '29:x' }, conversation: { id: 'a:x' } },
    });
    const { status, body } = await ask(ports.teams, 'POST', '/api/messages', { ...json, Host: '127.0.0.1' }, activity);
    assert.equal(status, 403);
    assert.match(body, /Local mode takes no requests through a proxy/);
  });

  it('refuses what is larger than the bot takes', async () => {
    const sizes = [
      [ports.teams, '/api/messages', 256],
      [ports.devices, '/webhooks/junos', 64],
    ] as const;
    for (const [port, path, kib] of sizes)
      assert.equal((await ask(port, 'POST', path, json, Buffer.alloc(kib * 1_024 + 1, 0x20))).status, 413, path);
  });

  it('lets nothing else through, on neither side', async () => {
    for (const [port, method, path, status] of [
      [ports.teams, 'GET', '/metrics', 404],
      [ports.teams, 'GET', '/readyz', 404],
      [ports.teams, 'GET', '/healthz', 404],
      [ports.teams, 'POST', '/webhooks/junos', 404],
      [ports.teams, 'POST', '/api/messages/more', 404],
      [ports.teams, 'GET', '/api/messages', 403],
      [ports.devices, 'POST', '/api/messages', 404],
      [ports.devices, 'GET', '/metrics', 404],
      [ports.devices, 'GET', '/junos', 403],
    ] as const)
      assert.equal((await ask(port, method, path)).status, status, `${method} ${path}`);
  });
});
