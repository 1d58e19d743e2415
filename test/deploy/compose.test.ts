import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { load } from 'js-yaml';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';

interface Service {
  image: string;
  build?: { context: string };
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  env_file?: string[];
  secrets?: string[];
  volumes?: string[];
  networks?: string[];
  ports?: string[];
  restart?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  privileged?: boolean;
  user?: string;
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, object>;
  secrets: Record<string, { file: string }>;
}

const DIR = 'deploy/compose';
const TEXT = readFileSync(join(DIR, 'compose.yaml'), 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const compose = merged(load(TEXT)) as Compose;
const { services } = compose;
const service = (name: string): Service => services[name] ?? assert.fail(`there is no service ${name}`);
const SQLCMD = ['logins', 'rights'];
const OURS = ['tables', 'bot'];

/** YAML's merge keys, as Compose resolves them: what stands beside `<<` wins. */
function merged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(merged);
  if (value === null || typeof value !== 'object') return value;
  const { '<<': base, ...own } = value as Record<string, unknown>;
  const entries = Object.entries(own).map(([key, each]) => [key, merged(each)]);
  return { ...(base === undefined ? {} : (merged(base) as object)), ...Object.fromEntries(entries) };
}

describe('the Compose file', () => {
  it('names everything that its services use, and uses everything that it names', () => {
    for (const kind of ['networks', 'secrets', 'volumes'] as const) {
      const used = Object.values(services).flatMap((each) => each[kind] ?? []);
      const names =
        kind === 'volumes' ? used.filter((name) => /^\w+:/.test(name)).map((name) => name.split(':')[0]) : used;
      assert.deepEqual([...new Set(names)].sort(), Object.keys(compose[kind]).sort(), kind);
    }
    for (const { depends_on = {} } of Object.values(services))
      for (const name of Object.keys(depends_on)) assert.ok(services[name], name);
  });

  it('pins its images: an update of SQL Server by name, and this version of the bot', () => {
    for (const name of ['sqlserver', ...SQLCMD]) assert.match(service(name).image, /:2022-CU\d+-ubuntu-22\.04$/);
    for (const name of OURS) {
      assert.equal(service(name).image, `network-assistant:${version}`);
      assert.ok(existsSync(join(DIR, service(name).build?.context ?? '', 'Dockerfile')));
    }
  });

  it('locks up everything but the SQL Server', () => {
    for (const name of [...SQLCMD, ...OURS]) {
      const { read_only, cap_drop, security_opt, tmpfs } = service(name);
      assert.deepEqual([read_only, cap_drop, security_opt], [true, ['ALL'], ['no-new-privileges:true']], name);
      assert.match(tmpfs?.join() ?? '', /^\/tmp:.*noexec/, name);
    }
    for (const [name, { privileged, user }] of Object.entries(services))
      assert.deepEqual([privileged, user], [undefined, undefined], name);
  });

  it('goes step by step: the server, the logins, the tables, the rights, the bot', () => {
    const after = (name: string) =>
      Object.entries(service(name).depends_on ?? {}).map(([on, { condition }]) => `${on} ${condition}`);
    assert.deepEqual(after('logins'), ['sqlserver service_healthy']);
    assert.deepEqual(after('tables'), ['logins service_completed_successfully']);
    assert.deepEqual(after('rights'), ['tables service_completed_successfully']);
    assert.deepEqual(after('bot'), ['sqlserver service_healthy', 'rights service_completed_successfully']);
    for (const name of ['logins', 'tables', 'rights']) assert.equal(service(name).restart, 'no');
    assert.ok(service('sqlserver').healthcheck);
  });

  it('holds no password: they are files, and none is on a command line', () => {
    for (const [name, { environment = {}, command = [], healthcheck }] of Object.entries(services)) {
      for (const [key, value] of Object.entries(environment))
        if (/PASSWORD/.test(key)) assert.match(`${key}=${value}`, /^\w+_FILE=\/run\/secrets\/\w+$/, name);
      const words = [...command, ...(healthcheck?.test ?? [])].join(' ');
      assert.doesNotMatch(words, /sqlcmd\b.* -P/, name);
      // Each file that is read is one that the service is given.
      for (const [, secret = ''] of words.matchAll(/\/run\/secrets\/(\w+)/g))
        assert.ok(services[name]?.secrets?.includes(secret), secret);
      for (const value of Object.values(environment)) {
        const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(value) ?? [];
        if (secret) assert.ok(services[name]?.secrets?.includes(secret), secret);
      }
    }
    const ignored = readFileSync('.gitignore', 'utf8').split('\n');
    for (const path of ['/deploy/compose/bot.env', '/deploy/compose/secrets/']) assert.ok(ignored.includes(path), path);
  });

  it('has the bot log in as netassist and the setup as another, none of them sa, with settings that it takes', () => {
    const settings = OURS.map((name) => {
      const { environment = {} } = service(name);
      // The file is there in the container only.
      const { value, problems } = readSqlServerSettings({
        ...environment,
        MSSQL_PASSWORD_FILE: '',
        MSSQL_PASSWORD: 'x',
      });
      assert.deepEqual(problems, []);
      return value;
    });
    assert.deepEqual(
      settings.map((value) => [
        value?.server,
        value?.database,
        (value?.authentication?.options as { userName?: string } | undefined)?.userName,
      ]),
      [
        ['sqlserver', 'network_assistant', 'netassist_setup'],
        ['sqlserver', 'network_assistant', 'netassist'],
      ],
    );
    assert.ok(settings.every((value) => value?.options.encrypt));
  });

  it('lets nobody in but the proxy of this host, and keeps the database in', () => {
    assert.deepEqual(
      Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`)),
      ['bot 127.0.0.1:3978:3978'],
    );
    assert.deepEqual(compose.networks.database, { internal: true });
    assert.deepEqual(service('sqlserver').networks, ['database']);
  });

  it('keeps what the bot writes, and gives it longer than ten seconds to stop', () => {
    assert.ok(service('bot').volumes?.includes('bot:/app/var'));
    assert.ok(service('bot').volumes?.some((volume) => volume.endsWith(':/app/config:ro')));
    assert.ok(Number.parseInt(service('bot').stop_grace_period ?? '', 10) > 10);
  });
});

describe('its SQL', () => {
  const read = (name: string) => readFileSync(join(DIR, name), 'utf8');
  /** The rights of the README, a line each. */
  const granted = (text: string) => [...text.matchAll(/^\s*((?:GRANT|DENY) .*;)$/gm)].map(([, line]) => line);

  it('gives the rights that the README names, and no others', () => {
    const expected = granted(readFileSync('README.md', 'utf8'));
    assert.equal(expected.length, 4);
    assert.deepEqual([...granted(read('logins.sql')), ...granted(read('rights.sql'))], expected);
  });

  it('is put together with passwords from the environment that "logins" has', () => {
    const variables = [...read('logins.sql').matchAll(/'\$\((\w+)\)'/g)].map(([, name]) => name ?? '');
    assert.deepEqual([...new Set(variables)], ['SETUP_PASSWORD', 'BOT_PASSWORD']);
    for (const name of variables) assert.match(service('logins').command?.[0] ?? '', new RegExp(`\\b${name}=`));
    for (const name of SQLCMD) {
      const file = `${name}.sql`;
      assert.ok(service(name).volumes?.includes(`./${file}:/sql/${file}:ro`));
      assert.match(service(name).command?.[0] ?? '', new RegExp(` -b -i /sql/${file}$`));
    }
  });

  it('can run again: nothing is made that is there', () => {
    for (const [, line] of read('logins.sql').matchAll(/^(.*\bCREATE (?:DATABASE|LOGIN|USER)\b.*)$/gm))
      assert.match(
        `${read('logins.sql')
          .split(line ?? '')[0]
          ?.split('\n')
          .at(-2)} ${line}`,
        /IS NULL/,
        line,
      );
  });
});
