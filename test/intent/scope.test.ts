import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scopeAt } from '../../src/intent/scope.ts';
import { tokenise } from '../../src/intent/text.ts';
import { Inventory } from '../../src/inventory.ts';

const names = (list: string) => list.split(' ').map((name) => ({ name }));
const inventory = new Inventory([
  { site: 'hq', devices: names('srx1 mx01 ex-01 core-qfx2 console') },
  { site: 'Lab', devices: names('alpha beta') },
  { site: 'attic', devices: [] },
  { site: 'New York', devices: names('exeter mxlab ny-sw1') },
]);

describe('the devices of a site', () => {
  const cases: [text: string, members: string, suggestions?: string, taken?: string][] = [
    ['all switches at hq', 'ex-01 core-qfx2'],
    ['firewalls at hq', 'srx1'],
    ['hq routers', 'mx01'],
    ['the hq', ''],
    ['everything at HQ', 'srx1 mx01 ex-01 core-qfx2 console'],
    ['all devices in the hq site', 'srx1 mx01 ex-01 core-qfx2 console'],
    // No name there tells what it is: the word says no more than "devices".
    ['all switches at lab', 'alpha beta'],
    ['the switch at lab', ''],
    ['switch at lab', '', 'alpha beta'],
    ['all firewalls at New York', '', 'exeter mxlab ny-sw1'],
    // A kind is a part of the name: neither exeter nor mxlab tells one.
    ['all switches in New York', 'ny-sw1'],
    ['attic', ''],
    ['all', ''],
    ['all switches', ''],
    ['lab and attic', 'alpha beta'],
    ['all switches at hq and New York', 'ex-01 core-qfx2 ny-sw1'],
    ['New York and hq', 'srx1 mx01 ex-01 core-qfx2 console exeter mxlab ny-sw1'],
    ['hq switches and lab routers', 'ex-01 core-qfx2', '', 'hq switches'],
    ['lab please', 'alpha beta', '', 'lab'],
    ['lab at 17:00', 'alpha beta', '', 'lab'],
  ];
  for (const [text, members, suggestions = '', taken] of cases) {
    it(text, () => {
      const scope = scopeAt(tokenise(text), 0, inventory);
      assert.equal(scope?.members.join(' ') ?? '', members);
      assert.equal(scope?.suggestions.join(' ') ?? '', suggestions);
      if (taken !== undefined) assert.equal(scope?.text, taken);
    });
  }

  it('is no description without a site or a quantity', () => {
    for (const text of ['switches', 'the', 'srx1', 'router mx01', 'at hq', '']) {
      assert.equal(scopeAt(tokenise(text), 0, inventory), undefined);
    }
  });
});
