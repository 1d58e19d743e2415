import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sign } from '../../src/events/verify.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';

const LIMIT = 64 * 1_024;

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start();
});
after(() => assistant.close());

const stored = () => Number(assistant.folder.rows('SELECT count(*) AS count FROM events')[0]?.count);

/** A good event of exactly this many bytes. */
function eventOf(bytes: number): Buffer {
  return eventBody({ message: 'x'.repeat(bytes - eventBody({ message: '' }).length) });
}

/** Writes these pieces one after the other and reads the answer. */
async function pieces(
  headers: Record<string, string | number>,
  ...chunks: Buffer[]
): Promise<{ status: number; body: string }> {
  const outgoing = request(`${assistant.url}/webhooks/junos`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  for (const chunk of chunks) await new Promise((resolve) => outgoing.write(chunk, resolve));
  outgoing.end();
  const [response] = await answered;
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode ?? 0, body };
}

const signed = (body: Buffer) => ({ 'Junos-Auth': sign(body, WEBHOOK_SECRET) });

describe('size', () => {
  it('exactly 64 KiB is taken, one byte more is not', async () => {
    const before = stored();
    assert.equal((await assistant.webhook(eventOf(LIMIT))).status, 202);
    const refused = await assistant.webhook(eventOf(LIMIT + 1));
    assert.deepEqual([refused.status, refused.body], [413, '{"error":"The body is larger than 64 KiB."}']);
    assert.equal(stored(), before + 1);
  });

  it('the same without a declared length', async () => {
    const before = stored();
    const [fits, large] = [eventOf(LIMIT), eventOf(LIMIT + 1)];
    assert.equal((await pieces(signed(fits), fits.subarray(0, 1_000), fits.subarray(1_000))).status, 202);
    assert.equal((await pieces(signed(large), large.subarray(0, 1_000), large.subarray(1_000))).status, 413);
    assert.equal(stored(), before + 1);
  });

  it('a body without an end is cut off', async () => {
    const socket = connect(Number(new URL(assistant.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'POST /webhooks/junos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 0x78), Buffer.from('\r\n')]);
    const more = () => {
      while (socket.writable && socket.write(piece));
    };
    socket.on('drain', more);
    more();
    // Whoever goes on writing may lose the answer to the reset of the connection.
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    assert.match(answer, /^$|^HTTP\/1\.1 413 /);
    assert.equal((await assistant.webhook(eventBody())).status, 202);
  });
});

describe('a sender that is slow, or gone', () => {
  it('a body in single bytes is one body', async () => {
    const body = eventBody();
    const bytes = Array.from(body, (byte) => Buffer.from([byte]));
    assert.equal((await pieces({ ...signed(body), 'Content-Length': body.length }, ...bytes)).status, 202);
  });

  it('an abort in the middle of the body stores nothing, and holds up nobody', async () => {
    const before = stored();
    const body = eventBody();
    const closed = Array.from({ length: 20 }, async () => {
      const socket = connect(Number(new URL(assistant.url).port), '127.0.0.1');
      await once(socket, 'connect');
      const head = `POST /webhooks/junos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nJunos-Auth: ${sign(body, WEBHOOK_SECRET)}\r\nContent-Length: ${body.length}\r\n\r\n`;
      await new Promise((resolve) => socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, -1)]), resolve));
      socket.resetAndDestroy();
      await once(socket, 'close');
    });
    await Promise.all(closed);
    assert.equal((await assistant.webhook(body)).status, 202);
    assert.equal(stored(), before + 1);
  });

  it('what is under way is finished by a stop, and a body that never ends does not keep it from stopping', async () => {
    const other = await Assistant.start();
    try {
      const body = eventBody();
      const outgoing = request(`${other.url}/webhooks/junos`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...signed(body), 'Content-Length': body.length },
      });
      outgoing.write(body.subarray(0, 10));
      const stuck = connect(Number(new URL(other.url).port), '127.0.0.1');
      stuck.on('error', () => {});
      stuck.write(
        'POST /webhooks/junos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      // Answered after those two arrived: the server has them in hand.
      assert.equal((await fetch(`${other.url}/healthz`)).status, 200);
      const stopped = other.stop();
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      outgoing.end(body.subarray(10));
      const [response] = await answered;
      assert.equal(response.statusCode, 202);
      // Node's clients keep their connection, and Node's servers serve a kept one for as long as something comes.
      assert.equal(response.headers.connection, 'close');
      response.resume();
      await stopped;
      assert.equal(other.folder.rows('SELECT * FROM events').length, 1);
    } finally {
      await other.close();
    }
  });
});

describe('the wrong door', () => {
  const doors: [method: string, path: string, status: number, allow?: string][] = [
    ['GET', '/webhooks/junos', 405, 'POST'],
    ['PUT', '/junos', 405, 'POST'],
    ['DELETE', '/api/messages', 405, 'POST'],
    ['POST', '/healthz', 405, 'GET'],
    ['GET', '/', 404],
    ['GET', '/metrics/secret', 404],
    ['POST', '/webhooks/junos/more', 404],
    ['GET', '/..%2f..%2fetc/passwd', 404],
    ['GET', '/%00', 404],
    ['POST', '/webhooks', 404],
  ];
  for (const [method, path, status, allow] of doors) {
    it(`${method} ${path}: ${status}`, async () => {
      const response = await fetch(assistant.url + path, { method });
      assert.equal(response.status, status);
      if (allow) assert.equal(response.headers.get('allow'), allow);
      assert.doesNotMatch(await response.text(), /node_modules|\.ts|\.js|at [A-Z]\w+ \(/);
    });
  }

  const types: [name: string, headers: Record<string, string>, status: number][] = [
    ['text/plain', { 'Content-Type': 'text/plain' }, 415],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['JSON with a charset', { 'Content-Type': 'application/json; charset=utf-8' }, 202],
    ['JSON in capitals', { 'Content-Type': 'Application/JSON' }, 202],
    ['not compressed, said so', { 'Content-Encoding': 'identity' }, 202],
    ['a compression nobody knows', { 'Content-Encoding': 'zstd' }, 415],
  ];
  for (const [name, headers, status] of types) {
    it(`${name}: ${status}`, async () => {
      const before = stored();
      assert.equal((await assistant.webhook(eventBody(), headers)).status, status);
      assert.equal(stored(), status === 202 ? before + 1 : before);
    });
  }

  it('gzip: 415, although signed', async () => {
    const before = stored();
    assert.equal((await assistant.webhook(gzipSync(eventBody()), { 'Content-Encoding': 'gzip' })).status, 415);
    assert.equal(stored(), before);
  });
});

describe('health', () => {
  it('alive, able to work, and as JSON', async () => {
    const alive = await fetch(`${assistant.url}/healthz`);
    assert.deepEqual([alive.status, await alive.json()], [200, { status: 'ok' }]);
    const ready = await fetch(`${assistant.url}/readyz`);
    assert.equal(ready.status, 200);
    const { store, cards } = (await ready.json()) as { store: string; cards: { waiting: number; hold: string } };
    assert.deepEqual([store, cards.hold], ['ok', 'no-conversation']);
    assert.ok(cards.waiting > 0);
  });

  it('an event that waits for minutes although it has somewhere to go makes it not ready', async () => {
    const other = await Assistant.start();
    try {
      await other.alertsHere();
      other.connector.plan({ status: 502 }, 1_000);
      await other.event();
      await other.logged(({ msg }) => msg === 'card not posted, trying again');
      assert.equal((await fetch(`${other.url}/readyz`)).status, 200);
      other.moveClock(6 * 60_000);
      assert.equal((await fetch(`${other.url}/readyz`)).status, 503);
      other.connector.heal();
      await other.connector.waitFor(({ activity }) => activity.attachments !== undefined);
      await other.logged(({ msg }) => msg === 'card posted');
      assert.equal((await fetch(`${other.url}/readyz`)).status, 200);
    } finally {
      await other.close();
    }
  });
});
