import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays, type ConnectorRequest, wordsOf } from '../fakes/connector.ts';
import { buttonsOf } from '../fakes/teams.ts';
import { CARD, doing, shown, someone, WORDS, words } from './talking.ts';

const MINUTE_MS = 60_000;
const AWAY_MS = 3_600_000;

/** One device, and an assistant whose clock can be moved: each test has its own. */
async function withDevice(
  downMs: number,
  run: (assistant: Assistant, talk: ReturnType<typeof someone>) => Promise<void>,
): Promise<void> {
  const assistant = await Assistant.start({ devices: { 'hq-fw01': { downMs } } });
  try {
    await run(
      assistant,
      someone(() => assistant),
    );
  } finally {
    await assistant.close();
  }
}

const last = (assistant: Assistant, card: ConnectorRequest) =>
  assistant.connector.messages.filter(({ activityId }) => activityId === card.activityId).at(-1);

describe('a reboot until its end', { concurrency: true }, () => {
  it('does not come back within the limit: failed, with what to try; "Look again" waits once more', async () => {
    await withDevice(AWAY_MS, async (assistant, { ask, click, ended, chat, person }) => {
      const card = await ask('reboot hq-fw01');
      await click(card, doing(card));
      await shown(assistant, card, /^✓ hq-fw01 went down$/m, /Waiting for it to come back/);
      assistant.moveClock(21 * MINUTE_MS);
      assertSays(
        await ended(card),
        /^Failed$/m,
        /hq-fw01 has not come back after 2\d min\./,
        /Try its console or its power\./,
      );
      const failed = last(assistant, card) ?? assert.fail();
      assert.deepEqual(buttonsOf(failed), ['Look again', 'Collect logs', 'Details']);
      // In another chat: this one is told of the failure meanwhile.
      assert.match(
        words(await someone(() => assistant).press(failed, 'Collect logs')),
        /^Collect the logs of hq-fw01\?$/m,
      );
      // Nobody looks at that card any more: it is told in a message as well.
      await assistant.connector.waitFor(
        ({ method, conversationId, activity }) =>
          method === 'POST' && conversationId === chat.id && /^Reboot of hq-fw01 failed\./.test(activity.text ?? ''),
      );
      const [job] = assistant.folder.rows('SELECT id, status FROM jobs');
      const again = () =>
        assistant.teams.execute(person, chat, { type: 'Action.Execute', verb: 'look-again', data: { job: job?.id } });
      const answer = await again();
      assert.equal(answer.type, CARD, String(answer.value));
      assertSays(wordsOf(answer.value as Record<string, unknown>), /^In progress$/m, /^Rebooting hq-fw01$/m);
      assert.equal(assistant.folder.count('hq-fw01'), 1);
    });
  });

  it('"Look again" at a device that came back meanwhile: done, and no second command', async () => {
    await withDevice(50, async (assistant, { ask, click, ended, chat, person }) => {
      const { state, events } = assistant.folder.device('hq-fw01');
      const card = await ask('reboot hq-fw01');
      // Up, but nobody gets in: as with a password that a boot brought back.
      events.once('down', () => (state.authMethods = []));
      const isUp = new Promise<void>((resolve) => events.once('up', () => resolve()));
      await click(card, doing(card));
      await isUp;
      assistant.moveClock(21 * MINUTE_MS);
      assertSays(
        await ended(card),
        /^Unknown$/m,
        /could not be asked whether it rebooted\. hq-fw01 refused the password/,
      );
      state.authMethods = ['password'];
      const [job] = assistant.folder.rows('SELECT id FROM jobs');
      const again = () =>
        assistant.teams.execute(person, chat, { type: 'Action.Execute', verb: 'look-again', data: { job: job?.id } });
      const answers = await Promise.all([again(), again(), again()]);
      assert.ok(answers.some(({ type }) => type === CARD));
      assertSays(await shown(assistant, card, /^Done$/m), /^hq-fw01 is back$/m, /\bEnded /);
      assert.deepEqual(
        [assistant.folder.count('hq-fw01'), assistant.folder.rows('SELECT status FROM jobs')[0]?.status],
        [1, 'done'],
      );
    });
  });

  it('"hang": not carried out, no answer; after the grace it did not reboot, and is not asked again', async () => {
    await withDevice(50, async (assistant, { ask, click, ended }) => {
      const { state } = assistant.folder.device('hq-fw01');
      state.hang = 'request-reboot';
      const card = await ask('reboot hq-fw01');
      await click(card, doing(card));
      await assistant.folder.received('hq-fw01', 'request-reboot');
      // The connection goes: what came of it only the device can tell.
      await assistant.stop();
      state.hang = false;
      assistant.moveClock(5 * MINUTE_MS);
      await assistant.startAgain();
      assertSays(
        await ended(card),
        /^Failed$/m,
        /^hq-fw01 did not reboot: it has been up for 1 day, and nothing is scheduled on it\./m,
      );
      assert.equal(assistant.folder.count('hq-fw01'), 1);
    });
  });

  it('a scheduled one: over a restart of the bot it waits, happens at its time, and ends when the device is back', async () => {
    await withDevice(50, async (assistant, { ask, click, ended }) => {
      const card = await ask('reboot hq-fw01 in 30 minutes');
      await click(card, doing(card));
      await shown(assistant, card, /^Scheduled$/m);
      await assistant.stop();
      const { state, tick } = assistant.folder.device('hq-fw01');
      const { pending } = state;
      assert.ok(pending);
      // Half an hour later by every clock but the device's boots: it goes down when its time has come.
      pending.at = new Date(Date.now() - 1_000);
      tick();
      await new Promise<void>((resolve) => assistant.folder.device('hq-fw01').events.once('up', resolve));
      state.bootedAt = new Date(Date.now() - 1_000);
      assistant.moveClock(30 * MINUTE_MS + 5_000);
      await assistant.startAgain();
      assertSays(await ended(card), /^Done$/m, /^hq-fw01 is back$/m);
      assert.equal(assistant.folder.count('hq-fw01'), 1);
    });
  });

  it('a scheduled one that somebody cancelled on the device itself did not happen, and the card says so', async () => {
    await withDevice(50, async (assistant, { ask, click, ended }) => {
      const card = await ask('reboot hq-fw01 in 30 minutes');
      await click(card, doing(card));
      await shown(assistant, card, /^Scheduled$/m);
      assistant.folder.device('hq-fw01').state.pending = null;
      await assistant.stop();
      assistant.moveClock(36 * MINUTE_MS);
      await assistant.startAgain();
      assertSays(await ended(card), /^Failed$/m, /hq-fw01 did not reboot at .*: it has been up for 1 day/);
      assert.equal(assistant.folder.count('hq-fw01'), 1);
    });
  });

  it('"Look again" at what is none of its business: words, and nothing is looked at', async () => {
    await withDevice(50, async (assistant, { person, chat, through }) => {
      const again = (data: unknown) =>
        assistant.teams.execute(person, chat, { type: 'Action.Execute', verb: 'look-again', data });
      for (const data of [{ job: 'no-such-job' }, { job: '' }, { job: 7 }, {}, null, { job: ['x'] }]) {
        const { status, type, value } = await again(data);
        assert.deepEqual([status, type], [200, WORDS], JSON.stringify(data));
        assert.match(String(value), /not known here/);
      }
      const { card } = await through('reboot hq-fw01');
      const logins = assistant.folder.device('hq-fw01').state.logins.length;
      const [job] = assistant.folder.rows('SELECT id FROM jobs');
      // It ended well: there is nothing to look at.
      assert.match(String((await again({ job: job?.id })).value), /nothing to look at any more/);
      assert.equal(assistant.folder.device('hq-fw01').state.logins.length, logins);
      assert.match(words(last(assistant, card) ?? assert.fail()), /^Done$/m);
    });
  });
});
