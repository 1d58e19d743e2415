import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkChain, verdictSentence } from '../../src/audit.ts';
import type { AuditEntry, AuditRow } from '../../src/store/store.ts';
import { Assistant } from '../fakes/assistant.ts';
import { groupChat, newPerson } from '../fakes/teams.ts';
import { doing, someone, words } from './talking.ts';

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'hq-fw02': {} } });
});
after(() => assistant.close());

type Entry = Omit<AuditEntry, 'at'> & { at: string };
const rows = () => assistant.folder.rows('SELECT seq, entry, hash FROM audit ORDER BY seq') as unknown as AuditRow[];
const entriesOf = (conversationId: string) =>
  rows()
    .map(({ entry }) => JSON.parse(entry) as Entry)
    .filter((entry) => entry.conversationId === conversationId);

describe('who did what', () => {
  it('a reboot from the request to its end, step by step', async () => {
    const person = newPerson('Alex Wilber');
    const { chat, through } = someone(() => assistant, { person });
    await through('reboot hq-fw01');
    const entries = entriesOf(chat.id);
    assert.deepEqual(
      entries.map(({ kind, result }) => [kind, result]),
      [
        ['request', null],
        ['proposed', 'pending'],
        ['confirmed', null],
        ['sending', null],
        ['answer', 'waiting'],
        ['ended', 'done'],
      ],
    );
    for (const { devices, action } of entries) assert.deepEqual([devices, action], [['hq-fw01'], 'reboot']);
    assert.deepEqual(
      entries.map((entry) => entry.person?.objectId ?? null),
      [person.aadObjectId, person.aadObjectId, person.aadObjectId, null, null, null],
    );
    const [request, proposed, confirmed, sending, answer] = entries;
    assert.equal(request?.text, 'reboot hq-fw01');
    assert.equal((JSON.parse(request?.intent ?? '{}') as { intent: string }).intent, 'reboot');
    assert.deepEqual([sending?.rpc, proposed?.confirmationId], ['<request-reboot/>', confirmed?.confirmationId]);
    assert.match(answer?.detail ?? '', /Shutdown NOW!/);
    assert.equal(new Set(entries.slice(3).map(({ jobId }) => jobId)).size, 1);
    const times = entries.map(({ at }) => Date.parse(at));
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  });

  it('what was refused, cancelled and expired as well, with who it was', async () => {
    const chat = groupChat();
    const [alex, megan] = [newPerson('Alex Wilber'), newPerson('Megan Bowen')];
    const [his, hers] = [
      someone(() => assistant, { person: alex, chat }),
      someone(() => assistant, { person: megan, chat }),
    ];
    const first = await his.ask('reboot hq-fw02');
    await hers.click(first, doing(first));
    await his.click(first, 'Cancel');
    await his.click(first, doing(first));
    const second = await his.ask('reboot hq-fw02');
    assistant.moveClock(11 * 60_000);
    await his.click(second, doing(second));
    assert.deepEqual(
      entriesOf(chat.id).map(({ kind, result, person }) => [kind, result, person?.name]),
      [
        ['request', null, 'Alex Wilber'],
        ['proposed', 'pending', 'Alex Wilber'],
        ['refused', 'not-yours', 'Megan Bowen'],
        ['cancelled', null, 'Alex Wilber'],
        ['refused', 'already-decided', 'Alex Wilber'],
        ['request', null, 'Alex Wilber'],
        ['proposed', 'pending', 'Alex Wilber'],
        ['expired', 'expired', 'Alex Wilber'],
      ],
    );
    assert.equal(assistant.folder.count('hq-fw02'), 0);
  });

  it('the chain of it all is unbroken', () => {
    const all = rows();
    assert.ok(all.length > 10);
    const chain = checkChain();
    for (const row of all) assert.ok(chain.next(row), `entry ${row.seq}`);
    const [head] = assistant.folder.rows('SELECT seq, hash FROM audit_head') as unknown as {
      seq: number;
      hash: string;
    }[];
    const verdict = chain.end(head ?? null);
    assert.match(verdictSentence(verdict), new RegExp(`^${all.length} entries, unbroken, head [0-9a-f]{64}$`));
  });
});

describe('what people type and nobody may read', () => {
  it('words that are not understood are kept without the secret in them, and the nearest commands are offered', async () => {
    const { ask } = someone(() => assistant);
    const answer = await ask('rebot hq-fw02 my passwd is hunter2 thx');
    assert.match(words(answer), /^I did not understand that, and did nothing\.$/m);
    assert.ok(doing(answer).length > 0);
    const kept = assistant.folder.rows('SELECT text, conversation_kind AS kind FROM unknown_phrases');
    assert.deepEqual([kept.length, kept[0]?.kind], [1, 'personal']);
    assert.match(String(kept[0]?.text), /^rebot hq-fw02 my passwd is •••/);
  });

  it('a password that was typed is nowhere: not in the store, not in the log, not in an answer', async () => {
    const { ask, say, chat } = someone(() => assistant);
    const secrets = ['hunter2', 'Tr0ub4dor&3', 's3cr3t-c0mmun1ty', '$9$kP5Fn6ABCDEF'];
    await say('password is hunter2 reboot hq-fw01');
    await say('reboot hq-fw01 password: Tr0ub4dor&3');
    await say('reboot hq-fw01 in 20 minutes, community s3cr3t-c0mmun1ty');
    await say('cancel');
    await ask('reboot');
    await say('hq-fw01 password Tr0ub4dor&3');
    await say('cancel');
    await say('restart routing on hq-fw01 with $9$kP5Fn6ABCDEF');
    await say('cancel');
    await assistant.stop();
    const folder = join(assistant.folder.dir, 'store');
    const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1')));
    const log = JSON.stringify(assistant.log);
    const answers = JSON.stringify(assistant.connector.taken(chat.id).map(({ activity }) => activity));
    await assistant.startAgain();
    const found = secrets.flatMap((secret) => [
      ...(files.some((file) => file.includes(secret)) ? [`${secret} in the store`] : []),
      ...(log.includes(secret) ? [`${secret} in the log`] : []),
      ...(answers.includes(secret) ? [`${secret} in an answer`] : []),
    ]);
    assert.deepEqual(found, []);
  });
});
