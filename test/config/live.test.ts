import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LiveConfig } from '../../src/config/live.ts';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { createLog } from '../../src/log.ts';

const SECRET = 'first-long-secret';
const NEXT_SECRET = 'second-long-secret';
const junosConfig = (events: string, secret = SECRET) => `config:\n  webhook_secret: ${secret}\nevents:\n${events}`;
const ENTRY = '  severity: error\n  causes: [heat]\n  next: [show chassis alarms]\n';

interface Line {
  level: number;
  msg: string;
  changed?: string[];
  problems?: string[];
}

let dir: string;
let lines: Line[];
let text: string;
let sentences: string[];
let live: LiveConfig;

const write = (file: string, content: string) => writeFile(join(dir, file), content);
/** Writes a file and has it looked at; what was logged of that. */
const change = async (file: string, content: string | null): Promise<Line[]> => {
  if (content === null) await rm(join(dir, file));
  else await write(file, content);
  return await looked();
};
const looked = async (): Promise<Line[]> => {
  const before = lines.length;
  await live.look();
  return lines.slice(before);
};
const messages = (of: Line[]) => of.map(({ msg }) => msg);

const REREAD = 'configuration reread';
const BROKEN = 'configuration changed and is broken: the last good one stays in force';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assistant-live-'));
  await write('junos-config.yaml', junosConfig('  A: 1\n'));
  await write('devices.yaml', 'site: hq\ndevices: [hq-fw01]\n');
  [lines, text, sentences] = [[], '', []];
  const log = createLog('debug', {
    write: (line) => {
      text += line;
      // The events here are of no catalogue.
      if (!line.includes('in the event catalogue')) lines.push(JSON.parse(line) as Line);
    },
  });
  const { config } = await loadConfigOrThrow(dir, {});
  live = new LiveConfig(config, log, (sentence) => sentences.push(sentence));
  await live.start();
});
afterEach(async () => {
  await live.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('a file that is changed', () => {
  it('counts from the next look on, and the log names what is different', async () => {
    const [line, ...more] = await change('junos-config.yaml', junosConfig('  A: 4\n  B: 2\n'));
    assert.deepEqual([line?.msg, line?.changed, more], [REREAD, ['events.A', 'events.B'], []]);
    assert.deepEqual(live.current.junos.events, { A: 4, B: 2 });
    assert.deepEqual(sentences, []);
  });

  it('gives a new secret, and nobody reads either of them', async () => {
    const [line] = await change('junos-config.yaml', junosConfig('  A: 1\n', `[${NEXT_SECRET}, ${SECRET}]`));
    assert.deepEqual(line?.changed, ['config.webhook_secret']);
    assert.deepEqual(live.current.junos.config.webhook_secret, [NEXT_SECRET, SECRET]);
    assert.doesNotMatch(text, /long-secret/);
  });

  it('counts also when its size and its time are what they were: another file took its place', async () => {
    const time = new Date('2026-11-23T10:00:00Z');
    await utimes(join(dir, 'junos-config.yaml'), time, time);
    await looked();
    await write('next.yaml', junosConfig('  A: 3\n'));
    await utimes(join(dir, 'next.yaml'), time, time);
    await rename(join(dir, 'next.yaml'), join(dir, 'junos-config.yaml'));
    assert.deepEqual(messages(await looked()), [REREAD]);
    assert.equal(live.current.junos.events.A, 3);
  });

  it('with rules, the catalogue and the pairs: the log names those', async () => {
    await write('junos-config.yaml', `${junosConfig('  A: 1\n')}rules:\n  - {events: A, silence: true}\n`);
    await write('event-catalogue.yaml', `A:\n  means: It is too hot.\n${ENTRY}`);
    const [line] = await change('event-pairs.yaml', '- {down: A, up: B}\n');
    assert.deepEqual(line?.changed, ['rules', 'catalogue', 'pairs']);
    assert.equal(live.current.catalogue.explain('A')?.means, 'It is too hot.');
    assert.deepEqual(
      live.current.pairs.map(({ down, up }) => [down, up]),
      [['A', 'B']],
    );
  });

  it('and means what it meant before changes nothing', async () => {
    const [line] = await change('junos-config.yaml', `# A comment\n${junosConfig('  A: 1\n')}`);
    assert.deepEqual(line?.changed, []);
  });

  it('in part is not seen in part: what is read is all of it or none', async () => {
    const before = live.current;
    await change('junos-config.yaml', junosConfig('  A: 2\n', NEXT_SECRET));
    assert.deepEqual([before.junos.events.A, before.junos.config.webhook_secret], [1, [SECRET]]);
    assert.deepEqual([live.current.junos.events.A, live.current.junos.config.webhook_secret], [2, [NEXT_SECRET]]);
  });

  it('that is none of these files is not looked at', async () => {
    assert.deepEqual(await change('notes.yaml', 'process: [routing]\n'), []);
  });

  const files: [file: string, content: string, changed: string[]][] = [
    ['entities.yaml', 'process: [my-daemon]\n', ['entities']],
    ['devices.yaml', 'site: hq\ndevices: [hq-fw01, {name: hq-fw02, port: 22}]\n', ['devices.hq-fw02']],
    ['devices.yaml', 'site: hq\ndevices: [{name: hq-fw01, port: 22}]\n', ['devices.hq-fw01']],
    ['secrets.yaml', `type: junos\n.*: {user: ${NEXT_SECRET}, env: ${'A'.repeat(8)}}\n`, ['secrets.junos..*']],
    ['show-commands.yaml', '- show chassis fan\n', ['show-commands']],
    ['assistant.yaml', 'logs: {redact: false}\n', ['logs']],
  ];
  for (const [file, content, changed] of files) {
    it(`${file} counts, and the log names what is different: ${changed}`, async () => {
      const [line, ...more] = await change(file, content);
      assert.deepEqual([line?.msg, line?.changed, more], [REREAD, changed, []]);
      assert.doesNotMatch(text, new RegExp(NEXT_SECRET));
    });
  }

  it('keys of assistant.yaml that count after a restart are named', async () => {
    const [, line] = await change('assistant.yaml', 'port: 4000\nlogs: {at_once: 5}\n');
    assert.equal(line?.msg, 'these keys of assistant.yaml count after a restart');
    assert.deepEqual((line as { keys?: string[] }).keys, ['port', 'logs.at_once']);
  });
});

describe('nothing changed', () => {
  it('and nothing is logged, however often it is looked at', async () => {
    for (let n = 0; n < 5; n += 1) assert.deepEqual(await looked(), []);
    assert.deepEqual([lines, sentences], [[], []]);
  });
});

describe('a file that is broken', () => {
  const broken: [what: string, content: string][] = [
    ['no YAML', `config:\n  webhook_secret: "${NEXT_SECRET}\nevents:\n  A: 4\n`],
    ['YAML of something else', `- ${NEXT_SECRET}\n`],
    ['half written', `config:\n  webhook_secret: ${NEXT_SECRET}\n  webho`],
    ['with a key that is none', `config:\n  webhook_secret: ${NEXT_SECRET}\n  webhook: 1\n`],
    ['with an alias for a secret', `config:\n  webhook_secret: *${NEXT_SECRET}\n`],
    ['with a key twice', `config:\n  webhook_secret: ${NEXT_SECRET}\n  webhook_secret: ${NEXT_SECRET}\n`],
    ['with too many secrets', `config:\n  webhook_secret: [${NEXT_SECRET}, b, c]\n`],
    ['with a rule that sets nothing', `${junosConfig('  A: 4\n', NEXT_SECRET)}rules:\n  - {events: A}\n`],
    ['empty', ''],
    ['with an id twice', junosConfig('  A: 4\n  a: 2\n', NEXT_SECRET)],
  ];
  for (const [what, content] of broken) {
    it(`(${what}) leaves the last good one in force and is said once, without a word of it`, async () => {
      const before = live.current;
      const logged = await change('junos-config.yaml', content);
      assert.deepEqual(messages(logged), [BROKEN]);
      assert.match(logged[0]?.problems?.[0] ?? '', /^junos-config\.yaml: /);
      assert.equal(live.current, before);
      assert.equal(sentences.length, 1);
      assert.match(
        sentences[0] ?? '',
        /^The configuration was changed and is broken, so the last good one stays .* check$/,
      );
      assert.deepEqual(await looked(), [], 'said once');
      assert.equal(sentences.length, 1);
      assert.doesNotMatch(text + sentences.join(), /long-secret/);
    });
  }

  it('is said again when it is changed and still broken; repaired, it counts', async () => {
    await change('junos-config.yaml', 'config: [\n');
    assert.deepEqual(messages(await change('junos-config.yaml', 'config: [[\n')), [BROKEN]);
    assert.equal(sentences.length, 2);
    const [line] = await change('junos-config.yaml', junosConfig('  A: 2\n'));
    assert.deepEqual([line?.msg, line?.changed], [REREAD, ['events.A']]);
    assert.equal(live.current.junos.events.A, 2);
    assert.equal(sentences.length, 2);
  });

  it('is deleted: the last good one stays in force until it is back', async () => {
    const logged = await change('junos-config.yaml', null);
    assert.deepEqual(messages(logged), [BROKEN]);
    assert.match(sentences[0] ?? '', /junos-config\.yaml: file: is missing/);
    assert.equal(live.current.junos.events.A, 1);
    assert.deepEqual(messages(await change('junos-config.yaml', junosConfig('  A: 3\n'))), [REREAD]);
    assert.equal(live.current.junos.events.A, 3);
  });

  it('is another one, which only a restart reads: it is said, and the last good one stays in force', async () => {
    await write('devices.yaml', 'site: [\n');
    assert.deepEqual(messages(await change('junos-config.yaml', junosConfig('  A: 4\n'))), [BROKEN]);
    assert.equal(live.current.junos.events.A, 1);
    assert.match(sentences[0] ?? '', /devices\.yaml/);
  });

  it('is the certificate of a port or of the bot, read at the start: a warning, and the others count', async () => {
    const tls = 'tls: { certificate_file: gone.pem, key_file: gone.key }\n';
    await write('assistant.yaml', `${tls}bot: { type: SingleTenant }\n`);
    const logged = await change('junos-config.yaml', junosConfig('  A: 4\n'));
    assert.ok(messages(logged).includes(REREAD), messages(logged).join('\n'));
    assert.equal(live.current.junos.events.A, 4);
  });

  it('names a jump host that is not there', async () => {
    await write('devices.yaml', 'site: hq\ndevices: [{name: hq-fw01, jump: bastion}]\n');
    assert.deepEqual(messages(await change('junos-config.yaml', junosConfig('  A: 4\n'))), [BROKEN]);
    assert.match(sentences[0] ?? '', /devices\.yaml: hq-fw01\.jump: there is no device bastion/);
    assert.equal(live.current.junos.events.A, 1);
  });

  it('holds a priority that is none: that one counts as 1, the others count', async () => {
    const logged = await change('junos-config.yaml', junosConfig('  A: 7\n  B: 2\n'));
    assert.deepEqual(live.current.junos.events, { A: null, B: 2 });
    assert.match(messages(logged).join('\n'), /events\.A: warning: must be 1/);
    assert.deepEqual(sentences, []);
  });
});

describe('a catalogue or pairs of one’s own that are broken', () => {
  const files = [
    ['event-catalogue.yaml', `A:\n  means: Good.\n${ENTRY}`, `A:\n  means: ${'long-secret '.repeat(30)}\n${ENTRY}`],
    ['event-pairs.yaml', '- {down: A, up: B}\n', '- {down: A, long-secret: 1}\n'],
    ['event-catalogue.yaml', `A:\n  means: Good.\n${ENTRY}`, 'A: [long-secret\n'],
    ['event-pairs.yaml', '- {down: A, up: B}\n', '- {down: *long-secret}\n'],
  ] as const;
  const inForce = () => [live.current.catalogue.explain('A')?.means, live.current.pairs[0]?.down];
  for (const [file, good, bad] of files) {
    it(`(${file}: ${bad.trim().slice(-20)}) leave the last good one of that file; the rest counts`, async () => {
      await change(file, good);
      const before = inForce();
      await write('junos-config.yaml', junosConfig('  A: 2\n'));
      const logged = await change(file, bad);
      assert.deepEqual(messages(logged).slice(0, 2), [BROKEN, REREAD]);
      assert.deepEqual(inForce(), before);
      assert.equal(live.current.junos.events.A, 2);
      assert.equal(sentences.length, 1);
      assert.match(sentences[0] ?? '', new RegExp(file));
      assert.deepEqual(await looked(), []);
    });

    it(`(${file}: ${bad.trim().slice(-20)}) are said once, also when another file changes`, async () => {
      await change(file, bad);
      await change('junos-config.yaml', junosConfig('  A: 2\n'));
      await change('junos-config.yaml', junosConfig('  A: 3\n'));
      assert.equal(live.current.junos.events.A, 3);
      assert.equal(sentences.length, 1);
    });
  }

  it('and are deleted: what is shipped counts again', async () => {
    await change('event-catalogue.yaml', `A:\n  means: Good.\n${ENTRY}`);
    await change('event-catalogue.yaml', null);
    assert.equal(live.current.catalogue.explain('A'), null);
    assert.deepEqual(sentences, []);
  });
});

describe('started', () => {
  it('looks by itself, and not any more when it is stopped', async (t) => {
    await live.stop();
    t.mock.timers.enable({ apis: ['setInterval'] });
    await live.start();
    await write('junos-config.yaml', junosConfig('  A: 3\n'));
    t.mock.timers.tick(2_000);
    await live.stop();
    assert.equal(live.current.junos.events.A, 3);
    await write('junos-config.yaml', junosConfig('  A: 44\n'));
    t.mock.timers.tick(60_000);
    await live.stop();
    assert.equal(live.current.junos.events.A, 3);
  });

  it('goes on looking after a look that failed', async (t) => {
    await live.stop();
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { config } = await loadConfigOrThrow(dir, {});
    let failures = 1;
    const reload: typeof config.reload = async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('EMFILE');
      return await config.reload();
    };
    live = new LiveConfig({ ...config, reload }, createLog('silent'), () => {});
    await live.start();
    await write('junos-config.yaml', junosConfig('  A: 3\n'));
    t.mock.timers.tick(2_000);
    t.mock.timers.tick(2_000);
    await live.stop();
    assert.equal(live.current.junos.events.A, 3);
  });
});
