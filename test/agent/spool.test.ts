import assert from 'node:assert/strict';
import { chmodSync, existsSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';
import { Device, type Entry, junosModule, python, Receiver, triggerXml } from './device.ts';

const SECRET = 'agent-test-secret';
const DEAD = ['--url', 'http://127.0.0.1:1/', '--secret', SECRET];
const MAX_SPOOL_BYTES = 1024 * 1024;
const skip = 'skip' in python && python.skip;

/** An entry as the script writes it. */
const entry = (sequence: number, fields: Partial<Entry> = {}): Entry => ({
  id: `msg_${sequence}`,
  sequence,
  dropped: 0,
  held_until: 0,
  body: JSON.stringify({ event: 'A', process: '', message: `old ${sequence}`, hostname: 'h', detail: '', sequence }),
  ...fields,
});
const lines = (entries: Entry[]) => entries.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('the spool of agent/junos-agent.py', { skip }, () => {
  let receiver: Receiver;
  let device: Device;

  before(async () => {
    receiver = await Receiver.start();
  });
  beforeEach(() => {
    receiver.got.length = 0;
    receiver.connections = 0;
    receiver.first = [];
    receiver.cuts = false;
    receiver.answer = { status: 202 };
    device = new Device(receiver.url, SECRET);
  });
  afterEach(() => device.remove());
  after(() => receiver.close());

  it('holds nothing when all is well, and is for its user only', async () => {
    await device.delivers();
    assert.equal(readFileSync(device.spool, 'utf8'), '');
    for (const file of ['', '.state', '.turn']) assert.equal(statSync(device.spool + file).mode & 0o777, 0o600, file);
    chmodSync(device.spool, 0o644);
    await device.delivers();
    assert.equal(statSync(device.spool).mode & 0o777, 0o600);
  });

  it('keeps what cannot be sent, and sends it in order, once, with the same id', async () => {
    for (const message of ['one', 'two', 'three']) {
      const { code, stderr } = await device.event(message, DEAD);
      assert.equal(code, 1);
      assert.match(stderr, /refused; spooled, \d waiting\n$/);
    }
    assert.deepEqual(device.messages(), ['one', 'two', 'three']);
    const ids = device.waiting().map(({ id }) => id);
    receiver.answer = { status: 503 };
    await device.event('four');
    assert.deepEqual(receiver.messages(), ['one'], 'what comes later waits for what came before');
    receiver.answer = { status: 200 };
    assert.equal((await device.event('five')).code, 0);
    assert.deepEqual(receiver.messages(), ['one', 'one', 'two', 'three', 'four', 'five']);
    assert.deepEqual(
      receiver.got.slice(1, 4).map(({ headers }) => headers['webhook-id']),
      ids,
    );
    assert.equal(receiver.got[0]?.headers['webhook-id'], ids[0]);
    assert.ok(receiver.got[0]?.body.equals(receiver.got[1]?.body ?? Buffer.alloc(0)));
    const numbers = receiver.bodies().map(({ sequence }) => Number(sequence));
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      numbers,
    );
    assert.deepEqual(device.waiting(), []);
  });

  for (const status of [400, 413]) {
    it(`drops what is answered with ${status}, and says so`, async () => {
      writeFileSync(device.spool, lines([entry(1), entry(2)]), { mode: 0o600 });
      receiver.answer = { status };
      const { code, stderr } = await device.event('own');
      assert.equal(code, 1);
      assert.equal(stderr, `junos-agent: the assistant answered ${status}: 3 dropped\n`);
      assert.deepEqual(device.waiting(), []);
    });
  }

  it('an older event that is refused is not in the way of this one', async () => {
    writeFileSync(device.spool, lines([entry(1), entry(2)]), { mode: 0o600 });
    receiver.first = [202, 400];
    const { code, stderr } = await device.event('own');
    assert.deepEqual([code, stderr], [0, 'junos-agent: the assistant answered 400: 1 dropped\n']);
    assert.deepEqual(receiver.messages(), ['old 1', 'old 2', 'own']);
    assert.deepEqual(device.waiting(), []);
  });

  it('what was accepted before the assistant failed is not sent again', async () => {
    writeFileSync(device.spool, lines([entry(1), entry(2), entry(3)]), { mode: 0o600 });
    receiver.first = [202, 503];
    await device.event('own');
    assert.deepEqual(device.messages(), ['old 2', 'old 3', 'own']);
  });

  it('takes a new connection when the other side ends one', async () => {
    writeFileSync(device.spool, lines([entry(1), entry(2)]), { mode: 0o600 });
    receiver.cuts = true;
    await device.delivers();
    assert.equal(new Set(receiver.messages()).size, 3);
    assert.equal(receiver.connections, 3);
  });

  it('sends over one connection', async () => {
    writeFileSync(device.spool, lines(Array.from({ length: 200 }, (_, n) => entry(n + 1))), { mode: 0o600 });
    await device.delivers();
    assert.equal(receiver.got.length, 201);
    assert.equal(receiver.connections, 1);
  });

  it('skips what cannot be read in it', async () => {
    const good = lines([entry(1)]);
    const bad = [
      'no JSON',
      '[]',
      'null',
      '{"id": "msg_1"}',
      '['.repeat(50_000),
      JSON.stringify(entry(2, { id: 'msg_a\r\nX-Injected: 1' })),
      JSON.stringify(entry(3, { body: 7 as unknown as string })),
      JSON.stringify({ ...entry(4), sequence: 1e300 }),
      JSON.stringify({ ...entry(5), sequence: '5' }),
      JSON.stringify(entry(6)).replace('"held_until":0', '"held_until":NaN'),
    ];
    // The last line was cut off in the middle, as by a loss of power.
    const cut = JSON.stringify(entry(8)).slice(0, 70);
    writeFileSync(device.spool, `${bad.join('\n')}\n\n${good}\xff\xfe\n${lines([entry(7)])}${cut}`, {
      mode: 0o600,
      encoding: 'latin1',
    });
    assert.equal((await device.event('own')).code, 0);
    assert.deepEqual(receiver.messages(), ['old 1', 'old 7', 'own']);
    assert.equal(statSync(device.spool).size, 0);
  });

  it('is bounded: the oldest make room, and the next event tells how many', async () => {
    const old = Array.from({ length: 1_500 }, (_, n) =>
      entry(n + 1, { body: JSON.stringify({ message: 'x'.repeat(700), n }) }),
    );
    old[3] = entry(4, { dropped: 5 });
    const full = lines(old);
    const kept = full.slice(0, MAX_SPOOL_BYTES - 50);
    writeFileSync(device.spool, kept, { mode: 0o600 });
    const before = kept.split('\n').length - 1;
    const { stderr } = await device.event('the newest', DEAD);
    assert.ok(statSync(device.spool).size < MAX_SPOOL_BYTES);
    const waiting = device.waiting();
    const last = JSON.parse(waiting.at(-1)?.body ?? '{}');
    assert.equal(last.message, 'the newest');
    const gone = before - (waiting.length - 1);
    assert.ok(gone > 10 && gone < before / 8, `${gone} of ${before}`);
    assert.equal(last.dropped, gone + 5, 'with what a dropped one would have reported');
    assert.match(stderr, new RegExp(`spooled, ${waiting.length} waiting`));
    assert.equal(waiting[0]?.sequence, gone + 1, 'the oldest are gone');
    await device.event('one more', DEAD);
    assert.ok(!('dropped' in JSON.parse(device.waiting().at(-1)?.body ?? '{}')), 'reported once');
  });

  it('is bounded also when somebody filled it with something else', async () => {
    writeFileSync(device.spool, 'x'.repeat(3 * MAX_SPOOL_BYTES), { mode: 0o600 });
    await device.event('own', DEAD);
    assert.deepEqual(device.messages(), ['own']);
  });

  const strange: [what: string, make: (file: string) => void, why: RegExp][] = [
    ['a symbolic link', (file) => symlinkSync(join(device.dir, 'target'), file), /it is a symbolic link/],
    ['a second name of a file', (file) => linkSync(join(device.dir, 'target'), file), /not a file of this user alone/],
    ['no place for it', () => {}, /No such file or directory/],
  ];
  for (const [what, make, why] of strange) {
    for (const file of ['', '.state']) {
      it(`${what} as spool${file} is refused: the event is sent, or said to be lost`, async () => {
        const target = join(device.dir, 'target');
        writeFileSync(target, 'precious');
        const spool = what.startsWith('no') ? join(device.dir, 'nowhere', 'spool') : join(device.dir, `odd${file}`);
        make(`${spool}${file}`);
        const args = ['--spool', spool];
        const sent = await device.event('own', [...device.args, ...args]);
        assert.equal(sent.code, 0);
        assert.match(sent.stderr, why);
        assert.deepEqual(receiver.messages(), ['own']);
        const lost = await device.event('own', [...DEAD, ...args]);
        assert.equal(lost.code, 1);
        assert.match(lost.stderr, /refused; not spooled, the spool cannot be used: /);
        assert.equal(readFileSync(target, 'utf8'), 'precious');
      });
    }
  }

  it('that stays locked does not keep an event from being sent', async () => {
    const lock = `${junosModule(triggerXml({ message: 'own' }))}
import fcntl, os
held = os.open(${JSON.stringify(`${device.spool}.state`)}, os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(held, fcntl.LOCK_EX)
`;
    const { code, stderr } = await device.run(device.args, lock);
    assert.deepEqual([code, stderr], [0, 'junos-agent: the spool cannot be used: it stays locked\n']);
    assert.deepEqual(receiver.messages(), ['own']);
  });

  it('waits for what is still added to an event, but not for ever', async () => {
    const now = Date.now() / 1000;
    writeFileSync(device.spool, lines([entry(1, { held_until: now + 2 }), entry(2, { held_until: now + 9_999 })]), {
      mode: 0o600,
    });
    assert.equal((await device.event('own')).code, 0);
    assert.ok(Date.now() / 1000 >= now + 2);
    assert.deepEqual(receiver.messages(), ['old 1', 'old 2', 'own']);
  });

  it('loses nothing when the script is killed while it sends', async () => {
    receiver.answer = 'hang';
    // As eventd or the kernel would, in the moment when the request is out.
    const killed = `${junosModule(triggerXml({ message: 'killed' }))}
import http.client, os
http.client.HTTPConnection.getresponse = lambda self: os.kill(os.getpid(), 9)
`;
    const { code } = await device.run(device.args, killed).catch(() => ({ code: null }));
    assert.equal(code, null);
    assert.deepEqual(device.messages(), ['killed']);
    receiver.answer = { status: 202 };
    await device.event('own');
    assert.deepEqual(device.waiting(), []);
    assert.deepEqual(receiver.messages().slice(-2), ['killed', 'own']);
    assert.equal(existsSync(`${device.spool}.new`), false);
  });

  const ALL = Array.from({ length: 15 }, (_, n) => `event ${n}`);

  it('15 at once: each is sent once', async () => {
    await Promise.all(ALL.map((message) => device.event(message)));
    assert.deepEqual(device.waiting(), []);
    assert.deepEqual([...receiver.messages()].sort(), [...ALL].sort());
    const numbers = receiver.bodies().map(({ sequence }) => Number(sequence));
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      numbers,
      'in order',
    );
  });

  it('15 at once against a server that takes connections and hangs: all end in time, none is lost', async (t) => {
    receiver.answer = 'hang';
    const ends = await Promise.all(ALL.map((message) => device.event(message)));
    t.diagnostic(`ended after ${ends.map(({ ms }) => Math.round(ms)).join(', ')} ms`);
    for (const { code, stderr, ms } of ends) {
      assert.equal(code, 1);
      assert.match(stderr, /; spooled, \d+ waiting\n$/);
      // Far more than a busy machine needs for 15 of them, and far less than for ever.
      assert.ok(ms < 30_000, `${ms} ms`);
    }
    assert.deepEqual([...device.messages()].sort(), [...ALL].sort());
    receiver.got.length = 0;
    receiver.answer = { status: 202 };
    assert.equal((await device.event('own')).code, 0);
    assert.equal(receiver.got.length, 16);
    assert.deepEqual(device.waiting(), []);
  });
});

describe('agent/junos-agent.py and the assistant', { skip }, () => {
  let assistant: Assistant;
  let device: Device;

  before(async () => {
    assistant = await Assistant.start();
    device = new Device(`${assistant.url}/webhooks/junos`, WEBHOOK_SECRET);
  });
  after(async () => {
    device?.remove();
    await assistant.close();
  });

  const stored = () =>
    assistant.folder.rows('SELECT body FROM events ORDER BY id').map(({ body }) => {
      const text = typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString();
      return (JSON.parse(text) as { message: string }).message;
    });

  it('an event is stored; what happened while it was away is stored after that, in order and once', async () => {
    assert.deepEqual((await device.event('one')).stderr, '');
    await assistant.stop();
    for (const message of ['two', 'three', 'four']) assert.equal((await device.event(message)).code, 1);
    assert.deepEqual(device.messages(), ['two', 'three', 'four']);
    await assistant.startAgain();
    device.args = ['--url', `${assistant.url}/webhooks/junos`, '--secret', WEBHOOK_SECRET];
    assert.deepEqual((await device.event('five')).stderr, '');
    assert.deepEqual(stored(), ['one', 'two', 'three', 'four', 'five']);
    assert.deepEqual(device.waiting(), []);
  });

  it('a wrong secret is refused, and the event kept', async () => {
    const { code, stderr } = await device.event('six', [...device.args.slice(0, 2), '--secret', 'a-wrong-secret']);
    assert.equal(code, 1);
    assert.match(stderr, /the assistant answered 401; spooled, 1 waiting/);
  });
});
