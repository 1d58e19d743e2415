import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { appIdOf, appVersion, type Manifest, manifestOf, problemsOf } from '../../src/cli/manifest.ts';
import { understand } from '../../src/intent/understand.ts';
import { readPng } from '../fakes/png.ts';
import { requireProgram } from '../fakes/requires.ts';
import { context } from '../intent/fixtures.ts';
import { cli } from './cli.ts';

const BOT = '00000000-0000-4000-8000-0000000000ab';
const env = { MicrosoftAppId: BOT.toUpperCase() };
const python = requireProgram(['python3'], 'python3');

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('manifest build', { skip: 'skip' in python ? python.skip : false }, () => {
  /** Another reader of zips than the one that wrote it. */
  function unzip(zip: string): string[] {
    assert.ok('path' in python);
    execFileSync(python.path, ['-m', 'zipfile', '--test', zip]);
    execFileSync(python.path, ['-m', 'zipfile', '--extract', zip, folder]);
    const list = 'import sys, zipfile; print("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))';
    return execFileSync(python.path, ['-c', list, zip], { encoding: 'utf8' }).trim().split('\n');
  }

  it('writes what Teams takes: the manifest and two icons, nothing else, and says what is in it', async () => {
    const out = join(folder, 'app.zip');
    const { code, stdout, stderr } = await cli(['manifest', 'build', '--out', out], { env });
    assert.equal(code, 0, stderr);
    assert.deepEqual(unzip(out), ['manifest.json', 'color.png', 'outline.png']);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    assert.deepEqual(JSON.parse(stdout), { file: out, version: manifest.version, appId: manifest.id, botId: BOT });
    assert.match(stderr, /^The links of the app lead to https:\/\/example\.com\/: name yours with --website\.\n$/);
    assert.deepEqual(await problemsOf(manifest), []);
    assert.equal(manifest.id, appIdOf(BOT));
    const [bot] = manifest.bots;
    assert.deepEqual([bot?.botId, bot?.scopes, bot?.supportsFiles], [BOT, ['personal', 'team', 'groupChat'], false]);
    // The least there is: it asks for no permission, and no page of its is shown within Teams.
    assert.ok(!('permissions' in manifest) && !('authorization' in manifest));
    assert.deepEqual(manifest.validDomains, []);

    const color = readPng(await readFile(join(folder, 'color.png')));
    assert.deepEqual([color.width, color.height], [192, 192]);
    assert.ok(color.pixels.every(([, , , alpha]) => alpha === 255));
    const outline = readPng(await readFile(join(folder, 'outline.png')));
    assert.deepEqual([outline.width, outline.height], [32, 32]);
    const seen = outline.pixels.filter(([, , , alpha]) => alpha !== 0);
    assert.ok(seen.length > 100 && seen.length < 700, `${seen.length} pixels that are not transparent`);
    assert.ok(seen.every((pixel) => pixel.slice(0, 3).every((value) => value === 255)));
  });

  it('makes the same bytes of the same, in any time zone', async () => {
    const zips = ['a.zip', 'b.zip'].map((name) => join(folder, name));
    for (const [n, out] of zips.entries()) {
      const { code } = await cli(['manifest', 'build', '--out', out], {
        env: { ...env, TZ: n ? 'Asia/Tokyo' : 'UTC' },
      });
      assert.equal(code, 0);
    }
    const [a, b] = await Promise.all(zips.map((zip) => readFile(zip)));
    assert.deepEqual(a, b);
  });

  it('takes names, texts, links, version and id from its options', async () => {
    const id = '00000000-0000-4000-8000-000000000077';
    const [out, site] = [join(folder, 'own.zip'), 'https://net.example.org/bot'];
    const words = ['--name', 'Net', '--full-name', 'The Net', '--description', 'Short', '--full-description', 'Long'];
    const links = ['--developer', 'NOC', '--website', site, '--privacy', `${site}/privacy`];
    const rest = ['--app-id', id, '--app-version', '3.0.1', '--out', out];
    const { code, stderr } = await cli(['manifest', 'build', ...words, ...links, ...rest], { env });
    assert.deepEqual([code, stderr], [0, '']);
    unzip(out);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    assert.deepEqual([manifest.id, manifest.version], [id, '3.0.1']);
    assert.deepEqual(manifest.name, { short: 'Net', full: 'The Net' });
    assert.deepEqual(manifest.description, { short: 'Short', full: 'Long' });
    assert.deepEqual(manifest.developer, {
      name: 'NOC',
      websiteUrl: site,
      privacyUrl: `${site}/privacy`,
      termsOfUseUrl: site,
    });
  });
});

describe('manifest build refuses, with a sentence and exit 1', () => {
  const refused: [name: string, args: string[], of: Record<string, string>, said: RegExp][] = [
    [
      'no app id',
      [],
      {},
      /^The app needs its bot: set bot\.app_id in assistant\.yaml, or MicrosoftAppId in the environment, to .*\n$/,
    ],
    [
      'an app id that is none',
      [],
      { MicrosoftAppId: 'bot' },
      /^MicrosoftAppId is not an application id \(a GUID\)\.\n$/,
    ],
    ['a link that is none', ['--website', 'ftp://x'], env, /^--website must be an address such as https:.*\n$/],
    ['a folder that is not there', ['--out', '/nonexistent/a.zip'], env, /^\/nonexistent\/a\.zip cannot be written/],
  ];
  for (const [name, args, of, said] of refused) {
    it(name, async () => {
      const out = args.includes('--out') ? [] : ['--out', join(folder, 'refused.zip')];
      const { code, stdout, stderr } = await cli(['manifest', 'build', ...args, ...out], { env: of });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, said);
      await assert.rejects(readFile(join(folder, 'refused.zip')), { code: 'ENOENT' });
    });
  }

  const long = 'x'.repeat(101);
  const wrong: [name: string, options: Parameters<typeof manifestOf>[1], said: RegExp][] = [
    ['a long name', { name: long.slice(0, 31) }, /^--name must not have more than 30 characters\.$/],
    ['a long full name', { fullName: long }, /^--full-name must not have more than 100 characters\.$/],
    ['a long description', { description: long }, /^--description must not have more than 80 characters\.$/],
    ['a long developer', { developer: long }, /^--developer must not have more than 32 characters\.$/],
    ['a link without TLS', { terms: 'http://x.example/' }, /^--terms must be an address such as https:.*\.$/],
    ['a version from 0', { appVersion: '0.9.0' }, /^--app-version must be three numbers such as .* not 0\.$/],
    ['a version of words', { appVersion: '1.0.0-rc1' }, /^--app-version must be three numbers.*\.$/],
    ['an id of the app that is none', { appId: '7' }, /^--app-id must be a GUID\.$/],
  ];
  for (const [name, options, said] of wrong) {
    it(name, async () => {
      const problems = await problemsOf(manifestOf(BOT, options));
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', said);
    });
  }

  it('whatever else the schema has against it', async () => {
    const manifest = { ...manifestOf(BOT, {}), accentColor: 'blue', surplus: 1 } as Manifest;
    const problems = await problemsOf(manifest);
    assert.match(problems.join('\n'), /^manifest\.json: it must not have additional properties\.$/m);
    assert.match(problems.join('\n'), /^manifest\.json: \/accentColor must match pattern/m);
  });
});

describe('the commands that Teams offers', () => {
  const lists = manifestOf(BOT, {}).bots.flatMap(({ commandLists }) => commandLists);

  it('one list for each scope', () => {
    assert.deepEqual(
      lists.map(({ scopes }) => scopes),
      [['personal'], ['team'], ['groupChat']],
    );
  });

  for (const { scopes, commands } of lists) {
    it(`${scopes}: at most ten, each short, each once`, () => {
      assert.ok(commands.length <= 10);
      assert.equal(new Set(commands.map(({ title }) => title)).size, commands.length);
      for (const { title, description } of commands) assert.ok(title.length <= 32 && description.length <= 128, title);
    });

    for (const { title, description } of commands) {
      it(`${scopes}: "${title}" is understood, and what its description says to write`, () => {
        const { intent } = understand(title, context);
        assert.notEqual(intent, 'unknown');
        const example = /: (.+)$|; (.+) adds one$/.exec(description);
        if (!example) return;
        const said = understand(example[1] ?? example[2] ?? '', context);
        assert.equal(said.intent, intent === 'muted' ? 'mute' : intent);
        assert.equal(said.unresolved.length, 0);
      });
    }
  }
});

describe('version and id', () => {
  const versions: [ours: string, app: string][] = [
    ['0.1.0', '1.1.0'],
    ['0.10.3-rc.1', '1.10.3'],
    ['1.0.0', '2.0.0'],
    ['2.4.6+build.7', '3.4.6'],
  ];
  for (const [ours, app] of versions) it(`${ours} is ${app} for Teams`, () => assert.equal(appVersion(ours), app));

  it('a bot has one app id, another bot another; both are UUIDs of version 5', () => {
    assert.equal(appIdOf(BOT), appIdOf(BOT.toUpperCase()));
    assert.notEqual(appIdOf(BOT), appIdOf(BOT.replace('ab', 'ac')));
    assert.match(appIdOf(BOT), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // It must not change with a release: Teams would take the update for a second app.
    assert.equal(appIdOf(BOT), 'b8a7f7e7-d0a5-57e2-9a66-afb3c6a9d9c7');
  });
});
