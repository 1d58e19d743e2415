import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadFolder } from './folder.ts';

const junos = (rest: string) => `config:\n  webhook_secret: long-enough-secret\n${rest}`;

const role = (change: Record<string, string> = {}) => {
  const keys = { name: 'net', people: '[alex@example.com]', actions: 'all', devices: 'all', conversations: 'all' };
  const pairs = Object.entries({ ...keys, ...change }).map(([key, value]) => `${key}: ${value}`);
  return `{ ${pairs.join(', ')} }`;
};
const roles = (...all: string[]) => `access:\n  roles:\n${all.map((each) => `    - ${each}\n`).join('')}`;

describe('a mistake is reported as FILE: PATH: what', () => {
  const mistakes: [what: string, files: Record<string, string | null>, lines: (string | RegExp)[]][] = [
    ['an unknown key', { 'assistant.yaml': 'prot: 1\n' }, ['assistant.yaml: file: unknown key prot']],
    [
      'an unknown key further in',
      { 'assistant.yaml': 'access: { operator: [] }\n' },
      ['assistant.yaml: access: unknown key operator'],
    ],
    ['a text for a number', { 'assistant.yaml': 'port: "80"\n' }, [/^assistant\.yaml: port: .*number/]],
    ['a port out of range', { 'assistant.yaml': 'port: 65536\n' }, [/^assistant\.yaml: port: .*65535/]],
    ['a list for a mapping', { 'assistant.yaml': '- port\n' }, [/^assistant\.yaml: file: .*array/]],
    [
      'a secret whose key would be empty',
      { 'junos-config.yaml': 'config:\n  webhook_secret: [whsec_abcd, whsec_]\n' },
      [/^junos-config\.yaml: config\.webhook_secret/],
    ],
    [
      'a bad zone',
      { 'assistant.yaml': 'time_zone: Mars/Olympus\n' },
      ['assistant.yaml: time_zone: is not a time zone such as Europe/London'],
    ],
    [
      'a bad locale',
      { 'assistant.yaml': 'locale: en_GB!\n' },
      ['assistant.yaml: locale: is not a locale such as en-gb'],
    ],
    [
      'two servers on one port',
      { 'assistant.yaml': 'port: 8443\nevents: { listen: { port: 8443 } }\n' },
      ['assistant.yaml: events.listen.port: is the port of the bot as well: choose another one'],
    ],
    [
      'a port for events without its number',
      { 'assistant.yaml': 'events: { listen: { host: 0.0.0.0 } }\n' },
      [/^assistant\.yaml: events\.listen\.port: /],
    ],
    [
      'half of a certificate',
      { 'assistant.yaml': 'events: { listen: { port: 1 }, key_file: a.key }\ntls: { certificate_file: a.pem }\n' },
      [
        'assistant.yaml: tls.key_file: is missing: a certificate needs its private key',
        'assistant.yaml: events.certificate_file: is missing: a key needs its certificate',
      ],
    ],
    [
      'a certificate that is not there',
      { 'assistant.yaml': 'tls: { certificate_file: a.pem, key_file: a.key }\n' },
      [
        'assistant.yaml: tls.certificate_file: DIR/a.pem cannot be read (ENOENT)',
        'assistant.yaml: tls.key_file: DIR/a.key cannot be read (ENOENT)',
      ],
    ],
    [
      'somebody who looks after it by name',
      { 'assistant.yaml': 'monitoring_networks: [prometheus]\n' },
      ['assistant.yaml: monitoring_networks.0: is not an IP address or a network such as 10.0.0.0/8'],
    ],
    [
      'a self-test every day and more',
      { 'assistant.yaml': 'canary_minutes: 1441\n' },
      [/^assistant\.yaml: canary_minutes: .*1440/],
    ],
    ['another store', { 'assistant.yaml': 'store: mysql\n' }, [/^assistant\.yaml: store: /]],
    ['an hour too many', { 'assistant.yaml': 'confirm_minutes: 61\n' }, [/^assistant\.yaml: confirm_minutes: .*60/]],
    [
      'an operator by name',
      { 'assistant.yaml': 'access: { operators: [alex] }\n' },
      [/^assistant\.yaml: access\.operators\.0: is not an Entra object id/],
    ],
    [
      'operators without an identity',
      { 'assistant.yaml': 'access: { operators: [00000000-0000-4000-8000-00000000000a] }\n' },
      [/^environment: MicrosoftAppId: is missing, but assistant\.yaml names people under access\.operators: without/],
    ],
    [
      'roles without an identity',
      { 'assistant.yaml': roles(role()) },
      [/^environment: MicrosoftAppId: is missing, but assistant\.yaml names people under access\.roles: without/],
    ],
    [
      'an action that is none',
      { 'assistant.yaml': roles(role({ actions: '[reboot, restart]' })) },
      [/^assistant\.yaml: access\.roles\.0\.actions\.1: is not an action: reboot, cancel-reboot, .*, alerts$/],
    ],
    [
      'an action that is not in a list',
      { 'assistant.yaml': roles(role({ actions: 'reboot' })) },
      [/^assistant\.yaml: access\.roles\.0\.actions: must be all or a list of actions: reboot, /],
    ],
    [
      'a person that is neither',
      { 'assistant.yaml': roles(role({ people: '[alex@example.com, Alex Wilber, "alex@"]' })) },
      [
        /^assistant\.yaml: access\.roles\.0\.people\.1: is neither a user principal name such as \S+ nor an Entra object id$/,
        /^assistant\.yaml: access\.roles\.0\.people\.2: is neither/,
      ],
    ],
    [
      'people that are no list',
      { 'assistant.yaml': roles(role({ people: 'all' })) },
      ['assistant.yaml: access.roles.0.people: must be a list of user principal names and Entra object ids'],
    ],
    [
      'a conversation that is not in a list',
      { 'assistant.yaml': roles(role({ conversations: '19:a@thread.v2' })) },
      ['assistant.yaml: access.roles.0.conversations: must be all, personal or a list of conversation ids'],
    ],
    [
      'a role that leaves out what it allows',
      { 'assistant.yaml': 'access: { roles: [{ name: x }] }\n' },
      [
        /^assistant\.yaml: access\.roles\.0\.people: must be a list/,
        /^assistant\.yaml: access\.roles\.0\.actions: must be all or a list/,
        /^assistant\.yaml: access\.roles\.0\.devices: must be all or a list/,
        /^assistant\.yaml: access\.roles\.0\.conversations: must be all, personal or a list/,
      ],
    ],
    [
      'an unknown key of a role',
      { 'assistant.yaml': roles(`${role().slice(0, -1)}, sites: all }`) },
      ['assistant.yaml: access.roles.0: unknown key sites'],
    ],
    [
      'two roles of one name, in another case',
      { 'assistant.yaml': roles(role({ people: '[]' }), role({ people: '[]', name: 'NET' })) },
      [
        /^assistant\.yaml: access\.roles\.0\.people: warning: /,
        /^assistant\.yaml: access\.roles\.1\.name: is the name of another role too/,
        /^assistant\.yaml: access\.roles\.1\.people: warning: /,
      ],
    ],
    [
      'two documents of the program',
      { 'assistant.yaml': 'port: 1\n---\nport: 2\n' },
      ['assistant.yaml: file: has more than one document'],
    ],
    [
      'two documents of events',
      { 'junos-config.yaml': `${junos('')}---\n${junos('')}` },
      ['junos-config.yaml: file: has more than one document'],
    ],
    [
      'one event in two cases',
      { 'junos-config.yaml': junos('events: { UI_COMMIT: 1, ui_commit: 3 }\n') },
      ['junos-config.yaml: events.ui_commit: is listed twice, also as UI_COMMIT: ids count in any case'],
    ],
    [
      'one address and port for two devices',
      {
        'devices.yaml':
          'site: hq\ndevices:\n  - { name: a, address: 192.0.2.1 }\n  - { name: b, address: 192.0.2.1 }\n  - { name: c, address: 192.0.2.1, port: 22 }\n',
      },
      [/^devices\.yaml: b: has the same address and port as a: a command/],
    ],
    [
      'a header that is none',
      { 'junos-config.yaml': junos('  auth_header: "Junos Auth:"\n') },
      ['junos-config.yaml: config.auth_header: is not a header name such as Junos-Auth'],
    ],
    [
      'a table that is SQL',
      { 'junos-config.yaml': junos('  sql_table: "a; DROP TABLE b"\n') },
      ['junos-config.yaml: config.sql_table: is not a table name'],
    ],
    [
      'a device twice, in another case, at two sites',
      { 'devices.yaml': 'site: hq\ndevices: [fw01]\n---\nsite: branch\ndevices: [FW01]\n' },
      [/^devices\.yaml: FW01: is listed twice, at hq and at branch/],
    ],
    [
      'a bad device name in the second document',
      { 'devices.yaml': 'site: hq\ndevices: [fw01]\n---\nsite: branch\ndevices: ["fw 02"]\n' },
      [/^devices\.yaml: document 2\.devices\.0: is not a device name/],
    ],
    [
      'an unknown key of a device',
      { 'devices.yaml': 'site: hq\ndevices:\n  - { name: fw01, adress: 192.0.2.1 }\n' },
      ['devices.yaml: devices.0: unknown key adress'],
    ],
    [
      'a port of a device',
      { 'devices.yaml': 'site: hq\ndevices:\n  - { name: fw01, port: 70000 }\n' },
      [/^devices\.yaml: devices\.0\.port: .*65535/],
    ],
    ['a site without a name', { 'devices.yaml': 'devices: [fw01]\n' }, [/^devices\.yaml: site: /]],
    ['a process that is a number', { 'entities.yaml': 'process: [7]\n' }, [/^entities\.yaml: process\.0: /]],
    [
      'bad YAML, with its line',
      { 'devices.yaml': 'site: hq\ndevices:\n  - fw01\n bad\n' },
      [/^devices\.yaml: line 4: /],
    ],
    [
      'a key twice, with its line',
      { 'junos-config.yaml': junos('events:\n  A: 1\n  B: 2\n  A: 3\n') },
      ['junos-config.yaml: line 6: duplicated mapping key'],
    ],
    [
      'logs: an unknown key',
      { 'assistant.yaml': 'logs: { folder: logs, keep: 3 }\n' },
      ['assistant.yaml: logs: unknown key keep'],
    ],
    [
      'logs: numbers out of range',
      { 'assistant.yaml': 'logs: { keep_days: 0, keep_files: 100001, at_once: 21, rsi_minutes: 91 }\n' },
      [
        /^assistant\.yaml: logs\.keep_days: .*1/,
        /^assistant\.yaml: logs\.keep_files: .*100000/,
        /^assistant\.yaml: logs\.at_once: .*20/,
        /^assistant\.yaml: logs\.rsi_minutes: .*90/,
      ],
    ],
    [
      'logs: what is none of the choices',
      { 'assistant.yaml': 'logs: { redact: maybe, after_restart: wait, ca_file: "" }\n' },
      [
        /^assistant\.yaml: logs\.redact: .*boolean/,
        /^assistant\.yaml: logs\.after_restart: .*begin-again/,
        /^assistant\.yaml: logs\.ca_file: /,
      ],
    ],
    [
      'show commands: one that changes something, and one that is too long',
      { 'show-commands.yaml': `- show version\n- request system reboot\n- showcase\n- show ${'x'.repeat(200)}\n` },
      [
        'show-commands.yaml: entry 2: does not begin with show',
        'show-commands.yaml: entry 3: does not begin with show',
        'show-commands.yaml: entry 4: is longer than 200 characters',
      ],
    ],
    ['show commands: no list', { 'show-commands.yaml': 'commands: []\n' }, [/^show-commands\.yaml: file: .*array/]],
    [
      'show commands: a mapping for one of them',
      { 'show-commands.yaml': '- show version\n- show: alarms\n' },
      [/^show-commands\.yaml: entry 2: .*string/],
    ],
    [
      'show commands: too many',
      { 'show-commands.yaml': '- show version\n'.repeat(201) },
      ['show-commands.yaml: file: has more than 200 commands'],
    ],
    [
      'show commands: bad YAML, with its line',
      { 'show-commands.yaml': '- show version\n- show alarms\n"show\n' },
      [/^show-commands\.yaml: line [34]: /],
    ],
    [
      'a server for logs that is no address',
      { 'junos-config.yaml': junos('  ftp_server: gopher://ftp.example.com\n') },
      [/^junos-config\.yaml: config\.ftp_server: begins with a scheme that is not known: it must be ftp, ftps/],
    ],
    [
      'a server for logs with its password',
      { 'junos-config.yaml': junos('  ftp_server: ftp://a:b@ftp.example.com\n') },
      ['junos-config.yaml: config.ftp_server: holds a password: remove it, and put it into secrets.yaml'],
    ],
    [
      'a directory of the server that leads upwards',
      { 'junos-config.yaml': junos('  ftp_server: ftp.example.com\n  ftp_dir: ../other\n') },
      [/^junos-config\.yaml: config\.ftp_server: has a directory that cannot be used: one of its names stands for/],
    ],
    ['a missing file', { 'devices.yaml': null }, ['devices.yaml: file: is missing from DIR']],
    ['an empty file', { 'junos-config.yaml': '# nothing yet\n' }, ['junos-config.yaml: file: is empty']],
    [
      'a secret without its salt',
      { 'secrets.yaml': 'type: junos\n.*: { user: a, secret: QUJD }\n' },
      [/^secrets\.yaml: \.\*: needs user, salt and secret/],
    ],
  ];
  for (const [what, files, expected] of mistakes) {
    it(what, async () => {
      const { config, lines } = await loadFolder(files);
      assert.equal(config, undefined);
      assert.equal(lines.length, expected.length, lines.join('\n'));
      for (const [index, line] of lines.entries()) {
        const pattern = expected[index];
        if (pattern instanceof RegExp) assert.match(line, pattern);
        else assert.equal(line, pattern);
      }
    });
  }

  it('all of them in one go, from every file and the environment', async () => {
    const { config, lines } = await loadFolder(
      {
        'assistant.yaml': 'port: x\ntime_zone: Nowhere\nextra: 1\n',
        'junos-config.yaml': 'config: { webhook_secret: short }\nevents: { A: 9, B: }\n',
        'devices.yaml': null,
        'entities.yaml': 'proces: []\n',
        'secrets.yaml': 'a: [\n',
      },
      { NETWORK_ASSISTANT_MASTER_PASSWORD_FILE: '/nonexistent' },
    );
    assert.equal(config, undefined);
    const places = lines.map((line) => line.split(':').slice(0, 2).join(':'));
    assert.deepEqual(places.sort(), [
      'assistant.yaml: file',
      'assistant.yaml: port',
      'assistant.yaml: time_zone',
      'devices.yaml: file',
      'entities.yaml: file',
      'environment: NETWORK_ASSISTANT_MASTER_PASSWORD_FILE',
      'junos-config.yaml: events.A',
      'junos-config.yaml: events.B',
      'secrets.yaml: line 2',
    ]);
  });
});

describe('the login of the server for logs', () => {
  const server = { 'junos-config.yaml': junos('  ftp_server: ftps://ftp.example.com:990/in\n') };
  const own = (type: string, name: string) => `type: ${type}\n${name}: { user: a, salt: QUJD, secret: QUJD }\n`;
  // The devices have theirs.
  const entry = (type: string, name: string) => `${own('junos', '.*')}---\n${own(type, name)}`;
  const missing =
    /^secrets\.yaml: server: warning: has no entry of type server whose name matches the host of ftp_server .+: no logs can be stored there$/;
  const cases: [what: string, files: Record<string, string>, isMissing: boolean][] = [
    ['no secrets.yaml', server, true],
    ['an entry of another type', { ...server, 'secrets.yaml': entry('junos', '.*') }, true],
    ['an entry of another name', { ...server, 'secrets.yaml': entry('server', 'ftp2') }, true],
    ['its entry', { ...server, 'secrets.yaml': entry('server', 'ftp.example') }, false],
    ['a folder, which needs none', { 'junos-config.yaml': junos('  ftp_server: file:///srv/logs\n') }, false],
    ['no server', {}, false],
  ];
  for (const [what, files, isMissing] of cases) {
    it(`${what}: ${isMissing ? 'a warning' : 'nothing to say'}`, async () => {
      const { config, lines } = await loadFolder(files);
      assert.ok(config);
      assert.equal(lines.length, isMissing ? 1 : 0, lines.join('\n'));
      for (const line of lines) assert.match(line, missing);
    });
  }

  it('a secrets.yaml that is wrong is not said to have none', async () => {
    const { config, lines } = await loadFolder({ ...server, 'secrets.yaml': 'type: server\nftp: x\n' });
    assert.equal(config, undefined);
    assert.ok(lines.length > 0 && !lines.some((line) => missing.test(line)), lines.join('\n'));
  });
});

describe('a priority that is none', () => {
  for (const [what, value] of [
    ['a number too large', '7'],
    ['words', 'hunter2'],
    ['a list', '[1]'],
    ['a number as a text', '"2"'],
  ]) {
    it(`${what}: reported without the value, and counts as none, which is 1`, async () => {
      const { config, lines } = await loadFolder({ 'junos-config.yaml': junos(`events: { UI_COMMIT: ${value} }\n`) });
      assert.equal(config?.junos.events.UI_COMMIT, null);
      const [line] = lines.filter((each) => each.includes('UI_COMMIT'));
      assert.match(line ?? '', /^junos-config\.yaml: events\.UI_COMMIT: warning: must be 1 .* it counts as 1$/);
      assert.doesNotMatch(line ?? '', /hunter/);
    });
  }
});

describe('rules for events', () => {
  const refused: [what: string, rule: string, path: RegExp][] = [
    ['that set nothing', '{ events: UI_* }', /rules\.0: sets nothing/],
    ['with a key nobody knows', '{ event: UI_*, priority: 1 }', /rules\.0: unknown key event/],
    ['with a severity that is none', '{ severity: bad, priority: 1 }', /rules\.0\.severity: must be one or more of/],
    ['with a priority that is none', '{ events: A, priority: 9 }', /rules\.0\.priority: must be 1/],
  ];
  for (const [what, rule, path] of refused) {
    it(`${what} are refused`, async () => {
      const { config, lines } = await loadFolder({ 'junos-config.yaml': junos(`rules: [${rule}]\n`) });
      assert.equal(config, undefined);
      assert.ok(
        lines.some((line) => path.test(line)),
        lines.join('\n'),
      );
    });
  }
});

describe('a value from a file is never shown', () => {
  const MARK = 'hunter2';
  const places: [what: string, files: Record<string, string>][] = [
    ['value of an unknown key', { 'junos-config.yaml': junos(`  password: ${MARK}\n`) }],
    ['alias', { 'junos-config.yaml': `config:\n  webhook_secret: *${MARK}\n` }],
    ['tag', { 'junos-config.yaml': `config:\n  webhook_secret: !${MARK} x\n` }],
    ['tag with a flow character', { 'junos-config.yaml': `config:\n  webhook_secret: !${MARK}[x]\n` }],
    ['tag with a handle', { 'junos-config.yaml': `config:\n  webhook_secret: !x!${MARK} y\n` }],
    ['tag with a character that is not allowed', { 'junos-config.yaml': `config:\n  webhook_secret: !${MARK}^^ y\n` }],
    ['directive', { 'junos-config.yaml': `%TAG !${MARK} ${MARK}\n---\nconfig: {}\n` }],
    ['anchor that is no alias', { 'junos-config.yaml': `config:\n  webhook_secret: &${MARK} *${MARK}\n` }],
    ['block header', { 'junos-config.yaml': `config:\n  webhook_secret: >${MARK}\n` }],
    ['unclosed quote', { 'junos-config.yaml': `config:\n  webhook_secret: "${MARK}\n` }],
    ['reserved character', { 'junos-config.yaml': `config:\n  webhook_secret: @${MARK}\n` }],
    ['line that is no mapping', { 'junos-config.yaml': `config:\n  webhook_secret: a\n ${MARK}\n` }],
    ['text where a mapping is wanted', { 'junos-config.yaml': `config: ${MARK}\n` }],
    ['list where a text is wanted', { 'junos-config.yaml': `config: { webhook_secret: [[${MARK}]] }\n` }],
    ['number where a text is wanted', { 'junos-config.yaml': 'config: { webhook_secret: 420042 }\n' }],
    ['table', { 'junos-config.yaml': junos(`  sql_table: "${MARK} x"\n`) }],
    ['store', { 'assistant.yaml': `store: ${MARK}\n` }],
    ['server for logs', { 'junos-config.yaml': junos(`  ftp_server: "ftp://a:${MARK}@ftp.example.com"\n`) }],
    ['server for logs that is no address', { 'junos-config.yaml': junos(`  ftp_server: "ftp://${MARK}:${MARK}"\n`) }],
    ['show command', { 'show-commands.yaml': `- set ${MARK}\n` }],
    ['operator', { 'assistant.yaml': `access: { operators: [${MARK}] }\n` }],
    ['person of a role', { 'assistant.yaml': roles(role({ people: `[${MARK}]` })) }],
    ['action of a role', { 'assistant.yaml': roles(role({ actions: `[${MARK}]` })) }],
    ['device', { 'devices.yaml': `site: hq\ndevices: ["${MARK} x"]\n` }],
    ['password in clear', { 'secrets.yaml': `type: junos\n.*: ${MARK}\n` }],
    [
      'password in an extra key',
      { 'secrets.yaml': `type: junos\n.*: { user: a, salt: QQ, secret: QQ, password: ${MARK} }\n` },
    ],
    ['password for a secret', { 'secrets.yaml': `type: junos\n.*: { user: a, salt: QQ, secret: "${MARK}!" }\n` }],
    ['password for a salt', { 'secrets.yaml': `type: junos\n.*: { user: a, salt: "${MARK}!", secret: QQ }\n` }],
    ['number for a user', { 'secrets.yaml': 'type: junos\n.*: { user: 420042, salt: QQ, secret: QQ }\n' }],
    ['broken secrets', { 'secrets.yaml': `type: junos\n.*:\n  secret: ${MARK}: x\n` }],
  ];
  for (const [what, files] of places) {
    it(what, async () => {
      const { config, lines } = await loadFolder(files);
      assert.equal(config, undefined);
      assert.ok(lines.length > 0);
      for (const line of lines) assert.doesNotMatch(line, /hunter|420042/);
    });
  }
});

describe('the number and the line of a document, empty ones included', () => {
  const bad = 'site: branch\ndevices: ["fw 02"]\n';
  const cases: [what: string, text: string, number: number, line: number][] = [
    ['an empty one between', `site: hq\ndevices: [fw01]\n---\n---\n${bad}`, 3, 6],
    ['empty ones in front and behind', `---\n---\nsite: hq\n---\n${bad}---\n`, 3, 6],
    ['one with a comment alone, one that is null', `site: hq\n---\n# later\n---\nnull\n---\n${bad}`, 4, 8],
    ['ends of documents', `---\n...\n---\nsite: hq\n...\n---\n${bad}...\n`, 3, 8],
  ];
  for (const [what, text, number, line] of cases) {
    it(what, async () => {
      const { whole } = await loadFolder({ 'devices.yaml': text });
      const [first] = whole;
      assert.match(
        String(first),
        new RegExp(`^devices\\.yaml: document ${number}\\.devices\\.0: .*\\(line ${line}\\)$`),
      );
    });
  }

  it('a document that is the only one has no number, wherever it is', async () => {
    const { whole } = await loadFolder({ 'devices.yaml': `---\n---\n${bad}---\n` });
    assert.match(String(whole[0]), /^devices\.yaml: devices\.0: .*\(line 4\)$/);
  });
});
