import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { type PolicyOptions, policyCommands } from '../../src/cli/agent-policy.ts';
import { AssistantError } from '../../src/errors.ts';
import { Folder } from '../fakes/folder.ts';
import { cli } from './cli.ts';

const OPTIONS: PolicyOptions = {
  url: 'https://assistant.example.net/webhooks/junos',
  secretFile: '/var/home/netassist/junos-agent.secret',
  user: 'netassist',
  within: 60,
  until: 10,
};
let folder: Folder;

before(async () => {
  folder = await Folder.make({
    devices: {},
    priorities: { SYSTEM_ABNORMAL_SHUTDOWN: 1, Rpd_New: null, RPD_OSPF_NBRDOWN: 2, UI_COMMIT: 3, UI_LOGIN_EVENT: 4 },
  });
});
after(() => folder.close());

const policy = (...args: string[]) => cli(['--config', folder.dir, 'agent', 'policy', ...args]);

describe('agent policy', { concurrency: 2 }, () => {
  it('prints the commands for every event that is not ignored', async () => {
    const { code, stdout, stderr } = await policy('--url', OPTIONS.url);
    assert.deepEqual([code, stderr], [0, '']);
    const script = await readFile(new URL('../../agent/junos-agent.py', import.meta.url));
    const file = 'set event-options event-script file junos-agent.py';
    const then = 'then event-script junos-agent.py arguments';
    const sends = (name: string) => [
      `set event-options policy ${name} ${then} url ${OPTIONS.url}`,
      `set event-options policy ${name} ${then} secret-file ${OPTIONS.secretFile}`,
    ];
    assert.deepEqual(stdout.split('\n'), [
      'set system scripts language python3',
      `${file} python-script-user netassist`,
      `${file} checksum sha-256 ${createHash('sha256').update(script).digest('hex')}`,
      'set event-options policy network-assistant events system_abnormal_shutdown',
      'set event-options policy network-assistant events rpd_new',
      ...sends('network-assistant'),
      'set event-options policy network-assistant-rpd_ospf_nbrdown events rpd_ospf_nbrdown',
      'set event-options policy network-assistant-rpd_ospf_nbrdown within 60 trigger until 10',
      ...sends('network-assistant-rpd_ospf_nbrdown'),
      'set event-options policy network-assistant-ui_commit events ui_commit',
      'set event-options policy network-assistant-ui_commit within 60 trigger until 10',
      ...sends('network-assistant-ui_commit'),
      '',
    ]);
  });

  it('with everything given', async () => {
    const args = ['--secret-file', '/etc/s', '--user', 'ops', '--within', '30', '--until', '5'];
    const { code, stdout } = await policy('--url', 'http://10.0.0.1:3978/junos', ...args);
    assert.equal(code, 0);
    assert.match(stdout, /python-script-user ops\n/);
    assert.match(stdout, /arguments url http:\/\/10\.0\.0\.1:3978\/junos\n/);
    assert.match(stdout, /arguments secret-file \/etc\/s\n/);
    assert.match(stdout, /within 30 trigger until 5\n/);
  });

  const wrong: [args: string[], line: RegExp][] = [
    [[], /required option '--url <url>'/],
    [['--url', 'https://a/b"; set system root-authentication'], /^--url must be /],
    [['--url', OPTIONS.url, '--within', '0'], /whole number/],
    [['--url', OPTIONS.url, '--until', '5 then'], /whole number/],
  ];
  for (const [args, line] of wrong) {
    it(`wrong usage: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await policy(...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, line);
    });
  }
});

describe('policyCommands', () => {
  const refused: Partial<PolicyOptions>[] = [
    { url: 'assistant.example.net' },
    { url: 'file:///etc/passwd' },
    { url: 'https://user:word@host/' },
    { url: 'https://host/?a=b' },
    { url: 'https://host/a b' },
    { url: 'https://host/a;b' },
    { url: 'https://host/a#b' },
    { url: 'https://host/a\nset system' },
    { url: 'https://host/\n' },
    { url: 'https://host:99999/' },
    { secretFile: 'relative' },
    { secretFile: '/a"b' },
    { secretFile: '/a b' },
    { secretFile: '/a\n' },
    { user: '' },
    { user: 'a b' },
    { user: "a'b" },
    { user: 'a\n' },
  ];
  for (const option of refused) {
    it(`refuses ${JSON.stringify(option)}`, () => {
      assert.throws(
        () => policyCommands({ UI_COMMIT: 1 }, 'x', { ...OPTIONS, ...option }),
        (error: unknown) => error instanceof AssistantError && error.code === 'usage' && !error.message.includes('\n'),
      );
    });
  }

  it('refuses what is not the id of an event, and a configuration without events', () => {
    for (const event of ['UI COMMIT', 'a"b', 'a;b', 'a\n', '1a', '[ a ]', 'ä']) {
      assert.throws(() => policyCommands({ [event]: 1 }, 'x', OPTIONS), /is not the id of a Junos event/, event);
    }
    assert.throws(() => policyCommands({ UI_LOGIN_EVENT: 4 }, 'x', OPTIONS), /no event with a priority/);
  });

  it('has no empty policy when nothing is urgent', () => {
    const commands = policyCommands({ UI_COMMIT: 2 }, 'x', OPTIONS);
    assert.ok(commands.every((command) => !command.includes(' policy network-assistant ')));
  });
});
