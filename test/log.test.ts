import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError, referenceOf } from '../src/errors.ts';
import { createLog, inWords } from '../src/log.ts';

const SECRET = 'hunter2';

/** What the log writes for `fields`, as text and as JSON. */
function logged(fields: object, level = 'info') {
  const lines: string[] = [];
  createLog(level, { write: (line) => void lines.push(line) }).info(fields, 'said');
  const text = lines.join('');
  return { text, json: lines[0] === undefined ? undefined : (JSON.parse(lines[0]) as Record<string, unknown>) };
}

describe('the log', () => {
  const keys = ['password', 'secret', 'token', 'authorization', 'privateKey', 'passphrase', 'webhook_secret'];
  for (const key of keys) {
    it(`hides ${key}, on top and inside a field, and keeps what is beside it`, () => {
      const { text, json } = logged({ [key]: SECRET, login: { user: 'netops', [key]: SECRET } });
      assert.ok(!text.includes(SECRET));
      assert.equal(json?.[key], '[secret]');
      assert.deepEqual(json?.login, { user: 'netops', [key]: '[secret]' });
    });
  }

  it('hides them in an error that carries them', () => {
    const { text } = logged({ err: Object.assign(new Error('login refused'), { password: SECRET }) });
    assert.ok(!text.includes(SECRET));
    assert.match(text, /login refused/);
  });

  it('writes nothing that a library hangs on its errors: requests, with the headers that were sent', () => {
    const request = { headers: { Authorization: `Bearer ${SECRET}` }, deep: [{ agent: { key: SECRET } }] };
    const cause = Object.assign(new Error('inner'), { config: request });
    const error = Object.assign(new Error('outer', { cause }), { request, response: { request }, details: SECRET });
    const { text, json } = logged({ err: Object.assign(error, { statusCode: 502, code: 'ECONNRESET' }) });
    assert.ok(!text.includes(SECRET), text);
    const { stack, ...fields } = (json?.err ?? {}) as Record<string, unknown>;
    assert.deepEqual(fields, { type: 'Error', message: 'outer: inner', code: 'ECONNRESET', statusCode: 502 });
    assert.match(String(stack), /caused by: Error: inner/);
  });

  it('gives a line with an error nobody foresaw the reference that a person reads', () => {
    const error = new TypeError('x');
    const { json } = logged({ err: error });
    assert.equal(json?.reference, referenceOf(error));
    assert.equal(logged({ err: new AssistantError('x', 'Known.') }).json?.reference, undefined);
    assert.equal(logged({ err: error, reference: 'given' }).json?.reference, 'given');
  });

  it('keeps the code, the sentence and the cause of an error', () => {
    const error = new AssistantError('refused', 'No port is open.', { cause: new Error('ECONNREFUSED') });
    const { json } = logged({ err: error });
    assert.match(JSON.stringify(json?.err), /"code":"refused"/);
    assert.match(JSON.stringify(json?.err), /No port is open.*ECONNREFUSED/);
  });

  it('has the time in UTC, no host and no process, one line per entry', () => {
    const { text, json } = logged({ device: 'hq-fw01\nforged line' });
    assert.match(String(json?.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual([json?.pid, json?.hostname, json?.msg], [undefined, undefined, 'said']);
    assert.equal(text.trimEnd().split('\n').length, 1);
  });

  it('at a level that does not exist is at info', () => {
    assert.equal(logged({}, 'verbose').json?.msg, 'said');
  });

  it('leaves out what is below its level', () => {
    assert.equal(logged({}, 'warn').text, '');
  });
});

describe('a line on a terminal', () => {
  const event = { device: 'hq-fw01', event: 'LINK_DOWN', priority: 2, msg: 'event stored' };
  const lines: [fields: object, words: string][] = [
    [{ ...event, text: 'LINK_DOWN: ge-0/0/1' }, 'event stored: hq-fw01 warning LINK_DOWN: ge-0/0/1'],
    [{ ...event, priority: 1, text: 'ge-0/0/1' }, 'event stored: hq-fw01 critical LINK_DOWN: ge-0/0/1'],
    [{ ...event, priority: 3, text: '' }, 'event stored: hq-fw01 stored LINK_DOWN'],
    [
      { ...event, text: 'a\n[12:00] INFO: forged\u001b[2J\u202e\u2028x' },
      'event stored: hq-fw01 warning LINK_DOWN: a [12:00] INFO: forged [2J x',
    ],
    [{ msg: 'job ended', device: 'hq-fw01' }, 'job ended (hq-fw01)'],
    [{ msg: 'phrase not understood', text: 'make tea' }, 'phrase not understood "make tea"'],
    [{ msg: 'card posted', event: 'LINK_DOWN', group: 'g' }, 'card posted: LINK_DOWN'],
    [{ msg: 'listening' }, 'listening'],
    [{}, ''],
  ];
  for (const [fields, words] of lines)
    it(words || 'without a message', () => assert.equal(inWords(fields as Record<string, unknown>, 'msg'), words));
});
