import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { sign } from '../../src/events/verify.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ junos: { auth_header: 'X-Our-Auth' } });
});
after(() => assistant.close());

const HEADER = 'X-Our-Auth';
const signed = (body: Uint8Array) => ({ [HEADER]: sign(body, WEBHOOK_SECRET) });
const send = (body: Uint8Array, headers: Record<string, string> = signed(body), path?: string) =>
  assistant.webhook(body, headers, path);
const stored = () => assistant.folder.rows('SELECT * FROM events ORDER BY id');
const lastBody = () => Buffer.from((stored().at(-1)?.body ?? []) as Uint8Array);

/** Refused, nothing kept, and the next good event is taken. */
async function refused(
  body: Uint8Array,
  headers: Record<string, string>,
  status: number,
  answer: RegExp,
): Promise<void> {
  const before = stored().length;
  const reply = await send(body, headers);
  assert.equal(reply.status, status, reply.body);
  assert.match(reply.body, answer);
  assert.equal(stored().length, before);
  assert.equal((await send(eventBody())).status, 202);
  assert.equal(stored().length, before + 1);
}

describe('a good event', () => {
  for (const path of ['/webhooks/junos', '/junos', '/webhooks/junos/']) {
    it(`202 with its id at ${path}, and by then it is in the file, byte for byte`, async () => {
      const body = Buffer.from(
        ' {"event":"CRITICAL","process":"","message":"ü","hostname":"hq-fw01",\n "detail":null,"more":[1]}\n',
      );
      const reply = await send(body, signed(body), path);
      // Read before anything else gets a turn: an answer that came before the row would be caught here.
      const row = stored().at(-1);
      assert.deepEqual(JSON.parse(reply.body), { id: row?.id });
      assert.equal(reply.status, 202);
      assert.deepEqual(lastBody(), body);
      const { device, event, description, source, priority } = row ?? {};
      assert.deepEqual([device, event, description, source, priority], ['hq-fw01', 'CRITICAL', 'ü', '127.0.0.1', 1]);
      assert.match(`${row?.logdate} ${row?.logtime}`, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    });
  }

  for (const [event, priority] of [
    ['CRITICAL', 1],
    ['WARNING', 2],
    ['STORED', 3],
    ['EMPTY', 1],
    ['NOT_LISTED', 1],
    ['__proto__', 1],
    ['constructor', 1],
  ] as const) {
    it(`${event} has priority ${priority}`, async () => {
      assert.equal((await send(eventBody({ event }))).status, 202);
      const row = stored().at(-1);
      assert.deepEqual([row?.event, row?.priority], [event, priority]);
      assert.equal(row?.owed, priority <= 2 ? 1 : 0);
    });
  }

  it('priority 4 is taken and left at that: no row, no card, no id', async () => {
    const before = stored().length;
    const answer = await send(eventBody({ event: 'IGNORED' }));
    assert.equal(answer.status, 202);
    assert.deepEqual(JSON.parse(answer.body), { id: null });
    assert.equal(stored().length, before);
  });
});

describe('401: who it is from is not proven', () => {
  const body = eventBody();
  const good = sign(body, WEBHOOK_SECRET);
  const changed = Buffer.from(body);
  changed[changed.length - 3] = (changed.at(-3) ?? 0) ^ 1;
  const broken = Buffer.concat([
    Buffer.from('{"event":"A","process":"","message":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('","hostname":"h","detail":""}'),
  ]);
  const cases: [name: string, body: Buffer, headers: Record<string, string>][] = [
    ['no header', body, {}],
    ['an empty header', body, { [HEADER]: '' }],
    ['another secret', body, { [HEADER]: sign(body, 'another-secret') }],
    ['upper-case hex', body, { [HEADER]: good.toUpperCase() }],
    ['a truncated signature', body, { [HEADER]: good.slice(0, 63) }],
    ['a signature and more', body, { [HEADER]: `${good}0` }],
    ['a list of signatures', body, { [HEADER]: `${good}, ${good}` }],
    ['base64', body, { [HEADER]: Buffer.from(good, 'hex').toString('base64') }],
    ['the right signature under the default header name', body, { 'Junos-Auth': good, [HEADER]: '' }],
    ['one bit of the body changed', changed, { [HEADER]: good }],
    ['an empty body', Buffer.alloc(0), { [HEADER]: good }],
    // A server that decodes the body before it checks the signature would take this one.
    [
      'the signature of the re-encoded text of a body that is not UTF-8',
      broken,
      signed(Buffer.from(broken.toString('utf8'))),
    ],
  ];
  for (const [name, of, headers] of cases) {
    it(name, async () => {
      await refused(of, headers, 401, /^\{"error":"The signature is missing or wrong\."\}$/);
      // The right hash is for the sender to know.
      assert.ok(!(await send(of, headers)).body.includes(sign(of, WEBHOOK_SECRET)));
    });
  }
});

describe('400: rightly signed, and not an event', () => {
  const without = (field: string) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(eventBody().toString()), [field]: undefined }));
  const cases: [name: string, body: Buffer, answer: RegExp][] = [
    ['not JSON', Buffer.from('event=A'), /not JSON in UTF-8/],
    ['an empty body', Buffer.alloc(0), /not JSON in UTF-8/],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not JSON in UTF-8/],
    ['two documents', Buffer.concat([eventBody(), eventBody()]), /not JSON in UTF-8/],
    ['an array', Buffer.concat([Buffer.from('['), eventBody(), Buffer.from(']')]), /not a JSON object/],
    ['null', Buffer.from('null'), /not a JSON object/],
    ['a text', Buffer.from('"event"'), /not a JSON object/],
    ...['event', 'process', 'message', 'hostname', 'detail'].map((field): [string, Buffer, RegExp] => [
      `no ${field}`,
      without(field),
      new RegExp(`^\\{"error":"The field ${field} is missing\\."\\}$`),
    ]),
    [
      'two fields missing',
      Buffer.from('{"event":"A","message":"","detail":""}'),
      /The field process is missing\. The field hostname is missing\./,
    ],
    ['everything in the prototype', Buffer.from(`{"__proto__":${eventBody()}}`), /The field event is missing/],
    ['an event that is a number', eventBody({ event: 5 as unknown as string }), /The field event is not a text/],
    ['a message that is null', eventBody({ message: null as unknown as string }), /The field message is not a text/],
    ['an empty event', eventBody({ event: ' ' }), /The field event is empty/],
    ['an empty hostname', eventBody({ hostname: '' }), /The field hostname is empty/],
    ['an endless event', eventBody({ event: 'A'.repeat(201) }), /The field event is longer than 200 characters/],
    [
      'a detail too deep to read',
      Buffer.from(
        `{"event":"A","process":"","message":"","hostname":"h","detail":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      ),
      /detail/,
    ],
  ];
  for (const [name, body, answer] of cases) {
    it(name, () => refused(body, signed(body), 400, answer));
  }
});

describe('any body at all', () => {
  it('is refused, or stored byte for byte', async () => {
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.constant(undefined));
    const event = fc.record({ event: field, process: field, message: field, hostname: field, detail: fc.jsonValue() });
    const near = fc.tuple(event, fc.nat(200), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = Buffer.from(JSON.stringify(value));
      if (byte > 200 && bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
    const good = fc
      .record({ message: fc.string({ unit: 'binary' }), detail: fc.jsonValue() })
      .map((own) => eventBody(own));
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      near,
      good,
    );
    const check = async (body: Buffer, isSigned: boolean) => {
      const before = stored().length;
      const { status } = await send(body, isSigned ? signed(body) : {});
      if (status === 202) {
        assert.ok(isSigned);
        assert.deepEqual(lastBody(), body);
      } else {
        assert.ok(status >= 400 && status < 500, `${status} for ${body.toString('latin1')}`);
        assert.equal(stored().length, before);
      }
    };
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
        check,
      ),
      { numRuns: 300 },
    );
    assert.equal((await send(eventBody())).status, 202);
    assert.deepEqual(assistant.connector.requests, []);
  });
});
