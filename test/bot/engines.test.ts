import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Platform } from '../../simulator/platforms.ts';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, cardOf } from '../fakes/connector.ts';
import type { DeviceSpec } from '../fakes/folder.ts';
import { CARD, doing, someone, WORDS, words } from './talking.ts';

const devices: Record<string, DeviceSpec> = {};
const add = (platform: Platform, ...names: string[]) => {
  for (const name of names) devices[name] = { platform };
};
add('mx-dual-re', 'mx-none', 'mx-this', 'mx-other', 'mx-both', 'mx-alone', 'mx-odd', 'mx-pair1', 'mx-pair2');
add('ex-vc', 'vc-one', 'vc-all', 'vc-none');
add('srx-cluster', 'cluster');
add('evo', 'evo');
add('srx', 'single', 'no-other');

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices });
});
after(() => assistant.close());

const talk = () => someone(() => assistant);
const sent = (device: string) =>
  assistant.folder
    .device(device)
    .state.rpcs.filter(({ rpc }) => /^request-.*reboot$/.test(rpc))
    .map(({ xml }) => xml);
/** Ids and presets of what can be chosen on a card. */
const choices = (card: Parameters<typeof words>[0]) =>
  ((cardOf(card.activity)?.body ?? []) as { type: string; id: string; value: string }[])
    .filter(({ type }) => type === 'Input.ChoiceSet')
    .map(({ id, value }) => [id, value]);

describe('which Routing Engines a reboot takes down', { concurrency: true }, () => {
  const cases: [device: string, inputs: Record<string, string>, xml: string][] = [
    ['mx-none', {}, '<request-reboot/>'],
    ['mx-this', { 'engines mx-this': 'this' }, '<request-reboot/>'],
    ['mx-other', { 'engines mx-other': 'other' }, '<request-reboot><other-routing-engine/></request-reboot>'],
    ['mx-both', { 'engines mx-both': 'both' }, '<request-reboot><both-routing-engines/></request-reboot>'],
    ['vc-one', { 'engines vc-one': 'member:1' }, '<request-reboot><member>1</member></request-reboot>'],
    ['vc-all', { 'engines vc-all': 'all-members' }, '<request-reboot><all-members/></request-reboot>'],
    ['cluster', {}, '<request-reboot/>'],
    ['evo', {}, '<request-system-reboot/>'],
    ['single', {}, '<request-reboot/>'],
  ];
  for (const [device, inputs, xml] of cases) {
    it(`${device}, chosen ${JSON.stringify(inputs)}: ${xml}`, async () => {
      const { words: end } = await talk().through(`reboot ${device}`, inputs);
      assertSays(end, /^Done$/m, new RegExp(`^(?:The other engine of |Member 1 of )?${device} is back$`, 'm'));
      assert.deepEqual(sent(device), [xml]);
    });
  }

  it('the other engine alone: the one the assistant is on stays up, and the other one was away', async () => {
    const { engines } = assistant.folder.device('mx-alone').state;
    const before = engines.map(({ bootedAt }) => bootedAt.getTime());
    await talk().through('reboot mx-alone', { 'engines mx-alone': 'other' });
    const moved = engines.map(({ bootedAt }, n) => bootedAt.getTime() !== before[n]);
    assert.deepEqual(moved, [false, true]);
  });

  it('the card says what can be chosen, and which of it is preset', async () => {
    const { ask } = talk();
    const mx = await ask('reboot mx-odd');
    assert.deepEqual(choices(mx), [['engines mx-odd', 'this']]);
    assertSays(words(mx), /^this one \(re0, master\); re1 keeps running$/m, /^the other one \(re1, backup\)$/m);
    assertSays(words(mx), /^both \(re0 and re1\)$/m);
    const vc = await ask('reboot vc-none');
    const [[id, preset] = []] = choices(vc);
    assert.deepEqual([id, preset === '' || /^member:[01]$/.test(String(preset))], ['engines vc-none', true]);
    assertSays(words(vc), /^member 0 \(.*master.*\)$/m, /^member 1 \(.*backup.*\)$/m, /^all 2 members$/m);
    for (const device of ['cluster', 'single']) {
      const card = await ask(`reboot ${device} in 5 hours`);
      assert.deepEqual(choices(card), [], device);
      assert.match(words(card), /^Engine\n/m, device);
    }
  });

  it('two chassis in one request: each has its own choice, and gets what was chosen for it', async () => {
    const { ask, click, ended } = talk();
    const card = await ask('reboot mx-pair1 and mx-pair2');
    assert.deepEqual(choices(card), [
      ['engines mx-pair1', 'this'],
      ['engines mx-pair2', 'this'],
    ]);
    assertSays(words(card), /^2 devices go down at the same time\.$/m);
    await click(card, doing(card), { 'engines mx-pair1': 'this', 'engines mx-pair2': 'both' });
    assertSays(await ended(card), /^Done$/m);
    assert.deepEqual(sent('mx-pair1'), ['<request-reboot/>']);
    assert.deepEqual(sent('mx-pair2'), ['<request-reboot><both-routing-engines/></request-reboot>']);
  });

  it('what is none of the options is refused, sends nothing, and leaves the card open', async () => {
    const { ask, click, open } = talk();
    const card = await ask('reboot mx-odd');
    for (const odd of ['', 'all', 'member:', 'member:1 ', 'member:-1', 'both ', null, 7, ['both'], { value: 'both' }]) {
      const { type, value } = await click(card, doing(card), { 'engines mx-odd': odd });
      assert.equal(type, WORDS, JSON.stringify(odd));
      assert.equal(value, 'Choose which engines of mx-odd to reboot. Nothing was sent.');
    }
    assert.deepEqual([sent('mx-odd'), open()], [[], 1]);
    // What is for a device that this card is not for is for nobody.
    const { type } = await click(card, 'Cancel', { 'engines mx-both': 'both' });
    assert.equal(type, CARD);
  });

  it('a choice that this platform does not have is refused before anything is sent', async () => {
    const { ask, click, ended } = talk();
    const card = await ask('reboot no-other');
    assert.equal((await click(card, doing(card), { 'engines no-other': 'other' })).type, CARD);
    assertSays(
      await ended(card),
      /^Refused$/m,
      /shows one Routing Engine only, so there is no other one/,
      /Nothing was sent\./,
    );
    assert.deepEqual(sent('no-other'), []);
  });
});
