import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireProgram } from '../fakes/requires.ts';

export const AGENT = fileURLToPath(new URL('../../agent/junos-agent.py', import.meta.url));
export const python = requireProgram(['python3'], 'python3');
/** Itself, not a wrapper that chooses a version: a wrapper's time is not ours. */
export const program =
  'path' in python
    ? spawnSync(python.path, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim()
    : '';

interface Trigger {
  id?: string;
  message?: string;
}

/** What Junos tells about an event, as a document. */
export const triggerXml = ({ id = 'RPD_BGP_NEIGHBOR_STATE_CHANGED', message }: Trigger = {}) =>
  `<event-script-input><trigger-event><id>${id}</id><type>syslog</type>
  <generation-time junos:seconds="1399024467" xmlns:junos="urn:x">2026-11-23 10:00:00 UTC</generation-time>
  <process><name>rpd</name><pid>2902</pid></process><hostname>hq-rtr01</hostname>
  <message>${message ?? `${id}: BGP peer 10.0.0.1 changed state, Grüße &lt;b&gt;`}</message>
  <facility>daemon</facility><severity>warning</severity><attribute-list>
  <attribute><name>peer-name</name><value>10.0.0.1</value></attribute>
  <attribute><name>old-state</name><value>Active</value></attribute></attribute-list></trigger-event></event-script-input>`;

/** What Junos provides as the module `junos`: the trigger event as an element. */
export const junosModule = (xml: string) =>
  `import xml.etree.ElementTree as etree\nJunos_Trigger_Event = etree.fromstring(${JSON.stringify(xml)})\n`;

export interface RunOptions {
  /** Python source of modules, by file name. */
  modules?: Record<string, string>;
  /** Folder with programs that come before those of the system. */
  path?: string;
}

export interface Ended {
  code: number | null;
  stderr: string;
  ms: number;
}

/** An entry of the spool. */
export interface Entry {
  id: string;
  sequence: number;
  dropped: number;
  held_until: number;
  body: string;
}

/** A device: a folder with its spool, and the script as Junos starts it. */
export class Device {
  readonly dir = mkdtempSync(join(tmpdir(), 'junos-agent-'));
  readonly spool = join(this.dir, 'spool');
  readonly secret: string;
  /** Arguments of every run. */
  args: string[];

  constructor(url: string, secret: string) {
    this.secret = secret;
    this.args = ['--url', url, '--secret', secret];
  }

  async run(args: string[] = this.args, junos = junosModule(triggerXml()), options: RunOptions = {}): Promise<Ended> {
    const modules = mkdtempSync(join(this.dir, 'modules-'));
    for (const [name, source] of Object.entries({ 'junos.py': junos, ...options.modules })) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      writeFileSync(join(modules, name), source);
    }
    const dead = 'http://127.0.0.1:1';
    const env = {
      PATH: `${options.path ? `${options.path}:` : ''}${process.env.PATH}`,
      PYTHONPATH: modules,
      PYTHONDONTWRITEBYTECODE: '1',
      http_proxy: dead,
      HTTP_PROXY: dead,
      https_proxy: dead,
      all_proxy: dead,
    };
    const where = args.includes('--spool') ? [] : ['--spool', this.spool];
    const start = performance.now();
    const child = spawn(program, [AGENT, ...where, ...args], { env });
    let stderr = '';
    let stdout = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.equal(stdout, '');
    assert.ok(!stderr.includes(this.secret), 'the secret was printed');
    if (code !== 0 || stderr !== '') assert.match(stderr, /^junos-agent: [^\n]+\n$/, 'one line says why');
    return { code, stderr, ms: performance.now() - start };
  }

  /** Runs it for an event whose message is this. */
  event(message: string, args = this.args): Promise<Ended> {
    return this.run(args, junosModule(triggerXml({ message })));
  }

  async delivers(args?: string[], junos?: string, options?: RunOptions): Promise<void> {
    const { code, stderr } = await this.run(args, junos, options);
    assert.deepEqual([code, stderr], [0, '']);
  }

  async fails(why: RegExp, args?: string[], junos?: string, options?: RunOptions): Promise<void> {
    const { code, stderr } = await this.run(args, junos, options);
    assert.equal(code, 1, stderr);
    assert.match(stderr, why);
  }

  /** What waits, oldest first; a line that cannot be read fails. */
  waiting(): Entry[] {
    if (!existsSync(this.spool)) return [];
    return readFileSync(this.spool, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
  }

  /** The messages that wait, oldest first. */
  messages(): string[] {
    return this.waiting().map(({ body }) => (JSON.parse(body) as { message: string }).message);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Got {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A web server that records what it gets, and answers as it is told. */
export class Receiver {
  readonly got: Got[] = [];
  connections = 0;
  /** Statuses of the first answers; `answer` is for those after them. */
  first: number[] = [];
  /** Whether a connection is cut, without a word, as soon as an answer is out. */
  cuts = false;
  answer: { status: number; headers?: Record<string, string> } | 'hang' = { status: 202 };
  readonly #server: Server;

  private constructor() {
    const count = () => {
      this.connections += 1;
    };
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url, headers } = request;
      this.got.push({ method, url, headers, body: Buffer.concat(chunks) });
      if (this.answer === 'hang') return;
      // Two calls: restify, where it is loaded, has a writeHead of its own that returns nothing.
      response.writeHead(this.first.shift() ?? this.answer.status, this.answer.headers);
      response.end('{}', () => {
        if (this.cuts) request.socket.destroy();
      });
    }).on('connection', count);
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/junos`;
  }

  bodies(): Record<string, unknown>[] {
    return this.got.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
  }

  messages(): unknown[] {
    return this.bodies().map(({ message }) => message);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
