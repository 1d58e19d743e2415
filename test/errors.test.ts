import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssistantError, sentenceOf } from '../src/errors.ts';
import { NetconfError } from '../src/netconf/errors.ts';

const INTERNAL = 'Something went wrong inside the assistant. The log has the details.';

describe('sentenceOf', () => {
  const cases: [what: string, error: unknown, sentence: string][] = [
    ['our own error', new AssistantError('x', 'hq-fw01 has no address.'), 'hq-fw01 has no address.'],
    ['one of a session', new NetconfError('closed', 'The connection is closed.'), 'The connection is closed.'],
    ['an error of the language', new TypeError('secret is undefined at /path'), INTERNAL],
    ['a text', 'secret', INTERNAL],
    ['nothing', undefined, INTERNAL],
    ['something that looks like ours', { name: 'AssistantError', code: 'x', message: 'secret' }, INTERNAL],
  ];
  for (const [what, error, sentence] of cases) it(what, () => assert.equal(sentenceOf(error), sentence));
});

describe('AssistantError', () => {
  it('has a code for machines, a sentence for people, and the cause', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new AssistantError('refused', 'No port is open.', { cause });
    assert.deepEqual(
      [error.code, error.message, error.cause, error.name],
      ['refused', 'No port is open.', cause, 'AssistantError'],
    );
    assert.ok(error instanceof Error);
  });
});
