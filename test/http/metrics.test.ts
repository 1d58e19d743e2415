import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Assistant } from '../fakes/assistant.ts';
import { type ConnectorRequest, cardOf } from '../fakes/connector.ts';

let assistant: Assistant;
beforeEach(async () => {
  assistant = await Assistant.start();
});
afterEach(() => assistant.close());

const get = () => fetch(`${assistant.url}/metrics`);
/** The samples of the exposition, by name and labels. */
const samples = async (): Promise<Map<string, number>> => {
  const lines = (await (await get()).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
};
const operations = (lane: string, outcome: string) =>
  `assistant_card_operations_total{lane="${lane}",outcome="${outcome}"}`;
const isCard = ({ activity }: ConnectorRequest) => cardOf(activity) !== undefined;

describe('/metrics', () => {
  it('is the text format of Prometheus, each number with its kind and its meaning', async () => {
    const response = await get();
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const kinds: [name: string, kind: string][] = [
      ['assistant_card_operations_total', 'counter'],
      ['assistant_alerts_waiting', 'gauge'],
      ['assistant_alerts_oldest_seconds', 'gauge'],
      ['assistant_alert_conversation_gone', 'gauge'],
    ];
    for (const [name, kind] of kinds) {
      assert.match(text, new RegExp(`^# HELP ${name} \\S.*\n# TYPE ${name} ${kind}$`, 'm'));
    }
    const all = await samples();
    const some = ['assistant_alerts_waiting', 'assistant_alerts_oldest_seconds', 'assistant_alert_conversation_gone'];
    assert.deepEqual(Object.fromEntries(some.map((name) => [name, all.get(name)])), {
      assistant_alerts_waiting: 0,
      assistant_alerts_oldest_seconds: 0,
      assistant_alert_conversation_gone: 0,
    });
  });

  it('counts what waits while nobody is told, and how long; then what was posted', async () => {
    await assistant.event();
    await assistant.event({ event: 'WARNING' });
    await assistant.event({ event: 'STORED' });
    assistant.moveClock(120_000);
    const before = await samples();
    assert.equal(before.get('assistant_alerts_waiting'), 2);
    const oldest = before.get('assistant_alerts_oldest_seconds') ?? 0;
    assert.ok(oldest >= 120 && oldest < 240, `${oldest}`);

    await assistant.alertsHere();
    await assistant.shown(2);
    const after = await samples();
    assert.equal(after.get('assistant_alerts_waiting'), 0);
    assert.equal(after.get('assistant_alerts_oldest_seconds'), 0);
    assert.equal(after.get(operations('urgent', 'posted')), 1);
    assert.equal(after.get(operations('normal', 'posted')), 1);
    assert.equal(after.get('assistant_alert_conversation_gone'), 0);
  });

  it('counts what Teams refused for the moment, and what it refused for good', async () => {
    await assistant.alertsHere();
    assistant.connector.plan({ status: 500 }, 1, isCard);
    await assistant.event();
    await assistant.shown(1);
    assistant.connector.plan({ status: 400 }, 1, isCard);
    await assistant.event({ hostname: 'hq-fw02' });
    await assistant.shown(2);
    const after = await samples();
    assert.equal(after.get(operations('urgent', 'retry')), 1);
    assert.equal(after.get(operations('urgent', 'rejected')), 1);
    assert.equal(after.get(operations('urgent', 'posted')), 2);
  });

  it('says while the alert conversation takes nothing, and that it does again', async () => {
    await assistant.alertsHere();
    assistant.connector.plan({ status: 403, code: 'ConversationBlockedByUser' }, 1_000, isCard);
    await assistant.event();
    await assistant.logged(({ msg }) => msg.startsWith('the alert conversation takes no messages'));
    const during = await samples();
    assert.equal(during.get('assistant_alert_conversation_gone'), 1);
    assert.equal(during.get('assistant_alerts_waiting'), 1);
    assert.equal(during.get(operations('urgent', 'gone')), 1);

    assistant.connector.heal();
    await assistant.alertsHere();
    await assistant.shown(1);
    const after = await samples();
    assert.equal(after.get('assistant_alert_conversation_gone'), 0);
    assert.equal(after.get('assistant_alerts_waiting'), 0);
  });

  it('holds nothing of a device, a person or a conversation', async () => {
    const conversation = await assistant.alertsHere();
    await assistant.event({ message: 'a message' });
    await assistant.shown(1);
    const text = await (await get()).text();
    for (const word of ['hq-fw01', 'CRITICAL', 'a message', conversation, 'Diego'])
      assert.ok(!text.includes(word), word);
  });
});
