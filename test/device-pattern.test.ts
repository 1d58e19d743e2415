import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { meansDevice, type Subject } from '../src/device-pattern.ts';

describe('which devices an entry means', () => {
  const cases: [entry: string, device: Subject, isMeant: boolean][] = [
    ['branch-*', { name: 'branch-fw01', site: 'branch' }, true],
    ['BRANCH-*', { name: 'branch-fw01', site: 'branch' }, true],
    ['branch-*', { name: 'BRANCH-FW01', site: 'x' }, true],
    ['branch-*', { name: 'branch', site: 'x' }, false],
    ['branch-*', { name: 'branch-', site: 'x' }, true],
    ['branch-*', { name: 'my-branch-fw01', site: 'branch-x' }, false],
    ['*', { name: 'hq-fw01', site: 'hq' }, true],
    ['***', { name: 'hq-fw01', site: 'hq' }, true],
    ['*fw*1', { name: 'hq-fw01', site: 'hq' }, true],
    ['*fw*2', { name: 'hq-fw01', site: 'hq' }, false],
    ['*a*a*b', { name: 'aaab', site: 'x' }, true],
    ['*a*a*b', { name: 'aaabc', site: 'x' }, false],
    ['hq-fw0?', { name: 'hq-fw01', site: 'hq' }, false],
    ['hq.fw01', { name: 'hq-fw01', site: 'hq' }, false],
    ['.*', { name: 'hq-fw01', site: 'hq' }, false],
    ['hq-fw01|hq-fw02', { name: 'hq-fw02', site: 'hq' }, false],
    ['', { name: 'hq-fw01', site: 'hq' }, false],
    ['site:hq', { name: 'hq-fw01', site: 'hq' }, true],
    ['SITE: HQ', { name: 'hq-fw01', site: 'hq' }, true],
    ['site:hq', { name: 'site:hq', site: 'x' }, false],
    ['site:old lab', { name: 'lab-fw01', site: 'Old Lab' }, true],
    ['site:*lab', { name: 'lab-fw01', site: 'Old Lab' }, true],
    ['site:h', { name: 'hq-fw01', site: 'hq' }, false],
    ['site:*', { name: 'gone-fw01', site: '' }, false],
    ['site:', { name: 'gone-fw01', site: '' }, false],
    ['hq', { name: 'hq-fw01', site: 'hq' }, false],
  ];
  for (const [entry, device, isMeant] of cases) {
    it(`"${entry}" ${isMeant ? 'means' : 'does not mean'} ${device.name} at ${device.site}`, () => {
      assert.equal(meansDevice(entry, device), isMeant);
    });
  }

  it('agrees with a regular expression made of it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 10 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 's');
        assert.equal(meansDevice(pattern, { name, site: '' }), expression.test(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('no pattern takes long', () => {
    const began = performance.now();
    assert.equal(meansDevice('*a'.repeat(2_000), { name: 'a'.repeat(1_999), site: '' }), false);
    assert.ok(performance.now() - began < 1_000);
  });
});
