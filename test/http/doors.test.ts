import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { monitorTest } from '../../src/http/monitoring.ts';
import { networkTest } from '../../src/networks.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start();
});
after(() => assistant.close());

/** Writes these bytes and reads until the server closes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(assistant.url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', (error) => {
    answer += error.message;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

const answerOf = (status: string, error: string) => {
  const body = JSON.stringify({ error });
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

describe('what is no request', () => {
  const tooLarge = answerOf('431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.');
  const noRequest = answerOf('400 Bad Request', 'This is not an HTTP request.');
  const cases: [name: string, bytes: string, answer: string][] = [
    [
      'a header of 1 MiB',
      `POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(1 << 20)}\r\n\r\n`,
      tooLarge,
    ],
    ['20,000 headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(20_000)}\r\n`, tooLarge],
    ['an address of 1 MiB', `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`, tooLarge],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', noRequest],
    ['TLS where there is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', noRequest],
    ['two lengths', 'POST /junos HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', noRequest],
    [
      'a length and chunks, which two servers would read as two requests',
      'POST /junos HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
      noRequest,
    ],
  ];
  for (const [name, bytes, answer] of cases) {
    it(`${name}: one answer, in full, and the connection ends`, async () => {
      assert.equal(await raw(bytes), answer);
      assert.equal((await fetch(`${assistant.url}/healthz`)).status, 200);
    });
  }
});

describe('who may look at how it is doing', () => {
  const networks = ['10.1.0.0/16', '2001:db8::/32'];
  const isProxy = networkTest(['10.9.9.9', '127.0.0.9']);
  const cases: [name: string, peer: string, headers: Record<string, string>, may: boolean][] = [
    ['this machine', '127.0.0.1', {}, true],
    ['this machine, in IPv6', '::1', {}, true],
    ['this machine, IPv4 in IPv6', '::ffff:127.0.0.1', {}, true],
    ['a network that is named', '10.1.2.3', {}, true],
    ['one in IPv6', '2001:db8::7', {}, true],
    ['any other', '192.0.2.1', {}, false],
    ['whoever says to be this machine', '192.0.2.1', { 'x-forwarded-for': '127.0.0.1' }, false],
    ['through a proxy here that nobody trusts', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, false],
    ['through one that shows itself otherwise', '127.0.0.1', { via: '1.1 proxy' }, false],
    ['through a trusted proxy, from outside', '10.9.9.9', { 'x-forwarded-for': '192.0.2.1' }, false],
    ['through a trusted proxy, from a network that is named', '10.9.9.9', { 'x-forwarded-for': '10.1.2.3' }, true],
    ['through a trusted proxy, with a lie before it', '10.9.9.9', { 'x-forwarded-for': '10.1.2.3, 192.0.2.1' }, false],
    ['through a trusted proxy here, from outside', '127.0.0.9', { 'x-forwarded-for': '192.0.2.1' }, false],
    ['nobody knows who', '', {}, false],
  ];
  for (const [name, remoteAddress, headers, may] of cases) {
    it(`${name}: ${may ? 'yes' : 'no'}`, () => {
      const request = { headers, socket: { remoteAddress } } as unknown as Parameters<
        ReturnType<typeof monitorTest>
      >[0];
      assert.equal(monitorTest(networks, isProxy)(request), may);
    });
  }

  it('anybody else hears whether it is ready, and nothing more', async () => {
    const headers = { 'X-Forwarded-For': '192.0.2.1' };
    const metrics = await fetch(`${assistant.url}/metrics`, { headers });
    const error = 'Metrics are for this machine, and for the monitoring_networks of assistant.yaml.';
    assert.deepEqual([metrics.status, await metrics.json()], [403, { error }]);
    const ready = await fetch(`${assistant.url}/readyz`, { headers });
    assert.deepEqual([ready.status, await ready.json()], [200, { isReady: true }]);
    const alive = await fetch(`${assistant.url}/healthz`, { headers });
    assert.deepEqual([alive.status, await alive.json()], [200, { status: 'ok' }]);
  });
});

describe('a flood of events that nobody signed rightly', () => {
  it('is told to wait, writes a hundred lines, and not one signed event from the same address is turned away', async () => {
    const other = await Assistant.start();
    try {
      other.holdClock();
      const body = eventBody({ message: 'x'.repeat(10_000) });
      const forged = () =>
        fetch(`${other.url}/webhooks/junos`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, 'not-the-secret') },
          body,
        });
      const wrong = '{"error":"The signature is missing or wrong."}';
      const wait = '{"error":"Too many requests from here were refused. Wait 1 s, and look at why."}';
      const flood = async () => {
        const answers: string[] = [];
        for (let n = 0; n < 150; n++) {
          const response = await forged();
          answers.push(`${response.status} ${response.headers.get('retry-after')} ${await response.text()}`);
        }
        return answers;
      };
      const good = async () => {
        for (let n = 0; n < 40; n++) assert.equal((await other.webhook(eventBody({ event: 'STORED' }))).status, 202);
        return [];
      };
      const floods = await Promise.all([good(), flood(), flood(), flood(), flood()]);
      const counts = Object.entries(Object.groupBy(floods.flat(), (answer) => answer));
      assert.deepEqual(Object.fromEntries(counts.map(([answer, all]) => [answer, all?.length])), {
        [`401 null ${wrong}`]: 300,
        [`429 1 ${wait}`]: 300,
      });
      assert.equal(other.folder.rows('SELECT id FROM events').length, 40);

      const lines = () => other.log.filter(({ msg }) => msg === 'webhook refused');
      assert.equal(lines().length, 100);
      // How many were left out is on the next line there is room for.
      other.moveClock(1_000);
      assert.equal((await forged()).status, 401);
      const last = lines().at(-1);
      assert.deepEqual(
        [lines().length, last?.unlogged, last?.reason, last?.source, last?.status],
        [101, 500, 'wrong-signature', '127.0.0.1', 401],
      );
    } finally {
      await other.close();
    }
  });
});
