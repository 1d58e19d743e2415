import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restartProcessAction } from '../../src/actions/restart-process.ts';
import { NetconfError } from '../../src/netconf/errors.ts';
import { FakeDevice, gone, lost, rpcError, type Says } from '../jobs/fake-device.ts';
import { follow, LONDON, MINUTE, NOW, run, seen } from './context.ts';

const STARTED = 'Routing protocols process started, pid 48721';
const routing = { process: 'routing', mode: 'graceful' };

describe('restarting a process', () => {
  it('the card names it, says what it takes along, and lets the way be chosen', () => {
    const summary = restartProcessAction.summarise(JSON.stringify(routing), [seen('hq-rtr01')], NOW, LONDON);
    assert.deepEqual([summary.title, summary.button], ['Restart routing on hq-rtr01?', 'Restart routing']);
    assert.deepEqual(
      summary.choices.map(({ id, value, options }) => [id, value, options.map((option) => option.value)]),
      [['mode', 'graceful', ['graceful', 'immediately', 'soft']]],
    );
    assert.match(summary.warnings.join(), /drops its neighbours/);
  });

  it('forwarding: five minutes or more without the device', () => {
    const forwarding = JSON.stringify({ process: 'forwarding', mode: 'graceful' });
    const { warnings } = restartProcessAction.summarise(forwarding, [seen('hq-fw01')], NOW, LONDON);
    assert.match(warnings.join(), /stops all traffic through the device for five minutes or more/);
  });

  const choices: [input: unknown, mode: string | null][] = [
    [undefined, 'graceful'],
    ['immediately', 'immediately'],
    ['soft', 'soft'],
    ['', null],
    ['kill -9', null],
    [['soft'], null],
  ];
  for (const [input, mode] of choices) {
    it(`chosen ${JSON.stringify(input)}: ${mode ?? 'refused'}`, () => {
      const chosen = restartProcessAction.choose(JSON.stringify(routing), ['hq-rtr01'], { mode: input });
      assert.deepEqual(
        chosen,
        mode === null
          ? { refused: 'Choose how to restart it.' }
          : { parameters: JSON.stringify({ process: 'routing', mode }) },
      );
    });
  }

  it('is sent once, as chosen', async () => {
    const device = new FakeDevice({ restart: [''] });
    const { asked, order } = await run(restartProcessAction, { process: 'routing', mode: 'immediately' }, device);
    assert.deepEqual(asked, ['<restart-daemon><daemon-name>routing</daemon-name><immediately/></restart-daemon>']);
    assert.ok(order.some((line) => line.startsWith('sent after 0: <restart-daemon>')));
  });

  const answers: [what: string, parameters: object, says: Says, status: string, sentence: RegExp][] = [
    ['started', routing, STARTED, 'done', /^routing on hq-fw01 was started again, with the process id 48721\.$/],
    [
      'killed, and nothing said',
      { process: 'routing', mode: 'immediately' },
      '',
      'done',
      /took the command and gave no text back, which is usual\. Check with: show system processes extensive\.$/,
    ],
    [
      'not running',
      routing,
      rpcError('routing subsystem not running - not needed by configuration.'),
      'refused',
      /is not running on hq-fw01: its configuration does not use it\. Nothing was restarted\.$/,
    ],
    ['no such process', routing, rpcError('invalid daemon'), 'refused', /^hq-fw01 has no process called routing\.$/],
    ['no permission', routing, rpcError('permission denied'), 'refused', /needs the permission "reset"/],
    ['session lost', routing, lost(true), 'unknown', /gave no clear answer\. It was not asked again\./],
    [
      'forwarding takes the session along',
      { process: 'forwarding', mode: 'graceful' },
      lost(true),
      'waiting',
      /took the command\. The connection ended with forwarding, as expected\.$/,
    ],
  ];
  for (const [what, parameters, says, status, sentence] of answers) {
    it(`${what}: ${status}`, async () => {
      const { outcome } = await run(restartProcessAction, parameters, new FakeDevice({ restart: [says] }));
      assert.equal(outcome.status, status);
      assert.match(outcome.sentence, sentence);
    });
  }
});

describe('after a restart that took the session along', () => {
  const forwarding = { process: 'forwarding', mode: 'graceful' };

  it('waits until the device answers again, and tells how long it took', async () => {
    const looks = [gone(), gone(), new FakeDevice()];
    const { outcome } = await follow(restartProcessAction, forwarding, looks, { isAnswered: true });
    assert.equal(outcome.status, 'done');
    assert.match(outcome.sentence, /^hq-fw01 answers again, 7 s after the restart of forwarding\.$/);
  });

  it('a device that does not: failed, with what to try', async () => {
    const { outcome } = await follow(restartProcessAction, forwarding, [gone()], { isAnswered: true });
    assert.equal(outcome.status, 'failed');
    assert.equal(
      outcome.sentence,
      'hq-fw01 has not answered since the restart of forwarding was sent, 20 min ago. hq-fw01 refuses connections. Try its console.',
    );
  });

  it('a device that answers, and cannot be asked: unknown', async () => {
    const changed = new NetconfError('host-key', 'The host key of hq-fw01 has changed.', { sent: false });
    const { outcome } = await follow(restartProcessAction, forwarding, [changed], { isAnswered: true });
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      [
        'unknown',
        'The restart of forwarding was sent to hq-fw01 20 min ago, and it cannot be asked what came of it. The host key of hq-fw01 has changed. The command was not sent again. Look at the device before asking again.',
      ],
    );
  });

  it('long after the limit it is looked at for a while, before it is given up', async () => {
    const looks = [gone(), gone(), gone(), new FakeDevice()];
    const { outcome } = await follow(restartProcessAction, forwarding, looks, {
      isAnswered: true,
      sentAt: NOW - 180 * MINUTE,
    });
    assert.deepEqual(
      [outcome.status, outcome.sentence],
      ['done', 'hq-fw01 answers again, 3 h after the restart of forwarding.'],
    );
  });

  it('without an answer nobody can tell: unknown, and not asked again', async () => {
    const device = new FakeDevice();
    const { outcome } = await follow(restartProcessAction, routing, [device]);
    assert.equal(outcome.status, 'unknown');
    assert.equal(
      outcome.sentence,
      'The restart of routing was sent to hq-fw01 at 10:00 GMT, and no clear answer came. hq-fw01 answers. It has been up for 1 h. The command was not sent again. See whether routing is new: show system processes extensive.',
    );
    assert.deepEqual(device.asked, []);
  });
});
