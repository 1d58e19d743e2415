import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseTriggerEvent } from '../../src/events/trigger-event.ts';
import { requireProgram } from '../fakes/requires.ts';

const AGENT = fileURLToPath(new URL('../../agent/junos-agent.py', import.meta.url));
const SECRET = 'agent-test-secret';
const python = requireProgram(['python3'], 'python3');

const TRIGGER = `<event-script-input><trigger-event><id>RPD_BGP_NEIGHBOR_STATE_CHANGED</id><type>syslog</type>
  <generation-time junos:seconds="1399024467" xmlns:junos="urn:x">2026-11-23 10:00:00 UTC</generation-time>
  <process><name>rpd</name><pid>2902</pid></process><hostname>hq-rtr01</hostname>
  <message>RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer 10.0.0.1 changed state, Grüße &lt;b&gt;</message>
  <facility>daemon</facility><severity>warning</severity><attribute-list>
  <attribute><name>peer-name</name><value>10.0.0.1</value></attribute>
  <attribute><name>old-state</name><value>Active</value></attribute></attribute-list></trigger-event></event-script-input>`;

/** What Junos provides as the module `junos`: the trigger event as an element. */
const stand = (xml: string) =>
  `import xml.etree.ElementTree as etree\nJunos_Trigger_Event = etree.fromstring(${JSON.stringify(xml)})\n`;

interface Got {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

describe('agent/junos-agent.py', { skip: 'skip' in python && python.skip }, () => {
  const program = 'path' in python ? python.path : '';
  const dir = mkdtempSync(join(tmpdir(), 'junos-agent-'));
  const got: Got[] = [];
  let answer: { status: number; headers?: Record<string, string> } | 'hang';
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      got.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      if (answer === 'hang') return;
      response.writeHead(answer.status, answer.headers).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/junos`;
  });
  beforeEach(() => {
    got.length = 0;
    answer = { status: 202 };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Runs the script as Junos would, with this Python source as the module `junos`. */
  async function run(args: string[], junos = stand(TRIGGER)): Promise<{ code: number | null; stderr: string }> {
    const modules = mkdtempSync(join(dir, 'modules-'));
    writeFileSync(join(modules, 'junos.py'), junos);
    const dead = 'http://127.0.0.1:1';
    const env = { PATH: process.env.PATH, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: '1', http_proxy: dead };
    const child = spawn(program, [AGENT, ...args], { env: { ...env, HTTP_PROXY: dead, all_proxy: dead } });
    let stderr = '';
    let stdout = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdout.on('data', (chunk) => (stdout += chunk));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.equal(stdout, '');
    assert.ok(!stderr.includes(SECRET), 'the secret was printed');
    if (code !== 0) assert.match(stderr, /^junos-agent: [^\n]+\n$/, 'one line says why');
    return { code, stderr };
  }

  async function runFailing(args: string[], why: RegExp, junos?: string): Promise<void> {
    const { code, stderr } = await run(args, junos);
    assert.equal(code, 1, stderr);
    assert.match(stderr, why);
  }

  it('signs the exact bytes of the body', async () => {
    const { code, stderr } = await run(['--url', url, '--secret', SECRET]);
    assert.equal(code, 0, stderr);
    const [request] = got;
    assert.ok(request);
    assert.equal(request.method, 'POST');
    assert.equal(request.url, '/webhooks/junos');
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['junos-auth'], createHmac('sha256', SECRET).update(request.body).digest('hex'));
    assert.deepEqual(JSON.parse(request.body.toString()), {
      event: 'RPD_BGP_NEIGHBOR_STATE_CHANGED',
      process: 'rpd',
      message: 'RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer 10.0.0.1 changed state, Grüße <b>',
      hostname: 'hq-rtr01',
      detail: '',
      pid: 2902,
      facility: 'daemon',
      severity: 'warning',
      attributes: { 'peer-name': '10.0.0.1', 'old-state': 'Active' },
      generation_time: '2026-11-23 10:00:00 UTC',
    });
  });

  it('accepts one dash and two, an equals sign, a file for the secret, and arguments it does not know', async () => {
    const file = join(dir, 'secret');
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    const lines = [
      ['-url', url, '-secret', SECRET],
      [`--url=${url}`, `--secret=${SECRET}`],
      ['--url', url, '--secret-file', file, '--secret', 'ignored'],
      ['-junos-context', 'x', 'stray', '-url', url, '--verbose', '-secret-file', file, '--timeout', 'soon'],
    ];
    for (const line of lines) assert.equal((await run(line)).code, 0, line.join(' '));
    assert.equal(got.length, lines.length);
    for (const { body, headers } of got) {
      assert.equal(headers['junos-auth'], createHmac('sha256', SECRET).update(body).digest('hex'));
    }
  });

  it('sends what is there when parts of the event are missing', async () => {
    const cases: [xml: string, expected: Record<string, unknown>][] = [
      [TRIGGER.replace(/<message>.*<\/message>/, ''), { message: 'peer-name=10.0.0.1 old-state=Active' }],
      [TRIGGER.replace(/<process>.*<\/process>/, ''), { process: '', pid: null }],
      [TRIGGER.replace('<pid>2902</pid>', '<pid>none</pid>'), { process: 'rpd', pid: null }],
      [TRIGGER.replace('<hostname>hq-rtr01</hostname>', ''), { hostname: hostname() }],
      [TRIGGER.replace('<hostname>hq-rtr01</hostname>', '<hostname/>'), { hostname: hostname() }],
      [TRIGGER.replace(/<attribute-list>[\s\S]*<\/attribute-list>/, ''), { attributes: {} }],
      [TRIGGER.replace('<name>peer-name</name>', ''), { attributes: { 'old-state': 'Active' } }],
      [TRIGGER.replace('<value>Active</value>', ''), { attributes: { 'peer-name': '10.0.0.1', 'old-state': '' } }],
      [TRIGGER.replace(/<generation-time.*<\/generation-time>/, ''), { generation_time: '' }],
      [TRIGGER.replace(/<id>.*<\/id>/, ''), { event: 'UNKNOWN' }],
      ['<trigger-event><id>ui_commit</id></trigger-event>', { event: 'ui_commit', message: '', facility: '' }],
      [
        '<event-script-input xmlns="urn:x"><trigger-event><id>A</id></trigger-event></event-script-input>',
        { event: 'A' },
      ],
      [TRIGGER.replace(/<message>.*<\/message>/, `<message>${'ü'.repeat(200_000)}</message>`), { process: 'rpd' }],
    ];
    const checkCase = async ([xml, expected]: (typeof cases)[number], place: number) => {
      const { code, stderr } = await run(['--url', `${url}?${place}`, '--secret', SECRET], stand(xml));
      assert.equal(code, 0, stderr);
      const body = got.find((request) => request.url?.endsWith(`?${place}`))?.body ?? Buffer.alloc(0);
      assert.ok(body.length < 64 * 1024);
      assert.ok('value' in parseTriggerEvent(body), body.toString());
      const sent = JSON.parse(body.toString()) as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(sent[key], value, key);
    };
    await Promise.all(cases.map(checkCase));
  });

  it('says in one line what is wrong with its arguments', async () => {
    await runFailing([], /no address: give --url/);
    await runFailing(['--url'], /no address/);
    await runFailing(['--url', 'file:///etc/passwd', '--secret', SECRET], /no address/);
    await runFailing(['--url', url], /no secret: give --secret-file/);
    await runFailing(['--url', url, '--secret', ''], /no secret/);
    await runFailing(
      ['--url', url, '--secret-file', join(dir, 'nowhere')],
      /cannot read the secret file: No such file/,
    );
    assert.equal(got.length, 0);
  });

  it('says in one line what the other side did', async () => {
    const args = ['--url', url, '--secret', SECRET];
    answer = { status: 401 };
    await runFailing(args, /the assistant answered 401/);
    answer = { status: 503 };
    await runFailing(args, /the assistant answered 503/);
    await runFailing(['--url', 'http://127.0.0.1:1/', '--secret', SECRET], /cannot reach the assistant: .*refused/i);
    await runFailing(['--url', `http://u:${SECRET}@[bad/`, '--secret', SECRET], /cannot reach the assistant/);
  });

  it('does not follow a redirect', async () => {
    answer = { status: 307, headers: { location: url } };
    await runFailing(['--url', url, '--secret', SECRET], /the assistant answered 307/);
    assert.equal(got.length, 1);
  });

  it('fails without an event from Junos', async () => {
    const args = ['--url', url, '--secret', SECRET];
    await runFailing(args, /no trigger event from Junos \(ImportError\)/, '');
    await runFailing(args, /no trigger event from Junos/, 'Junos_Trigger_Event = None');
    assert.equal(got.length, 0);
  });

  it('ends within its limit, whatever hangs', async () => {
    answer = 'hang';
    const hangs = [
      stand(TRIGGER),
      // Looking up a name blocks in C, where no signal handler runs.
      `${stand(TRIGGER)}import socket, time\nsocket.getaddrinfo = lambda *a, **k: time.sleep(60)\n`,
      'import time\ntime.sleep(60)\n',
    ];
    for (const junos of hangs) {
      const start = performance.now();
      await runFailing(['--url', url, '--secret', SECRET, '--timeout', '0.5'], /within 0.5 seconds|timed out/, junos);
      assert.ok(performance.now() - start < 5_000);
    }
  });

  it('is Python 3.7 and needs nothing but the standard library', async () => {
    const check = `import ast, sys\ntree = ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))
print(" ".join(sorted(n.names[0].name if isinstance(n, ast.Import) else n.module for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom)))))`;
    const child = spawn(program, ['-c', check, AGENT]);
    let stdout = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
    assert.equal(stdout.trim(), 'hashlib hmac json junos os signal socket sys threading urllib.error urllib.request');
  });

  it('is explained with the arguments it takes', () => {
    const readme = readFileSync(new URL('../../agent/README.md', import.meta.url), 'utf8');
    for (const name of ['url', 'secret-file', 'secret', 'timeout']) assert.ok(readme.includes(`| \`${name}\` |`), name);
  });
});

describe('requireProgram', () => {
  it('finds a program, or says what to install', () => {
    const node = requireProgram(['no-such-program', 'node'], 'nodejs');
    assert.ok('path' in node && node.path.endsWith('/node'));
    if (process.env.REQUIRE_ALL === '1') {
      assert.throws(() => requireProgram(['no-such-program'], 'some-package'), /is not installed/);
    } else {
      const skip = 'no-such-program is not installed: apt-get install some-package';
      assert.deepEqual(requireProgram(['no-such-program'], 'some-package'), { skip });
    }
  });
});
