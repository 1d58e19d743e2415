import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Device, type Entry, junosModule, python, Receiver, triggerXml } from './device.ts';

const TOP = `last pid: 21337;  load averages:  1.70,  0.52,  0.29  up 12+03:01:17    10:00:01
160 processes: 5 running, 130 sleeping, 25 waiting
CPU states:  2.1% user,  0.0% nice,  1.4% system,  0.1% interrupt, 96.4% idle
Mem: 431M Active, 1220M Inact, 310M Wired, 200M Buf, 5900M Free
Swap: 3072M Total, 3072M Free


  PID USERNAME     PRI NICE   SIZE    RES STATE   C   TIME    WCPU COMMAND
   11 root         155 ki31     0K    64K CPU1    1 290.1H  97.31% idle{idle: cpu1}
 1482 root          76    0  1500M   290M RUN     0  80:12  71.29% flowd_octeon{flowd worker}
 2902 root          20    0   861M   111M kqread  1   9:58   6.20% rpd
 1733 root          20    0   750M    36M select      4:01  14.90% idpd
 1690 netops        20    0   750M    36M select  0   1:13   3.10% mgd
 2001 root          20    0   750M    36M select  0   1:13   0.00% chassisd
 cut off
`;
const FROM_TOP = [
  { pid: '1482', user: 'root', cpu: 71.29, command: 'flowd_octeon{flowd worker}' },
  { pid: '1733', user: 'root', cpu: 14.9, command: 'idpd' },
  { pid: '2902', user: 'root', cpu: 6.2, command: 'rpd' },
  { pid: '1690', user: 'netops', cpu: 3.1, command: 'mgd' },
];
const OLD_TOP = `  PID USERNAME  THR PRI NICE   SIZE    RES STATE    TIME   WCPU COMMAND
 1234 root        1  96    0 20000K 10000K select  10:00 12.50% snmpd
   10 root        1 171   52     0K    16K RUN    99.9H 80.00% idle
`;
const LINUX_TOP = `    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
   9876 root      20   0   10.1g   1.2g  40000 R 210.5   7.7  10:00.00 evo-pfemand
`;
const PS = `  PID USER     %CPU COMMAND
   11 root    190.0 [idle]
  777 root     55.5 rpd
  778 nobody    0.0 dhcpd -x
`;
const CPU = junosModule(triggerXml({ id: 'rtperf_cpu_threshold_exceeded' }));

/** PyEZ with this as the method that asks the device. */
const pyez = (body: string) => ({
  'jnpr/__init__.py': '',
  'jnpr/junos.py': `import time
class Answer:
    def __init__(self, text): self.text = text
    def itertext(self): return iter([self.text])
class Rpc:
    def get_system_process_information(self, extensive=False):
        ${body}
class Device:
    rpc = Rpc()
    def __enter__(self): return self
    def __exit__(self, *_): pass
`,
});

describe('the busiest processes in an event about the CPU', { skip: 'skip' in python && python.skip }, () => {
  let receiver: Receiver;
  let device: Device;
  let path: string;

  before(async () => {
    receiver = await Receiver.start();
  });
  beforeEach(() => {
    receiver.got.length = 0;
    device = new Device(receiver.url, 'agent-test-secret');
    path = join(device.dir, 'bin');
    mkdirSync(path);
    for (const name of ['ps', 'cli']) program(name, 'exit 1');
  });
  afterEach(() => device.remove());
  after(() => receiver.close());

  /** A program of the device. */
  function program(name: string, script: string): void {
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, name), 0o755);
  }

  const prints = (text: string) => `cat <<'END'\n${text}END`;

  async function detail(modules: Record<string, string> = {}, junos = CPU): Promise<unknown> {
    await device.delivers(device.args, junos, { modules, path });
    assert.equal(receiver.got.length, 1);
    assert.deepEqual(device.waiting(), []);
    return receiver.bodies()[0]?.detail;
  }

  it('as ps prints them', async () => {
    program('ps', prints(PS));
    assert.deepEqual(await detail(), [
      { pid: '777', user: 'root', cpu: 55.5, command: 'rpd' },
      { pid: '778', user: 'nobody', cpu: 0, command: 'dhcpd -x' },
    ]);
  });

  const tops: [what: string, output: string, rows: object[]][] = [
    ['of today', TOP, FROM_TOP],
    ['of older releases', OLD_TOP, [{ pid: '1234', user: 'root', cpu: 12.5, command: 'snmpd' }]],
    ['of Junos OS Evolved', LINUX_TOP, [{ pid: '9876', user: 'root', cpu: 210.5, command: 'evo-pfemand' }]],
  ];
  for (const [what, output, rows] of tops) {
    it(`as the command line prints them: ${what}`, async () => {
      program('cli', `test "$2" = "show system processes extensive | no-more" || exit 1\n${prints(output)}`);
      assert.deepEqual(await detail(), rows);
    });
  }

  it('as the device tells scripts, where PyEZ is there', async () => {
    program('ps', prints(PS));
    assert.deepEqual(await detail(pyez(`return Answer(${JSON.stringify(TOP)}) if extensive else None`)), FROM_TOP);
  });

  const failing: [what: string, modules: Record<string, string>][] = [
    ['PyEZ fails', pyez('raise RuntimeError')],
    ['PyEZ hangs', pyez('time.sleep(60)')],
    ['PyEZ says something else', pyez('return Answer("no table")')],
  ];
  for (const [what, modules] of failing) {
    it(`as ps prints them, when ${what}`, async () => {
      program('ps', prints(PS));
      assert.equal(((await detail(modules)) as unknown[]).length, 2);
    });
  }

  const useless: [what: string, script: string][] = [
    ['fails', 'exit 1'],
    ['prints nothing', ''],
    ['prints no table', 'echo PID; echo 1 2 3'],
    ['prints bytes that are no text', "printf 'PID USER %%CPU COMMAND\\n\\377 \\377 \\377\\n'"],
    ['prints a table without rows', 'echo PID USER %CPU COMMAND'],
    [
      'prints numbers that are none',
      'echo PID USER %CPU COMMAND; echo 1 root nan rpd; echo 2 root -1 rpd; echo 3 root',
    ],
    ['hangs', 'exec sleep 30'],
  ];
  for (const [what, script] of useless) {
    it(`are left out when the device's own program ${what}: the event is sent`, async () => {
      for (const name of ['ps', 'cli']) program(name, script);
      assert.equal(await detail(), '');
    });
  }

  it('are not looked for in other events', async () => {
    program('ps', prints(PS));
    assert.equal(await detail({}, junosModule(triggerXml({ id: 'UI_COMMIT' }))), '');
  });

  it('the event is in the spool while they are looked for', async () => {
    for (const name of ['ps', 'cli']) program(name, `cp ${device.spool} ${device.dir}/seen; exec sleep 30`);
    const args = ['--url', 'http://127.0.0.1:1/', '--secret', device.secret];
    await device.fails(/refused; spooled, 1 waiting/, args, CPU, { path });
    const seen = JSON.parse(readFileSync(join(device.dir, 'seen'), 'utf8')) as Entry;
    assert.ok(seen.held_until > 0, 'nobody else sends it yet');
    assert.deepEqual(device.waiting(), [{ ...seen, held_until: 0 }]);
  });
});
