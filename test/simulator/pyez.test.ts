import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { SimulatorOptions } from '../../simulator/simulator.ts';
import { start } from './device-client.ts';
import { requirePython, runScript } from './python.ts';

const python = requirePython('jnpr.junos', 'python3-junos-eznc');
const skip = 'skip' in python ? python.skip : false;

/** What PyEZ, Juniper's own client, got for one action, and the RPCs of that action as the device has them. */
async function pyez(t: TestContext, options: Partial<SimulatorOptions>, ...action: string[]) {
  assert.ok('path' in python);
  const simulator = await start(t, {
    now: () => new Date('2026-11-23T10:00:00Z'),
    goneAfterMs: 0,
    downMs: 0,
    ...options,
  });
  const { user = 'netops', password = 'pw' } = options;
  const result = await runScript(t, python.path, 'pyez_session.py', [`${simulator.port}`, user, password, ...action]);
  // Facts are gathered when they are needed; what matters is what came to change something.
  const sent = simulator.state.rpcs.filter(({ rpc }) => !/^(?:get-|file-show|command|close-session)/.test(rpc));
  return { simulator, result, sent: sent.map(({ xml }) => xml) };
}

const FACTS: [platform: SimulatorOptions['platform'], expected: Record<string, unknown>][] = [
  [
    'srx',
    { model: 'SRX345', personality: 'SRX_BRANCH', srx_cluster: false, '2RE': false, current_re: ['master', 're0'] },
  ],
  [
    'ex-vc',
    { model: 'EX4300-48P', personality: 'SWITCH', vc_capable: true, vc_mode: 'Enabled', vc_master: '0', '2RE': true },
  ],
  [
    'mx-dual-re',
    {
      model: 'MX480',
      personality: 'MX',
      '2RE': true,
      master: 'RE0',
      hostname_info: { re0: 'hq-fw01', re1: 'hq-fw01' },
    },
  ],
  [
    'srx-cluster',
    { model: 'SRX345', srx_cluster: true, srx_cluster_id: '1', '2RE': true, current_re: ['node0', 'primary'] },
  ],
  ['evo', { model: 'PTX10001-36MR', personality: 'PTX', version: '23.4R2-S3.11-EVO', '2RE': false }],
];
for (const [platform, expected] of FACTS) {
  test(`PyEZ gathers every fact of ${platform}`, { skip }, async (t) => {
    const { result } = await pyez(t, { ...(platform ? { platform } : {}) }, 'facts');
    const facts = result as Record<string, unknown>;
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, facts[name]])), expected);
    assert.deepEqual([facts.hostname, facts.HOME], ['hq-fw01', '/var/home/netops']);
  });
}

test('PyEZ reboots now', { skip }, async (t) => {
  const { simulator, result, sent } = await pyez(t, { downMs: 10 }, 'reboot-now');
  assert.match(String(result), /^Shutdown NOW!\n\[pid \d+\]$/);
  assert.deepEqual(sent, ['<request-reboot><in>0</in></request-reboot>']);
  if (simulator.state.pending) await once(simulator.events, 'up');
  assert.equal(simulator.state.bootedAt.getTime(), Date.parse('2026-11-23T10:00:00Z'));
});

test('PyEZ reboots in five minutes', { skip }, async (t) => {
  const { simulator, result, sent } = await pyez(t, {}, 'reboot-in', '5');
  assert.match(String(result), /^Shutdown at Mon Nov 23 10:05:00 2026\n\[pid \d+\]$/);
  assert.deepEqual(sent, ['<request-reboot><in>5</in></request-reboot>']);
  assert.equal(simulator.state.pending?.at.getTime(), Date.parse('2026-11-23T10:05:00Z'));
});

test('PyEZ reboots at a time of the device', { skip }, async (t) => {
  const { simulator, result, sent } = await pyez(t, { zone: 'Europe/Berlin' }, 'reboot-at', '2611231700');
  assert.match(String(result), /^Shutdown at Mon Nov 23 17:00:00 2026\n/);
  assert.deepEqual(sent, ['<request-reboot><at>2611231700</at></request-reboot>']);
  assert.equal(simulator.state.pending?.at.getTime(), Date.parse('2026-11-23T16:00:00Z'));
});

test('PyEZ reboots both engines of a pair, as is its default', { skip }, async (t) => {
  const { simulator, sent } = await pyez(t, { platform: 'mx-dual-re' }, 'reboot-in', '5');
  assert.deepEqual(sent, ['<request-reboot><in>5</in><both-routing-engines/></request-reboot>']);
  assert.ok(simulator.state.engines.every(({ pending }) => pending));
});

test('PyEZ restarts a process', { skip }, async (t) => {
  const { simulator, result, sent } = await pyez(t, {}, 'restart', 'routing');
  const { pid } = simulator.state.processes.get('routing') ?? { pid: 0 };
  assert.equal(result, `<output>\nRouting protocols process started, pid ${pid}\n</output>`);
  assert.deepEqual(sent, ['<restart-daemon><daemon-name>routing</daemon-name></restart-daemon>']);
  const killed = await pyez(t, {}, 'restart-immediately', 'routing');
  assert.equal(killed.result, true);
  assert.deepEqual(killed.sent, ['<restart-daemon><daemon-name>routing</daemon-name><immediately/></restart-daemon>']);
});

test('PyEZ runs a CLI command', { skip }, async (t) => {
  const { simulator, result } = await pyez(t, {}, 'cli', 'show version');
  assert.match(String(result), /Hostname: hq-fw01\nModel: srx345\nJunos: 22\.4R3-S6\.5/);
  assert.equal(simulator.state.rpcs[0]?.xml, '<command format="text">show version</command>');
});

test('PyEZ opens a shell, and support information is saved from there', { skip }, async (t) => {
  const save = "cli -c 'request support information | no-more | save /var/tmp/x'";
  // StartShell looks for the device under the name that it gives itself.
  const { simulator, result } = await pyez(t, { hostname: 'localhost' }, 'shell', 'pwd', save, 'nonsense');
  const [pwd, saved, nonsense] = result as [boolean, string][];
  assert.deepEqual(pwd, [true, 'pwd\r\n/var/home/netops\r\n% ']);
  assert.equal(saved?.[0], true);
  assert.match(saved?.[1] ?? '', /\r\nWrote \d+ lines of output to '\/var\/tmp\/x'\r\n% $/);
  assert.match(simulator.state.files.read('/var/tmp/x')?.data.toString() ?? '', /^netops@localhost> show version/);
  assert.equal(nonsense?.[0], false);
});

test('PyEZ archives, checks, lists and deletes files', { skip }, async (t) => {
  const { result } = await pyez(t, {}, 'files');
  const [archived, checksum, listed, deleted, again] = result as unknown[];
  assert.match(String(checksum), /^[0-9a-f]{64}$/);
  assert.deepEqual([archived, listed, deleted, again], [true, ['logs.tgz'], true, false]);
});

test('PyEZ knows a refusal for want of permission as one', { skip }, async (t) => {
  const reader = { name: 'reader', password: 'pw', class: 'read-only', authorizedKeys: [] } as const;
  const { simulator, result } = await pyez(t, { user: 'reader', users: [reader] }, 'denied');
  assert.deepEqual(result, ['PermissionError', 'request-reboot']);
  assert.equal(simulator.state.pending, null);
});
