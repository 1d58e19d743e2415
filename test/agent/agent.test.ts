import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parseTriggerEvent } from '../../src/events/trigger-event.ts';
import { requireProgram } from '../fakes/requires.ts';
import { AGENT, Device, type Got, junosModule, program, python, Receiver, triggerXml } from './device.ts';

const SECRET = 'agent-test-secret';
const TRIGGER = triggerXml();

describe('agent/junos-agent.py', { skip: 'skip' in python && python.skip }, () => {
  let receiver: Receiver;
  let device: Device;
  let url: string;

  before(async () => {
    receiver = await Receiver.start();
    url = receiver.url;
  });
  beforeEach(() => {
    receiver.got.length = 0;
    receiver.answer = { status: 202 };
    device?.remove();
    device = new Device(url, SECRET);
  });
  after(() => {
    receiver.close();
    device.remove();
  });

  const only = (): Got => {
    assert.equal(receiver.got.length, 1);
    return receiver.got[0] as Got;
  };

  it('sends everything that Junos tells about the event', async () => {
    const start = Date.now();
    await device.delivers();
    const { method, url: path, headers, body } = only();
    assert.deepEqual([method, path, headers['content-type']], ['POST', '/webhooks/junos', 'application/json']);
    const { sequence, ...sent } = JSON.parse(body.toString());
    assert.ok(sequence >= start && Number.isSafeInteger(sequence));
    assert.deepEqual(sent, {
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

  const keys: [what: string, secret: string, key: Buffer][] = [
    ['a text', SECRET, Buffer.from(SECRET)],
    [
      'whsec_ and base64',
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
    ],
    ['whsec_ and base64 without its padding', 'whsec_c2VjcmV0cw', Buffer.from('secrets')],
  ];
  for (const [what, secret, key] of keys) {
    it(`signs the exact bytes of the body in both ways: ${what}`, async () => {
      const other = new Device(url, secret);
      const start = Math.floor(Date.now() / 1000);
      await other.delivers();
      other.remove();
      const { headers, body } = only();
      assert.equal(headers['junos-auth'], createHmac('sha256', secret).update(body).digest('hex'));
      const id = String(headers['webhook-id']);
      const timestamp = String(headers['webhook-timestamp']);
      assert.match(id, /^msg_[0-9a-f]{32}$/);
      assert.match(timestamp, /^\d+$/);
      assert.ok(Number(timestamp) >= start && Number(timestamp) <= Date.now() / 1000);
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${signature}`);
    });
  }

  it('numbers the events of a device, each above the one before, also when the last number was lost', async () => {
    await device.delivers();
    await device.delivers();
    writeFileSync(`${device.spool}.state`, 'garbage');
    await device.delivers();
    // As left behind by a clock that was an hour ahead.
    const ahead = Date.now() + 3_600_000;
    writeFileSync(`${device.spool}.state`, `${ahead} ${ahead} 0\n`);
    await device.delivers();
    const numbers = receiver.bodies().map(({ sequence }) => Number(sequence));
    assert.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      numbers,
    );
    assert.equal(numbers[3], ahead + 1);
    assert.equal(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size, 4);
  });

  it('accepts one dash and two, an equals sign, a file for the secret, and arguments it does not know', async () => {
    const file = join(device.dir, 'secret');
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    const lines = [
      ['-url', url, '-secret', SECRET],
      [`--url=${url}`, `--secret=${SECRET}`],
      ['--url', url, '--secret-file', file, '--secret', 'ignored'],
      ['-junos-context', 'x', 'stray', '-url', url, '--verbose', '-secret-file', file, '--timeout', 'soon'],
      ['-url', url, '-secret', SECRET, '-timeout', '4', '-spool', join(device.dir, 'other'), '-ca-file', '/nowhere'],
    ];
    for (const line of lines) await device.delivers(line);
    assert.equal(receiver.got.length, lines.length);
    for (const { body, headers } of receiver.got) {
      assert.equal(headers['junos-auth'], createHmac('sha256', SECRET).update(body).digest('hex'));
    }
  });

  it('sends what is there when parts of the event are missing', async () => {
    const cases: [xml: string, expected: Record<string, unknown>][] = [
      [TRIGGER.replace(/<message>.*<\/message>/, ''), { message: 'peer-name=10.0.0.1 old-state=Active' }],
      [TRIGGER.replace(/<process>.*<\/process>/, ''), { process: '', pid: null }],
      [TRIGGER.replace('<name>rpd</name>', ''), { process: '', pid: 2902 }],
      [TRIGGER.replace('<pid>2902</pid>', '<pid>none</pid>'), { process: 'rpd', pid: null }],
      [TRIGGER.replace('<pid>2902</pid>', ''), { process: 'rpd', pid: null }],
      [TRIGGER.replace('<hostname>hq-rtr01</hostname>', ''), { hostname: hostname() }],
      [TRIGGER.replace('<hostname>hq-rtr01</hostname>', '<hostname/>'), { hostname: hostname() }],
      [TRIGGER.replace('<facility>daemon</facility>', ''), { facility: '', severity: 'warning' }],
      [TRIGGER.replace('<severity>warning</severity>', ''), { facility: 'daemon', severity: '' }],
      [TRIGGER.replace(/<attribute-list>[\s\S]*<\/attribute-list>/, ''), { attributes: {} }],
      [TRIGGER.replace('<name>peer-name</name>', ''), { attributes: { 'old-state': 'Active' } }],
      [TRIGGER.replace('<value>Active</value>', ''), { attributes: { 'peer-name': '10.0.0.1', 'old-state': '' } }],
      [TRIGGER.replace(/<generation-time.*<\/generation-time>/, ''), { generation_time: '' }],
      [TRIGGER.replace(/<id>.*<\/id>/, ''), { event: 'UNKNOWN' }],
      ['<trigger-event/>', { event: 'UNKNOWN', hostname: hostname(), pid: null }],
      ['<trigger-event><id>ui_commit</id></trigger-event>', { event: 'ui_commit', message: '', facility: '' }],
      [
        '<event-script-input xmlns="urn:x"><trigger-event><id>A</id></trigger-event></event-script-input>',
        { event: 'A' },
      ],
      [TRIGGER.replace(/<message>.*<\/message>/, `<message>${'ü'.repeat(200_000)}</message>`), { process: 'rpd' }],
    ];
    for (const [place, [xml, expected]] of cases.entries()) {
      await device.delivers(['--url', `${url}?${place}`, '--secret', SECRET], junosModule(xml));
      const body = receiver.got.find((request) => request.url?.endsWith(`?${place}`))?.body ?? Buffer.alloc(0);
      assert.ok(body.length < 64 * 1024);
      assert.ok('value' in parseTriggerEvent(body), body.toString());
      const sent = JSON.parse(body.toString()) as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(sent[key], value, key);
    }
  });

  it('says in one line what is wrong with its arguments, and keeps the event', async () => {
    const wrong: [why: RegExp, args: string[]][] = [
      [/no address: give --url/, ['--secret', SECRET]],
      [/no address/, ['--secret', SECRET, '--url']],
      [/no address/, ['--url', 'file:///etc/passwd', '--secret', SECRET]],
      [/the address holds a user/, ['--url', `http://u:${SECRET}@host/`, '--secret', SECRET]],
      [/no secret: give --secret-file/, ['--url', url]],
      [/no secret/, ['--url', url, '--secret', '']],
      [/begins with whsec_, but/, ['--url', url, '--secret', 'whsec_?']],
      [/begins with whsec_, but/, ['--url', url, '--secret', 'whsec_']],
      [/cannot read the secret file: No such file/, ['--url', url, '--secret-file', join(device.dir, 'nowhere')]],
    ];
    for (const [index, [why, args]] of wrong.entries()) {
      const { code, stderr } = await device.run(args);
      assert.equal(code, 1);
      assert.match(stderr, why);
      assert.match(stderr, new RegExp(`; spooled, ${index + 1} waiting\n$`));
    }
    assert.equal(receiver.got.length, 0);
    await device.delivers();
    assert.equal(receiver.got.length, wrong.length + 1);
  });

  it('says in one line what the other side did', async () => {
    for (const status of [401, 403, 404, 429, 500, 503]) {
      receiver.answer = { status };
      await device.fails(new RegExp(`the assistant answered ${status}; spooled`));
    }
    await device.fails(/cannot reach the assistant: .*refused/i, ['--url', 'http://127.0.0.1:1/', '--secret', SECRET]);
    await device.fails(/cannot reach the assistant/, ['--url', `http://u:${SECRET}@[bad/`, '--secret', SECRET]);
    await device.fails(/cannot reach the assistant/, ['--url', 'http://127.0.0.1:99999/', '--secret', SECRET]);
  });

  it('does not follow a redirect', async () => {
    receiver.answer = { status: 307, headers: { location: url } };
    await device.fails(/the assistant answered 307/);
    assert.equal(receiver.got.length, 1);
  });

  it('fails without an event from Junos', async () => {
    await device.fails(/no trigger event from Junos \(ImportError\)\n/, device.args, '');
    await device.fails(/no trigger event from Junos\n/, device.args, 'Junos_Trigger_Event = None');
    assert.equal(receiver.got.length, 0);
    assert.deepEqual(device.waiting(), []);
  });

  it('ends within its limit, whatever hangs', async () => {
    receiver.answer = 'hang';
    const hangs: [junos: string, waiting: number][] = [
      [junosModule(TRIGGER), 1],
      // Looking up a name blocks in C, where no signal handler runs.
      [`${junosModule(TRIGGER)}import socket, time\nsocket.getaddrinfo = lambda *a, **k: time.sleep(60)\n`, 2],
      ['import time\ntime.sleep(60)\n', 2],
    ];
    for (const [junos, waiting] of hangs) {
      const { code, stderr, ms } = await device.run([...device.args, '--timeout', '0.8'], junos);
      assert.equal(code, 1);
      assert.match(stderr, /within 0.8 seconds|timed out/);
      assert.ok(ms < 30_000, `${ms} ms`);
      assert.equal(device.waiting().length, waiting);
    }
  });

  it('ends within its limit when an answer comes byte by byte', async () => {
    const drip = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 202 Accepted\r\nX-Slow: ');
      const timer = setInterval(() => socket.write('x'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
    const slow = `http://127.0.0.1:${(drip.address() as AddressInfo).port}/`;
    const { code, stderr, ms } = await device.run(['--url', slow, '--secret', SECRET, '--timeout', '0.8']);
    assert.deepEqual([code, stderr], [1, 'junos-agent: no answer within 0.8 seconds; spooled, 1 waiting\n']);
    assert.ok(ms < 30_000, `${ms} ms`);
    drip.close();
  });

  it('is Python 3.7 and needs nothing but its standard library', () => {
    const check = `import ast, json, sys
version = {"feature_version": (3, 7)} if sys.version_info >= (3, 8) else {}
tree = ast.parse(open(sys.argv[1]).read(), **version)
nodes = list(ast.walk(tree))
print(json.dumps(sorted({n.names[0].name if isinstance(n, ast.Import) else n.module for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom))})))`;
    const { stdout, status, stderr } = spawnSync(program, ['-c', check, AGENT], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const standard =
      'base64 contextlib errno fcntl hashlib hmac http.client json os random signal socket ssl stat subprocess sys threading time urllib.parse';
    const onTheDevice = ['jnpr.junos', 'junos'];
    assert.deepEqual(JSON.parse(stdout), [...standard.split(' '), ...onTheDevice].sort());
  });

  it('is explained with the arguments it takes', () => {
    const readme = readFileSync(new URL('../../agent/README.md', import.meta.url), 'utf8');
    for (const name of ['url', 'secret-file', 'secret', 'ca-file', 'timeout', 'spool']) {
      assert.ok(readme.includes(`| \`${name}\` |`), name);
    }
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
