import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Folder, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { Program } from './program.ts';
import { onSite } from './site.ts';

async function inFolder(run: (folder: Folder) => Promise<void>): Promise<void> {
  const folder = await Folder.make();
  try {
    await run(folder);
  } finally {
    await folder.close();
  }
}

const APP_ID = '11111111-2222-4333-8444-555555555555';

describe('a start that is refused', { concurrency: true }, () => {
  it('a second process on one store: exit 1 with one line, and the first goes on', () =>
    inFolder(async (folder) => {
      const first = new Program(folder.dir);
      try {
        const url = await first.ready;
        const second = new Program(folder.dir);
        assert.deepEqual(await second.exited, { code: 1, signal: null });
        const said = second.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
        assert.deepEqual(said, [
          `Another process is using the store ${folder.storeFile}. Stop it first: two would run every job twice.`,
        ]);
        assert.equal(second.stdout, '');
        assert.equal((await fetch(`${url}/readyz`)).status, 200);
      } finally {
        await first.signal('SIGKILL');
      }
      const third = new Program(folder.dir);
      await third.ready;
      assert.deepEqual(await third.signal('SIGTERM'), { code: 0, signal: null });
    }));

  it('a port that is taken: exit 1 with one line, nothing left listening', () =>
    inFolder(async (folder) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      try {
        const { port } = other.address() as AddressInfo;
        await writeFile(join(folder.dir, 'assistant.yaml'), `port: ${port}\nstore_file: ${folder.storeFile}\n`);
        const program = new Program(folder.dir);
        assert.deepEqual(await program.exited, { code: 1, signal: null });
        const said = program.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
        assert.deepEqual(said, [`The bot cannot listen on 127.0.0.1:${port}: another program is using it.`]);
      } finally {
        other.close();
      }
    }));

  it('a port that is taken, and a reboot of before that is followed: the process ends, and the next one goes on', () =>
    onSite(
      async (site) => {
        const first = await site.start();
        await site.confirmed();
        await site.folder.received('hq-fw01', 'request-reboot');
        await first.signal('SIGKILL');
        const other = createServer().listen(0, '127.0.0.1');
        await once(other, 'listening');
        const { port } = other.address() as AddressInfo;
        const file = join(site.folder.dir, 'assistant.yaml');
        const before = await readFile(file, 'utf8');
        await writeFile(file, before.replace('port: 0', `port: ${port}`));
        assert.deepEqual(await site.launch().exited, { code: 1, signal: null });
        other.close();
        await writeFile(file, before);
        await site.start();
        assert.equal(site.folder.count('hq-fw01', 'request-reboot'), 1);
      },
      { devices: { 'hq-fw01': { downMs: 3_600_000 } } },
    ));

  it('a bad configuration: every problem on a line, exit 1, and no secret', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder.dir, 'assistant.yaml'), 'prot: 1\ntime_zone: Mars/Olympus\nport: -1\n');
      await writeFile(join(folder.dir, 'devices.yaml'), 'site: hq\ndevices: [hq-fw01, "hq fw02"]\n');
      await writeFile(join(folder.dir, 'junos-config.yaml'), `config:\n  webhook_secret: "${WEBHOOK_SECRET}\n`);
      await writeFile(
        join(folder.dir, 'secrets.yaml'),
        'type: junos\n.*:\n  user: netops\n  password: hunter2hunter2\n',
      );
      const program = new Program(folder.dir);
      assert.deepEqual(await program.exited, { code: 1, signal: null });
      for (const line of [
        /^assistant\.yaml: .*prot/m,
        /^assistant\.yaml: time_zone: /m,
        /^assistant\.yaml: port: /m,
        /^devices\.yaml: devices\.1/m,
        /^junos-config\.yaml: /m,
        /^secrets\.yaml: /m,
      ]) {
        assert.match(program.stderr, line);
      }
      for (const secret of [WEBHOOK_SECRET, 'hunter2hunter2'])
        assert.ok(!program.stderr.includes(secret), program.stderr);
      assert.doesNotMatch(program.stderr, /at \w+ \(|node:internal/);
      assert.equal(program.stdout, '');
    }));

  const halves: [name: string, env: Record<string, string>, said: RegExp][] = [
    [
      'an app id alone',
      { MicrosoftAppId: APP_ID },
      /MicrosoftAppTenantId: is missing[\s\S]*MicrosoftAppType: is missing/,
    ],
    [
      'no password',
      { MicrosoftAppId: APP_ID, MicrosoftAppTenantId: APP_ID, MicrosoftAppType: 'SingleTenant' },
      /^environment: MicrosoftAppPassword: is missing: set it, /m,
    ],
    [
      'a password alone',
      { MicrosoftAppPassword: 'hunter2hunter2' },
      /^environment: MicrosoftAppPassword: is set, but MicrosoftAppId is not/m,
    ],
  ];
  for (const [name, env, said] of halves) {
    it(`${name}: refused, never local mode by accident`, () =>
      inFolder(async (folder) => {
        const program = new Program(folder.dir, env);
        assert.deepEqual(await program.exited, { code: 1, signal: null });
        assert.match(program.stderr, said);
        assert.ok(!program.stderr.includes('hunter2'));
        assert.equal(program.stdout, '');
      }));
  }
});
