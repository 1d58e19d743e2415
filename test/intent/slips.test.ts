import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slipsBetween } from '../../src/intent/slips.ts';

describe('slips of the fingers', () => {
  const cases: [a: string, b: string, slips: number][] = [
    ['reboot', 'reboot', 0],
    ['rebot', 'reboot', 1],
    ['rebboot', 'reboot', 1],
    ['reboit', 'reboot', 1],
    ['reboto', 'reboot', 1],
    ['rpd', 'rdp', 1],
    ['lgos', 'logs', 1],
    ['cat', 'dog', 3],
    ['', 'abc', 3],
  ];
  for (const [a, b, slips] of cases) it(`${a}, ${b}: ${slips}`, () => assert.equal(slipsBetween(a, b), slips));
});
