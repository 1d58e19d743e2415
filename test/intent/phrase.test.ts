import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { parseNow, phrase, phraseStream } from '../../src/cli/phrase.ts';
import { context } from './fixtures.ts';

async function stream(chunks: (string | Buffer)[]): Promise<Record<string, unknown>[]> {
  const output = new PassThrough({ highWaterMark: 16 });
  const written = textOf(output);
  await phraseStream(Readable.from(chunks), output, context);
  output.end();
  const lines = (await written).split('\n');
  assert.equal(lines.pop(), '', 'the last line is ended');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('phrase', () => {
  it('prints one line', () => {
    assert.equal(
      phrase('hi\nthere', context),
      '{"intent":"greeting","devices":[],"unresolved":[],"when":null,"process":null,"mode":null,"extensive":false,"ask":null,"unresolvedProcess":null}',
    );
  });

  it('answers every line, in order, the bad ones with an error', async () => {
    const lines = [
      '{"text":"reboot hq-fw01 in 1h","now":"2026-12-31T23:30:00Z"}',
      'not json',
      '{"text":"hi"}',
      '',
      '[]',
      '{"text":7}',
      '{"text":"hi","nwo":"x"}',
      '{"text":"hi","zone":"Mars/Base"}',
      '{"text":"hi","now":"yesterday"}',
      '{"text":"reboot hq-fw01 in 1h","now":"2026-07-01T12:00","zone":"Europe/Berlin"}\r',
      '{"text":"hel\u2028lo"}',
      '{"text":"help"}',
    ];
    const answers = await stream([lines.join('\n')]);
    assert.deepEqual(
      answers.map((answer) => answer.intent ?? answer.error),
      [
        'reboot',
        'The line is not JSON.',
        'greeting',
        'The line is not JSON.',
        'The line: Invalid input: expected object, received array',
        'text: Invalid input: expected string, received number',
        'The line: Unrecognized key: "nwo"',
        'zone: is not a time zone such as Europe/London',
        'now: is not a time such as 2026-11-23T10:00:00Z',
        'reboot',
        'unknown',
        'help',
      ],
    );
    assert.deepEqual(answers[0]?.when, { kind: 'in', minutes: 60, utc: '2027-01-01T00:30:00Z' });
    assert.deepEqual(answers[9]?.when, { kind: 'in', minutes: 60, utc: '2026-07-01T11:00:00Z' });
  });

  it('reads lines however they are cut', async () => {
    const bytes = Buffer.from('{"text":"reboot hq–fw01"}\n{"text":"help"}\n');
    const answers = await stream([...bytes].map((byte) => Buffer.from([byte])));
    assert.deepEqual(
      answers.map(({ intent }) => intent),
      ['reboot', 'help'],
    );
    assert.deepEqual(answers[0]?.unresolved, [{ text: 'hq–fw01', suggestions: ['hq-fw01', 'hq-fw02', 'hq-sw01'] }]);
  });

  it('takes a time without an offset as one in the zone', () => {
    assert.equal(parseNow('2026-07-01T12:00', 'Europe/Berlin')?.toISOString(), '2026-07-01T10:00:00.000Z');
    assert.equal(parseNow('2026-07-01T12:00:00+01:00', 'Europe/Berlin')?.toISOString(), '2026-07-01T11:00:00.000Z');
    assert.equal(parseNow('soon', 'UTC'), undefined);
  });
});
