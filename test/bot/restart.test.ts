import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { buttonsOf } from '../fakes/teams.ts';
import { CARD, doing, someone, WORDS, words } from './talking.ts';

const names = ['asked', 'modes', 'kill', 'plane', 'odd', 'lost', 'two', 'three', 'idle', 'time'];
let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: Object.fromEntries(names.map((name) => [`${name}-fw01`, {}])) });
});
after(() => assistant.close());

const talk = () => someone(() => assistant);
const state = (name: string) => assistant.folder.device(name).state;
const sent = (name: string) => state(name).rpcs.flatMap(({ rpc, xml }) => (rpc === 'restart-daemon' ? [xml] : []));
const restart = (process: string, mode = '') =>
  `<restart-daemon><daemon-name>${process}</daemon-name>${mode}</restart-daemon>`;

describe('restarting a process', { concurrency: true }, () => {
  it('without a process it asks; the answer may be typed, pressed or taken from the list', async () => {
    const { ask, fill, press, say } = talk();
    const question = await ask('restart on asked-fw01');
    assert.match(words(question), /^Which process shall be restarted on asked-fw01\?$/m);
    assert.deepEqual(buttonsOf(question), ['Reboot asked-fw01', 'Choose']);
    assert.match(words(await ask('routing')), /^Restart routing on asked-fw01\?$/m);
    await ask('restart on asked-fw01');
    assert.match(words(await fill({ ask: 'process', process: 'snmp' })), /^Restart snmp on asked-fw01\?$/m);
    await ask('restart on asked-fw01');
    assert.match(words(await press(question, 'Reboot asked-fw01')), /^Reboot asked-fw01\?$/m);
    await say('cancel');
  });

  it('without a device it asks for one, and keeps the process', async () => {
    const { ask } = talk();
    assert.match(words(await ask('restart routing')), /^Which device is meant\?$/m);
    assert.match(words(await ask('asked-fw01')), /^Restart routing on asked-fw01\?$/m);
  });

  it('an unknown process is never taken for a near one: suggestions to choose from', async () => {
    const { ask, press } = talk();
    const question = await ask('restart routng on asked-fw01');
    assert.match(words(question), /There is no Junos process called "routng"\./);
    assert.ok(buttonsOf(question).includes('routing'), buttonsOf(question).join());
    assert.match(words(await ask('no-such-thing')), /There is no Junos process called "no-such-thing"\./);
    assert.match(words(await press(question, 'routing')), /^Restart routing on asked-fw01\?$/m);
  });

  it('gracefully is preset, and what is chosen on the card is what is sent', async () => {
    const first = await talk().through('restart routing on modes-fw01');
    assertSays(words(first.card), /^gracefully \(it is asked to end\)$/m, /Restarting routing drops its neighbours/);
    assertSays(first.words, /^Done$/m, /^routing on modes-fw01 was restarted$/m, /with the process id \d+\./);
    const soft = await talk().through('restart routing on modes-fw01', { mode: 'soft' });
    assert.match(soft.words, /gave no text back, which is usual|rereads its configuration/);
    assert.deepEqual(sent('modes-fw01'), [restart('routing'), restart('routing', '<soft/>')]);
  });

  it('"immediately" is preset when it was said', async () => {
    const { words: end } = await talk().through('restart snmp on kill-fw01 immediately');
    assertSays(
      end,
      /^Done$/m,
      /took the command and gave no text back, which is usual\. Check with: show system processes extensive\./,
    );
    assert.deepEqual(sent('kill-fw01'), [restart('snmp', '<immediately/>')]);
  });

  it('forwarding: the card warns, the lost session is expected, and it ends when the device answers again', async () => {
    const { card, words: end } = await talk().through('restart forwarding on plane-fw01');
    assert.match(words(card), /stops all traffic through the device for five minutes or more/);
    assertSays(end, /^Done$/m, /^plane-fw01 answers again, .* after the restart of forwarding\.$/m);
    assert.deepEqual(sent('plane-fw01'), [restart('forwarding')]);
  });

  it('a lost session that was not expected: unknown, and not sent again', async () => {
    state('lost-fw01').cutBeforeReply = 'restart-daemon';
    const { words: end } = await talk().through('restart routing on lost-fw01');
    assertSays(end, /^Unknown$/m, /^Was routing on lost-fw01 restarted\? Unknown$/m, /It was not asked again\./);
    assert.equal(sent('lost-fw01').length, 1);
  });

  it('a process that does not run there: refused, in words', async () => {
    const process = state('idle-fw01').processes.get('snmp') ?? assert.fail('no snmp');
    process.isNeeded = false;
    const { words: end } = await talk().through('restart snmp on idle-fw01');
    assertSays(end, /^Refused$/m, /snmp is not running on idle-fw01: its configuration does not use it\./);
  });

  it('a way to restart it that is none is refused, sends nothing, and leaves the card open', async () => {
    const { ask, click, open } = talk();
    const card = await ask('restart routing on odd-fw01');
    for (const mode of ['', 'now', 'graceful ', 7, ['soft'], { mode: 'soft' }]) {
      const { type, value } = await click(card, doing(card), { mode });
      assert.deepEqual([type, value], [WORDS, 'Choose how to restart it. Nothing was sent.'], JSON.stringify(mode));
    }
    assert.deepEqual([sent('odd-fw01'), open()], [[], 1]);
    // Another process in the click is not the one that the card asked about.
    const { type } = await click(card, 'Cancel', { process: 'forwarding' });
    assert.equal(type, CARD);
  });

  it('two devices: one card, a command each', async () => {
    const { card, words: end } = await talk().through('restart routing on two-fw01 and three-fw01');
    assertSays(
      words(card),
      /^Restart routing on two-fw01 and three-fw01\?$/m,
      /^2 devices restart it at the same time\.$/m,
    );
    assertSays(end, /^Done$/m, /^✓ two-fw01: Done$/m, /^✓ three-fw01: Done$/m);
    assert.deepEqual([sent('two-fw01').length, sent('three-fw01').length], [1, 1]);
  });

  it('a time cannot be given to it, and it does not happen at once instead', async () => {
    const { say, open } = talk();
    const answers = (await say('restart routing on time-fw01 in 2 hours')).map(words);
    assert.ok(
      answers.some((text) => /only a reboot can be given a time|did not understand/.test(text)),
      answers.join('\n'),
    );
    assert.deepEqual(sent('time-fw01'), []);
    assert.ok(open() <= 1);
  });
});
