import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readIdentity } from '../../src/config/identity.ts';
import { assistantSchema } from '../../src/config/schemas.ts';
import { readSqlServerSettings } from '../../src/config/sqlserver.ts';

/** Without its comments. Strings hold no // but in addresses. */
const TEXT = readFileSync('deploy/azure/main.bicep', 'utf8').replace(/(^|\s)\/\/.*$/gm, '$1');
/** And without its strings; what `${…}` puts into one stays. */
const CODE = TEXT.replace(/'(?:[^'\\]|\\.)*'/g, (said) =>
  [...said.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => ` (${inner}) `).join(''),
);

const all = (pattern: RegExp, text = TEXT) =>
  [...text.matchAll(pattern)].map(([, first = '', second = '']) => [first, second] as const);
const declared = all(/^(?:param|var|resource|output) (\w+)\b/gm, CODE).map(([name]) => name);

/** What can be told without Bicep's compiler, which is on no registry that the tests use. */
describe('the Bicep template', () => {
  it('closes what it opens, in order', () => {
    const open: string[] = [];
    const pairs: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
    for (const mark of CODE.replace(/[^()[\]{}]/g, '')) {
      if (mark in pairs) assert.equal(open.pop(), pairs[mark]);
      else open.push(mark);
    }
    assert.deepEqual(open, []);
    assert.equal(TEXT.replaceAll("\\'", '').split("'").length % 2, 1);
  });

  it('declares each name once, and uses nothing that it does not declare', () => {
    assert.equal(new Set(declared).size, declared.length);
    const functions = [
      'concat',
      'empty',
      'guid',
      'json',
      'map',
      'replace',
      'resourceGroup',
      'subscriptionResourceId',
      'take',
      'tenant',
      'uniqueString',
    ];
    const loops = all(/\bfor (\w+) in\b|\b(\w+) =>/g, CODE)
      .flat()
      .filter((name) => name !== '');
    // Not a key (name:), not a member (.name), not a word of the language.
    const words = all(/(?<![.\w@])([a-z]\w*)\b(?!\s*:(?!\/))/gi, CODE.replace(/^@.*$/gm, '')).map(([name]) => name);
    const language = [
      'targetScope',
      'param',
      'var',
      'resource',
      'output',
      'existing',
      'if',
      'for',
      'in',
      'string',
      'array',
      'true',
      'false',
      'az',
      'parent',
    ];
    const known = new Set([...declared, ...functions, ...loops, ...language]);
    assert.deepEqual([...new Set(words.filter((word) => !known.has(word)))], []);
  });

  it('uses what it declares: each parameter and each variable', () => {
    const unused = all(/^(?:param|var) (\w+)\b/gm, CODE)
      .map(([name]) => name)
      .filter((name) => all(new RegExp(`\\b(${name})\\b`, 'g'), CODE).length < 2);
    assert.deepEqual(unused, []);
  });

  it('explains every parameter and output, and takes no secret', () => {
    const lines = TEXT.split('\n');
    for (const [n, line] of lines.entries()) {
      if (!/^(?:param|output) /.test(line)) continue;
      let above = n - 1;
      while (/^@(?!description)/.test(lines[above] ?? '')) above -= 1;
      assert.match(lines[above] ?? '', /^@description\('.{10,}'\)$/, line);
      assert.doesNotMatch(line.split(' ')[1] ?? '', /password|secret|key$/i, line);
    }
    assert.doesNotMatch(TEXT, /administratorLogin/);
  });

  it('names resource types with versions that are no previews', () => {
    const types = all(/^resource \w+ '([^']+)'/gm).map(([type]) => type);
    assert.equal(types.length, all(/^resource (\w+)/gm).length);
    for (const type of types)
      assert.match(type, /^Microsoft\.[A-Za-z]+(?:\/[A-Za-z]+){1,2}@20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/);
    for (const type of [
      'Microsoft.App/containerApps',
      'Microsoft.Sql/servers',
      'Microsoft.BotService/botServices',
      'Microsoft.BotService/botServices/channels',
    ])
      assert.ok(
        types.some((each) => each.startsWith(`${type}@`)),
        type,
      );
  });

  it('gives the program an environment that it takes: an identity without a password, for Teams and for the database', async () => {
    const values: Record<string, string> = {
      'identity.properties.clientId': '11111111-2222-4333-8444-555555555555',
      'identity.properties.tenantId': '22222222-2222-4333-8444-555555555555',
      'sqlServer.properties.fullyQualifiedDomainName': 'x.database.windows.net',
      'database.name': 'network_assistant',
    };
    const pairs = all(/name: '(\w+)'\s+value: (\S+)/g).map(([name, value]) => [
      name,
      values[value] ?? value.replaceAll("'", ''),
    ]);
    const environment = Object.fromEntries(pairs) as Record<string, string>;
    assert.ok(!JSON.stringify(environment).includes('properties'));
    const identity = await readIdentity('.', assistantSchema.parse({}).bot, environment, Date.now());
    assert.deepEqual([identity.problems, identity.value?.mode], [[], 'UserAssignedMSI']);
    const { value, problems } = readSqlServerSettings(environment);
    assert.deepEqual(problems, []);
    assert.equal(value?.authentication?.type, 'azure-active-directory-msi-vm');
    assert.match(environment.NETWORK_ASSISTANT_MASTER_PASSWORD_FILE ?? '', /^\/run\/assistant\//);
  });

  it('runs one process, and lets it end', () => {
    assert.match(TEXT, /minReplicas: 1\s+maxReplicas: 1\s/);
    assert.match(TEXT, /activeRevisionsMode: 'Single'/);
    assert.ok(Number(all(/terminationGracePeriodSeconds: (\d+)/g)[0]?.[0]) > 10);
    assert.match(TEXT, /allowInsecure: false/);
    assert.match(TEXT, /azureADOnlyAuthentication: true/);
  });

  it('mounts each volume that it has, where the image looks for it', () => {
    const mounts = all(/volumeName: '(\w+)'\s+mountPath: '([^']+)'/g);
    assert.deepEqual(mounts, [
      ['config', '/app/config'],
      ['credentials', '/run/assistant'],
      ['var', '/app/var'],
    ]);
    assert.deepEqual(
      all(/name: '(\w+)'\s+storageType: '/g).map(([name]) => name),
      mounts.map(([name]) => name),
    );
  });
});
