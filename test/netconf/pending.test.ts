import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceClock } from '../../src/netconf/device-clock.ts';
import { NetconfError, RpcError } from '../../src/netconf/errors.ts';
import { pendingReboot } from '../../src/netconf/junos.ts';
import { XmlError } from '../../src/netconf/xml.ts';
import { engines, fakeSession, output, rpcError, uptime } from './fake-session.ts';

/** Two hours east of UTC, on 2021-12-01, and right. */
const clock: DeviceClock = { now: new Date('2021-12-01T10:00:00Z'), zone: 'EET', offsetMinutes: 120, skewMs: 0 };
const line = 'reboot requested by exadmin at Sat Dec  4 05:00:00 2021';
const text = 'reboot requested by exadmin at Sat Dec 4 05:00:00 2021';
const at = new Date('2021-12-04T03:00:00Z');
const reboot = { engine: null, kind: 'reboot', user: 'exadmin', at, text } as const;
const none = output('No shutdown/reboot scheduled.');

const cases: [what: string, reply: string, expected: object | null][] = [
  ['nothing', none, null],
  ['nothing, without output', 'No shutdown/reboot scheduled.', null],
  ['nothing on both engines', engines({ node0: none, node1: none }), null],
  [
    'nothing, as the CLI shows engines',
    output('node0:\n-----------\nNo shutdown/reboot scheduled.\n\nnode1:\n---\nNo shutdown/reboot scheduled.'),
    null,
  ],
  ['a reboot', output(line), { ...reboot, each: [reboot] }],
  ['a halt', output(line.replace('reboot', 'halt')), { kind: 'halt', user: 'exadmin', at }],
  ['power off', output(line.replace('reboot', 'shutdown')), { kind: 'shutdown', user: 'exadmin', at }],
  ['a time that cannot be read', output('reboot requested by x at noon'), { kind: 'reboot', user: 'x', at: null }],
  ['words nobody knows', output('going away soon'), { kind: null, user: null, at: null, text: 'going away soon' }],
  [
    'the second engine, in items',
    engines({ re0: none, re1: output(line) }),
    { engine: 're1', kind: 'reboot', text, each: [{ ...reboot, engine: 're1' }] },
  ],
  [
    'both engines, under headings',
    output(`node0:\n----\n${line}\n\nnode1:\n----\n${line.replace('05:00', '06:30')}`),
    {
      engine: 'node0',
      text: `${text} ${text.replace('05:00', '06:30')}`,
      each: [
        { ...reboot, engine: 'node0' },
        { ...reboot, engine: 'node1', at: new Date('2021-12-04T04:30:00Z'), text: text.replace('05:00', '06:30') },
      ],
    },
  ],
];
for (const [what, reply, expected] of cases) {
  test(`pending: ${what}`, async () => {
    const found = await pendingReboot(fakeSession({ 'get-reboot-information': reply }), { clock });
    if (expected === null) assert.equal(found, null);
    else assert.partialDeepStrictEqual(found, expected);
  });
}

test('pending: a halt in broken XML is read from its text', async () => {
  const raw = '<rpc-reply><output>halt requested by x at Sat Dec  4 05:00:00 2021 <R&D only></output></rpc-reply>';
  const session = { ...fakeSession({}), rpc: () => Promise.reject(new XmlError('unreadable', raw)) };
  assert.partialDeepStrictEqual(await pendingReboot(session, { clock }), { kind: 'halt', user: 'x', at });
});

test('pending: silence is not "nothing", and neither is an error', async () => {
  for (const reply of ['', '<output>\n</output>', engines({ node0: '<output/>' })]) {
    await assert.rejects(pendingReboot(fakeSession({ 'get-reboot-information': reply })), /the reply is empty/);
  }
  const refused = fakeSession({ 'get-reboot-information': `${none}${rpcError('permission denied')}` });
  await assert.rejects(pendingReboot(refused), RpcError);
});

test('pending: the clock is asked for only when something is scheduled, and is no condition', async () => {
  const idle = fakeSession({ 'get-reboot-information': none });
  await pendingReboot(idle);
  assert.equal(idle.sent.length, 1);
  const answers = { 'get-reboot-information': output(line) };
  const now = () => clock.now.getTime();
  const written = uptime('2021-12-01 12:00:00 EET', clock.now.getTime() / 1000);
  const told = fakeSession({ ...answers, 'get-system-uptime-information': written });
  assert.deepEqual((await pendingReboot(told, { now }))?.at, at);
  const refused = fakeSession({ ...answers, 'get-system-uptime-information': rpcError('permission denied') });
  assert.partialDeepStrictEqual(await pendingReboot(refused), { kind: 'reboot', at: null, text });
  const gone = new NetconfError('closed', 'Gone.', { sent: true });
  const lost = fakeSession({ ...answers, 'get-system-uptime-information': gone });
  await assert.rejects(pendingReboot(lost), NetconfError);
});

test('pending: other engines are asked for by name', async () => {
  const session = fakeSession({ 'get-reboot-information': none });
  for (const engines of ['this', 'other', 'both', 'all-members', { member: 2 }] as const) {
    await pendingReboot(session, { engines });
  }
  const open = '<get-reboot-information format="text">';
  const close = '</get-reboot-information>';
  assert.deepEqual(session.sent, [
    '<get-reboot-information format="text"/>',
    `${open}<both-routing-engines/>${close}`,
    `${open}<both-routing-engines/>${close}`,
    `${open}<all-members/>${close}`,
    `${open}<member>2</member>${close}`,
  ]);
});
