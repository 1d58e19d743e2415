import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EngineClock,
  engineClocks,
  engineOptions,
  engineTargets,
  type StoredChoice,
  wasBooted,
} from '../../src/actions/engines.ts';
import type { Facts } from '../../src/netconf/junos.ts';
import { facts } from '../jobs/fake-device.ts';

const engine = (name: string | null, mastership: string | null = null, upSeconds: number | null = 60) => ({
  name,
  state: 'OK',
  mastership,
  model: null,
  uptimeSeconds: upSeconds,
  bootedAt: upSeconds === null ? null : new Date(1_000_000 - upSeconds * 1_000),
});
const member = (id: number, role: string | null, status = 'Prsnt') => ({
  id,
  status,
  role,
  model: null,
  serialNumber: null,
  priority: null,
});
const device = (of: Partial<Facts>): Facts => ({ ...facts, ...of });

const LONE = device({ engines: [engine(null)] });
const DUAL = device({ engines: [engine('re0', 'master'), engine('re1', 'backup')], ownEngine: 're0' });
const DUAL_UNKNOWN = device({ engines: DUAL.engines, ownEngine: null });
const EVOLVED = device({ ...DUAL, evolved: true });
const CLUSTER = device({
  engines: [engine('node0', 'primary'), engine('node1', 'secondary')],
  ownEngine: 'node0',
  cluster: { id: 1, node: 'node0', role: 'primary', groups: [] },
});
const chassis = (own: number | null, ...members: ReturnType<typeof member>[]) => ({ mode: null, member: own, members });
const STACK = device({
  engines: [engine('member0'), engine('member1')],
  ownEngine: 'member1',
  virtualChassis: chassis(1, member(0, 'master'), member(1, 'backup'), member(2, 'linecard', 'NotPrsnt')),
});
/** Its members answer as `fpc0`, and so does every engine. */
const FPC_STACK = device({
  engines: [engine('fpc0'), engine('fpc1'), engine('fpc2')],
  ownEngine: null,
  virtualChassis: chassis(1, member(0, 'master'), member(1, 'backup'), member(2, 'linecard')),
});

describe('what can be chosen', () => {
  const cases: [what: string, of: Facts, preset: StoredChoice | null, options: [title: string, value: string][]][] = [
    ['one engine', LONE, 'this', [['the only one', 'this']]],
    ['none told', device({ engines: [] }), 'this', [['the only one', 'this']]],
    [
      'two engines',
      DUAL,
      'this',
      [
        ['this one (re0, master); re1 keeps running', 'this'],
        ['the other one (re1, backup)', 'other'],
        ['both (re0 and re1)', 'both'],
      ],
    ],
    [
      'two engines, and nobody knows which one answers: the other one cannot be meant',
      DUAL_UNKNOWN,
      'this',
      [
        ['the one the assistant logs in to', 'this'],
        ['both (re0 and re1)', 'both'],
      ],
    ],
    ['Evolved knows only all', EVOLVED, 'both', [['all of them (re0, re1)', 'both']]],
    ['a cluster: the own node', CLUSTER, 'this', [['this one (node0, primary); node1 keeps running', 'this']]],
    [
      'a Virtual Chassis: the own member first, the absent one not at all',
      STACK,
      'member:1',
      [
        ['member 1 (backup, this one)', 'member:1'],
        ['member 0 (master)', 'member:0'],
        ['all 2 members', 'all-members'],
      ],
    ],
    [
      'a Virtual Chassis that does not tell which member answers: somebody has to choose',
      device({ ...STACK, virtualChassis: chassis(null, member(0, 'master'), member(1, null)) }),
      null,
      [
        ['member 0 (master)', 'member:0'],
        ['member 1', 'member:1'],
        ['all 2 members', 'all-members'],
      ],
    ],
    [
      'a lone switch',
      device({ engines: [engine('member0')], virtualChassis: chassis(0, member(0, 'master')) }),
      'this',
      [['the only one', 'this']],
    ],
  ];
  for (const [what, of, preset, options] of cases) {
    it(what, () => {
      assert.deepEqual(engineOptions(of), { preset, options: options.map(([title, value]) => ({ title, value })) });
    });
  }
});

describe('which engines a choice takes down', () => {
  const cases: [what: string, choice: StoredChoice, of: Facts, names: string[]][] = [
    ['the only one', 'this', LONE, ['']],
    ['this one', 'this', DUAL, ['re0']],
    ['the other one', 'other', DUAL, ['re1']],
    ['the other one of a device that does not tell which: nobody knows', 'other', DUAL_UNKNOWN, []],
    ['this one of a device that does not tell which', 'this', DUAL_UNKNOWN, ['']],
    ['both', 'both', DUAL, ['re0', 're1']],
    ['all of Evolved', 'both', EVOLVED, ['re0', 're1']],
    ['a node', 'this', CLUSTER, ['node0']],
    ['a member', 'member:0', STACK, ['member0']],
    ['all members', 'all-members', STACK, ['member0', 'member1']],
    ['all members that answer as fpc', 'all-members', FPC_STACK, ['member0', 'member1', 'member2']],
    ['the own member that answers as fpc', 'this', FPC_STACK, ['member1']],
  ];
  for (const [what, choice, of, names] of cases) {
    it(`${what}: ${names.join(', ') || 'none'}`, () => {
      const targets = engineTargets(choice, of);
      assert.deepEqual(targets, names);
    });
  }
});

describe('since when each engine runs', () => {
  const up = (of: Facts) =>
    Object.fromEntries(Object.entries(engineClocks(of)).map(([name, { uptimeSeconds }]) => [name, uptimeSeconds]));

  it('the plain answer is the own engine’s, and goes before what the board says', () => {
    assert.deepEqual(up({ ...DUAL, uptimeSeconds: 61 }), { re0: 61, re1: 60 });
    assert.deepEqual(up({ ...DUAL, ownEngine: 're1', uptimeSeconds: 61 }), { re0: 60, re1: 61 });
  });
  it('without a plain answer the board’s counts', () => {
    assert.deepEqual(up({ ...DUAL, uptimeSeconds: null, bootedAt: null }), { re0: 60, re1: 60 });
  });
  it('members that answer as fpc have the names of members', () => {
    assert.deepEqual(up({ ...FPC_STACK, uptimeSeconds: 7 }), { member0: 60, member1: 7, member2: 60 });
  });
  it('a device that tells nothing has one nameless engine that tells nothing', () => {
    const nothing = device({ engines: [], uptimeSeconds: null });
    assert.deepEqual(engineClocks(nothing), { '': { uptimeSeconds: null, bootedAt: null } });
  });
});

describe('wasBooted', () => {
  const HOUR = 3_600;
  const BOOT = 1_700_000_000_000;
  const at = (uptimeSeconds: number | null, bootedAt: number | null = null): EngineClock => ({
    uptimeSeconds,
    bootedAt,
  });
  type Case = [
    what: string,
    before: EngineClock | undefined,
    after: EngineClock,
    sinceSeconds: number,
    isSinceNoted: boolean,
    booted: boolean | null,
  ];
  const cases: Case[] = [
    ['runs on', at(HOUR, BOOT), at(HOUR + 300, BOOT), 300, true, false],
    ['was booted', at(HOUR, BOOT), at(60, BOOT + HOUR * 1_000), 300, true, true],
    ['was booted a second ago, in the second of the command', at(HOUR), at(1), 0, true, true],
    ['ran for a moment only before, and runs on', at(10, BOOT), at(310, BOOT), 300, true, false],
    ['ran for a moment only before, and was booted', at(10, BOOT), at(200, BOOT + 110_000), 300, true, true],
    ['our clock was set forward, the device runs on', at(HOUR, BOOT), at(HOUR + 10, BOOT + 3_000), 86_400, true, false],
    ['our clock was set back, the device was booted', at(HOUR, BOOT), at(60, BOOT + HOUR * 1_000), -900, true, true],
    ['the clock of the device was set forward, it runs on', at(HOUR, BOOT), at(HOUR + 60, BOOT + 9e6), 60, true, false],
    ['the clock of the device was set back, it runs on', at(HOUR, BOOT), at(HOUR + 60, BOOT - 9e6), 60, true, false],
    ['was booted, and its clock begins in the past', at(HOUR, BOOT), at(60, 1_262_304_000_000), 300, true, true],
    ['was booted, and its clock begins at the same time as ever', at(HOUR, BOOT), at(60, BOOT), 300, true, true],
    ['was booted before the time that counts', at(HOUR, BOOT), at(900, BOOT + 1e6), 300, false, false],
    ['was booted after the time that counts', at(HOUR, BOOT), at(200, BOOT + 1e6), 300, false, true],
    ['only its uptime is known', at(null), at(200), 300, true, true],
    ['only its uptime is known, and that is longer', at(null), at(400), 300, true, false],
    ['nothing was noted', undefined, at(200), 300, true, true],
    ['only its boot time is known, and it moved', at(null, BOOT), at(null, BOOT + 60_000), 300, true, true],
    ['only its boot time is known, and it is the same', at(null, BOOT), at(null, BOOT + 9_000), 300, true, false],
    ['it tells nothing now', at(HOUR, BOOT), at(null), 300, true, null],
    ['nobody ever told anything', at(null), at(null), 300, true, null],
  ];
  for (const [what, before, after, sinceSeconds, isSinceNoted, booted] of cases) {
    it(`${what}: ${booted}`, () => {
      assert.equal(wasBooted(before, after, sinceSeconds * 1_000, isSinceNoted), booted);
    });
  }
});
