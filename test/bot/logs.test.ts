import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Device } from '../../simulator/device.ts';
import { Assistant } from '../fakes/assistant.ts';
import { assertSays } from '../fakes/connector.ts';
import { buttonsOf, newPerson } from '../fakes/teams.ts';
import { endInAudit, leftOnDevice, spoolsOf } from './left.ts';
import { CARD, shown, someone, WORDS, words } from './talking.ts';

const NAMES = [
  'all',
  'more',
  'vc',
  'cancel',
  'join',
  'leave',
  'queue',
  'full',
  'short',
  'lost',
  'resumed',
  'sum',
  'scp',
  'gone',
  'none',
  'cut',
];
const ALONE = ['neither', 'denied', 'secret', 'folder', 'dirty', 'shell'];
const devices = Object.fromEntries(
  [...NAMES, ...ALONE].map((name) => [`${name}-fw01`, name === 'vc' ? { platform: 'ex-vc' as const } : {}]),
);

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices, assistant: { logs: { folder: 'logs', at_once: 20 } } });
});
after(() => assistant.close());

const logs = () => join(assistant.folder.dir, 'logs');
const state = (device: string): Device => assistant.folder.device(device).state;
const archives = (device: string) =>
  existsSync(logs()) ? readdirSync(logs()).filter((name) => name.includes(`-${device}-`)) : [];
const tar = (archive: string, ...args: string[]) =>
  execFileSync('tar', [...args.slice(0, 1), join(logs(), archive), ...args.slice(1)], { encoding: 'utf8' });

/** What the device has beside what it had: nothing, after every end. */
const leftOn = (device: string) => leftOnDevice(state(device));

/** Asks, confirms, and waits for the end; the words of the card then. */
async function collected(device: string, text = `get the junos logs for ${device}`) {
  const me = someone(() => assistant);
  const card = await me.ask(text);
  const answer = await me.click(card, 'Collect logs');
  assert.equal(answer.type, CARD, String(answer.value));
  return { me, card, end: await me.ended(card) };
}

const nothingLeft = (device: string) => {
  assert.deepEqual(leftOn(device), []);
  assert.deepEqual(archives(device), []);
  assert.deepEqual(
    existsSync(logs()) ? readdirSync(logs()).filter((name) => name.includes(device) && name.startsWith('.')) : [],
    [],
  );
};

describe('collecting support logs', { concurrency: true }, () => {
  it('from the sentence to the archive: everything in it, its checksum on the card, nothing left on the device', async () => {
    const { me, card, end } = await collected('all-fw01');
    endInAudit(assistant.folder, 'all-fw01', end);
    assertSays(
      end,
      /^Done\nLogs of all-fw01 collected$/m,
      /^The logs of all-fw01 are at .+\/logs\/Support-all-fw01-\d{8}-\d{6}\.tgz \([\d.]+ KB, sha256 [0-9a-f]{8}…[0-9a-f]{8}\)\./m,
      /^✓ Space: 9\.8 GB free, \d+ MB needed$/m,
      /^✓ Support information \(RSI\): \d+ KB/m,
      /^✓ Archive: [\d.]+ KB$/m,
      /^✓ Transferred by SFTP, with the checksum of the device; stored$/m,
    );
    const [archive = '', ...more] = archives('all-fw01');
    assert.deepEqual(more, []);
    assert.match(tar(archive, '-tzf'), /^var\/log\/RSI-Support-all-fw01-\d{8}-\d{6}\.txt$[\s\S]*^var\/log\/messages$/m);
    const sum = createHash('sha256')
      .update(readFileSync(join(logs(), archive)))
      .digest('hex');
    assert.ok(end.includes(`sha256 ${sum}`));
    assert.deepEqual(leftOn('all-fw01'), []);
    const { conversationId, activityId } = card;
    const shownLast = assistant.connector.messages.filter((message) => message.activityId === activityId).at(-1);
    assert.ok(shownLast);
    assert.deepEqual(buttonsOf(shownLast), ['Send the link on', 'Collect again', 'Details']);
    assert.deepEqual(await me.click(shownLast, 'Send the link on').then(({ type, value }) => [type, value]), [
      WORDS,
      'The link is below, to be forwarded or copied.',
    ]);
    const link = await assistant.connector.waitFor(
      (message) => message.conversationId === conversationId && message.activity.text?.includes(sum) === true,
    );
    assert.match(link.activity.text ?? '', /^Logs of all-fw01, collected \w{3} \d+ \w{3}, \d\d:\d\d \w+:\n\S+\.tgz,$/m);
    assertSays(words(await me.press(shownLast, 'Collect again')), /^Collect the logs of all-fw01\?$/m);
  });

  it('extensive: each show command a file, and what failed in a summary and on the card', async () => {
    const { end } = await collected('more-fw01', 'get the extensive logs for more-fw01');
    assertSays(end, /^✓ Show commands: \d+ of 13$/m, /\d+ show commands failed, such as show /);
    const [archive = ''] = archives('more-fw01');
    assert.match(tar(archive, '-tzf'), /^extensive\/001-show-version-detail\.txt$/m);
    const summary = tar(archive, '-xzOf', 'extensive/summary.txt');
    assertSays(summary, /^001 show version detail: \d+ bytes$/m, /^003 show chassis alarms: failed: .+$/m);
  });

  it('of a Virtual Chassis: the logs of each member', async () => {
    const { end } = await collected('vc-fw01');
    assertSays(end, /^✓ Archive of fpc0: /m, /^✓ Archive of fpc1: /m);
    assert.equal(archives('vc-fw01').length, 2);
    assert.deepEqual(leftOn('vc-fw01'), []);
  });

  it('cancelled while the device is at it: said by whom, and nothing is left', async () => {
    state('cancel-fw01').supportMs = 60_000;
    const me = someone(() => assistant, { person: newPerson('Megan Bowen') });
    const card = await me.ask('get the logs for cancel-fw01');
    await me.click(card, 'Collect logs');
    const running = await assistant.connector.waitFor(
      (message) => message.activityId === card.activityId && /RSI\): \d/.test(words(message)),
    );
    assert.ok(buttonsOf(running).includes('Cancel'));
    assert.equal((await me.click(running, 'Cancel')).type, CARD);
    const end = await me.ended(card);
    assertSays(end, /^Cancelled$/m, /^Megan Bowen cancelled it\. Nothing of it is left on cancel-fw01\.$/m);
    nothingLeft('cancel-fw01');
    const again = await me.click(running, 'Cancel');
    assert.deepEqual([again.type, again.value], [WORDS, 'It has come to its end already.']);
  });

  it('asked for twice: the second takes part in the first, and is told so', async () => {
    state('join-fw01').supportMs = 3_000;
    const [first, second] = [
      someone(() => assistant),
      someone(() => assistant, { person: newPerson('Diego Siciliani') }),
    ];
    const cards = [await first.ask('get the logs for join-fw01'), await second.ask('logs of join-fw01')] as const;
    await first.click(cards[0], 'Collect logs');
    const answer = await second.click(cards[1], 'Collect logs');
    assert.equal(answer.type, CARD);
    const ends = [await first.ended(cards[0]), await second.ended(cards[1])];
    assert.match(ends[1] ?? '', /^✓ Takes part in what Adele Vance asked for$/m);
    for (const end of ends) assert.match(end, /^Logs of join-fw01 collected$/m);
    assert.equal(archives('join-fw01').length, 1);
  });

  it('one of two cancels: the other goes on', async () => {
    state('leave-fw01').supportMs = 10_000;
    const [first, second] = [someone(() => assistant), someone(() => assistant)];
    const cards = [await first.ask('get the logs for leave-fw01'), await second.ask('logs of leave-fw01')] as const;
    await first.click(cards[0], 'Collect logs');
    await second.click(cards[1], 'Collect logs');
    const running = await assistant.connector.waitFor(
      ({ method, activityId }) => method === 'PUT' && activityId === cards[0].activityId,
    );
    assert.equal((await first.click(running, 'Cancel')).type, CARD);
    assert.match(await first.ended(cards[0]), /cancelled it here\. It goes on for others who asked for it\./);
    assert.match(await second.ended(cards[1]), /^Logs of leave-fw01 collected$/m);
  });

  it('holds up no reboot, and stands in no other request’s way', async () => {
    state('queue-fw01').supportMs = 4_000;
    const me = someone(() => assistant);
    const reboot = await me.ask('reboot queue-fw01 in 30 minutes');
    const card = await me.ask('get the logs for queue-fw01');
    await me.click(card, 'Collect logs');
    assert.equal((await me.click(reboot, /^Reboot at /)).type, CARD);
    await shown(assistant, reboot, /^Scheduled$/m);
    await me.ended(card);
  });
});

describe('collecting goes wrong: said in a sentence, and nothing is left anywhere', { concurrency: true }, () => {
  // Others still have theirs before.
  after(() => assert.deepEqual(spoolsOf(assistant.folder), []));

  const cases: [device: string, what: string, prepare: (device: Device) => void, sentence: RegExp][] = [
    [
      'full-fw01',
      'the device is full',
      ({ files }) => {
        files.freeBytes = 1_000_000;
      },
      /full-fw01 .*missing/,
    ],
    [
      'short-fw01',
      'support information is cut half way',
      (device) => {
        device.supportEndsAt = 0.5;
      },
      /^The support information of short-fw01 was cut off\. /m,
    ],
    [
      'cut-fw01',
      'the connection is lost at 70 %, and SFTP, which could go on from there, is off',
      (device) => {
        device.sftp = false;
        device.cutTransfer = { at: 0.7, times: 100 };
      },
      /^\S+\.tgz of cut-fw01 came up to byte \d+ of \d+, where the connection was cut\. Without SFTP .+: allow it/m,
    ],
    [
      'sum-fw01',
      'the checksum differs',
      (device) => {
        device.wrongChecksum = true;
      },
      /SHA-256|checksum/,
    ],
    [
      'denied-fw01',
      'permission denied',
      (device) => {
        device.rpcErrorOn = { 'file-archive': 'permission denied' };
      },
      /^denied-fw01 could not pack its logs\. /m,
    ],
    [
      'gone-fw01',
      'the device says that it has packed them, and there is no archive',
      (device) => {
        device.archiveVanishes = true;
      },
      /^gone-fw01 could not pack its logs\. /m,
    ],
    [
      'none-fw01',
      'the archive is too large for NETCONF, and SFTP and SCP are off',
      (device) => {
        Object.assign(device, { sftp: false, scp: false });
        device.files.write('/var/log/noise', randomBytes(17 * 2 ** 20), 'root', new Date());
      },
      /^none-fw01 offers neither SFTP nor SCP .+Allow SFTP on it \(set system services ssh sftp-server\)\./m,
    ],
  ];
  for (const [device, what, prepare, sentence] of cases) {
    it(what, async () => {
      prepare(state(device));
      const { end } = await collected(device);
      assertSays(end, /^(?:Failed|Refused)$/m, sentence, new RegExp(`Nothing of it is left on ${device}\\.`));
      nothingLeft(device);
      assert.match(endInAudit(assistant.folder, device, end), sentence);
    });
  }

  it('the connection is lost at 70 % again and again', async () => {
    state('lost-fw01').cutTransfer = { at: 0.7, times: 100 };
    // In one packet it would be lost whole.
    state('lost-fw01').files.write('/var/log/noise', randomBytes(2_000_000), 'root', new Date());
    const me = someone(() => assistant);
    const card = await me.ask('get the junos logs for lost-fw01');
    await me.click(card, 'Collect logs');
    // It goes on from there five times, and then begins anew.
    await assistant.folder.received('lost-fw01', 'get-sha256-checksum-information', 2);
    const end = await me.ended(card);
    const sentence = /^The transfer of \/var\/tmp\/Support-lost-fw01-\S+\.tgz from lost-fw01 was cut at (?:69|70) %/m;
    assertSays(end, /^Failed$/m, sentence, /Nothing of it is left on lost-fw01\./);
    nothingLeft('lost-fw01');
    assert.match(endInAudit(assistant.folder, 'lost-fw01', end), sentence);
  });

  it('the connection is lost at 70 % once: it goes on from there', async () => {
    state('resumed-fw01').cutTransfer = { at: 0.7, times: 1 };
    const { end } = await collected('resumed-fw01');
    assertSays(end, /^Logs of resumed-fw01 collected$/m);
    assert.deepEqual(leftOn('resumed-fw01'), []);
  });

  it('SFTP is off: SCP', async () => {
    state('scp-fw01').sftp = false;
    const { end } = await collected('scp-fw01');
    assertSays(end, /^✓ Transferred by SCP, /m);
    assert.deepEqual(leftOn('scp-fw01'), []);
    endInAudit(assistant.folder, 'scp-fw01', end);
  });

  it('SFTP and SCP are off: over NETCONF, what is small', async () => {
    Object.assign(state('neither-fw01'), { sftp: false, scp: false });
    const { end } = await collected('neither-fw01');
    assertSays(end, /^✓ Transferred by FILE-GET, /m);
    assert.deepEqual(leftOn('neither-fw01'), []);
    endInAudit(assistant.folder, 'neither-fw01', end);
  });

  it('no terminal: support information is streamed, and put into the archive', async () => {
    state('shell-fw01').refuseTerminal = true;
    const { end } = await collected('shell-fw01');
    assertSays(end, /^Logs of shell-fw01 collected$/m);
    const [archive = ''] = archives('shell-fw01');
    assert.match(tar(archive, '-tzf'), /^RSI-Support-shell-fw01-\d{8}-\d{6}\.txt$/m);
  });

  it('a file that cannot be deleted is named, for a person to delete it', async () => {
    const { undeletable, files } = state('dirty-fw01');
    const add = undeletable.add.bind(undeletable);
    // Whatever is made there.
    undeletable.has = (path: string) => /Support-dirty-fw01-.*tgz$/.test(path);
    const { end } = await collected('dirty-fw01');
    add('');
    assertSays(end, /Still on dirty-fw01, delete it there: \/var\/tmp\/Support-dirty-fw01-\d{8}-\d{6}\.tgz\./);
    assert.equal(files.paths().filter((path) => path.includes('Support-')).length, 1);
  });

  it('secrets are nowhere: not in the archive, the log, the cards, what the device was told', async () => {
    const planted = 'planted-community-9f2c';
    const device = state('secret-fw01');
    device.files.write(
      '/var/log/interactive-commands',
      Buffer.from(
        `mgd[1]: UI_CFG_AUDIT_SET: User 'a' set: [snmp community ${planted}]\nset snmp community ${planted}\n`,
      ),
      'root',
      new Date(),
    );
    const { end, card } = await collected('secret-fw01');
    assert.match(end, /\d+ secrets? in them (?:was|were) made unreadable\./);
    const [archive = ''] = archives('secret-fw01');
    assert.ok(!tar(archive, '-xzOf', 'var/log/interactive-commands').includes(planted));
    const cards = assistant.connector.requests.filter(({ activityId }) => activityId === card.activityId);
    const everything = JSON.stringify([cards, assistant.log, device.commands, device.rpcs]);
    assert.ok(!everything.includes(planted));
  });
});

describe('collecting while the assistant is stopped and started again', { concurrency: true }, () => {
  const restarted = async (afterRestart: string) => {
    const own = await Assistant.start({ assistant: { logs: { folder: 'logs', after_restart: afterRestart } } });
    try {
      const device = own.folder.device('hq-fw01').state;
      device.supportMs = 60_000;
      const me = someone(() => own);
      const card = await me.ask('get the junos logs for hq-fw01');
      await me.click(card, 'Collect logs');
      await own.connector.waitFor(
        (message) => message.activityId === card.activityId && /RSI\): \d/.test(words(message)),
      );
      await own.stop();
      assert.deepEqual(leftOnDevice(device), []);
      device.supportMs = 0;
      await own.startAgain();
      const end = await me.ended(card);
      endInAudit(own.folder, 'hq-fw01', end);
      assert.deepEqual(leftOnDevice(device), []);
      assert.deepEqual(spoolsOf(own.folder), []);
      const stored = join(own.folder.dir, 'logs');
      return { end, files: existsSync(stored) ? readdirSync(stored) : [] };
    } finally {
      await own.close();
    }
  };

  it('it begins anew, said on the same card', async () => {
    const { end, files } = await restarted('begin-again');
    assertSays(end, /^✓ The assistant was restarted\n✓ It begins anew$/m, /^Logs of hq-fw01 collected$/m);
    assert.equal(files.length, 1);
  });

  it('it gives up where that is configured, also when nothing was left', async () => {
    const { end, files } = await restarted('give-up');
    assertSays(end, /^Failed$/m, /and gives up then, as configured\. Ask again\. Nothing of it is left on hq-fw01\.$/m);
    assert.deepEqual(files, []);
  });
});
