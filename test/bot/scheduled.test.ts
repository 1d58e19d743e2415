import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import type { DeviceSpec } from '../fakes/folder.ts';
import { buttonsOf } from '../fakes/teams.ts';
import { doing, shown, someone, words } from './talking.ts';

const devices: Record<string, DeviceSpec> = {
  'mine-fw01': {},
  'none-fw01': {},
  'refuses-fw01': {},
  'stays-fw01': {},
  'core-mx01': { platform: 'mx-dual-re', site: 'core' },
  'quiet-fw01': { password: 'changed-on-the-device', site: 'core' },
  'hand-fw01': {},
};

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices });
});
after(() => assistant.close());

const talk = () => someone(() => assistant);
const state = (name: string) => assistant.folder.device(name).state;
const soon = () => new Date(Date.now() + 3_600_000);

describe('cancelling a scheduled reboot', { concurrency: true }, () => {
  it('proved by asking, and the card of the scheduled reboot says so', async () => {
    const { ask, click, through } = talk();
    const scheduled = await ask('reboot mine-fw01 in 2 hours');
    await click(scheduled, doing(scheduled));
    await shown(assistant, scheduled, /^Scheduled$/m);
    const { card, words: end } = await through('cancel the reboot of mine-fw01');
    assertSays(words(card), /^Cancel the scheduled reboot of mine-fw01\?$/m, /^reboot at .+ \(in 2 h\) by netops$/m);
    assertSays(
      end,
      /^Done$/m,
      /^No reboot is scheduled on mine-fw01$/m,
      /asked afterwards, it has nothing scheduled\./,
    );
    assertSays(
      await shown(assistant, scheduled, /^Cancelled$/m),
      /^Reboot of mine-fw01 was cancelled$/m,
      /The reboot of mine-fw01 at .+ is no longer on its list\. It will not happen\./,
    );
    assert.equal(state('mine-fw01').pending, null);
    assert.equal(assistant.folder.count('mine-fw01', 'clear-reboot'), 1);
  });

  it('nothing is scheduled: done, and nothing was sent', async () => {
    const { words: end } = await talk().through('cancel the reboot of none-fw01');
    assertSays(end, /^Done$/m, /^Nothing is scheduled on none-fw01\. Nothing was sent\.$/m);
    assert.equal(assistant.folder.count('none-fw01', 'clear-reboot'), 0);
  });

  it('refused for want of permission: it still stands', async () => {
    state('refuses-fw01').pending = { at: soon(), user: 'somebody', pid: 1 };
    state('refuses-fw01').rpcErrorOn = { 'clear-reboot': 'permission denied' };
    const { words: end } = await talk().through('cancel the reboot of refuses-fw01');
    assertSays(end, /^Refused$/m, /^The reboot of refuses-fw01 was not cancelled$/m, /permission "maintenance"/);
    assert.notEqual(state('refuses-fw01').pending, null);
  });

  it('the answer is lost: asked afterwards, the device tells, and it is not sent again', async () => {
    state('stays-fw01').pending = { at: soon(), user: 'somebody', pid: 1 };
    state('stays-fw01').cutBeforeReply = 'clear-reboot';
    const { words: end } = await talk().through('cancel the reboot of stays-fw01');
    assertSays(end, /^Done$/m, /Asked afterwards, stays-fw01 has nothing scheduled\./);
    assert.equal(assistant.folder.count('stays-fw01', 'clear-reboot'), 1);
  });
});

describe('what is scheduled', () => {
  it('of one device: when and by whom, with a button that asks to cancel it', async () => {
    state('hand-fw01').pending = { at: soon(), user: 'somebody', pid: 1 };
    const { ask, press } = talk();
    const card = await ask('show reboots of hand-fw01');
    assertSays(words(card), /^Scheduled reboots$/m, /^hand-fw01\nreboot at .*\d\d:\d\d GMT, by somebody$/m);
    assert.deepEqual(buttonsOf(card), ['Cancel the reboot of hand-fw01']);
    const asked = await press(card, 'Cancel the reboot of hand-fw01');
    assert.match(words(asked), /^Cancel the scheduled reboot of hand-fw01\?$/m);
    assert.notEqual(state('hand-fw01').pending, null);
  });

  it('of all: a line each, the ones that cannot be asked with the reason', async () => {
    const { ask } = talk();
    // The other engine's as well.
    const other = state('core-mx01').engines[1] ?? assert.fail('no second engine');
    other.pending = { at: soon(), user: 'night-shift', pid: 1 };
    const card = words(await ask('show reboots'));
    assertSays(card, /^none-fw01\nnothing scheduled$/m, /^core-mx01\nreboot at .* by night-shift$/m);
    assertSays(card, /^quiet-fw01\ncould not be asked: quiet-fw01 refused the password/m);
  });

  it('of a device that is unknown: a near one is named, none is asked', async () => {
    const { ask } = talk();
    assert.match(
      words(await ask('show reboots of none-fw09')),
      /There is no device called "none-fw09" here\. Did you mean .*none-fw01/,
    );
  });
});

describe('events and devices', () => {
  it('the latest of a device, newest first, and of all; a text from a device stays a text', async () => {
    const { ask } = talk();
    await assistant.event({ hostname: 'mine-fw01', event: 'CRITICAL', message: 'fan tray 0 failed' });
    await assistant.event({ hostname: 'hand-fw01', event: 'WARNING', message: '[x](https://evil.example)' });
    await assistant.event({ hostname: 'mine-fw01', event: 'STORED', message: 'link up' });
    const one = words(await ask('events mine-fw01'));
    assertSays(one, /^Latest events received from mine-fw01$/m, /mine-fw01 · Critical\nCRITICAL: fan tray 0 failed$/m);
    assert.ok(one.indexOf('link up') < one.indexOf('fan tray'), one);
    assert.doesNotMatch(one, /hand-fw01/);
    const all = await ask('events');
    assertSays(
      words(all),
      /^Latest events received$/m,
      /hand-fw01 · Warning\nWARNING: \[x\]\(https:\/\/evil\.example\)$/m,
    );
    assert.doesNotMatch(JSON.stringify(all.activity), /[^\\]\[x\]\(https/);
    assert.match(words(await ask('events none-fw01')), /^No event from none-fw01 was received yet$/m);
  });

  it('the devices of a site are those of the site', async () => {
    const { ask } = talk();
    assert.match(words(await ask('devices at core')), /^\n2 devices\ncore \(2\)\ncore-mx01, quiet-fw01$/);
    assertSays(words(await ask('devices')), /^7 devices$/m, /^hq \(5\)$/m, /^core \(2\)$/m);
  });
});
