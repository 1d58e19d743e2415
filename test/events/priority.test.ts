import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventRule, Priority } from '../../src/config/schemas.ts';
import { groupKey, judge, type PriorityReason, priorityOf, type RuleEvent } from '../../src/events/priority.ts';

const listed: Record<string, Priority | null> = { A: 1, B: 2, C: 3, D: 4, EMPTY: null };

describe('priorityOf', () => {
  const cases: [event: string, priority: Priority, reason: PriorityReason][] = [
    ['A', 1, 'listed'],
    ['B', 2, 'listed'],
    ['C', 3, 'listed'],
    ['D', 4, 'listed'],
    ['EMPTY', 1, 'listed-without-number'],
    ['UNKNOWN', 1, 'unlisted'],
    ['b', 2, 'listed'],
    ['constructor', 1, 'unlisted'],
    ['__proto__', 1, 'unlisted'],
    ['toString', 1, 'unlisted'],
  ];
  for (const [event, priority, reason] of cases) {
    it(`${event} is ${priority}: ${reason}`, () => assert.deepEqual(priorityOf(event, listed), { priority, reason }));
  }

  it('with no list at all everything is 1', () => assert.equal(priorityOf('A', {}).priority, 1));
});

/** An event as rules see it; it has something in every field. */
const seen = (change: Partial<RuleEvent> = {}): RuleEvent => ({
  event: 'LINK_DOWN',
  message: 'ifName ge-0/0/1 went down',
  hostname: 'hq-fw01',
  site: 'hq',
  severity: 'err',
  facility: 'daemon',
  attributes: { card: '3', name: 'ge-0/0/1' },
  ...change,
});

describe('a rule', () => {
  const cases: [rule: EventRule, of: Partial<RuleEvent>, isMeant: boolean][] = [
    [{}, {}, true],
    [{ events: ['LINK_DOWN'] }, {}, true],
    [{ events: ['link_down'] }, {}, true],
    [{ events: ['LINK'] }, {}, false],
    [{ events: ['LINK*'] }, {}, true],
    [{ events: ['*DOWN'] }, {}, true],
    [{ events: ['L*K*N'] }, {}, true],
    [{ events: ['*'] }, {}, true],
    [{ events: ['LINK.DOWN'] }, {}, false],
    [{ events: ['OTHER', 'LINK_DOWN'] }, {}, true],
    [{ events: ['OTHER', 'ANOTHER'] }, {}, false],
    [{ message: ['*ge-0/0/1*'] }, {}, true],
    [{ message: ['ge-0/0/1'] }, {}, false],
    [{ message: ['IFNAME * WENT DOWN'] }, {}, true],
    [{ message: ['*'] }, { message: '' }, true],
    [{ message: ['*end'] }, { message: `${'x'.repeat(10_000)}end` }, false],
    [{ devices: ['hq-fw01'] }, {}, true],
    [{ devices: ['HQ-FW*'] }, {}, true],
    [{ devices: ['hq-fw02'] }, {}, false],
    [{ devices: ['site:hq'] }, {}, true],
    [{ devices: ['SITE:H*'] }, {}, true],
    [{ devices: ['site:branch', 'site:lab'] }, {}, false],
    [{ devices: ['site:*'] }, { site: '' }, false],
    [{ devices: ['hq'] }, {}, false],
    [{ severity: ['error'] }, {}, true],
    [{ severity: ['error'] }, { severity: 'ERROR' }, true],
    [{ severity: ['emergency'] }, { severity: 'emerg' }, true],
    [{ severity: ['critical'] }, { severity: 'crit' }, true],
    [{ severity: ['warning'] }, { severity: 'Warn' }, true],
    [{ severity: ['notice', 'info'] }, { severity: 'info' }, true],
    [{ severity: ['notice'] }, {}, false],
    [{ severity: ['debug'] }, { severity: '' }, false],
    [{ severity: ['debug'] }, { severity: 'constructor' }, false],
    [{ facility: ['daemon'] }, {}, true],
    [{ facility: ['DAE*'] }, {}, true],
    [{ facility: ['kernel'] }, {}, false],
    [{ facility: ['daemon'] }, { facility: '' }, false],
    [{ attributes: { card: '3' } }, {}, true],
    [{ attributes: { card: '3', name: 'GE-*' } }, {}, true],
    [{ attributes: { card: '3', name: 'xe-*' } }, {}, false],
    [{ attributes: { other: '*' } }, {}, false],
    [{ attributes: { constructor: '*' } }, {}, false],
    [{ attributes: { empty: '*' } }, { attributes: { empty: '' } }, true],
    [{ events: ['LINK*'], devices: ['site:hq'], severity: ['error'], message: ['*down'] }, {}, true],
    [{ events: ['LINK*'], devices: ['site:hq'], severity: ['error'], message: ['*up'] }, {}, false],
    [{ events: ['LINK*'], devices: ['site:hq'], severity: ['info'], message: ['*down'] }, {}, false],
    [{ events: ['LINK*'], devices: ['lab*'], severity: ['error'], message: ['*down'] }, {}, false],
    [{ events: ['A*'], devices: ['site:hq'], severity: ['error'], message: ['*down'] }, {}, false],
  ];
  for (const [rule, of, isMeant] of cases) {
    it(`${JSON.stringify(rule)} is ${isMeant ? '' : 'not '}for ${JSON.stringify(of).slice(0, 60)}`, () => {
      const { priority, reason } = judge(seen(of), { LINK_DOWN: 2 }, [{ ...rule, priority: 3 }]);
      assert.deepEqual([priority, reason], isMeant ? [3, 'rule 1'] : [2, 'listed']);
    });
  }

  it('reads a severity that has the name of something else as no severity', () => {
    for (const severity of ['__proto__', 'constructor', 'toString']) {
      assert.equal(judge(seen({ severity }), {}, [{ severity: ['error'], priority: 4 }]).priority, 1);
    }
  });

  it('of many stars is read in a moment, however long the message', () => {
    const message = 'a'.repeat(64 * 1_024);
    const patterns = ['*a'.repeat(99), `${'*a'.repeat(99)}b`, `${'a*'.repeat(99)}b`, `*${'a'.repeat(100)}*b*`];
    const before = performance.now();
    for (let n = 0; n < 20; n += 1) judge(seen({ message }), {}, [{ message: patterns, silence: true, title: 't' }]);
    assert.ok(performance.now() - before < 10_000);
  });
});

describe('several rules', () => {
  const rules: EventRule[] = [
    { events: ['OTHER'], priority: 4, silence: true, group: ['event'], title: 'Other' },
    { events: ['LINK*'], title: 'Links' },
    { events: ['*'], silence: false, title: 'All' },
    { devices: ['site:hq'], priority: 2, silence: true },
    { priority: 3, group: ['site'] },
    { priority: 4, group: ['device'], title: 'Last' },
  ];

  it('each give what they set, the first that matches first', () => {
    assert.deepEqual(judge(seen(), { LINK_DOWN: 1 }, rules), {
      priority: 2,
      reason: 'rule 4',
      isSilenced: false,
      group: ['site'],
      title: 'Links',
    });
    assert.deepEqual(judge(seen({ event: 'other' }), {}, rules), {
      priority: 4,
      reason: 'rule 1',
      isSilenced: true,
      group: ['event'],
      title: 'Other',
    });
  });

  it('that set no priority leave that of the list', () => {
    const own: EventRule[] = [{ silence: true }];
    assert.deepEqual(judge(seen(), { link_down: 3 }, own), {
      priority: 3,
      reason: 'listed',
      isSilenced: true,
      group: null,
      title: null,
    });
  });

  it('none of which matches, leave what is not listed at 1, and told', () => {
    for (const event of ['NEW', '__proto__', 'constructor', 'hasOwnProperty']) {
      assert.deepEqual(judge(seen({ event }), { LINK_DOWN: 4 }, [{ events: ['LINK*'], silence: true }]), {
        priority: 1,
        reason: 'unlisted',
        isSilenced: false,
        group: null,
        title: null,
      });
    }
  });
});

describe('the key of a group', () => {
  const cases: [what: string, group: string[] | null, of: Partial<RuleEvent>, priority: Priority, key: string][] = [
    ['of priority 1: one per event and device', null, {}, 1, 'LINK_DOWN hq-fw01'],
    ['of priority 2: one per event and site', null, {}, 2, 'LINK_DOWN site:hq'],
    ['of priority 2 without a site: one per device', null, { site: '' }, 2, 'LINK_DOWN hq-fw01'],
    ['in any case', null, { event: 'link_Down', hostname: 'HQ-FW01' }, 1, 'LINK_DOWN hq-fw01'],
    ['by device alone', ['device'], {}, 1, 'hq-fw01'],
    ['by message', ['message'], {}, 2, 'ifName ge-0/0/1 went down'],
    ['by a long message: its beginning', ['message'], { message: 'x'.repeat(5_000) }, 2, 'x'.repeat(200)],
    ['by attributes', ['event', 'card', 'name'], {}, 1, 'LINK_DOWN 3 ge-0/0/1'],
    ['by attributes it has not', ['event', 'other'], {}, 1, 'LINK_DOWN '],
    ['by names every object has', ['event', 'constructor', '__proto__'], {}, 1, 'LINK_DOWN  '],
    ['by a long attribute: its beginning', ['card'], { attributes: { card: 'y'.repeat(512) } }, 1, 'y'.repeat(200)],
  ];
  for (const [what, group, of, priority, key] of cases) {
    it(what, () => assert.equal(groupKey(seen(of), { group, priority }), key));
  }

  it('is not the one of a site that is called like a device', () => {
    const [device, site] = [seen({ site: '', hostname: 'hq' }), seen({ site: 'hq' })];
    assert.notEqual(groupKey(device, { group: null, priority: 2 }), groupKey(site, { group: null, priority: 2 }));
  });
});
