import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requireProgram } from '../fakes/requires.ts';
import { CardPage } from './browser.ts';
import { everyCard, ordinary, type Words } from './samples.ts';

const chromium = requireProgram(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');

/** As long as real networks make them. */
const long: Words = {
  event: 'RPD_BGP_NEIGHBOR_STATE_CHANGED',
  hostname: 'frankfurt-fw01',
  message: 'BGP peer 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff (External AS 65000) changed state from Established to Idle',
  person: 'Wolfeschlegelsteinhausenbergerdorff Hubert Blaine',
  answer: '/var/tmp/rsi-frankfurt-fw01-2026-11-23T10-00-00Z.a1b2c3d4e5f60718293a4b5c6d7e8f90.tar.gz',
};

describe('cards as Microsoft renders them', { skip: 'skip' in chromium ? chromium.skip : false }, () => {
  let page: CardPage;
  before(async () => {
    assert.ok('path' in chromium);
    page = await CardPage.open(chromium.path);
  });
  after(() => page?.close());

  for (const width of [320, 900]) {
    for (const [kind, words] of [
      ['ordinary', ordinary],
      ['long', long],
    ] as const) {
      for (const [name, { content }] of everyCard(words)) {
        it(`${name}, ${kind} words, ${width} pixels wide: whole`, async () => {
          assert.deepEqual(await page.cut(content, width), []);
        });
      }
    }
  }

  it('a card that is cut is found', async () => {
    const button = (n: number) => ({ type: 'Action.Submit', title: `A button with a title ${n}` });
    const table = {
      type: 'ColumnSet',
      columns: [{ type: 'Column', width: '400px', items: [{ type: 'TextBlock', text: 'x' }] }],
    };
    const card = { type: 'AdaptiveCard', version: '1.5', body: [table], actions: [1, 2, 3].map(button) };
    const found = await page.cut(card, 320);
    assert.ok(
      found.some((line) => line.startsWith('cut: as it comes: DIV A button with a title 1')),
      found.join('\n'),
    );
    assert.ok(
      found.some((line) => / px too wide: as it comes/.test(line)),
      found.join('\n'),
    );
  });
});
