import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cli } from '../cli/cli.ts';
import { requireProgram } from '../fakes/requires.ts';
import { allPages, type Block, type Page, readPage } from './markdown.ts';
import { matches } from './output.ts';
import { type Ran, Workplace, type WorkplaceOptions } from './workplace.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LANGUAGES = [
  'sh',
  'text',
  'junos',
  'yaml',
  'json',
  'sql',
  'ts',
  'ini',
  'nginx',
  'dockerfile',
  'promql',
  'bicep',
  'http',
];
/** What is there when the first block of a page runs; `ready` for all others. */
const STATES: Record<string, WorkplaceOptions['state']> = { 'docs/devices.md': 'new', 'docs/migration.md': 'before' };
const NEEDS_BOT = /:3978|send-event|sqlite3|audit|--unknown/;
/** What blocks use beside a shell and the program itself. */
const PROGRAMS = { sqlite3: 'sqlite3', curl: 'curl', openssl: 'openssl' };

const pages = allPages(ROOT);
const at = ({ path }: Page, { line }: { line: number }) => `${path}:${line}`;

/** `not-here: REASON` is not run by the test; `exits N` is, and ends with that code. */
function planOf(page: Page, block: Block): { exits: number } | { reason: string } {
  const reason = /^not-here: (.+)$/.exec(block.marker)?.[1];
  if (reason !== undefined) return { reason };
  const exits = block.marker === '' ? '0' : /^exits (\d+)$/.exec(block.marker)?.[1];
  if (exits === undefined) throw new Error(`${at(page, block)}: "sh ${block.marker}" is neither run nor said why not.`);
  return { exits: Number(exits) };
}

const shellBlocks = (page: Page) => page.blocks.filter(({ language }) => language === 'sh');

describe('blocks', { concurrency: 2 }, () => {
  it('say what they are in', () => {
    const odd = pages.flatMap((page) =>
      page.blocks.filter(({ language }) => !LANGUAGES.includes(language)).map((block) => at(page, block)),
    );
    assert.deepEqual(odd, []);
  });

  it('of a shell are one that bash can read', () => {
    for (const page of pages) {
      for (const block of shellBlocks(page)) {
        planOf(page, block);
        const { status, stderr } = spawnSync('bash', ['-n'], { input: block.text, encoding: 'utf8' });
        assert.equal(status, 0, `${at(page, block)}: ${stderr}`);
      }
    }
  });

  for (const page of pages) {
    const planned = shellBlocks(page).flatMap((block) => {
      const plan = planOf(page, block);
      return 'exits' in plan ? [{ block, exits: plan.exits }] : [];
    });
    if (planned.length === 0) continue;
    const missing = Object.entries(PROGRAMS).flatMap(([program, debianPackage]) => {
      if (!planned.some(({ block }) => new RegExp(`\\b${program}\\b`).test(block.text))) return [];
      const found = requireProgram([program], debianPackage);
      return 'skip' in found ? [found.skip] : [];
    });

    describe(page.path, { skip: missing[0] ?? false }, () => {
      let ran: Ran[];
      before(async () => {
        const state = STATES[page.path] ?? 'ready';
        const hasBot = state !== 'before' && planned.some(({ block }) => NEEDS_BOT.test(block.text));
        const workplace = await Workplace.make({ state, hasBot });
        ran = await workplace.run(planned).finally(() => workplace.close());
      });

      for (const [n, { block, exits }] of planned.entries()) {
        it(`line ${block.line}: ${block.text.trim().split('\n')[0]?.slice(0, 70)}`, () => {
          const { code, output } = ran[n] as Ran;
          if (code !== exits) assert.fail(`${at(page, block)} ended with ${code}, not ${exits}:\n${output}`);
          const shown = page.blocks[page.blocks.indexOf(block) + 1];
          if (shown?.language !== 'text') return;
          if (!matches(shown.text, output))
            assert.equal(output, shown.text, `${at(page, shown)} is not what it prints`);
        });
      }
    });
  }
});

describe('options of the command line', () => {
  /** By command (`device trust`), those that its help names. */
  const known = new Map<string, string[]>();

  before(async () => {
    const names = async (path: string[]): Promise<string[]> => {
      const { code, stdout } = await cli([...path, '--help']);
      assert.equal(code, 0, `${path.join(' ')} --help`);
      known.set(
        path.join(' '),
        [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option),
      );
      const commands = stdout.split('\nCommands:\n')[1] ?? '';
      return [...commands.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
    };
    const top = await names([]);
    const below = await Promise.all(top.map(async (name) => ({ name, commands: await names([name]) })));
    await Promise.all(below.flatMap(({ name, commands }) => commands.map((each) => names([name, each]))));
  });

  /** The command a line begins with; the longest that there is. */
  const commandIn = (words: string[]) =>
    [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => name !== '' && known.has(name));

  function unknownIn(text: string): string[] {
    return text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => {
        const said = /(?:\bassistant --|^network-assistant)\s+(.*)$/.exec(line)?.[1];
        const words = (said ?? line)
          .trim()
          .replace(/^--config \S+ /, '')
          .split(/\s+/);
        const command = commandIn(words);
        if (command === undefined) {
          return said === undefined || /^[A-Z…]/.test(said)
            ? []
            : [`There is no command "${words.slice(0, 2).join(' ')}".`];
        }
        // What is quoted is a value, and behind a pipe another program begins.
        const plain = words
          .join(' ')
          .replace(/'[^']*'|"[^"]*"/g, '""')
          .replace(/[|;&>].*$/, '');
        const options = [...plain.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([option]) => option);
        const fits = [...(known.get(command) ?? []), ...(known.get('') ?? [])];
        return options.filter((option) => !fits.includes(option)).map((option) => `${command} knows no ${option}.`);
      });
  }

  it('in blocks and in the text are those that --help names', () => {
    const wrong = pages.flatMap((page) =>
      [...shellBlocks(page), ...page.spans].flatMap((code) =>
        unknownIn(code.text).map((what) => `${at(page, code)}: ${what}`),
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it('alone in the text are those of some command, or of the event script', () => {
    const script = readFileSync(join(ROOT, 'agent/junos-agent.py'), 'utf8');
    const own = /^ARGUMENTS = \((.*)\)$/m.exec(script)?.[1] ?? '';
    const all = new Set(
      [...known.values()].flat().concat([...own.matchAll(/"([a-z-]+)"/g)].map(([, name]) => `--${name}`)),
    );
    const wrong = pages.flatMap((page) =>
      page.spans
        .filter(({ text }) => /^--[a-z]/.test(text) && !all.has(text.split(/[ =]/)[0] ?? ''))
        .map((span) => `${at(page, span)}: ${span.text}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('that are not there are found', () => {
    assert.deepEqual(unknownIn('npm run --silent assistant -- device trust hq-fw01 --force'), [
      'device trust knows no --force.',
    ]);
    assert.deepEqual(unknownIn('npm run --silent assistant -- format disks'), ['There is no command "format disks".']);
    assert.deepEqual(unknownIn('secrets add \'x --y\' --user "--no" --config /etc | tool --other'), []);
  });
});

describe('links', () => {
  const read = new Map(pages.map((page) => [page.path, page]));

  /** Undefined when it leads somewhere. */
  function brokenIn(page: Page, target: string): string | undefined {
    if (/^(?:https?:|mailto:)/.test(target)) return undefined;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page.path : normalize(join(dirname(page.path), decodeURIComponent(file)));
    if (!existsSync(join(ROOT, path))) return `there is no ${path}`;
    if (anchor === undefined) return undefined;
    if (statSync(join(ROOT, path)).isDirectory()) return `${path} is a folder`;
    return read.get(path)?.anchors.has(anchor) ? undefined : `${path} has no heading #${anchor}`;
  }

  it('lead to a file, and to a heading of it', () => {
    const broken = pages.flatMap((page) =>
      page.links.flatMap((link) => {
        const what = brokenIn(page, link.target);
        return what === undefined ? [] : [`${at(page, link)}: ${link.target}: ${what}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  it('that lead nowhere are found', () => {
    const page = readPage(
      'docs/x.md',
      '# A `b`: c\n[a](#a-b-c) [b](../README.md#try-it) [c](gone.md) [d](#gone) `[e](f)`\n',
    );
    const broken = page.links.map(({ target }) => brokenIn(page, target));
    assert.deepEqual(
      page.links.map(({ target }) => target),
      ['#a-b-c', '../README.md#try-it', 'gone.md', '#gone'],
    );
    assert.deepEqual([page.anchors.has('a-b-c'), broken[1], broken[2]], [true, undefined, 'there is no docs/gone.md']);
  });
});

describe('what a page shows', () => {
  const cases: [shown: string, printed: string, fits: boolean][] = [
    ['a: 1\n', 'a: 1\n', true],
    ['a: 1\n', 'a: 2\n', false],
    ['a: 1\n', 'a: 1\nb: 2\n', false],
    ['{"id":…}\n', '{"id":17}\n', true],
    ['first\n…\nlast\n', 'first\n1\n2\nlast\n', true],
    ['at 2026-11-23T10:00:00.000Z\n', 'at 2027-01-01T00:00:00Z\n', true],
    ['at 2026-11-23T10:00:00.000Z\n', 'at noon\n', false],
    [`head ${'a'.repeat(64)}\n`, `head ${'0'.repeat(64)}\n`, true],
  ];
  for (const [shown, printed, fits] of cases) {
    it(`${JSON.stringify(shown).slice(0, 50)} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(printed).slice(0, 50)}`, () =>
      assert.equal(matches(shown, printed), fits));
  }
});

after(() => {
  // A test that runs nothing proves nothing.
  assert.ok(pages.some((page) => shellBlocks(page).some((block) => 'exits' in planOf(page, block))));
});
