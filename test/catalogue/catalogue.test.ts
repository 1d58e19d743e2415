import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadCatalogue, OWN_CATALOGUE } from '../../src/catalogue/catalogue.ts';
import { loadConfig } from '../../src/config/load.ts';
import { problemLine } from '../../src/config/problem.ts';

const EXAMPLE = fileURLToPath(new URL('../../config', import.meta.url));

const folders: string[] = [];
after(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true }))));

/** What is loaded with this text as event-catalogue.yaml; without a text there is no such file. */
async function loadWith(text?: string) {
  const dir = await mkdtemp(join(tmpdir(), 'catalogue-'));
  folders.push(dir);
  if (text !== undefined) await writeFile(join(dir, OWN_CATALOGUE), text);
  const { catalogue, problems } = await loadCatalogue(dir);
  return { catalogue, lines: problems.map(problemLine), problems };
}

describe('the shipped catalogue', async () => {
  const { catalogue, lines } = await loadWith();

  it('loads without a problem and knows at least 90 ids', () => {
    assert.deepEqual(lines, []);
    assert.ok(catalogue.ids().length >= 90);
  });

  it('explains every event of the example configuration', async () => {
    const { config } = await loadConfig(EXAMPLE, {});
    const ids = Object.keys(config?.junos.events ?? {});
    assert.ok(ids.length > 0);
    assert.deepEqual(
      ids.filter((id) => !catalogue.explain(id)),
      [],
    );
  });

  it('finds an id in any case, and nothing for one that it does not know', () => {
    const entry = catalogue.explain('SNMP_TRAP_LINK_DOWN');
    assert.equal(entry?.severity, 'warning');
    assert.equal(catalogue.explain('snmp_trap_link_down'), entry);
    for (const id of ['NO_SUCH_EVENT', '', 'constructor', '__proto__', 'toString']) {
      assert.equal(catalogue.explain(id), null, id);
    }
  });

  for (const id of catalogue.ids()) {
    it(`${id} reads well`, () => {
      const entry = catalogue.explain(id);
      assert.ok(entry);
      const { means, causes, next, ignore } = entry;
      for (const sentence of [means, ...(ignore === undefined ? [] : [ignore])]) {
        assert.match(sentence, /^[A-Z][^!<>]*\.$/);
        assert.ok(sentence.length <= 160, sentence);
      }
      assert.ok(causes.length >= 2 && causes.length <= 4);
      for (const cause of causes) assert.match(cause, /[^.]$/);
      assert.ok(next.length >= 1 && next.length <= 4);
      assert.equal(new Set(next).size, next.length);
      for (const command of next) assert.match(command, /^(?:show|monitor) [^<>?]+$/);
    });
  }
});

describe('event-catalogue.yaml', () => {
  const ENTRY = '{means: Our own words., severity: error, causes: [one], next: [show version]}';

  it('replaces an entry, in any case of its id, and adds others', async () => {
    const { catalogue, lines } = await loadWith(`snmp_trap_link_down: ${ENTRY}\nOUR_EVENT: ${ENTRY}\n`);
    assert.deepEqual(lines, []);
    assert.deepEqual(catalogue.explain('SNMP_TRAP_LINK_DOWN'), {
      means: 'Our own words.',
      severity: 'error',
      causes: ['one'],
      next: ['show version'],
    });
    assert.equal(catalogue.explain('our_event')?.means, 'Our own words.');
    assert.match(catalogue.explain('SNMP_TRAP_LINK_UP')?.means ?? '', /came up/);
  });

  const broken: [name: string, text: string, expected: RegExp][] = [
    ['is no YAML', 'SNMP_TRAP_LINK_DOWN: [', /^event-catalogue\.yaml: (?:line \d+|file): warning: /],
    ['is a list', '- SNMP_TRAP_LINK_DOWN', /^event-catalogue\.yaml: file: warning: must be event ids/],
    ['is a word', 'hello', /^event-catalogue\.yaml: file: warning: must be event ids/],
    ['has two documents', `A: ${ENTRY}\n---\nB: ${ENTRY}\n`, /file: warning: has more than one document$/],
    [
      'has a key too many',
      `A: ${ENTRY.replace('{', '{why: x, ')}`,
      /^event-catalogue\.yaml: A: warning: unknown key why$/,
    ],
    ['lacks a key', 'A: {severity: error, causes: [one], next: [show version]}', /: A\.means: warning: /],
    ['has an entry of nothing', 'A:', /^event-catalogue\.yaml: A: warning: /],
    ['has a long sentence', `A: ${ENTRY.replace('words', 'w'.repeat(160))}`, /: A\.means: warning: is longer than 160/],
    ['has another severity', `A: ${ENTRY.replace('error', 'bad')}`, /: A\.severity: warning: must be one of emergency/],
    ['has no causes', `A: ${ENTRY.replace('[one]', '[]')}`, /: A\.causes: warning: is empty$/],
    ['has five causes', `A: ${ENTRY.replace('[one]', '[a, b, c, d, e]')}`, /: A\.causes: warning: has more than 4$/],
    [
      'has no command',
      `A: ${ENTRY.replace('show version', 'look at it')}`,
      /: A\.next\.0: warning: is not a Junos command/,
    ],
    ['has an id twice', `A: ${ENTRY}\na: ${ENTRY}\n`, /: a: warning: is there twice/],
  ];
  for (const [name, text, expected] of broken) {
    it(`${name}: a problem, and the shipped entries stay`, async () => {
      const { catalogue, lines, problems } = await loadWith(text);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', expected);
      assert.equal(problems[0]?.level, 'warning');
      assert.match(catalogue.explain('SNMP_TRAP_LINK_DOWN')?.means ?? '', /went down/);
    });
  }

  it('one broken entry leaves the others, and the shipped one of its id', async () => {
    const { catalogue, lines } = await loadWith(`SNMP_TRAP_LINK_DOWN: {}\nOUR_EVENT: ${ENTRY}\n`);
    assert.ok(lines.length > 0);
    assert.match(catalogue.explain('SNMP_TRAP_LINK_DOWN')?.means ?? '', /went down/);
    assert.ok(catalogue.explain('OUR_EVENT'));
  });

  it('is nothing when it is empty', async () => assert.deepEqual((await loadWith('# later\n')).lines, []));
});
