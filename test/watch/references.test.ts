import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { sign } from '../../src/events/verify.ts';
import { Assistant, eventBody, type LogLine } from '../fakes/assistant.ts';
import { cardOf, wordsOf } from '../fakes/connector.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';

const REFERENCE = /Reference: ([0-9a-hjkmnp-tv-z]{8})\./;

let assistant: Assistant;
before(async () => {
  assistant = await Assistant.start({ devices: { 'hq-fw01': {}, 'hq-fw02': {} } });
});
after(() => assistant.close());

/** While the work lasts, the store cannot write to a table. */
async function without<T>(table: string, work: () => Promise<T>): Promise<T> {
  const db = new DatabaseSync(assistant.folder.storeFile);
  db.exec(
    ['INSERT', 'UPDATE']
      .map(
        (kind) =>
          `CREATE TRIGGER no_${kind} BEFORE ${kind} ON ${table} BEGIN SELECT RAISE(ABORT, 'the disk is full at /secret/path'); END;`,
      )
      .join(''),
  );
  try {
    return await work();
  } finally {
    db.exec('DROP TRIGGER no_INSERT; DROP TRIGGER no_UPDATE');
    db.close();
  }
}

/** The line that the reference in these words leads to. */
async function lineOf(words: string): Promise<LogLine> {
  const [, reference] = REFERENCE.exec(words) ?? assert.fail(`There is no reference in: ${words}`);
  return await assistant.logged((line) => line.reference === reference);
}

describe('what went wrong inside has a reference that the log knows', () => {
  it('an event that cannot be stored: 503, in the body and as X-Request-Id', async () => {
    const response = await without('events', () => {
      const body = eventBody();
      return fetch(`${assistant.url}/webhooks/junos`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Junos-Auth': sign(body, WEBHOOK_SECRET) },
        body: Buffer.from(body),
      });
    });
    const { error, reference } = (await response.json()) as { error: string; reference: string };
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('x-request-id'), reference);
    assert.match(error, /^The event cannot be stored at the moment\. Send it again later\. Reference: /);
    const line = await lineOf(error);
    assert.deepEqual([line.msg, line.level], ['event not stored', 50]);
    assert.match(JSON.stringify(line.err), /the disk is full/);
  });

  it('a turn in a chat', async () => {
    const person = newPerson('Alex Wilber');
    const chat = personalChat(person);
    const told = await without('confirmations', () => assistant.teams.say(person, chat, 'reboot hq-fw01'));
    const said = told.map(({ activity }) => wordsOf(activity)).find((words) => REFERENCE.test(words)) ?? '';
    assert.match(
      said,
      /^The assistant could not finish this\. Before you ask again, check what was sent \(show reboots, or the card of the request\)\. /,
    );
    assert.ok(!said.includes('/secret/path'));
    const line = await lineOf(said);
    assert.deepEqual([line.msg, line.conversation, line.person], ['turn failed', chat.id, 'Alex Wilber']);
  });

  it('a click that confirms is answered beside its card, and nobody else in the chat reads it', async () => {
    const person = newPerson('Alex Wilber');
    const chat = personalChat(person);
    const card = await assistant.teams.ask(person, chat, 'reboot hq-fw01');
    const before = assistant.connector.taken(chat.id).length;
    const { type, value } = await without('jobs', () => assistant.teams.click(person, chat, card, 'Reboot now'));
    assert.equal(type, 'application/vnd.microsoft.activity.message');
    assert.match(
      String(value),
      /^The assistant could not finish this\. Before you click again, check what was sent \(show reboots, or the card of the request\)\. Reference: /,
    );
    const line = await lineOf(String(value));
    assert.deepEqual(
      [line.msg, line.verb, line.conversation, line.person],
      ['click failed', 'confirm', chat.id, 'Alex Wilber'],
    );
    assert.equal(assistant.connector.taken(chat.id).length, before);
    assert.equal(assistant.folder.count('hq-fw01'), 0);
    // The card is as it was: clicked again, it does what it says.
    assert.match(wordsOf((await assistant.teams.click(person, chat, card, 'Reboot now')).value as object), /Rebooting/);
  });

  it('a click on an event card', async () => {
    const person = newPerson('Alex Wilber');
    const chat = personalChat(person);
    await assistant.teams.say(person, chat, 'alerts here');
    await assistant.event({ hostname: 'hq-fw02', message: 'for a click' });
    const card = await assistant.connector.waitFor(
      ({ activity, conversationId }) => conversationId === chat.id && cardOf(activity) !== undefined,
    );
    await assistant.logged(({ msg }) => msg === 'card posted');
    const { value } = await without('audit', () => assistant.teams.click(person, chat, card, 'Acknowledge'));
    assert.match(String(value), /^The assistant could not finish this\. Click again in a moment\. Reference: /);
    assert.deepEqual((await lineOf(String(value))).verb, 'acknowledge');
  });

  it('a turn whose failure cannot be told either: 500', async () => {
    const [person, chat] = [newPerson('Alex Wilber'), personalChat(newPerson('x'))];
    assistant.connector.plan({ status: 400 }, 10, ({ conversationId }) => conversationId === chat.id);
    const activity = assistant.teams.activity(person, chat, { type: 'message', text: 'devices' });
    const { status, body } = await assistant.teams.post(activity);
    assistant.connector.heal();
    const { error, reference } = JSON.parse(body) as { error: string; reference: string };
    assert.equal(status, 500);
    assert.ok(error.endsWith(`The log has the details. Reference: ${reference}.`));
    assert.deepEqual((await lineOf(error)).msg, 'request failed');
  });

  it('a store that cannot be read: /readyz says so, and /metrics answers all the same', async () => {
    const db = new DatabaseSync(assistant.folder.storeFile);
    db.exec('ALTER TABLE event_groups RENAME TO elsewhere');
    const [ready, metrics] = [await fetch(`${assistant.url}/readyz`), await fetch(`${assistant.url}/metrics`)];
    db.exec('ALTER TABLE elsewhere RENAME TO event_groups');
    db.close();
    const { store, reference } = (await ready.json()) as { store: string; reference: string };
    assert.deepEqual([ready.status, store], [503, 'failed']);
    assert.equal((await lineOf(`Reference: ${reference}.`)).msg, 'store not ready');
    const text = await metrics.text();
    assert.equal(metrics.status, 200);
    assert.match(text, /^assistant_ready 0$/m);
    assert.match(text, /^assistant_store_errors_total\{operation="cards",code="[A-Za-z_-]+"\} [1-9]/m);
    // Nobody knows, so nothing is said.
    assert.ok(!/^assistant_alerts_waiting /m.test(text));
  });
});

describe('the lines of one job', () => {
  it('say which job, which request, which device, where and for whom', async () => {
    const person = newPerson('Megan Bowen');
    const chat = personalChat(person);
    const card = await assistant.teams.ask(person, chat, 'restart routing on hq-fw02');
    await assistant.teams.click(person, chat, card, /^Restart/);
    const end = await assistant.logged(({ msg, person: who }) => msg === 'job ended' && who === 'Megan Bowen');
    const of = ({ job, confirmation, action, device, conversation, person: who }: LogLine) => ({
      job,
      confirmation,
      action,
      device,
      conversation,
      person: who,
    });
    const [row] = assistant.folder.rows('SELECT id, confirmation_id FROM jobs WHERE id = ?', String(end.job));
    assert.deepEqual(of(end), {
      job: row?.id,
      confirmation: row?.confirmation_id,
      action: 'restart-process',
      device: 'hq-fw02',
      conversation: chat.id,
      person: 'Megan Bowen',
    });
    const own = assistant.log.filter(({ job }) => job === end.job);
    assert.ok(own.length >= 3);
    for (const line of own) assert.deepEqual(of(line), of(end), line.msg);
    const clicked = assistant.log.find((line) => line.msg === 'card clicked' && line.confirmation === end.confirmation);
    assert.deepEqual([clicked?.conversation, clicked?.person], [chat.id, 'Megan Bowen']);
  });
});
