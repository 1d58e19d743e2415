import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant, type TestEvent } from '../fakes/assistant.ts';
import { type ConnectorRequest, cardOf, shownTexts, wordsOf } from '../fakes/connector.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start();
  await assistant.alertsHere();
});
after(() => assistant.close());

let sent = 0;

/** The card of one event; the clock leaves room for it. */
async function cardFor(event: TestEvent): Promise<ConnectorRequest> {
  assistant.moveClock(61_000);
  await assistant.event(event);
  sent += 1;
  await assistant.shown(sent);
  return assistant.connector.messages.at(-1) ?? assert.fail();
}

interface Node {
  [key: string]: unknown;
}

/** Every object of a card with its type. */
function nodes(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(nodes);
  if (typeof node !== 'object' || node === null) return [];
  return [node as Node, ...Object.values(node).flatMap(nodes)];
}

const HOSTILE = [
  '[click](https://evil.example)',
  '![x](https://evil.example/x.png)',
  '<https://evil.example>',
  '**bold** _italic_ `code`',
  '# heading',
  '<at>everyone</at>',
  '<script>alert(1)</script>',
  '&lt;b&gt; &amp; &#91;x&#93;(https://evil.example)',
  '1. one\n- two\n> three',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template's own marks, as a device may send them
  '${event} ${1+1} ${$root.device} ${string(5)}',
  '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
  '\\[x\\](https://evil.example)',
];

describe('what a device says stays words', () => {
  for (const text of HOSTILE) {
    it(JSON.stringify(text), async () => {
      // The event's name and the device's come without line breaks.
      const line = text.replace(/\n/g, ' ');
      const detail = [{ [line]: text, pid: 1 }];
      const { activity } = await cardFor({ event: line, hostname: line, message: text, process: line, detail });
      const texts = (type: string) =>
        nodes(cardOf(activity)).flatMap((node) => (node.type === type ? [String(node.text)] : []));
      // As Teams reads it, it is what the device said, to the letter: nothing was filled in, nothing got lost.
      const asRead = texts('TextBlock').map((escaped) => escaped.replace(/\\([!-/:-@[-`{-~])/g, '$1'));
      assert.ok(asRead.filter((read) => read === line).length >= 2, asRead.join('\n'));
      assert.ok(texts('TextRun').includes(text.replace('{{', '{ {')), texts('TextRun').join('\n'));
      for (const node of nodes(cardOf(activity))) {
        if (node.type !== 'TextBlock') continue;
        // Backslash and the mark together are the mark; a mark alone would be markdown.
        const unescaped = String(node.text).replace(/\\[!-/:-@[-`{-~]/g, '');
        assert.doesNotMatch(unescaped, /[[\]<>`*_]|^\s*[#>-]|^\s*\d+\./m, String(node.text));
      }
      assert.ok(!(activity.entities ?? []).some(({ type }) => type === 'mention'));
    });
  }

  it('control characters and marks that turn text around do not arrive', async () => {
    const text = 'a\u0000b\u001b[31mc\u202Ed\u2066e\u200Bf\u0007';
    const { activity } = await cardFor({ event: text, hostname: text, message: text, process: text, detail: text });
    for (const shown of [...shownTexts(cardOf(activity)), activity.summary ?? '']) {
      assert.doesNotMatch(shown, /[^\P{Cc}\n]|\p{Cf}/u);
    }
  });

  it('a template that fails to expand, or a value nobody expects, still gives a card', async () => {
    const details: unknown[] = [
      null,
      0,
      true,
      [],
      {},
      [[]],
      [null],
      [{}],
      [{ a: { b: 1 } }, {}],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template's own marks, as a device may send them
      { $data: 'x', $when: '${false}' },
      [{ $data: 'x' }],
    ];
    for (const detail of details) {
      const { activity } = await cardFor({ message: 'still here', detail });
      assert.match(wordsOf(activity), /still here/, JSON.stringify(detail));
    }
  });

  it('64 KiB of text make a card that Teams takes: under 28 KB', async () => {
    const rows = Array.from({ length: 60 }, (_, n) => ({
      pid: n,
      command: '\u{1F525}'.repeat(100),
      user: '['.repeat(100),
    }));
    const { activity } = await cardFor({ message: '['.repeat(20_000), detail: rows });
    const bytes = Buffer.byteLength(JSON.stringify(cardOf(activity)));
    assert.ok(bytes < 28_000, `${bytes} bytes`);
  });
});
