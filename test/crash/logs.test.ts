import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Device } from '../../simulator/device.ts';
import type { FileSystem } from '../../simulator/file-system.ts';
import { endInAudit, leftOnDevice } from '../bot/left.ts';
import { assertSays, wordsOf } from '../fakes/connector.ts';
import type { FolderOptions } from '../fakes/folder.ts';
import { FTP_PASSWORD, ftpMissing, startVsftpd } from '../fakes/ftp.ts';
import { alex, chat, onSite, type Site } from './site.ts';

const DEVICE = 'hq-fw01';
/** Longer than any of this takes. */
const HELD_MS = 600_000;
const ARCHIVE = /^Support-hq-fw01(?:-fpc\d)?-\d{8}-\d{6}\.tgz$/;
const PART = /^\.Support-hq-fw01-\d{8}-\d{6}\.tgz\.part-[0-9a-f]{16}$/;
const RSI_FILE = /^\/var\/log\/RSI-Support-hq-fw01-\S+\.txt$/;
const ARCHIVE_FILE = /^\/var\/tmp\/Support-hq-fw01-\S+\.tgz$/;

/** Resolves when the device has written such a file, or a part of it. */
function written(files: FileSystem, path: RegExp): Promise<void> {
  const write = files.write.bind(files);
  return new Promise((resolve) => {
    files.write = (name, ...rest) => {
      const problem = write(name, ...rest);
      if (path.test(name)) resolve();
      return problem;
    };
  });
}

/** Resolves when there is a temporary file in the folder. */
function begun(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, name) => {
      if (!name?.includes('.part-')) return;
      watcher.close();
      resolve();
    });
  });
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** A moment in which the program is killed: how the device is held in it, and what is there then. */
interface Moment {
  /** Resolves when it has come. */
  reached: (device: Device, folder: string) => Promise<void>;
  release: (device: Device) => void;
  onDevice: RegExp[];
  inFolder: RegExp[];
}

const SUPPORT: Moment = {
  reached: (device) => {
    // A twentieth of it passes before there is a part.
    device.supportMs = 20_000;
    return written(device.files, RSI_FILE);
  },
  release: (device) => {
    device.supportMs = 0;
  },
  onDevice: [/:\/var\/log\/RSI-Support-/],
  inFolder: [],
};
const PACKING: Moment = {
  reached: (device) => {
    device.archiveMs = HELD_MS;
    return written(device.files, ARCHIVE_FILE);
  },
  release: (device) => {
    device.archiveMs = 0;
  },
  onDevice: [/:\/var\/log\/RSI-Support-/, /:\/var\/tmp\/Support-/],
  inFolder: [],
};
const PACKING_ELSEWHERE: Moment = {
  ...PACKING,
  reached: async (device) => {
    const there = written(device.filesOn('fpc1'), ARCHIVE_FILE);
    await written(device.files, ARCHIVE_FILE);
    device.archiveMs = HELD_MS;
    await there;
  },
  onDevice: [/^fpc0:\/var\/log\/RSI-Support-/, /^fpc0:\/var\/tmp\/Support-/, /^fpc1:\/var\/tmp\/Support-/],
  // Of the engine before it, whole.
  inFolder: [ARCHIVE],
};
const TRANSFER: Moment = {
  reached: (device, folder) => {
    device.silentTransfer = true;
    return begun(folder);
  },
  release: (device) => {
    device.silentTransfer = false;
  },
  onDevice: [/:\/var\/log\/RSI-Support-/, /:\/var\/tmp\/Support-/],
  inFolder: [PART],
};

function assertNames(names: string[], patterns: RegExp[]): void {
  assert.equal(names.length, patterns.length, names.join(', '));
  for (const [n, name] of names.sort().entries()) assert.match(name, patterns[n] ?? /^$/);
}

/** Begins a collection, kills the program in that moment, and starts it again; the words of the card at its end. */
async function killed(site: Site, { reached, release, ...there }: Moment, folder: string, word: string) {
  const { state } = site.folder.device(DEVICE);
  const first = await site.start();
  const moment = reached(state, folder);
  const card = await site.teams.ask(alex, chat, `get the junos logs for ${DEVICE}`);
  await site.teams.click(alex, chat, card, 'Collect logs');
  await moment;
  assert.deepEqual(await first.signal('SIGKILL'), { code: null, signal: 'SIGKILL' });
  assertNames(leftOnDevice(state), there.onDevice);
  assertNames(namesIn(folder), there.inFolder);
  // What a kill leaves in the moment before a spool loses its name.
  const store = dirname(site.folder.storeFile);
  writeFileSync(join(store, '.spool-0123456789abcdef'), 'a secret');
  writeFileSync(join(store, '.spool-of-somebody-else'), '');
  release(state);
  await site.start();
  const end = wordsOf((await site.endOf(card, word)).activity);
  assert.deepEqual(leftOnDevice(state), []);
  assert.deepEqual(
    namesIn(store).filter((name) => !name.startsWith('assistant.sqlite')),
    ['.spool-of-somebody-else'],
  );
  endInAudit(site.folder, DEVICE, end);
  return end;
}

const logs = (after_restart: string): FolderOptions => ({ assistant: { logs: { folder: 'logs', after_restart } } });
const ANEW = /^✓ The assistant was restarted\n✓ It begins anew$/m;
const GIVEN_UP =
  /^The assistant was restarted while it collected, and gives up then, as configured\. Ask again\. Nothing of it is left on hq-fw01\.$/m;

describe('kill -9 while logs are collected', { concurrency: 2 }, () => {
  it('during support information: it begins anew on the same card, and ends with one archive', () =>
    onSite(async (site) => {
      const folder = join(site.folder.dir, 'logs');
      const end = await killed(site, SUPPORT, folder, 'Done');
      assertSays(end, ANEW, /^Logs of hq-fw01 collected$/m);
      assertNames(namesIn(folder), [ARCHIVE]);
      execFileSync('tar', ['-tzf', join(folder, namesIn(folder)[0] ?? '')]);
    }, logs('begin-again')));

  const givenUp: [what: string, moment: Moment][] = [
    ['packing', PACKING],
    ['the transfer into a folder', TRANSFER],
  ];
  for (const [what, moment] of givenUp) {
    it(`during ${what}, to give up then: said on the same card, and nothing is left`, () =>
      onSite(async (site) => {
        const folder = join(site.folder.dir, 'logs');
        const end = await killed(site, moment, folder, 'Failed');
        assertSays(end, GIVEN_UP);
        assert.doesNotMatch(end, /begins anew/);
        assertNames(namesIn(folder), []);
      }, logs('give-up')));
  }

  it('during packing on the other member of a Virtual Chassis: its file there is deleted as well', () =>
    onSite(
      async (site) => {
        const folder = join(site.folder.dir, 'logs');
        const end = await killed(site, PACKING_ELSEWHERE, folder, 'Done');
        assertSays(end, ANEW, /^✓ Archive of fpc1: /m);
        // What was stored whole before stays: it is what was asked for.
        assertNames(namesIn(folder), [ARCHIVE, ARCHIVE, ARCHIVE]);
      },
      { ...logs('begin-again'), devices: { [DEVICE]: { platform: 'ex-vc' } } },
    ));

  it('during the transfer to a server: its partial file there is removed', {
    skip: ftpMissing('vsftpd') ?? false,
  }, async () => {
    const server = await startVsftpd();
    try {
      const folder = join(server.root, 'junos');
      await onSite(
        async (site) => {
          const end = await killed(site, TRANSFER, folder, 'Done');
          assertSays(end, ANEW, /^Logs of hq-fw01 collected$/m);
          assertNames(namesIn(folder), [ARCHIVE]);
        },
        {
          junos: { ftp_server: `127.0.0.1:${server.port}`, ftp_dir: 'junos' },
          servers: { '127.0.0.1': { user: server.user, password: FTP_PASSWORD } },
        },
      );
    } finally {
      await server.stop();
    }
  });
});
