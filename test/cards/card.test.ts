// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of card templates, as text.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cardMessage, escapeMarkdown, plainText, renderCard } from '../../cards/card.ts';
import { liveMarkdown, words } from './parse.ts';

describe('plainText', () => {
  const cases: [text: string, shown: string][] = [
    ['as it is', 'as it is'],
    ['two\nlines\r\nthree\rfour', 'two\nlines\nthree\nfour'],
    ['tab\there', 'tab here'],
    ['\u0000\u0001\u0002', ' '],
    ['\u001b[31mred\u001b[0m', ' [31mred [0m'],
    ['abc\u202ecba\u2066x\u2069', 'abccbax'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['half \ud83d', 'half \ufffd'],
    ['päss 漢 🔥', 'päss 漢 🔥'],
    ['', ''],
  ];
  for (const [text, shown] of cases) it(JSON.stringify(text), () => assert.equal(plainText(text), shown));

  it('is cut with the number of what is missing, never in the middle of a character', () => {
    assert.equal(plainText('x'.repeat(1_500)), 'x'.repeat(1_500));
    assert.equal(plainText('x'.repeat(1_507)), `${'x'.repeat(1_500)} … (7 more characters)`);
    assert.ok(plainText(`x${'🔥'.repeat(1_000)}`).isWellFormed());
  });
});

describe('escapeMarkdown', () => {
  const cases: [text: string, escaped: string][] = [
    ['hq-fw01', 'hq-fw01'],
    ['SNMP_TRAP', 'SNMP\\_TRAP'],
    ['- item', '\\- item'],
    ['a\n  - item', 'a\n  \\- item'],
    ['12. item', '12\\. item'],
    ['22.4R3', '22\\.4R3'],
    ['[a](b)', '\\[a\\]\\(b\\)'],
    ['\\*', '\\\\\\*'],
    ['title\n===', 'title\n\\==='],
  ];
  for (const [text, escaped] of cases) it(JSON.stringify(text), () => assert.equal(escapeMarkdown(text), escaped));

  it('leaves no live character and gives back the words', () => {
    const property = fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      assert.deepEqual(liveMarkdown(escapeMarkdown(text)), []);
      assert.equal(words(escapeMarkdown(text)), text);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('renderCard', () => {
  it('escapes what is shown and leaves alone what comes back with a click', () => {
    const text = '*a* ${x}\u202e';
    const template = {
      type: 'AdaptiveCard',
      version: '1.5',
      speak: '${text}',
      body: [
        { type: 'TextBlock', text: '${text}' },
        { type: 'FactSet', facts: [{ title: '${text}', value: '${text}' }] },
        { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: '${text}' }] },
      ],
      actions: [
        {
          type: 'Action.Execute',
          title: '${text}',
          verb: 'confirm',
          data: { id: '${text}', title: '${text}', value: '${text}' },
        },
      ],
    };
    const shown = '\\*a\\* $\\{x\\}';
    assert.deepEqual(renderCard(template, { text }).content, {
      type: 'AdaptiveCard',
      version: '1.5',
      speak: '*a* ${x}',
      body: [
        { type: 'TextBlock', text: shown },
        { type: 'FactSet', facts: [{ title: shown, value: shown }] },
        { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: '*a* ${x}' }] },
      ],
      actions: [
        { type: 'Action.Execute', title: '*a* ${x}', verb: 'confirm', data: { id: text, title: text, value: text } },
      ],
    });
  });

  const titles: [text: string, shown: string][] = [
    ['hq_fw_01', 'hq_fw_01'],
    ['member 0 (master, this one)', 'member 0 (master, this one)'],
    ['this one (re0); re1 keeps running', 'this one (re0); re1 keeps running'],
    ['_this_ *one*', 'this   one'],
    ['- item', 'item'],
    ['# head', 'head'],
    ['1. item', '1 item'],
    ['a\n- b', 'a - b'],
    ['[x](https://evil.example/)', 'x (https://evil.example/)'],
    ['&lt;b&gt;', 'lt;b gt;'],
    ['{{DATE(2026-11-24T02:00:00Z, SHORT)}}', '{ {DATE(2026-11-24T02:00:00Z, SHORT)}}'],
    ['*_*', 'without a name'],
    ['', 'without a name'],
  ];
  for (const [text, title] of titles) {
    it(`what can be chosen has neither marks nor escapes, and its value stays: ${JSON.stringify(text)}`, () => {
      const template = {
        type: 'AdaptiveCard',
        body: [{ type: 'Input.ChoiceSet', label: '${text}', choices: [{ title: '${text}', value: '${text}' }] }],
      };
      const [input] = (renderCard(template, { text }).content as { body: { choices: object[] }[] }).body;
      assert.deepEqual(input?.choices, [{ title, value: text }]);
    });
  }

  it('a label has no live date', () => {
    const template = { type: 'AdaptiveCard', body: [{ type: 'Input.Text', id: 'x', label: '${text}' }] };
    const [input] = (renderCard(template, { text: '{{TIME(x)}} _a_' }).content as { body: { label: string }[] }).body;
    assert.equal(input?.label, '{ {TIME(x)}} _a_');
  });

  it('a message of a card is announced by its speak', () => {
    const card = renderCard(
      { type: 'AdaptiveCard', version: '1.5', speak: '${x}', body: [] },
      { x: 'Critical: X on Y' },
    );
    assert.equal(cardMessage(card).summary, 'Critical: X on Y');
    assert.deepEqual(cardMessage(card).attachments, [card]);
  });
});
