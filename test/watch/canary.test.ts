import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { Delivery } from '../../src/events/dispatcher.ts';
import type { Group } from '../../src/events/group.ts';
import type { IntakeRules } from '../../src/events/intake.ts';
import { createLog } from '../../src/log.ts';
import type { Store } from '../../src/store/store.ts';
import { Canary, type CanaryOptions } from '../../src/watch/canary.ts';
import { CanaryCard } from '../../src/watch/canary-card.ts';
import { walk } from '../../src/watch/canary-path.ts';
import { Assistant } from '../fakes/assistant.ts';
import { wordsOf } from '../fakes/connector.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';
import { storeFolder } from '../store/files.ts';

const RULES: IntakeRules = {
  secrets: ['a-secret-for-tests-only'],
  deviceSecrets: new Map([['assistant-canary', ['another']]]),
  strictTime: true,
  // What people wrote must not hide it.
  priorities: { ASSISTANT_CANARY: 4 },
  rules: [{ events: ['*'], priority: 4, silence: true }],
  clearing: new Set(),
};

const lines: string[] = [];
let ids = 0;
const rig = (own: Partial<CanaryOptions> & Pick<CanaryOptions, 'store'>): CanaryOptions => ({
  rules: () => RULES,
  quietMs: 1_000,
  draw: () => undefined,
  now: Date.now,
  newId: () => `id-${++ids}`,
  log: createLog('debug', { write: (line) => void lines.push(line) }),
  everyMs: 1,
  firstMs: 0,
  limitMs: 60_000,
  card: null,
  clock: () => '10:05',
  onEnd: () => {},
  ...own,
});

describe('the way of a self-test', () => {
  let folder: Awaited<ReturnType<typeof storeFolder>>;
  let store: Store;
  before(async () => {
    folder = await storeFolder();
    store = await folder.open(folder.file('canary.sqlite'));
  });
  after(() => folder.remove());
  const everything = () => {
    const db = new DatabaseSync(folder.file('canary.sqlite'), { readOnly: true });
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'")
      .all();
    const all = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]);
    db.close();
    return Object.fromEntries(all) as Record<string, unknown>;
  };
  const way = (own: Partial<CanaryOptions> = {}) => walk(rig({ store, ...own }), { stage: 'intake' });

  it('goes to a card that is drawn, whatever is configured, and leaves nothing', async () => {
    const drawn: Group[] = [];
    const before = everything();
    for (let times = 0; times < 3; times += 1) assert.equal(await way({ draw: (group) => drawn.push(group) }), null);
    assert.deepEqual(
      drawn.map(({ event, count, priority }) => [event, count, priority]),
      [1, 2, 3].map(() => ['ASSISTANT_CANARY', 1, 1]),
    );
    assert.deepEqual(everything(), before);
    assert.ok(Object.keys(before).includes('events'));
    assert.deepEqual(lines, []);
  });

  it('uses up no number of an event', async () => {
    const event = { ...EVENT, receivedAt: Date.now() };
    const first = await store.addEvent(event);
    await way();
    assert.equal((await store.addEvent(event)).id, first.id + 1);
  });

  const failing: [what: string, own: Partial<CanaryOptions>, stage: string, reason: RegExp][] = [
    [
      'without a secret',
      { rules: () => ({ ...RULES, secrets: [] }) },
      'intake',
      /^The signature is missing or wrong\.$/,
    ],
    [
      'changed by the store',
      { store: { tryEvent: async () => false } },
      'store',
      /came back from the store as another/,
    ],
    [
      'a card that cannot be drawn',
      {
        draw: () => {
          throw new TypeError('secret internals');
        },
      },
      'board',
      /^Something went wrong inside the assistant\. .* Reference: \w{8}\.$/,
    ],
  ];
  for (const [what, own, stage, reason] of failing) {
    it(`${what}: fails at ${stage}`, async () => {
      const failure = await way(own);
      assert.equal(failure?.stage, stage);
      assert.match(failure?.reason ?? '', reason);
    });
  }

  it('a store that takes no event: fails at store', async () => {
    const db = new DatabaseSync(folder.file('canary.sqlite'));
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END`);
    const failure = await way();
    db.exec('DROP TRIGGER broken');
    db.close();
    assert.equal(failure?.stage, 'store');
    assert.match(failure?.reason ?? '', /no room/);
    assert.equal(await way(), null);
  });
});

const EVENT = {
  event: 'X',
  process: '',
  message: '',
  hostname: 'hq-fw01',
  detail: '""',
  source: '192.0.2.1',
  priority: 3 as const,
  body: new Uint8Array(2),
  webhookId: null,
  skewMs: null,
  isOwed: false,
};

describe('self-tests one after the other', () => {
  const good = { tryEvent: async () => true };

  it('go on until they are stopped, and say how they end', async () => {
    const ends: (string | null)[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const plan = [true, false, true];
    const canary = new Canary(
      rig({
        store: { tryEvent: async () => plan[ends.length] ?? true },
        onEnd: (failedAt) => {
          ends.push(failedAt);
          if (ends.length === 3) resolve();
        },
      }),
    );
    assert.deepEqual(canary.state, { result: 'not-yet', at: null, stage: null, reason: null });
    canary.start();
    await promise;
    await canary.stop();
    assert.deepEqual(ends.slice(0, 3), [null, 'store', null]);
    assert.equal(canary.state.result, 'passed');
    assert.ok(canary.succeededAt);
    const before = ends.length;
    await canary.once();
    assert.equal(ends.length, before);
  });

  it('that fail keep the time of the last one that passed, and where it failed', async () => {
    let isIntact = true;
    const canary = new Canary(rig({ store: { tryEvent: async () => isIntact } }));
    await canary.once();
    const passedAt = canary.succeededAt;
    isIntact = false;
    await canary.once();
    assert.deepEqual([canary.state.result, canary.state.stage], ['failed', 'store']);
    assert.equal(canary.succeededAt, passedAt);
  });

  it('are off with 0', async () => {
    const canary = new Canary(rig({ store: good, everyMs: 0 }));
    canary.start();
    assert.equal(canary.state.result, 'off');
    await canary.stop();
  });

  it('one that hangs has failed where it is', async () => {
    const canary = new Canary(rig({ store: { tryEvent: () => new Promise(() => {}) }, limitMs: 10 }));
    await canary.once();
    assert.deepEqual([canary.state.result, canary.state.stage], ['failed', 'store']);
    assert.match(canary.state.reason ?? '', /did not end within/);
  });

  it('the message says that it failed, and Teams that refuses it is a failure of its own', async () => {
    const said: string[] = [];
    let refusal: string | null = null;
    let isIntact = false;
    const card = {
      show: async (text: string) => {
        said.push(text);
        return refusal;
      },
    };
    const canary = new Canary(rig({ store: { tryEvent: async () => isIntact }, card, everyMs: 300_000 }));
    await canary.once();
    isIntact = true;
    refusal = 'Teams answered 403';
    await canary.once();
    assert.deepEqual([canary.state.stage, canary.state.reason], ['card', refusal]);
    refusal = null;
    await canary.once();
    assert.equal(canary.state.result, 'passed');
    assert.match(said[0] ?? '', /^Self-test failed at 10:05, in the stage store: /);
    assert.match(said[2] ?? '', /^Self-test passed at 10:05: .* every 5 minutes/);
  });
});

describe('the message of the self-test', () => {
  const posted = (activityId: string): Delivery => ({ outcome: 'posted', conversationId: 'c', activityId });
  const retry = (status: number | null): Delivery => ({ outcome: 'retry', reason: 'no', afterMs: null, status });
  function rigOf(settings = new Map<string, string>(), conversationId = 'c') {
    const said: string[] = [];
    const answers: Delivery[] = [];
    let now = 0;
    let last = 0;
    const card = new CanaryCard({
      conversationId,
      store: {
        setting: async (key) => settings.get(key) ?? null,
        setSetting: async (key, value) => void settings.set(key, value),
      },
      post: async () => {
        said.push('post');
        return answers.shift() ?? posted(`m${++last}`);
      },
      update: async (_, activityId) => {
        said.push(`update ${activityId}`);
        return answers.shift() ?? posted(activityId);
      },
      now: () => now,
    });
    const move = (ms: number) => {
      now += ms;
    };
    return { card, said, answers, settings, move };
  }

  it('is posted once and updated from then on, over restarts too', async () => {
    const { card, said, settings } = rigOf();
    for (let times = 0; times < 3; times += 1) assert.equal(await card.show('x'), null);
    assert.deepEqual(said, ['post', 'update m1', 'update m1']);
    const again = rigOf(settings);
    await again.card.show('x');
    assert.deepEqual(again.said, ['update m1']);
    const elsewhere = rigOf(settings, 'another');
    await elsewhere.card.show('x');
    assert.deepEqual(elsewhere.said, ['post']);
  });

  it('is posted anew when it was missing three times, not when Teams is being moved', async () => {
    const { card, said, answers } = rigOf();
    await card.show('x');
    answers.push(retry(404), retry(404), posted('m1'), retry(404), retry(404), retry(404));
    for (let times = 0; times < 6; times += 1) await card.show('x');
    assert.deepEqual(said.slice(-2), ['update m1', 'post']);
    assert.equal(said.filter((what) => what === 'post').length, 2);
  });

  it('that Teams did not answer for may be there: it is not posted every five minutes', async () => {
    const { card, said, answers, move } = rigOf();
    answers.push(retry(null));
    assert.equal(await card.show('x'), 'no');
    assert.match((await card.show('x')) ?? '', /did not answer/);
    assert.deepEqual(said, ['post']);
    move(60 * 60_000);
    assert.equal(await card.show('x'), null);
    assert.deepEqual(said, ['post', 'post']);
  });
});

describe('the self-test of a running bot', () => {
  const person = newPerson('Alex Wilber');
  const chat = personalChat(person);
  let assistant: Assistant;
  before(async () => {
    assistant = await Assistant.start({ assistant: { canary_chat_id: chat.id } });
  });
  after(() => assistant.close());

  const ready = async () => {
    const response = await fetch(`${assistant.url}/readyz`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const sample = async (name: string) => {
    const text = await (await fetch(`${assistant.url}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length),
    );
  };
  const isCanary = (text: string | undefined) => text?.startsWith('Self-test passed at ') ?? false;

  it('that fails at Teams is told, and the bot stays ready: its webhooks are stored', async () => {
    // Nobody has spoken to the bot there yet.
    await assistant.logged(({ msg, stage }) => msg === 'self-test failed' && stage === 'card');
    const { status, body } = await ready();
    assert.equal(status, 200);
    assert.deepEqual([body.isReady, body.isDegraded], [true, true]);
    assert.deepEqual((body.canary as { stage: string }).stage, 'card');
    assert.equal(await sample('assistant_canary_failures_total{stage="card"}'), 1);
    assert.equal(await sample('assistant_canary_last_success_timestamp_seconds'), 0);
  });

  it('posts one message, and updates it after a restart; nobody counts its event', async () => {
    await assistant.teams.say(person, chat, 'devices');
    for (const [method, times] of [
      ['POST', 1],
      ['PUT', 2],
    ] as const) {
      await assistant.stop();
      await assistant.startAgain();
      const message = await assistant.connector.waitFor(
        (each) => each.method === method && isCanary(each.activity.text),
      );
      assert.equal(message.conversationId, chat.id);
      assert.match(wordsOf(message.activity), /an event that comes now is stored and shown/);
      assert.equal(assistant.connector.messages.filter(({ activity }) => isCanary(activity.text)).length, times);
    }
    const messages = assistant.connector.messages.filter(({ activity }) => isCanary(activity.text));
    assert.equal(messages[1]?.activityId, messages[0]?.activityId);
    const { body } = await ready();
    assert.deepEqual([body.isDegraded, (body.canary as { result: string }).result], [false, 'passed']);
    assert.ok((await sample('assistant_canary_last_success_timestamp_seconds')) > 0);
    const text = await (await fetch(`${assistant.url}/metrics`)).text();
    assert.ok(!/^assistant_events_total\{[^}]*outcome="stored"[^}]*\} [1-9]/m.test(text));
    assert.deepEqual(assistant.folder.rows('SELECT id FROM events'), []);
    assert.ok(assistant.log.every(({ msg }) => msg !== 'event stored'));
  });
});
