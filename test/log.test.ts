import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError } from '../src/errors.ts';
import { createLog } from '../src/log.ts';

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
