import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { phraseOf } from '../../src/intent/pattern.ts';
import { tokenise } from '../../src/intent/text.ts';

describe('phraseOf', () => {
  const phrase = phraseOf(/(?:cancel|call off)(?: the)? reboots?|reboot , please/);
  const cases: [text: string, at: number, taken: number][] = [
    ['cancel the reboot of hq-fw01', 0, 3],
    ['Call Off Reboots', 0, 3],
    ['please cancel reboot', 1, 2],
    ['please cancel reboot', 0, 0],
    // It ends where a word ends.
    ['cancel rebooting', 0, 0],
    ['cancel the reboot-of', 0, 0],
    ['cancel reboot, hq-fw01', 0, 2],
    // A mark is a token of its own.
    ['reboot, please', 0, 3],
    ['reboot please', 0, 0],
    ['', 0, 0],
    ['cancel reboot', 7, 0],
  ];
  for (const [text, at, taken] of cases) {
    it(`${text} from ${at}: ${taken}`, () => assert.equal(phrase(tokenise(text), at), taken));
  }

  it('takes nothing where nothing is needed', () => {
    assert.equal(phraseOf(/(?:really)?/)(tokenise('reboot'), 0), 0);
  });
});
