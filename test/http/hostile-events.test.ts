import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { groupMessage } from '../../cards/event-cards.ts';
import { parseTriggerEvent } from '../../src/events/trigger-event.ts';
import { sign } from '../../src/events/verify.ts';
import { groupOf } from '../events/groups.ts';
import { Assistant } from '../fakes/assistant.ts';
import { cardOf } from '../fakes/connector.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';

const BODIES = 10_000;
const AT_ONCE = 16;

/** What somebody who knows the secret, or a device gone wrong, could put where a text belongs. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '__proto__',
    'constructor',
    '\u0000\u0007\u001b[2J',
    '\ud800',
    '\u202egnp.exe',
    '<at>everyone</at>',
    '[a link](https://example.com) **bold** # head\n- item',
    '\u0024{secret} {{secret}} $(reboot) `reboot`',
    "'; DROP TABLE events; --",
    'x'.repeat(5_000),
  ),
);
const odd = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 6 }),
  fc.constantFrom<unknown>(null, true, -0, 1e308, Number.MAX_SAFE_INTEGER + 1, [], {}, [[[]]]),
);
const field = (name: string) => fc.oneof({ weight: 9, arbitrary: text }, odd).map((value) => [name, value] as const);

const NAMES = ['event', 'process', 'message', 'hostname', 'detail'];
const MORE = ['attributes', 'severity', 'facility', 'sequence', '__proto__', 'toString'];

/** The fields in any order, some missing, some twice, some more. */
const fields = fc
  .tuple(
    fc.shuffledSubarray(NAMES, { minLength: 4 }),
    fc.subarray(MORE),
    fc.array(fc.constantFrom(...NAMES), { maxLength: 1 }),
  )
  .chain(([some, more, twice]) => fc.tuple(...[...some, ...more, ...twice].map(field)));
const written = fields.map(
  (pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
);

const frame = (detail: string) => `{"event":"A","process":"p","message":"m","hostname":"hq-fw01","detail":${detail}}`;
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 8_000 }), fc.boolean())
  .map(([open, depth, isClosed]) => {
    const close = isClosed ? (open === '[' ? ']' : '}').repeat(depth) : '';
    return frame(`${open.repeat(depth)}${open === '[' ? '' : '1'}${close}`);
  });
const huge = fc
  .constantFrom('1e999', '-1e999', '9'.repeat(400), `0.${'1'.repeat(400)}`, '1e-999', '0x10', 'NaN', '01')
  .map(frame);

const bytes = (made: fc.Arbitrary<string>) => made.map((json) => Buffer.from(json));
/** One of the others, cut off or with bytes that are no UTF-8 in it. */
const broken = fc
  .tuple(bytes(written), fc.nat(), fc.boolean(), fc.constantFrom([0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x00]))
  .map(([body, place, isCut, wrong]) => {
    const at = place % (body.length + 1);
    return isCut ? body.subarray(0, at) : Buffer.concat([body.subarray(0, at), Buffer.from(wrong), body.subarray(at)]);
  });
const anything = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));

const bodies = fc.oneof(
  { weight: 6, arbitrary: bytes(written) },
  { weight: 3, arbitrary: broken },
  { weight: 1, arbitrary: bytes(deep) },
  { weight: 1, arbitrary: bytes(huge) },
  { weight: 1, arbitrary: anything },
);

const CONTEXT = {
  deviceOf: (name: string) => ({ name, site: 'hq' }),
  explain: () => null,
  now: 0,
  reader: { zone: 'UTC', locale: 'en-gb' },
};

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start();
});
after(() => assistant.close());

describe('hostile bodies, rightly signed', () => {
  it(`of ${BODIES}, each is answered 4xx or stored byte for byte; and what is stored gets to a card`, async () => {
    await assistant.alertsHere();
    const sent = fc.sample(bodies, { numRuns: BODIES, seed: 20_261_124 });
    const statuses = new Map<number, number>();
    const stored = new Map<number, Buffer>();
    const ahead = sent.values();
    const sender = async () => {
      for (const body of ahead) {
        const answer = await assistant.webhook(body, { 'Junos-Auth': sign(body, WEBHOOK_SECRET) });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 202) stored.set((JSON.parse(answer.body) as { id: number }).id, body);
        else assert.equal(answer.status, 400, `${answer.status} for ${body.toString('latin1')}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
    assert.deepEqual([...statuses.keys()].sort(), [202, 400]);
    for (const count of statuses.values()) assert.ok(count > BODIES / 10, JSON.stringify([...statuses]));
    const rows = assistant.folder.rows('SELECT id, body FROM events');
    assert.equal(rows.length, stored.size);
    for (const { id, body } of rows) assert.deepEqual(Buffer.from(body as Uint8Array), stored.get(Number(id)));

    for (const body of stored.values()) {
      const parsed = parseTriggerEvent(body);
      assert.ok('value' in parsed);
      const { detail, ...event } = parsed.value;
      assert.doesNotThrow(() => groupMessage(groupOf({ ...event, detail: JSON.stringify(detail) }), CONTEXT));
    }

    const isOwed = () => assistant.folder.rows('SELECT 1 FROM events WHERE owed = 1 AND group_id IS NULL').length > 0;
    while (isOwed()) await delay(100);
    await assistant.connector.waitFor(({ activity }) => cardOf(activity) !== undefined);
    assert.deepEqual(
      assistant.log.filter(({ level }) => level >= 50).map(({ msg }) => msg),
      [],
    );
  });
});
