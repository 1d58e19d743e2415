import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { connect, type SecureVersion } from 'node:tls';
import { sendEvent } from '../../src/cli/send-event.ts';
import { sign } from '../../src/events/verify.ts';
import { Device, python } from '../agent/device.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { type Certificate, makeCertificates } from '../fakes/certificates.ts';
import { wordsOf } from '../fakes/connector.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';
import { freePort } from '../fakes/programs.ts';
import { requireProgram } from '../fakes/requires.ts';

const openssl = requireProgram(['openssl'], 'openssl');
const skip = 'skip' in openssl && openssl.skip;
const stored = (assistant: Assistant) => assistant.folder.rows('SELECT id FROM events').length;

describe('a port for events', () => {
  let assistant: Assistant;
  before(async () => {
    assistant = await Assistant.start({ assistant: { events: { listen: { host: '0.0.0.0', port: 0 } } } });
  });
  after(() => assistant.close());

  it('takes them, and the one of the bot does not any more', async () => {
    assert.match(
      assistant.eventsUrl,
      /^http:\/\/127\.0\.0\.1:\d+$/,
      'local mode is on loopback, whatever the file says',
    );
    const body = eventBody();
    const post = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) },
        body,
      });
    for (const path of ['/webhooks/junos', '/junos']) {
      assert.equal((await post(assistant.eventsUrl + path)).status, 202);
      const refused = await post(assistant.url + path);
      const error = 'Events are not taken on this port: the assistant has another one for them.';
      assert.deepEqual([refused.status, await refused.json()], [404, { error }]);
    }
    assert.equal(stored(assistant), 2);
  });

  for (const [method, path] of [
    ['POST', '/api/messages'],
    ['GET', '/metrics'],
    ['GET', '/readyz'],
    ['GET', '/healthz'],
    ['GET', '/'],
  ] as const) {
    it(`takes nothing else: ${method} ${path} is 404 there`, async () => {
      const response = await fetch(assistant.eventsUrl + path, { method });
      assert.equal(response.status, 404);
      assert.doesNotMatch(await response.text(), /node_modules|\.ts|at [A-Z]\w+ \(/);
    });
  }

  it('the bot still answers to Teams, and to those who look after it', async () => {
    assert.equal((await fetch(`${assistant.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${assistant.url}/metrics`)).status, 200);
    assert.equal((await assistant.teams.post('{}')).status, 400);
  });
});

describe('TLS by the program itself', { skip }, () => {
  let dir: string;
  let certificates: ReturnType<typeof makeCertificates>;
  let assistant: Assistant;
  const [certificateFile, keyFile] = [() => join(dir, 'events.pem'), () => join(dir, 'events.key')];
  const put = ({ certificate, key }: Certificate) => {
    copyFileSync(key, keyFile());
    copyFileSync(certificate, certificateFile());
  };
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'assistant-tls-'));
    certificates = makeCertificates(dir);
  });
  after(() => rmSync(dir, { recursive: true }));
  beforeEach(async () => {
    put(certificates.good);
    const files = { certificate_file: certificateFile(), key_file: keyFile() };
    const events = { listen: { host: '127.0.0.1', port: await freePort() }, ...files };
    assistant = await Assistant.start({ assistant: { events, tls: files } });
  });
  afterEach(() => assistant.close());

  const ask = async (url: string, ca: string, body?: Buffer, headers = {}, agent: Agent | false = false) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(url, { ca, agent, method: body ? 'POST' : 'GET', headers }, resolve);
    outgoing.on('error', reject).end(body);
    const response = await promise;
    return { status: response.statusCode, body: await text(response) };
  };
  const event = (ca = certificates.ca) => {
    const body = eventBody();
    const headers = { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) };
    return ask(`${assistant.eventsUrl}/webhooks/junos`, ca, body, headers);
  };
  /** The fingerprint that the port shows. */
  const shown = (url: string, version?: SecureVersion) =>
    new Promise<string>((resolve, reject) => {
      const { hostname: host, port } = new URL(url);
      const versions = version ? { minVersion: version, maxVersion: version } : {};
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ...versions }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });

  it('events, and the bot, for who knows the authority; nothing for who does not', async () => {
    assert.match(assistant.url, /^https:/);
    assert.match(assistant.eventsUrl, /^https:/);
    assert.equal((await event()).status, 202);
    assert.deepEqual(await ask(`${assistant.url}/healthz`, certificates.ca), { status: 200, body: '{"status":"ok"}' });
    await assert.rejects(event(readFileSync(certificates.selfSigned.certificate, 'utf8')), {
      code: /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/,
    });
    await assert.rejects(fetch(assistant.eventsUrl.replace('https:', 'http:')));
    assert.equal(stored(assistant), 1);
  });

  it('the metrics tell when each certificate ends, and count who was not believed', async () => {
    const body = eventBody();
    const headers = { 'Content-Type': 'application/json', 'Junos-Auth': 'wrong' };
    const url = `${assistant.eventsUrl}/webhooks/junos`;
    assert.equal((await ask(url, certificates.ca, body, headers)).status, 401);
    const { body: metrics } = await ask(`${assistant.url}/metrics`, certificates.ca);
    const ends = Date.parse(new X509Certificate(readFileSync(certificateFile())).validTo) / 1_000;
    for (const section of ['tls', 'events'])
      assert.ok(
        metrics.includes(`assistant_certificate_expiry_timestamp_seconds{section="${section}"} ${ends}\n`),
        section,
      );
    assert.doesNotMatch(metrics, /section="bot"/);
    assert.match(metrics, /^assistant_http_refused_total\{route="events",status="401"\} 1$/m);
    assert.match(metrics, /^assistant_http_refused_total\{route="messages",status="401"\} 0$/m);
  });

  it('TLS 1.2 and 1.3, and nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      assert.match(await shown(assistant.eventsUrl, version), /^[\dA-F:]+$/);
    await assert.rejects(shown(assistant.eventsUrl, 'TLSv1.1'));
  });

  it('the script of the devices comes in with --ca-file', { skip: 'skip' in python && python.skip }, async () => {
    const authority = join(dir, 'authority.pem');
    const device = new Device(`${assistant.eventsUrl}/webhooks/junos`, WEBHOOK_SECRET);
    try {
      await device.fails(/cannot reach the assistant: .*; spooled, 1 waiting/);
      await device.delivers([...device.args, '--ca-file', authority]);
      assert.deepEqual(device.waiting(), []);
      // The one that waited went out with it.
      assert.equal(stored(assistant), 2);
    } finally {
      device.remove();
    }
  });

  it('send-event finds the port, and takes the certificate that the file has', async (context) => {
    const printed = context.mock.method(process.stdout, 'write', () => true);
    const test = { event: 'CRITICAL', message: 'a test', hostname: 'hq-fw01', process: '', detail: '' };
    await sendEvent(assistant.folder.dir, test);
    assert.match(String(printed.mock.calls.at(-1)?.arguments[0]), /^202 \{"id":\d+\}\n$/);
    printed.mock.restore();
    // Whoever has taken the port since has another one.
    put(certificates.selfSigned);
    await assert.rejects(sendEvent(assistant.folder.dir, test), { code: 'unreachable' });
  });

  it('a new pair counts for the next connection, without a restart; one under way goes on', async () => {
    const before = await shown(assistant.eventsUrl);
    const underWay = new Agent({ keepAlive: true, maxSockets: 1 });
    const health = () => ask(`${assistant.url}/healthz`, certificates.ca, undefined, {}, underWay);
    assert.equal((await health()).status, 200);
    put(certificates.selfSigned);
    const reread = (section: string) =>
      assistant.logged((line) => line.msg === 'certificate reread' && line.section === section);
    await Promise.all([reread('events'), reread('tls')]);
    assert.notEqual(await shown(assistant.eventsUrl), before);
    assert.equal(await shown(assistant.url), await shown(assistant.eventsUrl));
    assert.equal((await event(readFileSync(certificates.selfSigned.certificate, 'utf8'))).status, 202);
    // Its authority did not sign the new one: a new connection would fail.
    assert.equal((await health()).status, 200);
    underWay.destroy();
  });

  it('a broken one leaves the last good one in force, and the log and the alert chat are told; then a good one counts', async () => {
    const before = await shown(assistant.eventsUrl);
    const files = { certificate_file: certificateFile(), key_file: keyFile() };
    const other = await Assistant.start({ assistant: { events: { listen: { port: 0 }, ...files } } });
    try {
      const chat = await other.alertsHere();
      writeFileSync(keyFile(), readFileSync(certificates.wrongName.key));
      await other.logged(({ msg }) => msg === 'certificate changed and is broken: the last good one stays in force');
      const told = await other.connector.waitFor((message) =>
        /events was changed and is broken/.test(wordsOf(message.activity)),
      );
      assert.equal(told.conversationId, chat);
      assert.match(wordsOf(told.activity), /key_file: is not the key of certificate_file\./);
      assert.equal(await shown(other.eventsUrl), before);
      writeFileSync(keyFile(), 'no key at all');
      await other.logged(({ problem }) => /is no PEM private key/.test(String(problem)));
      assert.equal(await shown(other.eventsUrl), before);
      put(certificates.selfSigned);
      await other.logged(({ msg }) => msg === 'certificate reread');
      assert.notEqual(await shown(other.eventsUrl), before);
    } finally {
      await other.close();
    }
  });

  it('a pair that is read again although its size and its time are what they were: only its rights changed', async () => {
    const time = new Date('2026-01-02T03:04:05Z');
    const good = readFileSync(keyFile());
    const bad = Buffer.alloc(good.length, 'x');
    await assistant.logged(({ msg, section }) => msg === 'speaking TLS' && section === 'events');
    writeFileSync(keyFile(), bad);
    utimesSync(keyFile(), time, time);
    await assistant.logged(
      ({ msg, section }) => /^certificate changed and is broken/.test(msg) && section === 'events',
    );
    writeFileSync(keyFile(), good);
    utimesSync(keyFile(), time, time);
    await assistant.logged(({ msg, section }) => msg === 'certificate reread' && section === 'events');
  });

  it('who connects and says nothing does not hold up a stop', async () => {
    const { hostname: host, port } = new URL(assistant.url);
    const silent = connectTcp(Number(port), host);
    await once(silent, 'connect');
    // The handshake has ten seconds; a stop has less in all.
    const ended = once(silent, 'close').then(() => 'cut off');
    const handshake = new Promise((resolve) => setTimeout(resolve, 9_000, 'waited for').unref());
    void assistant.stop();
    assert.equal(await Promise.race([ended, handshake]), 'cut off');
  });

  it('says that it is about to end at the start, and once a day', async () => {
    const said = () =>
      assistant.log.filter(({ msg }) =>
        /^the certificate expires on .*, in (?:2 days|one day): put a new one/.test(msg),
      );
    await assistant.logged(({ msg, section }) => msg === 'speaking TLS' && section === 'events');
    // One for each port.
    assert.equal(said().length, 2);
    assistant.moveClock(86_400_000);
    await assistant.logged(() => said().length === 4);
  });
});
