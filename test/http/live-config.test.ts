import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { wordsOf } from '../fakes/connector.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';

const NEXT_SECRET = 'another-secret-for-tests-only';

let assistant: Assistant;
let file: string;
let good: string;
before(async () => {
  assistant = await Assistant.start();
  file = join(assistant.folder.dir, 'junos-config.yaml');
  good = await readFile(file, 'utf8');
});
after(() => assistant.close());

/** Resolves when the bot has logged this once more. */
const again = async (msg: string, change: () => Promise<void>) => {
  const count = () => assistant.log.filter((line) => line.msg === msg).length;
  const times = count() + 1;
  await change();
  await assistant.logged(() => count() >= times);
};
const reread = (text: string) => again('configuration reread', () => writeFile(file, text));
const refused = (text: string) =>
  again('configuration changed and is broken: the last good one stays in force', () => writeFile(file, text));

describe('junos-config.yaml is rewritten while events come', () => {
  it('and none of them is dropped or refused: good, broken, good', async () => {
    const statuses: number[] = [];
    let isOver = false;
    const sender = async (name: string) => {
      for (let n = 0; !isOver; n += 1) {
        const { status } = await assistant.webhook(eventBody({ event: 'STORED', message: `${name} ${n}` }));
        statuses.push(status);
      }
    };
    const senders = Promise.all(['a', 'b', 'c'].map(sender));
    await reread(good.replace('WARNING: 2', 'WARNING: 3'));
    await refused(`${good}events: [`);
    await refused('');
    await reread(good.replace(WEBHOOK_SECRET, `[${NEXT_SECRET}, ${WEBHOOK_SECRET}]`));
    await reread(good);
    isOver = true;
    await senders;
    assert.ok(statuses.length > 10, `${statuses.length}`);
    assert.deepEqual([...new Set(statuses)], [202]);
    const [row] = assistant.folder.rows(`SELECT count(*) AS count FROM events WHERE event = 'STORED'`);
    assert.equal(row?.count, statuses.length);
  });

  it('and a new priority, a new secret and a new header count for the next event', async () => {
    const body = eventBody({ event: 'NOISE' });
    const post = (secret: string, header = 'Junos-Auth') =>
      assistant.webhook(body, { 'Junos-Auth': '', [header]: sign(body, secret) });
    assert.equal((await post(WEBHOOK_SECRET)).status, 202);
    assert.equal(assistant.folder.rows('SELECT priority FROM events ORDER BY id').at(-1)?.priority, 1);

    const header = `webhook_secret: ${NEXT_SECRET}\n  auth_header: X-New-Auth`;
    await reread(good.replace(`webhook_secret: ${WEBHOOK_SECRET}`, header).replace('events:', 'events:\n  NOISE: 4'));
    assert.equal((await post(WEBHOOK_SECRET, 'X-New-Auth')).status, 401);
    assert.equal((await post(NEXT_SECRET)).status, 401);
    const answer = await post(NEXT_SECRET, 'X-New-Auth');
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [202, { id: null }]);
  });

  it('and who reads the alerts is told when it is broken, without a secret', async () => {
    const conversation = await assistant.alertsHere();
    await refused(`config:\n  webhook_secret: "${NEXT_SECRET}\n`);
    const told = await assistant.connector.waitFor(
      ({ conversationId, activity }) => conversationId === conversation && wordsOf(activity).includes('is broken'),
    );
    assert.match(wordsOf(told.activity), /the last good one stays in force.*junos-config\.yaml/s);
    const said =
      JSON.stringify(assistant.log) +
      assistant.connector.requests.map(({ activity }) => JSON.stringify(activity)).join();
    assert.doesNotMatch(said, /secret-for-tests-only/);
  });
});
