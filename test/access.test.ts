import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AccessRules,
  mayDo,
  needsUpn,
  type Place,
  RIGHTS,
  type Right,
  type Role,
  rightsOf,
  type Verdict,
} from '../src/access.ts';
import type { Person } from '../src/store/store.ts';

const ID = 'abcdefab-0000-4000-8000-00000000000a';
const OTHER = 'abcdefab-0000-4000-8000-00000000000b';
const person = (change: Partial<Person> = {}): Person => ({
  id: '29:alex',
  objectId: ID,
  upn: 'alex@example.com',
  name: 'Alex Wilber',
  ...change,
});

const DEVICES = [
  { name: 'hq-fw01', site: 'hq' },
  { name: 'hq-fw02', site: 'hq' },
  { name: 'branch-fw01', site: 'branch' },
  { name: 'branch-sw01', site: 'branch' },
  { name: 'lab-fw01', site: 'Old Lab' },
];
const [FW01, FW02, BRANCH_FW, BRANCH_SW, LAB] = DEVICES as [Subject, Subject, Subject, Subject, Subject];
type Subject = (typeof DEVICES)[number];

const CHANNEL = '19:net@thread.tacv2';
const personal: Place = { conversationId: 'a:1', kind: 'personal' };
const channel: Place = { conversationId: CHANNEL, kind: 'channel' };
const thread: Place = { conversationId: `${CHANNEL};messageid=1795428000000`, kind: 'channel' };
const chat: Place = { conversationId: '19:chat@thread.v2', kind: 'groupChat' };

const role = (change: Partial<Role> = {}): Role => ({
  name: 'all',
  people: [ID],
  actions: 'all',
  devices: 'all',
  conversations: 'all',
  ...change,
});
const rules = (...roles: Role[]): AccessRules => ({ isLocal: false, operators: [], roles, ask: 'the network team' });
const ASK = 'To get access, ask the network team.';

type Case = [
  what: string,
  who: Person,
  right: Right,
  devices: Subject[],
  where: Place,
  under: AccessRules,
  reason: Verdict['reason'],
  /** The refused devices, or the role that allows it. */
  which: string[] | string | null,
];

const branch = role({ name: 'branch', actions: ['reboot', 'events'], devices: ['site:branch'] });
const firewalls = role({ name: 'firewalls', devices: ['*-fw01'], conversations: [CHANNEL] });
const readers = role({ name: 'readers', actions: ['events', 'devices'], conversations: 'personal' });

const CASES: Case[] = [
  ['nobody is named', person(), 'reboot', [FW01], personal, rules(), 'unknown-person', ['hq-fw01']],
  ['nobody is named, and nothing is asked for', person(), 'devices', [], personal, rules(), 'unknown-person', []],
  [
    'a role without people',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: [] })),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'somebody else',
    person({ objectId: OTHER }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'neither id is known',
    person({ objectId: null, upn: null }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'empty ids',
    person({ objectId: '', upn: '' }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['', '@'] })),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'an id that says null',
    person({ objectId: null, upn: null }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['null'] })),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'part of an id',
    person({ objectId: ID.slice(0, 8) }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'the name of an operator',
    person({ objectId: OTHER, upn: null, name: ID }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    "an operator's Teams id",
    person({ id: ID, objectId: OTHER, upn: null }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'an object id that is somebody’s UPN',
    person({ objectId: 'alex@example.com', upn: null }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['alex@example.com'] })),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'a UPN that is somebody’s object id',
    person({ objectId: null, upn: ID }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'a UPN of another domain',
    person({ objectId: OTHER, upn: 'alex@example.com.evil.test' }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['alex@example.com'] })),
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'a UPN not looked up',
    person({ objectId: OTHER, upn: null }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['alex@example.com'] })),
    'unknown-person',
    ['hq-fw01'],
  ],

  ['the object id', person(), 'reboot', [FW01], personal, rules(role()), 'role', 'all'],
  [
    'the object id, typed in capitals',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: [ID.toUpperCase()] })),
    'role',
    'all',
  ],
  [
    'the object id, told in capitals',
    person({ objectId: ID.toUpperCase() }),
    'reboot',
    [FW01],
    personal,
    rules(role()),
    'role',
    'all',
  ],
  [
    'the UPN in another case',
    person({ objectId: null }),
    'reboot',
    [FW01],
    personal,
    rules(role({ people: ['ALEX@Example.com'] })),
    'role',
    'all',
  ],
  [
    'an operator of the shorthand, everywhere',
    person(),
    'restart-process',
    DEVICES,
    chat,
    { ...rules(), operators: [OTHER, ID.toUpperCase()] },
    'role',
    'operators',
  ],
  [
    'a UPN in the shorthand',
    person({ objectId: null }),
    'reboot',
    [FW01],
    personal,
    { ...rules(), operators: [ID] },
    'unknown-person',
    ['hq-fw01'],
  ],
  [
    'local mode, nobody is named',
    person({ objectId: null, upn: null }),
    'reboot',
    DEVICES,
    chat,
    { ...rules(), isLocal: true },
    'local-mode',
    null,
  ],

  ['an action of the role', person(), 'reboot', [BRANCH_FW], personal, rules(branch), 'role', 'branch'],
  [
    'an action that is not',
    person(),
    'cancel-reboot',
    [BRANCH_FW],
    personal,
    rules(branch),
    'not-this-action',
    ['branch-fw01'],
  ],
  [
    'an empty list of actions',
    person(),
    'events',
    [FW01],
    personal,
    rules(role({ actions: [] })),
    'not-this-action',
    ['hq-fw01'],
  ],
  [
    'an action of a role of somebody else',
    person(),
    'cancel-reboot',
    [BRANCH_FW],
    personal,
    rules(branch, role({ people: [OTHER] })),
    'not-this-action',
    ['branch-fw01'],
  ],
  ['an action without devices', person(), 'events', [], chat, rules(branch), 'role', 'branch'],
  ['an action without devices that is not allowed', person(), 'alerts', [], chat, rules(branch), 'not-this-action', []],

  ['a device of the site', person(), 'reboot', [BRANCH_SW], personal, rules(branch), 'role', 'branch'],
  ['a device of another site', person(), 'reboot', [FW01], personal, rules(branch), 'not-this-device', ['hq-fw01']],
  [
    'an empty list of devices',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ devices: [] })),
    'not-this-device',
    ['hq-fw01'],
  ],
  [
    'a name in another case',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ devices: ['HQ-FW01'] })),
    'role',
    'all',
  ],
  [
    'a name that begins the same',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ devices: ['hq-fw0'] })),
    'not-this-device',
    ['hq-fw01'],
  ],
  [
    'one of two is not allowed: the whole is refused, and it is named',
    person(),
    'reboot',
    [BRANCH_FW, FW01],
    personal,
    rules(branch),
    'not-this-device',
    ['hq-fw01'],
  ],
  [
    'two devices, each by a role of its own',
    person(),
    'reboot',
    [BRANCH_SW, FW01],
    channel,
    rules(branch, firewalls),
    'role',
    'branch, firewalls',
  ],
  [
    'a device by a role that does not have the action',
    person(),
    'collect-logs',
    [BRANCH_SW],
    channel,
    rules(branch, firewalls),
    'not-this-device',
    ['branch-sw01'],
  ],
  [
    'an action by one role, the device by another: neither has both',
    person(),
    'restart-process',
    [BRANCH_SW],
    personal,
    rules(branch, role({ name: 'x', actions: ['restart-process'], devices: ['hq-*'] })),
    'not-this-device',
    ['branch-sw01'],
  ],

  ['the channel of the list', person(), 'reboot', [FW01], channel, rules(firewalls), 'role', 'firewalls'],
  ['a thread of the channel', person(), 'reboot', [FW01], thread, rules(firewalls), 'role', 'firewalls'],
  [
    'a channel listed by one of its threads',
    person(),
    'reboot',
    [FW01],
    channel,
    rules(role({ conversations: [thread.conversationId] })),
    'role',
    'all',
  ],
  ['another conversation', person(), 'reboot', [FW01], chat, rules(firewalls), 'not-here', ['hq-fw01']],
  [
    'an empty list of conversations',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ conversations: [] })),
    'not-here',
    ['hq-fw01'],
  ],
  ['personal, in a personal chat', person(), 'events', [FW01], personal, rules(readers), 'role', 'readers'],
  ['personal, in a group chat', person(), 'events', [FW01], chat, rules(readers), 'not-here', ['hq-fw01']],
  ['personal, in a channel', person(), 'devices', [], channel, rules(readers), 'not-here', []],
  [
    'personal in a list beside an id, in both',
    person(),
    'reboot',
    [FW01],
    personal,
    rules(role({ conversations: [CHANNEL, 'personal'] })),
    'role',
    'all',
  ],
  [
    'a conversation whose id says personal',
    person(),
    'events',
    [FW01],
    { conversationId: 'personal', kind: 'channel' },
    rules(readers),
    'not-here',
    ['hq-fw01'],
  ],
  [
    'two devices, one of them only in the channel',
    person(),
    'reboot',
    [BRANCH_FW, FW01],
    personal,
    rules(branch, firewalls),
    'not-here',
    ['hq-fw01'],
  ],
  [
    'two devices, one only elsewhere, one nowhere',
    person(),
    'reboot',
    [FW01, FW02],
    personal,
    rules(branch, firewalls),
    'not-this-device',
    ['hq-fw01', 'hq-fw02'],
  ],
];

describe('mayDo', () => {
  for (const [what, who, right, devices, where, under, reason, which] of CASES) {
    it(`${what}: ${reason}`, () => {
      const verdict = mayDo(who, right, devices, where, under);
      assert.equal(verdict.reason, reason);
      assert.equal(verdict.isAllowed, reason === 'role' || reason === 'local-mode');
      assert.deepEqual(verdict.isAllowed ? verdict.role : verdict.devices, which);
    });
  }

  it('has a row for every way it can end, and forty at least', () => {
    const reasons: Verdict['reason'][] = [
      'local-mode',
      'role',
      'unknown-person',
      'not-this-action',
      'not-this-device',
      'not-here',
    ];
    assert.deepEqual(new Set(CASES.map((row) => row[6])), new Set(reasons));
    assert.ok(CASES.length >= 40);
  });

  it('whoever is not named may do nothing, anywhere, whatever the roles allow to others', () => {
    const others = rules(
      role({ people: [OTHER, 'megan@example.com'] }),
      role({ people: ['*', '*@example.com', 'all'] }),
    );
    for (const right of RIGHTS) {
      for (const place of [personal, chat, channel, thread]) {
        for (const devices of [[], [FW01], DEVICES]) {
          assert.equal(mayDo(person(), right, devices, place, others).reason, 'unknown-person');
        }
      }
    }
  });

  it('a role only ever adds: who may do something with some roles may do it with more of them', () => {
    const roles = [branch, firewalls, readers, role({ name: 'fw02', devices: ['hq-fw02'], conversations: 'personal' })];
    const some = fc.subarray(roles);
    const right = fc.constantFrom(...RIGHTS);
    const place = fc.constantFrom(personal, chat, channel, thread);
    fc.assert(
      fc.property(
        some,
        fc.constantFrom(...roles),
        right,
        fc.subarray(DEVICES),
        place,
        (few, more, what, devices, where) => {
          const before = mayDo(person(), what, devices, where, rules(...few)).isAllowed;
          const after = mayDo(person(), what, devices, where, rules(...few, more)).isAllowed;
          assert.ok(!before || after);
        },
      ),
    );
  });
});

describe('the sentence of a refusal', () => {
  const some = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `d${n + 1}`, site: 'x' }));
  const cases: [right: Right, devices: Subject[], where: Place, under: AccessRules, sentence: string][] = [
    ['reboot', [FW01], personal, rules(), `You may not reboot hq-fw01. ${ASK}`],
    ['reboot', [FW01, FW02], personal, rules(), `You may not reboot hq-fw01 and hq-fw02. ${ASK}`],
    ['cancel-reboot', [FW01], personal, rules(), `You may not cancel a reboot of hq-fw01. ${ASK}`],
    ['show-reboot', [FW01], personal, rules(), `You may not see the scheduled reboot of hq-fw01. ${ASK}`],
    ['restart-process', some(3), personal, rules(), `You may not restart processes on d1, d2 and d3. ${ASK}`],
    ['collect-logs', some(5), personal, rules(), `You may not collect the logs of d1, d2, d3, d4 and d5. ${ASK}`],
    ['events', some(6), personal, rules(), `You may not see the events of d1, d2, d3, d4 and 2 more. ${ASK}`],
    ['devices', [FW01], personal, rules(), `You may not see hq-fw01. ${ASK}`],
    ['devices', [], personal, rules(), `You may not see the devices. ${ASK}`],
    ['events', [], personal, rules(), `You may not see events. ${ASK}`],
    ['alerts', [], personal, rules(), `You may not mute alerts or choose where they are posted. ${ASK}`],
    ['alerts', [FW01], personal, rules(), `You may not mute alerts or choose where they are posted. ${ASK}`],
    ['reboot', [], personal, rules(readers), `You may not reboot devices. ${ASK}`],
    ['reboot', [BRANCH_FW, FW01], personal, rules(branch), `You may not reboot hq-fw01. ${ASK}`],
    [
      'reboot',
      [FW01],
      personal,
      rules(firewalls),
      'You may reboot hq-fw01, but not in this conversation. To learn where, ask the network team.',
    ],
    [
      'events',
      [FW01],
      channel,
      rules(readers),
      'You may see the events of hq-fw01, but not in this conversation. Ask in a personal chat with the assistant.',
    ],
    [
      'devices',
      [],
      channel,
      rules(readers),
      'You may see the devices, but not in this conversation. Ask in a personal chat with the assistant.',
    ],
    // The personal chat would not help for this device: it is another role's.
    [
      'events',
      [LAB],
      chat,
      rules(firewalls, role({ name: 'p', devices: ['hq-*'], conversations: 'personal' })),
      'You may see the events of lab-fw01, but not in this conversation. To learn where, ask the network team.',
    ],
  ];
  for (const [right, devices, where, under, sentence] of cases) {
    it(sentence, () => {
      const verdict = mayDo(person(), right, devices, where, under);
      assert.equal(verdict.isAllowed ? null : verdict.sentence, sentence);
    });
  }
});

describe('rightsOf', () => {
  it('is what mayDo says, for every right, place, device and set of roles', () => {
    const roles = [branch, firewalls, readers, role({ people: [OTHER] }), role({ name: 'none', actions: [] })];
    fc.assert(
      fc.property(
        fc.subarray(roles),
        fc.constantFrom(personal, chat, channel, thread),
        fc.boolean(),
        (few, where, isLocal) => {
          const under = { ...rules(...few), isLocal };
          const { rights, devicesFor } = rightsOf(person(), where, under);
          const may = (right: Right, devices: Subject[]) => mayDo(person(), right, devices, where, under).isAllowed;
          assert.deepEqual(
            rights,
            RIGHTS.filter((right) => may(right, [])),
          );
          for (const right of RIGHTS) {
            assert.deepEqual(
              devicesFor(right, DEVICES),
              DEVICES.filter((device) => may(right, [device])).map(({ name }) => name),
            );
          }
        },
      ),
    );
  });

  it('of somebody who is not named: nothing', () => {
    const { rights, devicesFor } = rightsOf(person({ objectId: OTHER }), personal, rules(role()));
    assert.deepEqual([rights, devicesFor('devices', DEVICES)], [[], []]);
  });
});

describe('needsUpn', () => {
  it('only when a role names somebody by it', () => {
    assert.equal(needsUpn(rules()), false);
    assert.equal(needsUpn({ ...rules(role()), operators: [ID] }), false);
    assert.equal(needsUpn(rules(role(), role({ people: [ID, 'alex@example.com'] }))), true);
  });
});
