import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Assistant, type AssistantOptions } from '../fakes/assistant.ts';
import { type ConnectorRequest, cardOf, type Fault, wordsOf } from '../fakes/connector.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';

/** A bot of its own with a chat for alerts; ended whatever happens. */
async function withAssistant(
  run: (assistant: Assistant, alerts: string) => Promise<void>,
  options: AssistantOptions = {},
): Promise<void> {
  const assistant = await Assistant.start(options);
  try {
    await run(assistant, await assistant.alertsHere());
  } finally {
    await assistant.close();
  }
}

const isCard = ({ method, activity }: ConnectorRequest) => method === 'POST' && cardOf(activity) !== undefined;
const words = ({ activity }: ConnectorRequest) => wordsOf(activity);
/** Whether each group has its card, in the order they were opened. */
const shown = (assistant: Assistant) =>
  assistant.folder
    .rows('SELECT activity_id FROM event_groups ORDER BY opened_at, rowid')
    .map(({ activity_id }) => activity_id !== null);
const cards = (assistant: Assistant) => assistant.connector.messages.filter(isCard);
const ready = async (assistant: Assistant) => (await fetch(`${assistant.url}/readyz`)).status;

describe('Teams has a bad moment: the card comes in the end, once', { concurrency: true }, () => {
  const moments: [name: string, fault: Fault, times: number][] = [
    ['429', { status: 429 }, 2],
    ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '1' } }, 2],
    ['412', { status: 412 }, 1],
    ['500', { status: 500 }, 2],
    ['502', { status: 502 }, 1],
    ['401', { status: 401 }, 1],
    ['no answer', { hang: true }, 1],
  ];
  for (const [name, fault, times] of moments) {
    it(name, () =>
      withAssistant(async (assistant) => {
        const { connector, folder } = assistant;
        connector.plan(fault, times, isCard);
        const id = await assistant.event({ message: 'the first' });
        const card = await connector.waitFor(isCard);
        // The next event's card is posted after whatever was still to come of the first one's.
        await assistant.event({ message: 'the second', hostname: 'hq-fw02' });
        await connector.waitFor((message) => words(message).includes('the second'));
        assert.equal(cards(assistant).filter((message) => words(message).includes('the first')).length, 1);
        assert.equal(connector.requests.filter(isCard).length, times + 2);
        const row = folder.rows('SELECT message FROM events WHERE id = ?', id)[0];
        assert.equal(row?.message, card.activityId);
      }),
    );
  }

  it('429 with a long Retry-After: asked once, left alone for five minutes at most; a restart posts it once', () =>
    withAssistant(async (assistant) => {
      const { connector } = assistant;
      connector.plan({ status: 429, headers: { 'Retry-After': '1800' } }, 1, isCard);
      await assistant.event();
      const { waitMs } = await assistant.logged(({ msg }) => msg === 'card not posted, trying again');
      assert.equal(waitMs, 300_000);
      await assistant.event({ hostname: 'hq-fw02' });
      await assistant.teams.ask(newPerson('Alex'), personalChat(newPerson('Alex')), 'devices');
      assert.equal(
        connector.requests.filter((request) => isCard(request) && words(request).includes('Critical')).length,
        1,
      );
      await assistant.stop();
      await assistant.startAgain();
      await assistant.shown(2);
      assert.deepEqual(shown(assistant), [true, true]);
      assert.equal(cards(assistant).filter((message) => words(message).includes('Critical')).length, 2);
    }));

  it('500 again and again: the events behind it wait in the store, and a restart in between loses and doubles nothing', () =>
    withAssistant(async (assistant, alerts) => {
      const { connector } = assistant;
      connector.plan({ status: 500 }, 10_000, isCard);
      for (const message of ['one', 'two', 'three']) await assistant.event({ message, hostname: message });
      await assistant.logged(({ msg }) => msg === 'card not posted, trying again');
      await assistant.stop();
      assert.ok(!shown(assistant).includes(true));
      connector.heal();
      await assistant.startAgain();
      await assistant.shown(3);
      assert.equal(connector.taken(alerts).filter(isCard).length, 3);
    }));
});

describe('Teams says no', { concurrency: true }, () => {
  it('403: held and said so, and out when the conversation speaks again', () =>
    withAssistant(async (assistant, alerts) => {
      const { connector } = assistant;
      connector.plan({ status: 403, code: 'BotNotInConversationRoster' }, 1, isCard);
      await assistant.event({ message: 'the first' });
      const line = await assistant.logged(({ msg }) => msg.startsWith('the alert conversation takes no messages'));
      assert.equal(line.reason, 'Teams answered 403 BotNotInConversationRoster');
      assert.equal(await ready(assistant), 503);
      await assistant.event({ message: 'the second', hostname: 'hq-fw02' });
      assert.ok(!shown(assistant).includes(true));
      // Somebody else's chat is no sign of life of that one.
      const megan = newPerson('Megan Bowen');
      await assistant.teams.ask(megan, personalChat(megan), 'devices');
      assert.equal(await ready(assistant), 503);
      const diego = { id: alerts.slice(2), name: 'Diego Siciliani' };
      // Not `ask`: what was held may come out before the answer does.
      await assistant.teams.say(diego, personalChat(diego), 'devices');
      await assistant.shown(2);
      assert.equal(connector.taken(alerts).filter((message) => words(message).includes('the first')).length, 1);
      assert.equal(await ready(assistant), 200);
    }));

  it('400 for the card: its words instead', () =>
    withAssistant(async (assistant, alerts) => {
      const { connector } = assistant;
      connector.plan({ status: 400, code: 'BadSyntax' }, 1, isCard);
      const id = await assistant.event({ hostname: '[evil](https://evil.example)', event: '**bold**' });
      const message = await connector.waitFor(({ activity }) => activity.text?.startsWith('Critical') ?? false);
      assert.equal(message.conversationId, alerts);
      assert.match(words(message), /^Critical: \*\*bold\*\* on \[evil\]\(https:\/\/evil\.example\), \d\d:\d\d GMT/);
      // What a device calls itself is no link, in this form either.
      const { text = '', textFormat } = message.activity;
      assert.ok(textFormat === 'plain' || !text.includes(']('), text);
      await assistant.logged(({ msg }) => msg === 'card posted');
      assert.equal(
        assistant.folder.rows('SELECT message FROM events WHERE id = ?', id)[0]?.message,
        message.activityId,
      );
    }));

  it('400 for the words as well: given up with a line in the log, and the next one comes', () =>
    withAssistant(async (assistant, alerts) => {
      const { connector } = assistant;
      connector.plan({ status: 400 }, 2, ({ conversationId }) => conversationId === alerts);
      await assistant.event({ message: 'the first' });
      await assistant.logged(
        ({ msg, level }) => msg.startsWith('Teams refused the events in every form') && level === 50,
      );
      await assistant.event({ message: 'the second', hostname: 'hq-fw02' });
      await connector.waitFor((message) => words(message).includes('the second'));
      await assistant.shown(1);
      assert.deepEqual(shown(assistant), [false, true]);
      assert.equal(await ready(assistant), 200);
    }));
});

describe('many at once', { concurrency: true }, () => {
  it('50 events of one device: one card that counts them, and its last state is the true one', () =>
    withAssistant(async (assistant, alerts) => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => assistant.event({ message: `number ${n}.` })));
      await assistant.event({ event: 'WARNING', message: 'in its own lane' });
      await assistant.connector.waitFor((message) => words(message).includes('in its own lane'));
      await assistant.shown(51);
      const critical = assistant.connector.taken(alerts).filter((message) => words(message).includes('Critical'));
      assert.equal(critical.filter(({ method }) => method === 'POST').length, 1);
      assert.match(words(critical.at(-1) ?? assert.fail()), /×50 · first /);
      const carried = assistant.folder.rows('SELECT DISTINCT message FROM events WHERE event = ?', 'CRITICAL');
      assert.deepEqual(
        carried.map(({ message }) => message),
        [critical[0]?.activityId],
      );
    }));

  it('40 kinds from 40 devices: eight cards and one for the rest; every event is on one of them', () =>
    withAssistant(async (assistant, alerts) => {
      const send = (n: number) => assistant.event({ event: `KIND_${n}`, hostname: `sw${n}` });
      await Promise.all(Array.from({ length: 40 }, (_, n) => send(n)));
      await assistant.shown(40);
      const posts = assistant.connector.taken(alerts).filter(isCard);
      assert.equal(posts.length, 9);
      assert.match(
        words(posts.find((message) => /events of \d+ kinds/.test(words(message))) ?? assert.fail()),
        /kinds/,
      );
    }));

  it('nobody named a chat yet: kept, the critical ones first when somebody does; 3 and 4 are never posted', async () => {
    const assistant = await Assistant.start();
    try {
      for (const event of ['WARNING', 'STORED', 'IGNORED', 'CRITICAL', 'NOT_LISTED']) await assistant.event({ event });
      await assistant.logged(({ msg }) => msg.startsWith('no alert conversation yet'));
      assert.deepEqual(assistant.connector.requests, []);
      assert.equal(await ready(assistant), 200);
      assistant.moveClock(5 * 60_000 + 1_000);
      assert.equal(await ready(assistant), 503, 'nobody is being told');
      const alerts = await assistant.alertsHere();
      await assistant.shown(3);
      const posted = assistant.connector.taken(alerts).filter(isCard);
      const names = posted.map((message) => /CRITICAL|NOT_LISTED|WARNING|STORED|IGNORED/.exec(words(message))?.[0]);
      assert.deepEqual(names, ['CRITICAL', 'NOT_LISTED', 'WARNING']);
      assert.equal(assistant.folder.rows(`SELECT * FROM events WHERE event = 'STORED'`).length, 1);
    } finally {
      await assistant.close();
    }
  });
});
