import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { verify } from '../../src/events/verify.ts';
import { cli } from './cli.ts';

const SECRET = 'a-webhook-secret';
let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assistant-cli-'));
  await writeFile(join(dir, 'junos-config.yaml'), `config:\n  webhook_secret: ${SECRET}\n  auth_header: My-Auth\n`);
  await writeFile(join(dir, 'devices.yaml'), 'site: hq\ndevices: [hq-fw01, hq-fw02]\n');
});
after(() => rm(dir, { recursive: true }));

const lines = (text: string) => text.split('\n').slice(0, -1);

describe('check', { concurrency: 2 }, () => {
  it('of the example folder: ready, on stdout', async () => {
    const { code, stdout, stderr } = await cli(['check']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^config: \d+ devices, \d+ events, local mode: ready to start\.\n$/);
  });

  it('lists problems on stdout and says how many on stderr', async () => {
    const { code, stdout, stderr } = await cli(['--config', '/nonexistent', 'check'], {
      env: { MicrosoftAppPassword: 'hunter2' },
    });
    assert.equal(code, 1);
    assert.deepEqual(
      lines(stdout).map((line) => line.split(': ').slice(0, 2)),
      [
        ['environment', 'MicrosoftAppPassword'],
        ['junos-config.yaml', 'file'],
        ['devices.yaml', 'file'],
      ],
    );
    assert.equal(stderr, '3 problems in /nonexistent.\n');
  });

  it('takes the folder from the environment', async () => {
    const { stdout } = await cli(['check'], { env: { NETWORK_ASSISTANT_CONFIG: dir } });
    assert.match(stdout, /: 2 devices, 0 events, local mode: ready to start\.\n$/);
  });
});

describe('phrase', { concurrency: 2 }, () => {
  it('one text as one line of JSON', async () => {
    const args = ['phrase', 'reboot hq-fw01 in 30 minutes', '--now', '2026-11-23T10:00:00Z', '--zone', 'Europe/London'];
    const { code, stdout, stderr } = await cli(['--config', dir, ...args]);
    assert.deepEqual([code, stderr, lines(stdout).length], [0, '', 1]);
    const { intent, devices, when } = JSON.parse(stdout);
    assert.deepEqual([intent, devices], ['reboot', ['hq-fw01']]);
    assert.deepEqual([when.kind, Date.parse(when.utc)], ['in', Date.UTC(2026, 10, 23, 10, 30)]);
  });

  it('a stream: one answer per line, in order, also for a line that cannot be read', async () => {
    const input = ['{"text":"reboot hq-fw02"}', 'no JSON', '{"text":"help"}', '{"text":"help","zone":"Mars/Olympus"}'];
    const { code, stdout, stderr } = await cli(['--config', dir, 'phrase', '--stdin'], { input: input.join('\n') });
    assert.deepEqual([code, stderr], [0, '']);
    const answers = lines(stdout).map((line) => JSON.parse(line) as { intent?: string; error?: string });
    assert.deepEqual(
      answers.map(({ intent, error }) => intent ?? typeof error),
      ['reboot', 'string', 'help', 'string'],
    );
  });
});

describe('send-event', { concurrency: 2 }, () => {
  let server: Server;
  let url: string;
  const got: { body: Buffer; headers: IncomingMessage['headers'] }[] = [];

  before(async () => {
    server = createServer(async (request, response) => {
      const body = await buffer(request);
      if (request.url === '/refuses') return response.writeHead(401).end('{"error":"no"}');
      got.push({ body, headers: request.headers });
      return response.writeHead(202).end('{"id":7}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const event = ['--event', 'UI_COMMIT', '--message', 'UI_COMMIT: ünï "quoted"', '--hostname', 'hq-fw01'];

  it('signs the exact bytes under the configured header, and prints status and answer', async () => {
    const detail = '[{"pid":"1","cpu":71.3}]';
    const args = ['send-event', ...event, '--process', 'mgd', '--detail', detail, '--url', `${url}/x`];
    const { code, stdout, stderr } = await cli(['--config', dir, ...args]);
    assert.deepEqual([code, stdout, stderr], [0, '202 {"id":7}\n', '']);
    const [request] = got;
    assert.ok(request);
    assert.equal(
      verify(request.body, { signature: String(request.headers['my-auth']) }, [SECRET], Date.now()).reason,
      'ok',
    );
    assert.deepEqual(JSON.parse(request.body.toString()), {
      event: 'UI_COMMIT',
      process: 'mgd',
      message: 'UI_COMMIT: ünï "quoted"',
      hostname: 'hq-fw01',
      detail: [{ pid: '1', cpu: 71.3 }],
    });
  });

  it('that is refused is a failure, with the answer on stdout', async () => {
    const { code, stdout, stderr } = await cli(['--config', dir, 'send-event', ...event, '--url', `${url}/refuses`]);
    assert.deepEqual([code, stdout, stderr], [1, '401 {"error":"no"}\n', 'The event was not taken: status 401.\n']);
  });

  it('to nobody is one line', async () => {
    const { code, stdout, stderr } = await cli([
      '--config',
      dir,
      'send-event',
      ...event,
      '--url',
      'http://127.0.0.1:1/',
    ]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr, 'Nothing answers at http://127.0.0.1:1/. Is the bot running there?\n');
  });
});

describe('wrong usage is exit 2, with a word on stderr and nothing on stdout', { concurrency: 2 }, () => {
  const wrong: [what: string, args: string[], word: RegExp][] = [
    ['an unknown command', ['reboot', 'hq-fw01'], /unknown command/],
    ['a missing option', ['send-event', '--event', 'X'], /--message/],
    ['no text', ['phrase'], /Give the text to understand/],
    ['a zone that is none', ['phrase', 'help', '--zone', 'Mars/Olympus'], /Mars\/Olympus is not a time zone/],
    ['a time that is none', ['phrase', 'help', '--now', 'soon'], /soon is not a time/],
    [
      'a port that is none',
      ['simulate', '--hostname', 'x', '--port', '70000', '--user', 'u', '--password', 'p'],
      /port/,
    ],
    ['no device', ['device', 'facts'], /name/],
  ];
  for (const [what, args, word] of wrong) {
    it(what, async () => {
      const { code, stdout, stderr } = await cli(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, word);
    });
  }

  it('asking for help is not', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const command of ['start', 'check', 'phrase', 'send-event', 'device', 'audit', 'simulate']) {
      assert.match(stdout, new RegExp(`^  ${command}\\b`, 'm'));
    }
  });
});
