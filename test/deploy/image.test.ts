import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { copiedFromProject, readDockerfile } from './dockerfile.ts';

interface Package {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
}

const stages = readDockerfile();
const last = stages.at(-1) ?? assert.fail('the Dockerfile has no stage');
const own = JSON.parse(readFileSync('package.json', 'utf8')) as Package;
const all = (name: string) =>
  last.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
const only = (name: string) => {
  const found = all(name);
  assert.equal(found.length, 1, `${name}: ${found.join('; ')}`);
  return found[0] ?? '';
};
const sources = copiedFromProject(stages).flatMap((copy) => copy.sources);

describe('the image', () => {
  it('is made on one version of Node.js: the one that the tests run on', () => {
    assert.deepEqual(
      stages.map(({ image }) => image),
      [`node:${own.devDependencies.node}-slim`, `node:${own.devDependencies.node}-slim`],
    );
  });

  it('runs as a user that is named by a number and is not root, last of all', () => {
    assert.match(only('USER'), /^[1-9]\d*:[1-9]\d*$/);
    const order = last.instructions.map(({ name }) => name);
    assert.deepEqual(
      order.slice(order.indexOf('USER')).filter((name) => name === 'RUN' || name === 'COPY'),
      [],
    );
  });

  it('begins the program itself, with the options of npm start, and stops it with SIGTERM', () => {
    const entry = JSON.parse(only('ENTRYPOINT')) as string[];
    const command = JSON.parse(only('CMD')) as string[];
    assert.equal([...entry, ...command].join(' '), own.scripts.start);
    assert.equal(only('STOPSIGNAL'), 'SIGTERM');
  });

  it('has no secret in it: none in a variable, and none can be handed in while it is built', () => {
    assert.deepEqual(all('ENV'), ['NODE_ENV=production']);
    for (const { instructions } of stages)
      assert.ok(!instructions.some(({ name }) => name === 'ARG' || name === 'ADD'));
  });

  it('installs what package-lock.json says, without what is for development', () => {
    const run = stages[0]?.instructions.filter(({ name }) => name === 'RUN').map(({ text }) => text) ?? [];
    assert.deepEqual(run, ['npm ci --omit=dev --no-audit --no-fund']);
    for (const { instructions } of stages)
      for (const { text } of instructions) assert.doesNotMatch(text, /apt-get|curl|wget|sudo|:latest/);
  });

  it('says its version and its licence', () => {
    const labels = all('LABEL').join(' ');
    assert.ok(labels.includes(`org.opencontainers.image.version="${own.version}"`), labels);
    assert.ok(labels.includes('org.opencontainers.image.licenses="MIT"'), labels);
  });

  it('is given no more than it copies: the build sees neither configuration nor tests', () => {
    const [first, ...rest] = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(first, '*');
    const seen = rest.map((line) => line.replace(/^!/, ''));
    assert.ok(rest.every((line) => line.startsWith('!')));
    const copied = [...sources, 'package-lock.json'];
    assert.deepEqual(
      seen.filter((path) => !copied.includes(path) && !copied.includes(dirname(path))),
      [],
    );
    assert.deepEqual(
      copied.filter((path) => !seen.some((each) => each === path || dirname(each) === path)),
      [],
    );
    for (const path of seen) assert.ok(existsSync(path), path);
  });

  it('has everything that the program imports, the simulated devices aside', () => {
    const files = sources
      .filter((source) => statSync(source).isDirectory())
      .flatMap((source) => readdirSync(source, { recursive: true, encoding: 'utf8' }).map((name) => join(source, name)))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
    assert.ok(files.length > 100);
    const missing = files.flatMap((file) =>
      importsOf(file)
        .filter((name) => !isThere(file, name))
        .map((name) => `${file} ${name}`),
    );
    assert.deepEqual([...new Set(missing.map((line) => line.split(' ')[0]))].sort(), [
      'src/cli/demo.ts',
      'src/cli/simulate.ts',
    ]);
    for (const line of missing) assert.match(line, /\.\.\/\.\.\/simulator\//);
  });
});

/** What a file imports when it runs: types are gone by then. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const said = /^(?:import|export) (?!type )(?:[^;'"]*? from )?'([^']+)'|\bimport\('([^']+)'\)|new URL\('(\.[^'$]+)'/gm;
  return [...text.matchAll(said)].map(([, from, dynamic, url]) => from ?? dynamic ?? url ?? '');
}

function isThere(file: string, name: string): boolean {
  if (name.startsWith('.')) {
    const path = join(dirname(file), name);
    return existsSync(path) && sources.some((source) => path === source || path.startsWith(`${source}/`));
  }
  if (name.startsWith('node:')) return builtinModules.includes(name.slice(5)) || builtinModules.includes(name);
  const [scope = '', part = ''] = name.split('/');
  return (name.startsWith('@') ? `${scope}/${part}` : scope) in own.dependencies;
}
