import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AssistantError,
  loggedReferenceOf,
  newReference,
  onUnexpected,
  referenceOf,
  sentenceOf,
} from '../src/errors.ts';
import { NetconfError } from '../src/netconf/errors.ts';

const INTERNAL = /^Something went wrong inside the assistant\. The log has the details\. Reference: [0-9a-z]{8}\.$/;

describe('sentenceOf', () => {
  const cases: [what: string, error: unknown, sentence: string | RegExp][] = [
    ['our own error', new AssistantError('x', 'hq-fw01 has no address.'), 'hq-fw01 has no address.'],
    ['one of a session', new NetconfError('closed', 'The connection is closed.'), 'The connection is closed.'],
    ['an error of the language', new TypeError('secret is undefined at /path'), INTERNAL],
    ['a text', 'secret', INTERNAL],
    ['nothing', undefined, INTERNAL],
    ['something that looks like ours', { name: 'AssistantError', code: 'x', message: 'secret' }, INTERNAL],
  ];
  for (const [what, error, sentence] of cases) {
    it(what, () => {
      if (typeof sentence === 'string') assert.equal(sentenceOf(error), sentence);
      else assert.match(sentenceOf(error), sentence);
    });
  }
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

describe('a reference', () => {
  it('is eight letters and digits that nobody takes for one another, and another one each time', () => {
    const made = Array.from({ length: 2_000 }, newReference);
    assert.ok(made.every((reference) => /^[0-9a-hjkmnp-tv-z]{8}$/.test(reference)));
    assert.equal(new Set(made).size, made.length);
  });

  it('belongs to its error: the sentence and the log say the same, in whatever order', () => {
    const error = new TypeError('x');
    const logged = loggedReferenceOf(error);
    assert.equal(referenceOf(error), logged);
    assert.ok(sentenceOf(error).endsWith(`Reference: ${logged}.`));
    assert.notEqual(referenceOf(new TypeError('x')), logged);
  });

  it('of an error that people are told in full is logged only when they were given it', () => {
    const error = new AssistantError('x', 'hq-fw01 has no address.');
    assert.equal(loggedReferenceOf(error), undefined);
    const given = referenceOf(error);
    assert.equal(loggedReferenceOf(error), given);
    assert.equal(sentenceOf(error), 'hq-fw01 has no address.');
  });

  it('is told once to who listens, unless the log has it already', () => {
    const told: string[] = [];
    const end = onUnexpected(({ reference }) => told.push(reference));
    const [first, logged] = [new TypeError('first'), new TypeError('logged')];
    loggedReferenceOf(logged);
    for (const error of [first, first, logged, new AssistantError('x', 'Known.')]) sentenceOf(error);
    assert.deepEqual(told, [referenceOf(first)]);
    end();
    sentenceOf(new TypeError('after'));
    assert.equal(told.length, 1);
  });
});
