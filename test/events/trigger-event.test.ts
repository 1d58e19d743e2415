import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTriggerEvent } from '../../src/events/trigger-event.ts';

const EVENT = { event: 'UI_COMMIT', process: 'mgd', message: 'UI_COMMIT: done', hostname: 'hq-fw01', detail: '' };
const parse = (value: unknown) => parseTriggerEvent(Buffer.from(JSON.stringify(value)));
const without = (field: string) => Object.fromEntries(Object.entries(EVENT).filter(([key]) => key !== field));

/** What newer agents add, when it is not there. */
const WITHOUT = { facility: '', severity: '', attributes: {}, dropped: 0 };

describe('what newer agents add', () => {
  it('is read when it is of the right kind, and passed over when not', () => {
    const attributes = { 'interface-name': 'ge-0/0/1', odd: 7 };
    const parsed = parse({ ...EVENT, facility: 'daemon', severity: 'warning', attributes });
    assert.deepEqual('value' in parsed && [parsed.value.facility, parsed.value.severity, parsed.value.attributes], [
      'daemon',
      'warning',
      { 'interface-name': 'ge-0/0/1' },
    ]);
    for (const odd of [null, 7, 'x', ['a']]) {
      const taken = parse({ ...EVENT, facility: odd === 'x' ? 7 : odd, severity: [], attributes: odd });
      assert.ok('value' in taken && taken.value.facility === '' && Object.keys(taken.value.attributes).length <= 1);
    }
  });
});

describe('a body that is taken', () => {
  const rows = [{ pid: '1', cpu: 71.3 }];
  const taken: [what: string, body: unknown, value: unknown][] = [
    ['the five fields', EVENT, EVENT],
    ['more keys, which stay in the stored body', { ...EVENT, severity: 3, agent: { version: '2' } }, EVENT],
    ['empty texts', { ...EVENT, process: '', message: '' }, { ...EVENT, process: '', message: '' }],
    ['rows as detail', { ...EVENT, detail: rows }, { ...EVENT, detail: rows }],
    ['null as detail', { ...EVENT, detail: null }, { ...EVENT, detail: null }],
    ['a number as detail', { ...EVENT, detail: 0 }, { ...EVENT, detail: 0 }],
    ['white space around names', { ...EVENT, event: ' UI_COMMIT\n', hostname: '\thq-fw01 ' }, EVENT],
    ['the longest names', { ...EVENT, event: 'E'.repeat(200) }, { ...EVENT, event: 'E'.repeat(200) }],
    ['text of another script', { ...EVENT, message: 'Ω\u202e\u0000' }, { ...EVENT, message: 'Ω\u202e\u0000' }],
  ];
  for (const [what, body, value] of taken) {
    it(what, () => assert.deepEqual(parse(body), { value: { ...(value as object), ...WITHOUT } }));
  }
});

describe('a body that is refused, in a sentence that names the field', () => {
  const refused: [what: string, body: unknown, problem: string][] = [
    ...['event', 'process', 'message', 'hostname', 'detail'].map((field): [string, unknown, string] => [
      `no ${field}`,
      without(field),
      `The field ${field} is missing.`,
    ]),
    ['nothing at all', {}, 'event process message hostname detail'.replace(/\w+/g, 'The field $& is missing.')],
    ['a number', { ...EVENT, event: 7 }, 'The field event is not a text.'],
    ['null', { ...EVENT, hostname: null }, 'The field hostname is not a text.'],
    ['a list', { ...EVENT, message: ['x'] }, 'The field message is not a text.'],
    ['an empty event', { ...EVENT, event: ' ' }, 'The field event is empty.'],
    ['an empty hostname', { ...EVENT, hostname: '' }, 'The field hostname is empty.'],
    ['a long event', { ...EVENT, event: 'E'.repeat(201) }, 'The field event is longer than 200 characters.'],
    ['a long hostname', { ...EVENT, hostname: 'h'.repeat(254) }, 'The field hostname is longer than 253 characters.'],
    ['a list of events', [EVENT], 'The body is not a JSON object.'],
    ['a text', 'UI_COMMIT', 'The body is not a JSON object.'],
    ['null itself', null, 'The body is not a JSON object.'],
  ];
  for (const [what, body, problem] of refused) {
    it(what, () => assert.deepEqual(parse(body), { problem }));
  }

  const bytes: [what: string, body: Buffer][] = [
    ['no bytes', Buffer.alloc(0)],
    ['half a body', Buffer.from(JSON.stringify(EVENT)).subarray(0, -1)],
    ['bytes that are not UTF-8', Buffer.from(JSON.stringify({ ...EVENT, message: 'caf\xe9' }), 'latin1')],
    ['a form', Buffer.from('event=UI_COMMIT&hostname=hq-fw01')],
  ];
  for (const [what, body] of bytes) {
    it(what, () => assert.deepEqual(parseTriggerEvent(body), { problem: 'The body is not JSON in UTF-8.' }));
  }

  it('a field that is only inherited is missing', () => {
    const body = Buffer.from(
      '{"__proto__":{"event":"UI_COMMIT","process":"","message":"","hostname":"h","detail":""}}',
    );
    const parsed = parseTriggerEvent(body);
    assert.ok('problem' in parsed && parsed.problem.startsWith('The field event is missing.'));
  });

  it('brackets without end', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const body = Buffer.from(JSON.stringify(EVENT).replace('"detail":""', `"detail":${deep}`));
    assert.deepEqual(parseTriggerEvent(body), { problem: 'The field detail is nested too deeply.' });
  });
});
