import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceClock } from '../../src/netconf/device-clock.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { type EngineChoice, type EngineFacts, type Platform, reboot } from '../../src/netconf/junos.ts';
import type { RebootRequest } from '../../src/netconf/reboot.ts';
import { XmlError } from '../../src/netconf/xml.ts';
import { type Answer, engines, fakeSession, output, rpcError } from './fake-session.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const now = () => NOW;
/** In Helsinki, 40 s fast. */
const clock: DeviceClock = { now: new Date(NOW + 40_000), zone: 'EET', offsetMinutes: 120, skewMs: 40_000 };

const engine = (name: string | null): EngineFacts => ({
  name,
  state: 'OK',
  mastership: null,
  model: null,
  uptimeSeconds: null,
  bootedAt: null,
});
type Target = Platform & { clock: DeviceClock | null };
const single: Target = {
  engines: [engine(null)],
  cluster: null,
  virtualChassis: null,
  vmhost: false,
  evolved: false,
  clock,
};
const dual: Target = { ...single, engines: [engine('re0'), engine('re1')] };
const member = (id: number, status = 'Prsnt') => ({
  id,
  status,
  role: null,
  model: null,
  serialNumber: null,
  priority: null,
});
const chassis: Target = {
  ...dual,
  virtualChassis: { mode: 'Enabled', member: 0, members: [member(0), member(1), member(2, 'NotPrsnt')] },
};
const cluster: Target = { ...dual, cluster: { id: 1, node: null, role: null, groups: [] } };
const vmhost: Target = { ...dual, vmhost: true };
const evolved: Target = { ...single, evolved: true };
const evolvedDual: Target = { ...dual, evolved: true };

const status = (said: string) =>
  `<request-reboot-results><request-reboot-status reboot-time="1">\n${said}\n</request-reboot-status></request-reboot-results>`;
const started = status('Shutdown NOW!\n[pid 17221]');
const immediately = { kind: 'now' } as const;

const requests: [what: string, target: Target, choice: EngineChoice, request: string][] = [
  ['this', single, 'this', '<request-reboot/>'],
  ['this of two', dual, 'this', '<request-reboot/>'],
  ['the other', dual, 'other', '<request-reboot><other-routing-engine/></request-reboot>'],
  ['both', dual, 'both', '<request-reboot><both-routing-engines/></request-reboot>'],
  ['this node', cluster, 'this', '<request-reboot/>'],
  ['this member', chassis, 'this', '<request-reboot><member>0</member></request-reboot>'],
  ['a member', chassis, { member: 1 }, '<request-reboot><member>1</member></request-reboot>'],
  ['all members', chassis, 'all-members', '<request-reboot><all-members/></request-reboot>'],
  ['a vmhost', vmhost, 'this', '<request-vmhost-reboot/>'],
  [
    'both of a vmhost',
    vmhost,
    'both',
    '<request-vmhost-reboot><routing-engine>both</routing-engine></request-vmhost-reboot>',
  ],
  [
    'the other vmhost',
    vmhost,
    'other',
    '<request-vmhost-reboot><routing-engine>other</routing-engine></request-vmhost-reboot>',
  ],
  ['Evolved', evolved, 'this', '<request-system-reboot/>'],
  ['all of Evolved', evolvedDual, 'both', '<request-system-reboot/>'],
];
for (const [what, target, choice, request] of requests) {
  test(`reboot sends once: ${what}`, async () => {
    const name = /<([\w-]+)/.exec(request)?.[1] ?? '';
    const session = fakeSession({ [name]: started });
    const result = await reboot(session, target, { engines: choice, when: immediately }, { now });
    assert.deepEqual(result, { outcome: 'done', text: 'Shutdown NOW! [pid 17221]', pid: 17221, schedule: null });
    assert.deepEqual(session.sent, [request]);
  });
}

const impossible: [what: string, target: Target, choice: EngineChoice, sentence: RegExp][] = [
  ['the other of one', single, 'other', /one Routing Engine only/],
  ['both of one', single, 'both', /one Routing Engine only/],
  ['the other node', cluster, 'other', /chassis cluster.*its own address/],
  ['both nodes', cluster, 'both', /chassis cluster/],
  ['both of a Virtual Chassis', chassis, 'both', /Choose one of its members/],
  ['a member of none', dual, { member: 1 }, /not a Virtual Chassis/],
  ['all members of none', dual, 'all-members', /not a Virtual Chassis/],
  ['a member that is none', chassis, { member: 7 }, /no member 7\. Its members are 0, 1, 2\./],
  ['a member that is away', chassis, { member: 2 }, /not present/],
  [
    'an unnamed member',
    { ...chassis, virtualChassis: { mode: 'Enabled', member: null, members: [member(0), member(1)] } },
    'this',
    /does not tell which member/,
  ],
  [
    'a Virtual Chassis that says nothing of itself',
    { ...single, engines: [engine('fpc0'), engine('fpc1')] },
    'this',
    /does not tell which member/,
  ],
  [
    'an Evolved that says nothing of its engines',
    { ...evolved, engines: [{ ...engine(null), state: null }] },
    'this',
    /does not tell how many/,
  ],
  ['one of Evolved', evolvedDual, 'this', /all its Routing Engines together/],
  ['the other of Evolved', evolvedDual, 'other', /all its Routing Engines together/],
  ['both of a small Evolved', evolved, 'both', /one Routing Engine only/],
];
for (const [what, target, choice, sentence] of impossible) {
  test(`reboot refused before anything is sent: ${what}`, async () => {
    const session = fakeSession({});
    const result = await reboot(session, target, { engines: choice, when: immediately }, { now });
    assert.equal(result.outcome, 'refused');
    assert.equal(result.outcome === 'refused' && result.reason, 'not-possible');
    assert.match(result.text, sentence);
    assert.deepEqual(session.sent, []);
  });
}

/** By the device's clock, which is two hours east and 40 s fast. */
const answered = (time: string) => status(`Shutdown at Mon Nov 23 ${time} 2026.\n[pid 5]`);
const listed = (time: string) => output(`reboot requested by netops at Mon Nov 23 ${time} 2026`);
const scheduled = async (target: Target, request: Omit<RebootRequest, 'engines'>, reply: Answer, pending: Answer) => {
  const session = fakeSession({ 'request-reboot': reply, 'get-reboot-information': pending });
  const result = await reboot(session, target, { engines: 'this', ...request }, { now });
  assert.equal(result.outcome, 'done');
  return { session, schedule: result.outcome === 'done' ? result.schedule : null };
};
const half = { when: { kind: 'at', at: new Date('2026-11-23T10:30:00Z') } } as const;

test('at: told in the wall clock of the device, and its answers read back by ours', async () => {
  // 10:30:00 by us is 12:30:40 there, and `at` has no seconds.
  const { session, schedule } = await scheduled(single, half, answered('12:31:00'), listed('12:31:00'));
  assert.equal(session.sent[0], '<request-reboot><at>2611231231</at></request-reboot>');
  assert.partialDeepStrictEqual(schedule, {
    asked: half.when.at,
    sentAs: 'at',
    confirmedAt: new Date('2026-11-23T10:30:20Z'),
    matches: true,
    pending: { kind: 'reboot', user: 'netops' },
    note: null,
  });
  assert.equal(session.sent.length, 2);
});

test('in: sent as minutes, and compared all the same', async () => {
  const request = { when: { kind: 'in', minutes: 30 } } as const;
  const { session, schedule } = await scheduled(single, request, answered('12:30:40'), listed('12:30:40'));
  assert.equal(session.sent[0], '<request-reboot><in>30</in></request-reboot>');
  assert.partialDeepStrictEqual(schedule, { sentAs: 'in', confirmedAt: half.when.at, matches: true, note: null });
});

const comparisons: [what: string, reply: string, pending: Answer, confirmed: string | null, matches: boolean | null][] =
  [
    ['another time in the answer', answered('13:31:00'), listed('12:31:00'), '2026-11-23T10:30:20Z', false],
    ['another time in the list', answered('12:31:00'), listed('13:31:00'), '2026-11-23T11:30:20Z', false],
    ['no list', answered('12:31:00'), rpcError('permission denied'), '2026-11-23T10:30:20Z', true],
    ['an empty list', answered('12:31:00'), output('No shutdown/reboot scheduled.'), '2026-11-23T10:30:20Z', true],
    [
      'a lost session',
      answered('12:31:00'),
      new NetconfError('closed', 'Gone.', { sent: true }),
      '2026-11-23T10:30:20Z',
      true,
    ],
    ['no time anywhere', status('Shutdown at noon\n[pid 5]'), output('reboot requested by x at noon'), null, null],
    [
      'a halt in the list',
      answered('12:31:00'),
      output('halt requested by x at Mon Nov 23 23:00:00 2026'),
      '2026-11-23T10:30:20Z',
      true,
    ],
    [
      'another engine that has its own',
      answered('12:31:00'),
      engines({ re0: listed('18:00:00'), re1: listed('12:31:00') }),
      '2026-11-23T10:30:20Z',
      true,
    ],
  ];
for (const [what, reply, pending, confirmed, matches] of comparisons) {
  test(`at, compared: ${what}`, async () => {
    const { schedule } = await scheduled(single, half, reply, pending);
    assert.deepEqual(schedule?.confirmedAt, confirmed === null ? null : new Date(confirmed));
    assert.equal(schedule?.matches, matches);
  });
}

test('both engines have to be listed at the time', async () => {
  const pending = engines({ re0: listed('12:31:00'), re1: listed('18:00:00') });
  const session = fakeSession({ 'request-reboot': answered('12:31:00'), 'get-reboot-information': pending });
  const result = await reboot(session, dual, { engines: 'both', ...half }, { now });
  assert.equal(result.outcome === 'done' && result.schedule?.matches, false);
  assert.match(session.sent[1] ?? '', /<both-routing-engines\/>/);
});

test('at is given in minutes where the wall clock is not sure', async () => {
  const cases: [Target, string, RegExp, number][] = [
    [{ ...single, clock: null }, '2026-11-23T10:30:00Z', /could not be read/, 30],
    [{ ...single, clock: { ...clock, offsetMinutes: null } }, '2026-11-23T10:30:00Z', /could not be read/, 30],
    [single, '2027-03-29T10:00:00Z', /summer time/, 126 * 24 * 60],
    [single, '2026-11-23T10:01:00Z', /so soon/, 1],
    [single, '2026-11-23T09:59:30Z', /so soon/, 1],
  ];
  for (const [target, at, note, minutes] of cases) {
    const request = { when: { kind: 'at', at: new Date(at) } } as const;
    const { session, schedule } = await scheduled(target, request, status('Shutdown at x\n[pid 1]'), output('x'));
    assert.equal(session.sent[0], `<request-reboot><in>${minutes}</in></request-reboot>`);
    assert.deepEqual([schedule?.sentAs, schedule?.matches], ['in', null]);
    assert.match(schedule?.note ?? '', note);
  }
});

test('over the end of summer time the epoch seconds of the answer are compared instead', async () => {
  const at = new Date('2027-03-29T10:00:00Z');
  const seconds = (at.getTime() + 40_000) / 1000;
  const reply = `<request-reboot-results><request-reboot-status junos:reboot-time="${seconds}">Shutdown at Mon Mar 29 13:00:40 2027 [pid 1]</request-reboot-status></request-reboot-results>`;
  const pending = output('reboot requested by x at Mon Mar 29 13:00:40 2027');
  const { schedule } = await scheduled(single, { when: { kind: 'at', at } }, reply, pending);
  assert.deepEqual([schedule?.confirmedAt, schedule?.matches, schedule?.pending?.at], [at, true, null]);
});

test('times that are none: thrown or refused before anything is sent', async () => {
  const session = fakeSession({});
  for (const minutes of [0, -1, 1.5, Number.NaN, 1e9]) {
    await assert.rejects(reboot(session, single, { engines: 'this', when: { kind: 'in', minutes } }), RangeError);
  }
  const never = { kind: 'at', at: new Date(Number.NaN) } as const;
  await assert.rejects(reboot(session, single, { engines: 'this', when: never }), RangeError);
  const past = { kind: 'at', at: new Date(NOW - 61_000) } as const;
  const result = await reboot(session, single, { engines: 'this', when: past }, { now });
  assert.deepEqual([result.outcome, result.outcome === 'refused' && result.reason], ['refused', 'not-possible']);
  assert.deepEqual(session.sent, []);
});

test('lost, late or unreadable after it was sent is unknown; sent once, and nothing is asked then', async () => {
  const lost = new NetconfError('closed', 'The connection was lost.', { sent: true, partial: 'Shutdown NOW!' });
  const session = fakeSession({ 'request-reboot': lost });
  assert.deepEqual(await reboot(session, single, { engines: 'this', ...half }, { now }), {
    outcome: 'unknown',
    text: 'The connection was lost. It had said: Shutdown NOW!',
  });
  assert.equal(session.sent.length, 1);
  const unreadable = {
    ...session,
    rpc: () => Promise.reject(new XmlError('no', '<output>Shutdown NOW! & more</output>')),
  };
  assert.deepEqual(await reboot(unreadable, single, { engines: 'this', when: immediately }), {
    outcome: 'unknown',
    text: 'Shutdown NOW! & more',
  });
  const closed = fakeSession({ 'request-reboot': new NetconfError('closed', 'Closed.', { sent: false }) });
  await assert.rejects(reboot(closed, single, { engines: 'this', when: immediately }), NetconfError);
});
