import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { supportText } from '../../simulator/support-information.ts';
import { DEVICE_PASSWORD, MASTER_PASSWORD } from '../fakes/folder.ts';
import { type Bot, openssh, type Place, proftpd, skip, vsftpd, withBot } from './places.ts';
import { someone } from './talking.ts';

/** What people have put into a configuration, by what it is. */
const PLANTED = {
  'SNMP community': 'planted-community-9f2c',
  'secret that can be turned back': 'aZUDi.PfTzCPTIEyrKv8X7dVY',
  'pre-shared key': 'planted-psk-41d8',
  'RADIUS secret': 'planted-radius-77ab',
};

const CONFIGURATION = `snmp {
    community ${PLANTED['SNMP community']} {
        authorization read-only;
    }
}
system {
    tacplus-server {
        192.0.2.3 secret "$9$${PLANTED['secret that can be turned back']}"; ## SECRET-DATA
    }
    radius-server {
        192.0.2.2 {
            secret ${PLANTED['RADIUS secret']};
        }
    }
}
security {
    ike {
        policy hub {
            pre-shared-key ascii-text "${PLANTED['pre-shared key']}"; ## SECRET-DATA
        }
    }
}
`;

/** What the log of commands has of somebody who typed all of it, and of the logins that the assistant has itself. */
const commandLog = (
  serverPassword: string,
) => `Nov 24 10:00:00  hq-fw01 mgd[1]: UI_CMDLINE_READ_LINE: User 'netops', command 'set snmp community ${PLANTED['SNMP community']} authorization read-only '
Nov 24 10:00:01  hq-fw01 mgd[1]: UI_CFG_AUDIT_SET: User 'netops' set: [system radius-server 192.0.2.2 secret] "${PLANTED['RADIUS secret']}" -> "$9$${PLANTED['secret that can be turned back']}"
Nov 24 10:00:02  hq-fw01 mgd[1]: UI_CMDLINE_READ_LINE: User 'netops', command 'set security ike policy hub pre-shared-key ascii-text ${PLANTED['pre-shared key']} '
Nov 24 10:00:03  hq-fw01 mgd[1]: UI_CMDLINE_READ_LINE: User 'netops', command 'set system login user netops authentication plain-text-password-value ${DEVICE_PASSWORD} '
Nov 24 10:00:04  hq-fw01 mgd[1]: UI_CMDLINE_READ_LINE: User 'netops', command 'file copy /var/tmp/x ftp://support:${serverPassword}@192.0.2.9/x '
`;

function plant({ device, place }: Bot): void {
  const text = Buffer.from(commandLog(place.password));
  device.configured = CONFIGURATION;
  device.files.write('/var/log/interactive-commands', text, 'root', new Date());
  device.files.write('/var/log/interactive-commands.0.gz', gzipSync(text), 'root', new Date());
}

/** Everything below a folder as text, packed files unpacked as well. */
function textsBelow(dir: string): string {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => {
      const bytes = readFileSync(path);
      return `${bytes.toString('latin1')}\n${path.endsWith('.gz') ? gunzipSync(bytes).toString('latin1') : ''}`;
    })
    .join('\n');
}

function unpacked(archive: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'unpacked-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', dir]);
    return textsBelow(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('secrets are nowhere but on the device', { skip, concurrency: 3 }, () => {
  const places: [name: string, start: () => Promise<Place>][] = [
    ['FTP', () => vsftpd()],
    ['FTPS', () => proftpd({ tls: 'implicit' })],
    ['SFTP', () => openssh()],
  ];
  for (const [name, start] of places) {
    it(`${name}: not in the archive, what the device was told, the log, the cards, the audit and the store`, () =>
      withBot(start(), async (bot) => {
        const { assistant, device, place } = bot;
        plant(bot);
        const secrets: Record<string, string> = {
          ...PLANTED,
          'password of the device': DEVICE_PASSWORD,
          'password of the server': place.password,
          'master password': MASTER_PASSWORD,
        };
        const foundIn = (text: string) => Object.keys(secrets).filter((what) => text.includes(secrets[what] ?? ''));
        // What is looked for is there: in the logs, and what is configured in support information as well.
        const logs = String(device.files.read('/var/log/interactive-commands')?.data);
        assert.deepEqual(foundIn(logs), Object.keys(secrets).slice(0, -1));
        assert.deepEqual(foundIn([...supportText(device, 'netops', 0)].join('')), Object.keys(PLANTED));

        const me = someone(() => assistant);
        const card = await me.ask('get the extensive logs for hq-fw01');
        await me.click(card, 'Collect logs');
        assert.match(await me.ended(card), /^Logs of hq-fw01 collected$/m);

        const [path = ''] = await place.files();
        const archive = unpacked(join(place.server.root, path));
        for (const there of [/show configuration \| no-more/, /community x{22} \{/, /UI_CFG_AUDIT_SET/]) {
          assert.match(archive, there);
        }
        const audit = assistant.folder.rows('SELECT entry FROM audit');
        assert.ok(audit.length > 0 && device.commands.length > 0 && device.rpcs.length > 0);
        const searched: [where: string, text: string][] = [
          ['the archive', archive],
          ['what the device was told', JSON.stringify([device.commands, device.rpcs])],
          ['the log of the bot', JSON.stringify(assistant.log)],
          ['cards and messages', JSON.stringify(assistant.connector.requests)],
          ['the audit', JSON.stringify(audit)],
          // The store with what it writes ahead, and the configuration.
          ['the folder of the bot', textsBelow(assistant.folder.dir)],
        ];
        assert.deepEqual(
          searched.map(([where, text]) => [where, foundIn(text)]),
          searched.map(([where]) => [where, []]),
        );
      }));
  }
});
