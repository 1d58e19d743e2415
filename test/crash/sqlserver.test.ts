import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Spool } from '../../src/store/spool.ts';
import { Cable } from '../fakes/cable.ts';
import { type ConnectorRequest, wordsOf } from '../fakes/connector.ts';
import { serverUrl, testServer } from '../store/server.ts';
import { CLI } from './program.ts';
import { alex, chat, onSite, type Site } from './site.ts';

const words = ({ activity }: ConnectorRequest) => wordsOf(activity);

/** The whole bot on a real SQL Server, at the end of a cable that is cut. Only where MSSQL_URL names one. */
if (serverUrl) {
  const server = await testServer(serverUrl);
  after(() => server.close());

  /** The same login by way of the cable, whose address is in no certificate. */
  function byWayOf(cable: Cable, url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(cable.port);
    for (const name of [...through.searchParams.keys()])
      if (name.toLowerCase() === 'trustservercertificate') through.searchParams.delete(name);
    through.searchParams.set('trustServerCertificate', 'true');
    return through.href;
  }

  async function onServer(
    url: string,
    run: (site: Site, cable: Cable, schema: string, env: Record<string, string>) => Promise<void>,
  ): Promise<void> {
    const { schema } = await server.newPlace();
    const { server: host, port = 1_433 } = server.settings;
    const cable = new Cable({ host, port });
    await cable.restore();
    const env = { MSSQL_URL: byWayOf(cable, url) };
    const assistant = { store: 'mssql', store_schema: schema };
    try {
      await onSite((site) => run(site, cable, schema, env), { assistant }, env);
    } finally {
      await cable.cut();
    }
  }

  /** A command of the program: its exit code and what it said. */
  async function command(site: Site, env: Record<string, string>, ...words: string[]) {
    const child = promisify(execFile)(process.execPath, [CLI, '--config', site.folder.dir, ...words], {
      env: { PATH: process.env.PATH, ...env },
    });
    return await child.then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      ({ code, stdout, stderr }) => ({ code: Number(code), said: `${stdout}${stderr}` }),
    );
  }

  /** Asks until the answer is that; the whole test has an end of its own. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await pause(50);
  }

  const readiness = async (site: Site) => {
    const response = await fetch(`${site.url}/readyz`);
    return { status: response.status, ...((await response.json()) as { store: string; spooled: number }) };
  };
  const stored = async (schema: string) =>
    (await server.rows(`SELECT description FROM ${schema}.junos_events ORDER BY id`)).map(({ description }) =>
      String(description).replace(/^.*: /, ''),
    );
  const numbered = (word: string, count: number) => Array.from({ length: count }, (_, n) => `${word} ${n + 1}`);
  /** The first card is posted, and the store knows it: after a crash before that it would be posted once more. */
  const shown = (schema: string) =>
    until(async () => {
      const [group] = await server.rows(`SELECT activity_id FROM ${schema}.assistant_event_groups`);
      return typeof group?.activity_id === 'string';
    });
  /** Posted, not updated. */
  const cardsWith = (site: Site, text: RegExp) =>
    site.connector.taken(chat.id).filter((message) => message.method === 'POST' && text.test(words(message)));

  describe('the bot while its SQL Server is away', { timeout: 900_000 }, () => {
    it('takes events and says so, confirms nothing, and stores everything in order when it is back', () =>
      onServer(serverUrl ?? '', async (site, cable, schema, env) => {
        assert.deepEqual((await command(site, env, 'db', 'status')).code, 1);
        assert.match((await command(site, env, 'db', 'create')).said, /up to date, step 1, 2 taken now/);
        assert.deepEqual({ ...(await command(site, env, 'db', 'status')), said: '' }, { code: 0, said: '' });
        const program = await site.start();
        await site.teams.ask(alex, chat, 'alerts here');
        const card = await site.teams.ask(alex, chat, 'reboot hq-fw01');
        await site.event('before 1');
        await shown(schema);
        assert.deepEqual((await readiness(site)).status, 200);

        await cable.cut();
        for (const message of numbered('away', 40)) await site.event(message);
        const { status, store, spooled } = await readiness(site);
        assert.deepEqual({ status, store, spooled }, { status: 503, store: 'unreachable', spooled: 40 });
        assert.match(program.stderr, /the SQL Server is away: events are spooled/);
        await site.connector.waitFor((message) => /cannot be reached\. Events are kept/.test(words(message)));
        const { value } = await site.teams.click(alex, chat, card, 'Reboot now');
        assert.equal(value, 'The SQL Server cannot be reached. Try again when it is back. This click sent nothing.');
        assert.equal(site.folder.count('hq-fw01'), 0);

        await cable.restore();
        await site.connector.waitFor((message) =>
          /The SQL Server is back\. 40 events were kept meanwhile and stored now\./.test(words(message)),
        );
        await site.event('after 1');
        assert.deepEqual(await stored(schema), ['before 1', ...numbered('away', 40), 'after 1']);
        assert.deepEqual((await readiness(site)).status, 200);
        await site.connector.waitFor((message) => words(message).includes('after 1'));
        assert.equal(cardsWith(site, /before 1|away \d|after 1/).length, 1);
        assert.equal((await server.rows(`SELECT id FROM ${schema}.assistant_event_groups`)).length, 1);

        await site.teams.click(alex, chat, card, 'Reboot now');
        await site.endOf(card, 'Done');
        assert.equal(site.folder.count('hq-fw01'), 1);
        assert.equal((await command(site, env, 'audit', 'verify')).code, 0);
      }));

    it('loses nothing when it is killed meanwhile, and does not start without it', () =>
      onServer(serverUrl ?? '', async (site, cable, schema, env) => {
        assert.equal((await command(site, env, 'db', 'create')).code, 0);
        const first = await site.start();
        await site.teams.ask(alex, chat, 'alerts here');
        await site.event('before 1');
        await shown(schema);
        await cable.cut();
        for (const message of numbered('away', 40)) await site.event(message);
        await first.signal('SIGKILL');
        const spool = new Spool(`${site.folder.storeFile}.spool`);
        assert.equal(spool.count, 40);
        spool.close();

        const early = site.launch();
        assert.equal((await early.exited).code, 1);
        assert.match(early.stderr, /The SQL Server cannot be reached\./);

        await cable.restore();
        await site.start();
        await until(async () => (await readiness(site)).spooled === 0);
        assert.deepEqual(await stored(schema), ['before 1', ...numbered('away', 40)]);
        await site.connector.waitFor((message) => words(message).includes('away 40'));
        assert.equal(cardsWith(site, /before 1|away \d/).length, 1);
      }));
  });
}
