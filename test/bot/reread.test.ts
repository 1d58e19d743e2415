import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { newPerson } from '../fakes/teams.ts';
import { doing, someone, WORDS, words } from './talking.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'hq-fw02': {} } });
});
after(() => assistant.close());

const path = (file: string) => join(assistant.folder.dir, file);
let seen = 0;
/** Writes a file; resolves when the bot has it. */
async function change(file: string, edit: (text: string) => string): Promise<void> {
  await writeFile(path(file), edit(await readFile(path(file), 'utf8').catch(() => '')));
  await assistant.logged(({ msg }) => msg === 'configuration reread' && count() > seen);
  seen = count();
}
const count = () => assistant.log.filter(({ msg }) => msg === 'configuration reread').length;

describe('files that change while the bot runs', () => {
  it('a device that is added is known, one that is gone is not, and a card about it does nothing', async () => {
    const { ask, click } = someone(() => assistant);
    const card = await ask('reboot hq-fw02');
    const devices = await readFile(path('devices.yaml'), 'utf8');
    await change('devices.yaml', (text) => text.replace('name: hq-fw02', 'name: hq-fw03'));
    assert.match(words(await ask('reboot hq-fw03')), /^Reboot hq-fw03\?$/m);
    assertSays(words(await ask('reboot hq-fw02')), /hq-fw02/, /Did you mean|There is no/);
    const answer = await click(card, doing(card));
    assert.deepEqual(
      [answer.type, answer.value],
      [WORDS, 'What devices.yaml says of hq-fw02 was changed after this was asked. Nothing was sent. Ask again.'],
    );
    assert.equal(assistant.folder.count('hq-fw02'), 0);
    await change('devices.yaml', () => devices);
  });

  it('a card from before its device got another address reboots neither', async () => {
    const { ask, click } = someone(() => assistant);
    const card = await ask('reboot hq-fw01');
    const devices = await readFile(path('devices.yaml'), 'utf8');
    const [first, second] = ['hq-fw01', 'hq-fw02'].map((name) => assistant.folder.device(name).port);
    const swapped = (port: string) => (port === String(first) ? second : first);
    await change('devices.yaml', (text) =>
      text.replace(new RegExp(`(?<=port: )(?:${first}|${second})\\b`, 'g'), (port) => String(swapped(port))),
    );
    const { type, value } = await click(card, doing(card));
    assert.deepEqual([type, /^What devices\.yaml says of hq-fw01 was changed/.test(String(value))], [WORDS, true]);
    assert.deepEqual([assistant.folder.count('hq-fw01'), assistant.folder.count('hq-fw02')], [0, 0]);
    await change('devices.yaml', () => devices);
  });

  it('a process that is added is known', async () => {
    const { ask } = someone(() => assistant);
    await change('entities.yaml', () => 'process: [frobnicator]\n');
    assert.match(words(await ask('restart frobnicator on hq-fw01')), /frobnicator/);
  });

  it('credentials that change count for the next login', async () => {
    const { ask } = someone(() => assistant);
    const text = await readFile(path('secrets.yaml'), 'utf8');
    await change('secrets.yaml', () => 'type: junos\n.*: {user: netops, env: NOT_SET_ANYWHERE}\n');
    assert.match(words(await ask('reboot hq-fw01')), /The environment variable NOT_SET_ANYWHERE is not set\./);
    await change('secrets.yaml', () => text);
    assert.match(words(await ask('reboot hq-fw01')), /^✓ hq-fw01\nSRX345/m);
  });

  it('a broken file leaves everything as it was, and is told in words', async () => {
    const { ask } = someone(() => assistant, { person: newPerson('Megan Bowen') });
    const text = await readFile(path('devices.yaml'), 'utf8');
    await writeFile(path('devices.yaml'), 'site: hq\ndevices: [hq-fw01\n');
    await assistant.logged(({ msg }) => /^configuration changed and is broken/.test(String(msg)));
    assert.match(words(await ask('reboot hq-fw02')), /^Reboot hq-fw02\?$/m);
    await change('devices.yaml', () => text);
  });
});
