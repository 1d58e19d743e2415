import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { eventBody } from '../fakes/assistant.ts';
import { type ConnectorRequest, cardOf, wordsOf } from '../fakes/connector.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';
import { alex, chat, onSite } from './site.ts';

const words = ({ activity }: ConnectorRequest) => wordsOf(activity);

describe('kill -9', { concurrency: true }, () => {
  it('between the 202 and the card: the row is there, and the card comes after the restart, once', () =>
    onSite(async (site) => {
      const first = await site.start();
      await site.teams.ask(alex, chat, 'alerts here');
      site.connector.plan({ hang: true }, 1, ({ activity }) => cardOf(activity) !== undefined);
      const id = await site.event('the line is down');
      await site.connector.waitForRequest(({ activity }) => wordsOf(activity).includes('the line is down'));
      assert.deepEqual(await first.signal('SIGKILL'), { code: null, signal: 'SIGKILL' });
      assert.deepEqual(
        site.folder.rows('SELECT id, description FROM events').map((row) => ({ ...row })),
        [{ id, description: 'the line is down' }],
      );
      await site.start();
      await site.event('and up again');
      await site.connector.waitFor((message) => words(message).includes('and up again'));
      const told = site.connector.messages.filter((message) => words(message).includes('the line is down'));
      assert.equal(told.length, 1);
    }));

  it('before the command: the job goes on after the restart, with one command', () =>
    onSite(async (site) => {
      const { state } = site.folder.device('hq-fw01');
      const first = await site.start();
      const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
      state.hang = 'get-reboot-information';
      await site.teams.click(alex, chat, card, 'Reboot now');
      await site.folder.received('hq-fw01', 'get-reboot-information', 2);
      await first.signal('SIGKILL');
      assert.equal(site.folder.rows('SELECT status FROM jobs')[0]?.status, 'running');
      assert.equal(site.folder.count('hq-fw01'), 0);
      state.hang = false;
      await site.start();
      const end = await site.endOf(card, 'Done');
      assert.match(words(end), /restarted before anything was sent, and goes on/);
      assert.match(words(end), /hq-fw01 is back/);
      assert.equal(site.folder.count('hq-fw01'), 1);
      assert.match(String((await site.teams.click(alex, chat, card, 'Reboot now')).value), /This click sent nothing\./);
    }));

  it('after the command, before its answer, over two restarts: the device is looked at, never asked again', () =>
    onSite(async (site) => {
      const { state } = site.folder.device('hq-fw01');
      const first = await site.start();
      const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
      // Carried out, and its answer comes too late.
      site.folder.after('hq-fw01', 'request-reboot', 1, () => {
        state.latencyMs = 4_000;
      });
      await site.teams.click(alex, chat, card, 'Reboot now');
      await site.folder.received('hq-fw01', 'request-reboot');
      await first.signal('SIGKILL');
      assert.equal(site.folder.rows('SELECT status FROM jobs')[0]?.status, 'sent');
      state.latencyMs = 0;
      // The second one cannot tell anybody, and is killed as well.
      site.connector.plan({ hang: true }, 1, ({ method }) => method === 'PUT');
      const second = await site.start();
      await site.connector.waitForRequest(({ method, status }) => method === 'PUT' && status === null);
      await second.signal('SIGKILL');
      await site.start();
      const end = await site.endOf(card, 'Done');
      assert.match(words(end), /hq-fw01 is back/);
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));

  it('while waiting for the device: goes on waiting, and tells how long it took', () =>
    onSite(
      async (site) => {
        const first = await site.start();
        const card = await site.confirmed();
        await site.connector.waitFor(({ activity }) => /Waiting for it to come back/.test(wordsOf(activity)));
        await first.signal('SIGKILL');
        assert.equal(site.folder.rows('SELECT status FROM jobs')[0]?.status, 'waiting');
        await site.start();
        const end = await site.endOf(card, 'Done');
        assert.match(words(end), /(?:Away for|Back) \d+ (?:s|min)/);
        assert.equal(site.folder.count('hq-fw01'), 1);
      },
      { devices: { 'hq-fw01': { downMs: 8_000 } } },
    ));

  it('with a reboot scheduled: it is known afterwards, and can be cancelled', () =>
    onSite(async (site) => {
      const first = await site.start();
      const card = await site.confirmed('reboot hq-fw01 in 30 minutes');
      await site.endOf(card, 'Scheduled');
      await first.signal('SIGKILL');
      await site.start();
      const question = await site.teams.ask(alex, chat, 'cancel the reboot of hq-fw01');
      await site.teams.click(alex, chat, question, 'Cancel the reboot');
      await site.endOf(question, 'Done');
      const end = await site.endOf(card, 'Cancelled');
      assert.match(words(end), /is no longer on its list\. It will not happen\./);
      assert.equal(site.folder.count('hq-fw01'), 1);
      assert.equal(site.folder.count('hq-fw01', 'clear-reboot'), 1);
    }));

  it('a card that nobody clicked yet works after it', () =>
    onSite(async (site) => {
      const first = await site.start();
      const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
      await first.signal('SIGKILL');
      await site.start();
      await site.teams.click(alex, chat, card, 'Reboot now');
      await site.endOf(card, 'Done');
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));
});

describe('SIGTERM', { concurrency: true }, () => {
  it('in the middle of a job and of a webhook: the command and the event are finished, exit 0', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.latencyMs = 300;
      const program = await site.start();
      const card = await site.confirmed();
      const body = eventBody();
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        'Junos-Auth': sign(body, WEBHOOK_SECRET),
      };
      const outgoing = request(`${site.url}/webhooks/junos`, { method: 'POST', headers });
      await new Promise((resolve) => outgoing.write(body.subarray(0, 20), resolve));
      await site.folder.received('hq-fw01', 'get-software-information');
      const exit = program.signal('SIGTERM');
      outgoing.end(body.subarray(20));
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      assert.equal(response.statusCode, 202);
      response.resume();
      assert.deepEqual(await exit, { code: 0, signal: null });
      // The command was sent and answered; that the device comes back is for the next start to tell.
      assert.ok(['waiting', 'done'].includes(String(site.folder.rows('SELECT status FROM jobs')[0]?.status)));
      await site.start();
      await site.endOf(card, 'Done');
      assert.equal(site.folder.count('hq-fw01'), 1);
      assert.equal(site.folder.rows('SELECT id FROM events').length, 1);
    }));

  it('while the device hangs: cut off, exit 0; the next start looks at the device and sends nothing', () =>
    onSite(async (site) => {
      const { state } = site.folder.device('hq-fw01');
      const program = await site.start();
      state.hang = 'request-reboot';
      const card = await site.confirmed();
      await site.folder.received('hq-fw01', 'request-reboot');
      assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
      assert.equal(site.folder.rows('SELECT status FROM jobs')[0]?.status, 'sent');
      state.hang = false;
      const looks = site.folder.count('hq-fw01', 'get-system-uptime-information');
      await site.start();
      await site.folder.received('hq-fw01', 'get-system-uptime-information', looks + 2);
      await site.connector.waitFor(
        ({ activityId, activity }) =>
          activityId === card.activityId && /Sent before the assistant was restarted/.test(wordsOf(activity)),
      );
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));

  it('while the device and the connector hang: exit 0 in less than ten seconds', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.hang = 'request-reboot';
      const program = await site.start();
      await site.teams.ask(alex, chat, 'alerts here');
      await site.confirmed();
      await site.folder.received('hq-fw01', 'request-reboot');
      site.connector.plan({ hang: true }, 1_000);
      await site.event('the line is down');
      await site.connector.waitForRequest(({ activity }) => wordsOf(activity).includes('the line is down'));
      const began = performance.now();
      assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
      assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));

  it('while Teams asks for half an hour of patience: exit 0 without it', () =>
    onSite(async (site) => {
      const program = await site.start();
      await site.teams.ask(alex, chat, 'alerts here');
      site.connector.plan({ status: 429, headers: { 'Retry-After': '1800' } });
      await site.event('the line is down');
      await site.connector.waitForRequest(({ status }) => status === 429 || status === null);
      assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
      assert.equal(site.folder.rows('SELECT * FROM event_groups WHERE activity_id IS NOT NULL').length, 0);
    }));
});
