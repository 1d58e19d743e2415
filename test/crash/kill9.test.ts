import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { eventBody } from '../fakes/assistant.ts';
import { Connector, type ConnectorRequest, cardOf, wordsOf } from '../fakes/connector.ts';
import { Folder, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { newPerson, personalChat, Teams } from '../fakes/teams.ts';
import { Program } from './program.ts';

/** A folder, a device and a connector that stay, and programs that come and go. */
class Site {
  readonly folder: Folder;
  readonly connector: Connector;
  readonly teams: Teams;
  readonly programs: Program[] = [];
  #url = '';

  constructor(folder: Folder, connector: Connector) {
    this.folder = folder;
    this.connector = connector;
    this.teams = new Teams(() => this.#url, connector);
  }

  async start(): Promise<Program> {
    const program = new Program(this.folder.dir);
    this.programs.push(program);
    this.#url = await program.ready;
    return program;
  }

  async event(message: string): Promise<number> {
    const body = eventBody({ message });
    const headers = { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) };
    const response = await fetch(`${this.#url}/webhooks/junos`, { method: 'POST', headers, body });
    assert.equal(response.status, 202);
    return ((await response.json()) as { id: number }).id;
  }

  get url(): string {
    return this.#url;
  }
}

async function onSite(run: (site: Site) => Promise<void>): Promise<void> {
  const site = new Site(await Folder.make(), await Connector.start());
  try {
    await run(site);
  } finally {
    await Promise.all(site.programs.map((program) => program.signal('SIGKILL')));
    await site.connector.close();
    await site.folder.close();
  }
}

const words = ({ activity }: ConnectorRequest) => wordsOf(activity);
const alex = newPerson('Alex Wilber');
const chat = personalChat(alex);

/** Asked for and confirmed: the job is under way when this returns. */
async function confirmed({ teams }: Site): Promise<ConnectorRequest> {
  const card = await teams.ask(alex, chat, 'reboot hq-fw01');
  const { value } = await teams.click(alex, chat, card, 'Reboot now');
  assert.match(wordsOf(value as object), /In progress/);
  return card;
}

const endOf = ({ connector }: Site, card: ConnectorRequest, word: string) =>
  connector.waitFor((message) => message.activityId === card.activityId && words(message).includes(`\n${word}\n`));

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

  it('while the job connects: nothing was sent, nothing is sent, and the card says so', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.hang = 'get-software-information';
      const first = await site.start();
      const card = await confirmed(site);
      await site.folder.received('hq-fw01', 'get-software-information');
      await first.signal('SIGKILL');
      site.folder.device('hq-fw01').state.hang = false;
      await site.start();
      const end = await endOf(site, card, 'Failed');
      assert.match(words(end), /restarted before the command was sent\. Nothing was sent to the device\./);
      assert.equal(site.folder.count('hq-fw01'), 0);
      assert.match(String((await site.teams.click(alex, chat, card, 'Reboot now')).value), /This click sent nothing\./);
    }));

  it('after the command, before its answer: never a second command, and the card says unknown, over two restarts', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.hang = 'request-reboot';
      const first = await site.start();
      const card = await confirmed(site);
      await site.folder.received('hq-fw01', 'request-reboot');
      await first.signal('SIGKILL');
      site.folder.device('hq-fw01').state.hang = false;
      // The second one cannot tell anybody, and is killed as well.
      site.connector.plan({ hang: true }, 1, ({ method }) => method === 'PUT');
      const second = await site.start();
      await site.connector.waitForRequest(
        ({ method, status, activity }) => method === 'PUT' && status === null && wordsOf(activity).includes('Unknown'),
      );
      await second.signal('SIGKILL');
      await site.start();
      const end = await endOf(site, card, 'Unknown');
      assert.match(
        words(end),
        /restarted after the command was sent and before the answer came\. It was not sent again\./,
      );
      assert.match(String((await site.teams.click(alex, chat, card, 'Reboot now')).value), /This click sent nothing\./);
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));

  it('a card that nobody clicked yet works after it', () =>
    onSite(async (site) => {
      const first = await site.start();
      const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
      await first.signal('SIGKILL');
      await site.start();
      await site.teams.click(alex, chat, card, 'Reboot now');
      await endOf(site, card, 'Done');
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));
});

describe('SIGTERM', { concurrency: true }, () => {
  it('in the middle of a job and of a webhook: both are finished, exit 0', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.latencyMs = 300;
      const program = await site.start();
      const card = await confirmed(site);
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
      await endOf(site, card, 'Done');
      assert.equal(site.folder.count('hq-fw01'), 1);
      assert.equal(site.folder.rows('SELECT id FROM events').length, 1);
    }));

  it('while the device hangs: cut off, exit 0, and unknown is what the card says', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.hang = 'request-reboot';
      const program = await site.start();
      const card = await confirmed(site);
      await site.folder.received('hq-fw01', 'request-reboot');
      assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
      await site.start();
      await endOf(site, card, 'Unknown');
      assert.equal(site.folder.count('hq-fw01'), 1);
    }));

  it('while the device and the connector hang: exit 0 in less than ten seconds', () =>
    onSite(async (site) => {
      site.folder.device('hq-fw01').state.hang = 'request-reboot';
      const program = await site.start();
      await site.teams.ask(alex, chat, 'alerts here');
      await confirmed(site);
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
      assert.equal(site.folder.rows(`SELECT * FROM deliveries WHERE state = 'posted'`).length, 0);
    }));
});
