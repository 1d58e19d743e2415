// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of card templates, as text.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { complaints, liveMarkdown, markdownTexts, nodes, ofType, plainTexts } from './parse.ts';
import { everyCard, everywhere, ordinary, type Words } from './samples.ts';

const MAX_BYTES = 28_000;
const bytes = (card: object) => Buffer.byteLength(JSON.stringify(card));

/** Texts that try to become something else on the way to a person. */
const HOSTILE = [
  '[click here](https://evil.example/)',
  '![x](https://evil.example/x.png) <img src=x onerror=alert(1)> <at>Alex Wilber</at>',
  '**bold** _it_ ~~gone~~ `code` # head\n## head\n- list\n1. list\n1) list\n> quote\n---\n===\n| a | b |',
  '&lt;b&gt; &#42; \\*not escaped\\* \\',
  '${word} ${string(1)} {{DATE(2026-11-24T02:00:00Z, SHORT)}} {{TIME(2026-11-24T02:00:00Z)}} {{{DATE(2026-11-24T02:00:00Z)}}}',
  'a\u202eb\u2066c\u200bd\u0000e\u001b[31mf\u009bg\r\nh\ti\ufeffj\ud800k',
  '","type":"Action.OpenUrl","url":"https://evil.example/',
];
const largest = (character: string): Words => ({
  event: character.repeat(200),
  hostname: character.repeat(253),
  message: character.repeat(65_536),
  person: character.repeat(256),
  answer: character.repeat(65_536),
});

function check(card: object): void {
  assert.deepEqual(complaints(card), []);
  assert.ok(bytes(card) < MAX_BYTES, `${bytes(card)} bytes`);
  for (const text of markdownTexts(card)) assert.deepEqual(liveMarkdown(text), [], text);
  for (const text of [...markdownTexts(card), ...plainTexts(card)]) {
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
    assert.doesNotMatch(text, /\{\{(?:DATE|TIME)\(/);
  }
  for (const { choices } of ofType(card, 'Input.ChoiceSet')) {
    for (const { title } of choices as { title: string }[]) {
      assert.doesNotMatch(
        title,
        /[\\`*[\]<>~|&\n]|\{\{|^[#=+-]|^\d+[.)](?:\s|$)|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/u,
      );
    }
  }
  assert.deepEqual(ofType(card, 'Action.OpenUrl'), []);
  assert.ok(!Array.from(nodes(card)).some((node) => 'selectAction' in node || 'url' in node));
}

describe('every card', () => {
  for (const [name, { content, contentType }] of everyCard(ordinary)) {
    it(`${name}: version 1.5, words for the notification and for who cannot see it, nothing left unfilled`, () => {
      assert.equal(contentType, 'application/vnd.microsoft.card.adaptive');
      const card = content as Record<string, unknown>;
      assert.equal(card.type, 'AdaptiveCard');
      assert.equal(card.version, '1.5');
      for (const key of ['speak', 'fallbackText']) assert.match(String(card[key]), /\w{3}/, key);
      assert.doesNotMatch(JSON.stringify(card), /\$\{|\$when|\$data|undefined|\[object|NaN|Invalid/);
      check(card);
    });
  }

  for (const text of HOSTILE) {
    it(`takes as words: ${JSON.stringify(text.slice(0, 40))}`, () => {
      for (const [name, { content }] of everyCard(everywhere(text))) assert.doesNotThrow(() => check(content), name);
    });
  }

  for (const character of ['x', '*', '\\', '"', '漢', '\n', '\u{1f525}'.slice(0, 1)]) {
    it(`of nothing but ${JSON.stringify(character)}, as long as it can be, is small enough`, () => {
      for (const [name, { content }] of everyCard(largest(character))) assert.doesNotThrow(() => check(content), name);
    });
  }

  it('has no markdown, no control characters, and no live dates, whatever the words are', () => {
    const odd = fc.constantFrom(
      ...'\\`*_{}[]()#+-.!|<>~&=1 \n\ra'.split(''),
      '{{',
      '}}',
      '${',
      '\u202e',
      '\ud83d',
      '\u{1f525}',
    );
    const text = fc.oneof(fc.string({ unit: odd, maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }));
    const property = fc.property(text, (value) => {
      for (const [, { content }] of everyCard(everywhere(value))) check(content);
    });
    fc.assert(property, { numRuns: 15 });
  });
});

describe('templates', () => {
  const folder = new URL('../../cards/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

  for (const file of files) {
    it(`${file} is a card of version 1.5 without markdown of its own`, () => {
      const template = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>;
      assert.equal(template.version, '1.5');
      assert.ok(template.speak && template.fallbackText);
      for (const text of markdownTexts(template)) {
        assert.deepEqual(liveMarkdown(text.replace(/\$\{[^}]*\}/g, '')), [], text);
      }
    });
  }

  it('are all here', () => assert.ok(files.length >= 6));
});
