import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXAMPLE_WEBHOOK_SECRET, loadConfig, loadConfigOrThrow } from '../../src/config/load.ts';
import { loadFolder } from './folder.ts';

const EXAMPLE = fileURLToPath(new URL('../../config', import.meta.url));
const SINGLE_TENANT = {
  MicrosoftAppType: 'SingleTenant',
  MicrosoftAppId: '11111111-2222-3333-4444-555555555555',
  MicrosoftAppTenantId: '66666666-7777-8888-9999-000000000000',
  MicrosoftAppPassword: 'a-client-secret',
};
const SALT = '9wmd1Ob7wmrZQmnlhL8CLg==';

describe('the example folder', () => {
  it('loads without a problem in local mode', async () => {
    const { config, problems } = await loadConfig(EXAMPLE, {});
    assert.deepEqual(problems, []);
    assert.equal(config?.identity.mode, 'local');
    assert.ok((config?.inventory.all().length ?? 0) > 0);
  });

  it('shows the defaults: a folder without assistant.yaml behaves the same', async () => {
    const { config } = await loadConfig(EXAMPLE, {});
    const { config: bare } = await loadFolder({});
    assert.deepEqual(config?.assistant, bare?.assistant);
  });

  it('ships the noise as 4, and its secret is the one that is refused elsewhere', async () => {
    const { config } = await loadConfig(EXAMPLE, {});
    assert.equal(config?.junos.events?.UTMD_EWF_CAT_OBSOLETE, 4);
    assert.equal(config?.junos.events?.RPD_RT_HWM_NOTICE, 4);
    assert.deepEqual(config?.junos.config.webhook_secret, [EXAMPLE_WEBHOOK_SECRET]);
  });

  it('is refused with an identity: anyone knows its secret', async () => {
    const { config, problems } = await loadConfig(EXAMPLE, SINGLE_TENANT);
    assert.equal(config, undefined);
    assert.deepEqual(
      problems.map(({ level, file, path }) => [level, file, path]),
      [
        ['error', 'junos-config.yaml', 'config.webhook_secret'],
        ['warning', 'assistant.yaml', 'access'],
      ],
    );
  });
});

describe('files of the original', () => {
  const files = {
    'junos-config.yaml': `---
config:
  webhook_secret: 'Password00'
  auth_header: 'Junos-Auth'
  sql_table: 'junos_events'
  chat_id: '19:00000000000000000000000000000000@thread.v2'
  ftp_server: 'tftp01'
  ftp_dir: "backups"
events:
  SYSTEM_ABNORMAL_SHUTDOWN: 1
  UI_COMMIT_NOT_CONFIRMED:
  UTMD_EWF_CAT_OBSOLETE: 4
`,
    'devices.yaml': '---\nsite: hq\ndevices:\n  - hq-fw01\n  - hq-sw01\n---\nsite: warehouse\ndevices:\n---\n',
    'entities.yaml': '---\nprocess:\n  - routing\n  - web-management\n',
    'secrets.yaml': `---
type: junos
hq-fw01:
  user: admin
  salt: ${SALT}
  secret: gAAAAABrA7ADNsRH07Ke
.*:
  user: readonly
  salt: -aQqsTRfZ3bBQkbVGG2VCw==
  secret: gAAAAABrA7ADJgyusua6

---
type: server
tftp01:
  user: ftpuser
  salt: ${SALT}
  secret: gAAAAABrA7ADfdPv473k
`,
  };

  it('load; the event without a number is a warning and counts as 1', async () => {
    const { config, lines } = await loadFolder(files);
    assert.deepEqual(lines, [
      'junos-config.yaml: events.UI_COMMIT_NOT_CONFIRMED: warning: has no priority, so it counts as 1 (Teams with detail)',
    ]);
    assert.deepEqual(config?.inventory.sites(), ['hq', 'warehouse']);
    assert.deepEqual(
      config?.inventory.all().map(({ name }) => name),
      ['hq-fw01', 'hq-sw01'],
    );
    assert.equal(config?.junos.config.chat_id, '19:00000000000000000000000000000000@thread.v2');
    assert.equal(config?.junos.config.ftp_dir, 'backups');
    assert.deepEqual(config?.processes, ['routing', 'web-management']);
    assert.equal(config?.junos.events?.UI_COMMIT_NOT_CONFIRMED, null);
    assert.deepEqual(
      config?.secrets.map(({ type }) => type),
      ['junos', 'server'],
    );
  });

  it('load without events, and with empty ftp keys', async () => {
    const junos = 'config:\n  webhook_secret: Password00\n  chat_id:\n  ftp_server:\n  ftp_dir:\nevents:\n';
    const { config, lines } = await loadFolder({ 'junos-config.yaml': junos });
    assert.deepEqual(lines, []);
    assert.equal(config?.junos.config.auth_header, 'Junos-Auth');
  });
});

describe('what comes out', () => {
  it('logs: every key of assistant.yaml, and what the extensive mode runs', async () => {
    const { config, lines } = await loadFolder({
      'assistant.yaml':
        'logs: { folder: in, keep_days: 1, keep_files: 2, redact: false, at_once: 20, rsi_minutes: 90, after_restart: give-up, ca_file: a }\n',
      'show-commands.yaml': '- show version\n- show system alarms\n',
    });
    assert.deepEqual(lines, []);
    assert.deepEqual(config?.assistant.logs, {
      folder: 'in',
      keep_days: 1,
      keep_files: 2,
      redact: false,
      at_once: 20,
      rsi_minutes: 90,
      after_restart: 'give-up',
      ca_file: 'a',
    });
    assert.deepEqual(config?.showCommands, ['show version', 'show system alarms']);
  });

  it('without show-commands.yaml the extensive mode runs what the example has', async () => {
    const [{ config: example }, { config: bare }] = [await loadConfig(EXAMPLE, {}), await loadFolder({})];
    assert.deepEqual(bare?.showCommands, example?.showCommands);
    assert.ok((bare?.showCommands.length ?? 0) > 5);
  });

  it('relative paths start at the folder, absolute ones stay', async () => {
    const relative = await loadFolder({ 'assistant.yaml': 'store_file: data/a.sqlite\nknown_hosts: keys\n' });
    assert.equal(relative.config?.storeFile, `${relative.config?.dir}/data/a.sqlite`);
    assert.equal(relative.config?.knownHostsFile, `${relative.config?.dir}/keys`);
    const absolute = await loadFolder({ 'assistant.yaml': 'store_file: /var/lib/a.sqlite\n' });
    assert.equal(absolute.config?.storeFile, '/var/lib/a.sqlite');
  });

  const masters: [env: NodeJS.ProcessEnv, master: string | undefined][] = [
    [{}, undefined],
    [{ chat_master_pw: 'old' }, 'old'],
    [{ NETWORK_ASSISTANT_MASTER_PASSWORD: 'new' }, 'new'],
    [{ NETWORK_ASSISTANT_MASTER_PASSWORD: 'new', chat_master_pw: 'old' }, 'new'],
    [{ NETWORK_ASSISTANT_MASTER_PASSWORD: '', chat_master_pw: 'old' }, 'old'],
    [{ NETWORK_ASSISTANT_MASTER_PASSWORD: '' }, undefined],
  ];
  for (const [env, master] of masters) {
    it(`the master password of ${JSON.stringify(env)} is ${master}`, async () => {
      assert.equal((await loadFolder({}, env)).config?.masterPassword, master);
    });
  }

  const nobody: [what: string, text: string | null][] = [
    ['no file', null],
    ['no access', 'port: 1\n'],
    ['only empty lists', 'access: { roles: [], operators: [] }\n'],
  ];
  for (const [what, text] of nobody) {
    it(`that nobody is named (${what}) is a warning outside local mode only`, async () => {
      const { config, lines } = await loadFolder({ 'assistant.yaml': text }, SINGLE_TENANT);
      assert.ok(config);
      assert.deepEqual(lines, [
        'assistant.yaml: access: warning: names nobody, neither under roles nor under operators: nobody may do anything',
      ]);
      assert.deepEqual((await loadFolder({ 'assistant.yaml': text })).lines, []);
    });
  }

  it('roles as the example shows them', async () => {
    const example = await readFile(join(EXAMPLE, 'assistant.yaml'), 'utf8');
    const shown = example.slice(example.indexOf('  # roles:'), example.indexOf('  roles: []'));
    const text = `access:\n${shown.replaceAll('  # ', '  ')}`;
    const files = { 'assistant.yaml': text, 'devices.yaml': await readFile(join(EXAMPLE, 'devices.yaml'), 'utf8') };
    const { config, lines } = await loadFolder(files, SINGLE_TENANT);
    assert.deepEqual(lines, []);
    assert.deepEqual(config?.assistant.access, {
      roles: [
        {
          name: 'operators',
          people: ['alex@example.com', '00000000-0000-0000-0000-000000000000'],
          actions: 'all',
          devices: 'all',
          conversations: 'all',
        },
        {
          name: 'branch',
          people: ['megan@example.com'],
          actions: ['show-reboot', 'collect-logs', 'events', 'devices'],
          devices: ['site:branch', 'hq-sw*'],
          conversations: 'personal',
        },
      ],
      operators: [],
      ask: 'the people who run this bot',
    });
  });

  it('a role that means nothing, or nothing that is there, is a warning', async () => {
    const text = `access:
  roles:
    - { name: a, people: [], actions: [], devices: [], conversations: [] }
    - name: b
      people: [alex@example.com]
      actions: all
      devices: [HQ-FW01, hq-fw09, "hq-*", "lab-*", site:HQ, site:empty, site:lab, hq]
      conversations: personal
`;
    const devices = 'site: hq\ndevices: [hq-fw01]\n---\nsite: empty\ndevices:\n';
    const { config, lines } = await loadFolder({ 'assistant.yaml': text, 'devices.yaml': devices }, SINGLE_TENANT);
    assert.ok(config, lines.join('\n'));
    const path = (rest: string) => `assistant.yaml: access.roles.${rest}: warning: `;
    assert.deepEqual(lines, [
      ...['people', 'actions', 'devices', 'conversations'].map(
        (key) => `${path(`0.${key}`)}is empty: the role allows nothing`,
      ),
      ...[1, 3, 6, 7].map((index) => `${path(`1.devices.${index}`)}means no device and no site of devices.yaml`),
    ]);
  });

  it('a short secret is a warning outside local mode only', async () => {
    const files = { 'junos-config.yaml': 'config: { webhook_secret: "420042" }\n' };
    const local = await loadFolder(files);
    assert.ok(local.config);
    assert.deepEqual(local.lines, []);
    const { config, lines } = await loadFolder(files, SINGLE_TENANT);
    assert.ok(config);
    const short = lines.filter((line) => line.includes('webhook_secret'));
    assert.equal(short.length, 1);
    assert.match(short[0] ?? '', /^junos-config\.yaml: config\.webhook_secret: warning: has fewer than \d+ characters/);
    assert.ok(!lines.join().includes('420042'));
  });

  it('a command needs nothing of the identity, and everything else', async () => {
    const access = 'access: { operators: [00000000-0000-4000-8000-00000000000a] }\n';
    const files = { 'assistant.yaml': `bot: { type: SingleTenant, app_id: x, certificate_file: nowhere }\n${access}` };
    assert.equal((await loadFolder(files)).config, undefined);
    const { config, lines } = await loadFolder(files, { MicrosoftAppType: 'MultiTenant' }, 'command');
    assert.equal(config?.identity.mode, 'local');
    assert.deepEqual(lines, []);
    const broken = await loadFolder({ ...files, 'devices.yaml': 'site: hq\nx: 1\n' }, {}, 'command');
    assert.equal(broken.config, undefined);
  });

  it('loadConfigOrThrow lists errors, one a line, and leaves warnings out', async () => {
    await assert.rejects(loadConfigOrThrow('/nonexistent/folder', { MicrosoftAppType: 'SingleTenant' }), {
      code: 'bad-configuration',
      message: [
        'environment: MicrosoftAppType: is set, but MicrosoftAppId is not: set both, or neither for local mode',
        'junos-config.yaml: file: is missing from /nonexistent/folder',
        'devices.yaml: file: is missing from /nonexistent/folder',
      ].join('\n'),
    });
  });
});
