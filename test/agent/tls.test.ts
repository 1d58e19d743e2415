import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { requireProgram } from '../fakes/requires.ts';
import { Device, python } from './device.ts';

const SECRET = 'agent-test-secret';
const openssl = requireProgram(['openssl'], 'openssl');
const skip = ('skip' in python && python.skip) || ('skip' in openssl && openssl.skip);

describe('agent/junos-agent.py over TLS', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'junos-agent-tls-'));
  const certificate = join(dir, 'certificate.pem');
  let server: Server;
  let device: Device;
  let taken: number;
  let port: number;

  before(async () => {
    const key = join(dir, 'key.pem');
    const subject = ['-subj', '/CN=assistant', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', certificate];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject];
    execFileSync('path' in openssl ? openssl.path : '', args, { stdio: 'ignore' });
    server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      taken += 1;
      request.resume();
      response.writeHead(202);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    taken = 0;
    device = new Device(`https://127.0.0.1:${port}/webhooks/junos`, SECRET);
  });
  afterEach(() => device.remove());
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('refuses a certificate that the device does not know', async () => {
    await device.fails(/cannot reach the assistant: .*self.signed certificate; spooled, 1 waiting/);
    assert.equal(taken, 0);
  });

  it('takes the authorities of --ca-file', async () => {
    await device.delivers([...device.args, '--ca-file', certificate]);
    await device.delivers([...device.args, '-ca-file', certificate]);
    assert.equal(taken, 2);
  });

  it('refuses a certificate for another name', async () => {
    const args = ['--url', `https://localhost:${port}/`, '--secret', SECRET, '--ca-file', certificate];
    await device.fails(/cannot reach the assistant: .*; spooled, 1 waiting/, args);
    assert.equal(taken, 0);
  });

  it('says when the file is missing or holds no certificate, and keeps the event', async () => {
    await device.fails(/cannot read the CA file: No such file or directory; spooled, 1 waiting/, [
      ...device.args,
      '--ca-file',
      join(dir, 'nowhere.pem'),
    ]);
    const empty = join(dir, 'empty.pem');
    writeFileSync(empty, 'nothing');
    await device.fails(/cannot read the CA file: no certificate in it; spooled, 2 waiting/, [
      ...device.args,
      '--ca-file',
      empty,
    ]);
    await device.delivers([...device.args, '--ca-file', certificate]);
    assert.equal(taken, 3);
  });
});
