import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Assistant } from '../fakes/assistant.ts';
import { Microsoft, type TokenOptions } from '../fakes/microsoft.ts';
import { type Answer, groupChat, newPerson, personalChat } from '../fakes/teams.ts';

const TENANT = '66666666-7777-4888-9999-000000000000';
/** The SDK keeps a bot's own tokens for the whole process, so that every bot here is another one. */
const newEnv = () => ({
  MicrosoftAppType: 'SingleTenant',
  MicrosoftAppId: randomUUID(),
  MicrosoftAppTenantId: TENANT,
  MicrosoftAppPassword: 'a-made-up-client-secret',
});

const NOT_TEAMS = '{"error":"The request is not from Microsoft Teams."}';
const OTHER_TENANT = '{"error":"This bot serves its own organisation in Microsoft Teams only."}';
const OTHER_HOST = '{"error":"This bot answers to the service URLs of Microsoft Teams only."}';
const LATER = '{"error":"The request cannot be verified at the moment. Send it again later."}';
const NO_ACTIVITY = '{"error":"The body is not a Bot Framework activity."}';
const NO_JSON = '{"error":"Send JSON: Content-Type: application/json, not compressed."}';

const alex = newPerson('Alex Wilber');
const chat = personalChat(alex);
const seconds = () => Math.floor(Date.now() / 1_000);

/** A bot with an identity, in front of a Microsoft of its own. */
async function startBot() {
  const microsoft = await Microsoft.start();
  const env = newEnv();
  const access = { operators: [alex.aadObjectId ?? ''] };
  const assistant = await Assistant.start({
    env,
    // Loopback, so that the test opens no port to others.
    assistant: { host: '127.0.0.1', access },
    cloud: microsoft.cloud,
  });
  assistant.teams.tenantId = TENANT;
  const ours = { aud: env.MicrosoftAppId, serviceurl: assistant.connector.url };
  const token = ({ claims, ...options }: TokenOptions = {}) =>
    microsoft.token({ claims: { ...ours, ...claims }, ...options });
  const send = (
    own: object = {},
    authorization: string | null = `Bearer ${token()}`,
    headers = {},
  ): Promise<Answer> => {
    const activity = assistant.teams.activity(alex, chat, { type: 'message', text: 'devices', ...own });
    const header: Record<string, string> = authorization === null ? {} : { Authorization: authorization };
    return assistant.teams.post(activity, { ...header, ...headers });
  };
  const close = () => Promise.all([assistant.close(), microsoft.close()]);
  return { microsoft, assistant, appId: env.MicrosoftAppId, token, send, close };
}

describe('the token of a request from Teams', () => {
  let bot: Awaited<ReturnType<typeof startBot>>;
  before(async () => {
    bot = await startBot();
    bot.microsoft.addKey('webchat', ['webchat']);
    bot.microsoft.addKey('bare');
    bot.microsoft.addKey('empty', []);
  });
  after(() => bot.close());

  type Case = [name: string, authorization: () => string | null, reason: string, own?: object];
  const bearer = (options: () => TokenOptions) => () => `Bearer ${bot.token(options())}`;
  const refused: Case[] = [
    ['no token', () => null, 'no-token'],
    ['an empty header', () => '', 'no-token'],
    ['another scheme', () => 'Basic YTpi', 'no-jwt'],
    ['the word alone', () => 'Bearer ', 'no-jwt'],
    ['no JWT', () => 'Bearer abc', 'no-jwt'],
    ['two tokens', () => `Bearer ${bot.token()} ${bot.token()}`, 'no-jwt'],
    ['a header that is no object', () => `Bearer ${Buffer.from('7').toString('base64url')}.e30.AA`, 'no-jwt'],
    ['another audience', bearer(() => ({ claims: { aud: randomUUID() } })), 'wrong-audience'],
    ['no audience', bearer(() => ({ claims: { aud: undefined } })), 'wrong-audience'],
    ['a list of audiences', bearer(() => ({ claims: { aud: [bot.appId] } })), 'wrong-audience'],
    [
      'another issuer',
      bearer(() => ({ claims: { iss: 'https://api.botframework.com.evil.example' } })),
      'wrong-issuer',
    ],
    [
      'the issuer of the government cloud',
      bearer(() => ({ claims: { iss: 'https://api.botframework.us' } })),
      'wrong-issuer',
    ],
    ['no issuer', bearer(() => ({ claims: { iss: undefined } })), 'wrong-issuer'],
    ['expired', bearer(() => ({ claims: { exp: seconds() - 301 } })), 'expired'],
    ['without an end', bearer(() => ({ claims: { exp: undefined } })), 'no-lifetime'],
    ['an end that is a text', bearer(() => ({ claims: { exp: '9999999999' } })), 'no-lifetime'],
    ['not yet valid', bearer(() => ({ claims: { nbf: seconds() + 400, exp: seconds() + 4_000 } })), 'not-yet-valid'],
    ['nobody signed it', bearer(() => ({ header: { alg: 'none' }, sign: () => Buffer.alloc(0) })), 'wrong-algorithm'],
    [
      'HS256, signed with the public key',
      bearer(() => ({
        header: { alg: 'HS256' },
        sign: (data) => createHmac('sha256', bot.microsoft.publicPem('teams')).update(data).digest(),
      })),
      'wrong-algorithm',
    ],
    [
      'a key that is not in the list',
      bearer(() => ({ header: { kid: 'stranger' }, sign: Microsoft.strangerSign })),
      'unknown-key',
    ],
    ['no key id', bearer(() => ({ header: { kid: undefined }, sign: Microsoft.strangerSign })), 'unknown-key'],
    ['the name of a key, signed with another', bearer(() => ({ sign: Microsoft.strangerSign })), 'wrong-signature'],
    ['no signature', bearer(() => ({ sign: () => Buffer.alloc(0) })), 'wrong-signature'],
    ['a changed claim', () => `Bearer ${changed(bot.token())}`, 'wrong-signature'],
    ['a key for another channel', bearer(() => ({ header: { kid: 'webchat' } })), 'not-endorsed'],
    ['a key without endorsements', bearer(() => ({ header: { kid: 'bare' } })), 'not-endorsed'],
    ['a key with a list of none', bearer(() => ({ header: { kid: 'empty' } })), 'not-endorsed'],
    ['for another channel than its key', bearer(() => ({})), 'not-endorsed', { channelId: 'webchat' }],
    ['for no channel', bearer(() => ({})), 'not-endorsed', { channelId: '' }],
    ['for App Service', bearer(() => ({})), 'not-endorsed', { channelId: 'AseChannel' }],
    [
      'another service URL in it',
      bearer(() => ({ claims: { serviceurl: 'https://smba.trafficmanager.net/emea/' } })),
      'wrong-service-url',
    ],
    ['no service URL in it', bearer(() => ({ claims: { serviceurl: undefined } })), 'wrong-service-url'],
    [
      'another service URL in the activity',
      bearer(() => ({})),
      'wrong-service-url',
      { serviceUrl: 'https://evil.example/' },
    ],
    ['no service URL in the activity', bearer(() => ({})), 'wrong-service-url', { serviceUrl: '' }],
    [
      'of the Emulator, for this bot',
      bearer(() => ({
        claims: {
          iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
          ver: '1.0',
          appid: bot.appId,
        },
      })),
      'wrong-issuer',
    ],
    [
      'of a bot that calls this one as its skill',
      bearer(() => ({
        claims: {
          iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
          ver: '2.0',
          azp: randomUUID(),
        },
      })),
      'wrong-issuer',
    ],
  ];
  for (const [name, authorization, reason, own] of refused) {
    it(`${name}: 401, and nothing of why`, async () => {
      const before = bot.assistant.log.length;
      assert.deepEqual(await bot.send(own, authorization()), { status: 401, body: NOT_TEAMS });
      const lines = bot.assistant.log.slice(before).map(({ msg, reason: why }) => [msg, why]);
      assert.deepEqual(lines, [['activity refused', reason]]);
    });
  }

  it('none of them was heard, remembered or answered', () => {
    assert.deepEqual(bot.assistant.connector.requests, []);
    assert.deepEqual(bot.assistant.folder.rows('SELECT * FROM conversations'), []);
  });

  it('the list of keys was asked for once, although several named a key that is not there', () => {
    assert.equal(bot.microsoft.keyRequests, 1);
  });

  it('a good one, and the same again, as Teams sends them', async () => {
    const one = `Bearer ${bot.token()}`;
    for (let count = 1; count <= 2; count++) {
      assert.deepEqual(await bot.send({}, one), { status: 200, body: '' });
      assert.equal(bot.assistant.connector.taken(chat.id).length, count);
    }
  });

  const close: [name: string, claims: object][] = [
    ['whose end was three minutes ago', { exp: seconds() - 180 }],
    ['whose beginning is in three minutes', { nbf: seconds() + 180 }],
    ['without a beginning', { nbf: undefined }],
  ];
  for (const [name, claims] of close) {
    it(`one ${name} is taken: clocks differ`, async () => {
      assert.equal((await bot.send({}, `Bearer ${bot.token({ claims: { ...claims } })}`)).status, 200);
    });
  }

  it('an app id counts in any case, because Entra writes it small', async () => {
    const other = await Microsoft.start();
    const env = newEnv();
    const upper = { ...env, MicrosoftAppId: env.MicrosoftAppId.toUpperCase() };
    const assistant = await Assistant.start({ env: upper, assistant: { host: '127.0.0.1' }, cloud: other.cloud });
    try {
      assistant.teams.tenantId = TENANT;
      const claims = { aud: env.MicrosoftAppId, serviceurl: assistant.connector.url };
      const activity = assistant.teams.activity(alex, chat, { type: 'message', text: 'devices' });
      const { status } = await assistant.teams.post(activity, { Authorization: `Bearer ${other.token({ claims })}` });
      assert.equal(status, 200);
    } finally {
      await Promise.all([assistant.close(), other.close()]);
    }
  });

  const elsewhere = 'https://connector.example.com/';
  const forbidden: [name: string, own: object, options: () => TokenOptions, body: string][] = [
    [
      'another tenant',
      { conversation: { ...chat, tenantId: randomUUID() }, channelData: {} },
      () => ({}),
      OTHER_TENANT,
    ],
    ['no tenant', { conversation: chat, channelData: {} }, () => ({}), OTHER_TENANT],
    [
      'a service URL that is none of Teams',
      { serviceUrl: elsewhere },
      () => ({ claims: { serviceurl: elsewhere } }),
      OTHER_HOST,
    ],
    [
      'one that only begins like it',
      { serviceUrl: 'http://127.0.0.1.evil.example/' },
      () => ({ claims: { serviceurl: 'http://127.0.0.1.evil.example/' } }),
      OTHER_HOST,
    ],
  ];
  for (const [name, own, options, body] of forbidden) {
    it(`${name}: 403, although signed`, async () => {
      const heard = bot.assistant.connector.requests.length;
      assert.deepEqual(await bot.send(own, `Bearer ${bot.token(options())}`), { status: 403, body });
      assert.equal(bot.assistant.connector.requests.length, heard);
      assert.equal(bot.assistant.folder.rows('SELECT * FROM conversations').length, 1);
    });
  }

  const good = (body: unknown, headers: Record<string, string> = {}) =>
    bot.assistant.teams.post(body, { Authorization: `Bearer ${bot.token()}`, ...headers });
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const bodies: [name: string, send: () => Promise<Answer>, status: number, body: string | RegExp][] = [
    ['an empty object', () => good('{}'), 400, NO_ACTIVITY],
    ['no JSON', () => good('{"type":'), 400, NO_ACTIVITY],
    ['a text', () => good('{"type":"message"}', { 'Content-Type': 'text/plain' }), 415, NO_JSON],
    ['a form', () => good('a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }), 415, NO_JSON],
    ['gzip', () => good(gzipSync('{}').toString('latin1'), { 'Content-Encoding': 'gzip' }), 415, NO_JSON],
    ['huge', () => good(`{"text":"${'x'.repeat(300_000)}"}`), 413, '{"error":"The body is larger than 256 KiB."}'],
    ['deep, where nobody looks', () => good(nested(120_000)), 400, NO_ACTIVITY],
  ];
  for (const [name, send, status, body] of bodies) {
    it(`a body that is ${name}: ${status}`, async () => {
      assert.deepEqual(await send(), { status, body });
    });
  }

  for (const field of ['value', 'channelData', 'entities', 'conversation.properties']) {
    it(`an activity with 60,000 lists in each other in ${field} is answered, and leaves the bot standing`, async () => {
      const activity = bot.assistant.teams.activity(alex, chat, { type: 'message', text: 'devices' });
      const deep = JSON.stringify(activity).replace(
        field === 'conversation.properties' ? /"conversation":\{/ : /\}$/,
        field === 'conversation.properties'
          ? `"conversation":{"properties":${nested(60_000)},`
          : `,"${field}":${nested(60_000)}}`,
      );
      const { status, body } = await good(deep);
      assert.deepEqual({ status, body }, { status: 400, body: NO_ACTIVITY });
      assert.equal((await bot.send()).status, 200);
    });
  }

  it('the log has neither a token nor the secret', () => {
    const text = JSON.stringify(bot.assistant.log);
    assert.doesNotMatch(text, /eyJ|a-made-up-client-secret|Bearer/);
  });
});

/** The same with a few more rights. */
function changed(token: string): string {
  const [head, body = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  return [head, Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url'), signature].join('.');
}

describe('an activity that is sent again', () => {
  it('does nothing twice: the click counts once, whatever token it comes with', async () => {
    const bot = await startBot();
    try {
      bot.assistant.teams.authorization = () => `Bearer ${bot.token()}`;
      const card = await bot.assistant.teams.ask(alex, chat, 'reboot hq-fw01 now');
      const { verb, data } = executeOf(card.activity.attachments?.[0]?.content);
      const value = { action: { type: 'Action.Execute', verb, data }, trigger: 'manual' };
      const click = bot.assistant.teams.activity(alex, chat, { type: 'invoke', name: 'adaptiveCard/action', value });
      const one = `Bearer ${bot.token()}`;
      const answers = await Promise.all([1, 2, 3].map(() => bot.assistant.teams.post(click, { Authorization: one })));
      answers.push(await bot.assistant.teams.post(click));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200],
      );
      await bot.assistant.folder.received('hq-fw01', 'request-reboot');
      assert.equal(bot.assistant.folder.rows('SELECT * FROM jobs').length, 1);
      assert.equal(bot.assistant.folder.count('hq-fw01'), 1);
    } finally {
      await bot.close();
    }
  });

  it('from another tenant it does nothing at all', async () => {
    const bot = await startBot();
    try {
      bot.assistant.teams.authorization = () => `Bearer ${bot.token()}`;
      const card = await bot.assistant.teams.ask(alex, chat, 'reboot hq-fw01 now');
      bot.assistant.teams.tenantId = randomUUID();
      const { verb, data } = executeOf(card.activity.attachments?.[0]?.content);
      const { status } = await bot.assistant.teams.execute(alex, chat, { type: 'Action.Execute', verb, data });
      assert.equal(status, 403);
      assert.deepEqual(bot.assistant.folder.rows('SELECT * FROM jobs'), []);
    } finally {
      await bot.close();
    }
  });
});

interface Execute {
  type: string;
  verb: string;
  data: unknown;
}

/** The first button of a card that decides something. */
function executeOf(node: unknown): Execute {
  const found = everyNode(node).find((each) => (each as Partial<Execute>).type === 'Action.Execute');
  assert.ok(found);
  return found as Execute;
}

const everyNode = (node: unknown): object[] =>
  typeof node === 'object' && node !== null ? [node, ...Object.values(node).flatMap(everyNode)] : [];

describe("Microsoft's list of keys", () => {
  it('is away from the start: 503, come again, one line in the log; then it is there', async () => {
    const bot = await startBot();
    try {
      bot.microsoft.fault = { status: 500 };
      for (let count = 0; count < 3; count++) assert.deepEqual(await bot.send(), { status: 503, body: LATER });
      // Not one request for each that comes.
      assert.equal(bot.microsoft.keyRequests, 1);
      const response = await fetch(`${bot.assistant.url}/api/messages`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bot.token()}` },
        body: JSON.stringify(bot.assistant.teams.activity(alex, chat, { type: 'message', text: 'devices' })),
      });
      assert.equal(response.headers.get('retry-after'), '10');
      // What is wrong whatever the list says is still that.
      const forged = bot.token({ claims: { aud: randomUUID() } });
      assert.deepEqual(await bot.send({}, `Bearer ${forged}`), { status: 401, body: NOT_TEAMS });
      const said = bot.assistant.log.filter(({ msg }) => msg === "Microsoft's signing keys cannot be fetched");
      assert.equal(said.length, 1);

      bot.microsoft.fault = null;
      assert.equal((await bot.send()).status, 503);
      bot.assistant.moveClock(10_000);
      assert.deepEqual(await bot.send(), { status: 200, body: '' });
      await bot.assistant.logged(({ msg }) => msg === "Microsoft's signing keys can be fetched again");
    } finally {
      await bot.close();
    }
  });

  it('was looked for by a clock that is set back afterwards: it is looked for again', async () => {
    const bot = await startBot();
    try {
      bot.assistant.moveClock(200_000);
      bot.microsoft.fault = { status: 500 };
      assert.equal((await bot.send()).status, 503);
      bot.microsoft.fault = null;
      bot.assistant.moveClock(-200_000);
      assert.deepEqual(await bot.send(), { status: 200, body: '' });
    } finally {
      await bot.close();
    }
  });

  it('goes away for a day and more: the keys that are known go on', async () => {
    const bot = await startBot();
    try {
      const lasting = () => bot.token({ claims: { exp: seconds() + 30 * 86_400 } });
      assert.equal((await bot.send()).status, 200);
      bot.microsoft.fault = { status: 503 };
      bot.assistant.moveClock(25 * 3_600_000);
      for (let count = 0; count < 3; count++) assert.equal((await bot.send({}, `Bearer ${lasting()}`)).status, 200);
      await bot.assistant.logged(({ msg }) => msg === "Microsoft's signing keys cannot be fetched");
      assert.equal(bot.microsoft.keyRequests, 2);
      // Nobody can tell whether Microsoft has this one by now.
      bot.assistant.moveClock(10_000);
      const claims = { exp: seconds() + 30 * 86_400 };
      const stranger = bot.token({ claims, header: { kid: 'stranger' }, sign: Microsoft.strangerSign });
      assert.deepEqual(await bot.send({}, `Bearer ${stranger}`), { status: 503, body: LATER });
    } finally {
      await bot.close();
    }
  });

  it('gets a new key: looked for at once, and not again for each request with one that is not there', async () => {
    const bot = await startBot();
    try {
      assert.equal((await bot.send()).status, 200);
      bot.microsoft.addKey('next', ['msteams']);
      bot.assistant.moveClock(6 * 60_000);
      assert.equal((await bot.send({}, `Bearer ${bot.token({ header: { kid: 'next' } })}`)).status, 200);
      assert.equal(bot.microsoft.keyRequests, 2);
      const strangers = Array.from({ length: 20 }, (_, n) =>
        bot.send({}, `Bearer ${bot.token({ header: { kid: `stranger-${n}` }, sign: Microsoft.strangerSign })}`),
      );
      for (const { status } of await Promise.all(strangers)) assert.equal(status, 401);
      assert.equal(bot.microsoft.keyRequests, 2);
    } finally {
      await bot.close();
    }
  });

  for (const fault of ['not JSON', 'no keys'] as const) {
    it(`that is broken (${fault}) is one that is away`, async () => {
      const bot = await startBot();
      try {
        bot.microsoft.fault = fault;
        assert.deepEqual(await bot.send(), { status: 503, body: LATER });
      } finally {
        await bot.close();
      }
    });
  }

  it('hangs: everybody waits for the same request, which has an end', async () => {
    const bot = await startBot();
    try {
      bot.microsoft.fault = 'hang';
      const answers = await Promise.all([bot.send(), bot.send(), bot.send()]);
      for (const answer of answers) assert.deepEqual(answer, { status: 503, body: LATER });
      assert.equal(bot.microsoft.keyRequests, 1);
    } finally {
      await bot.close();
    }
  });
});

describe('who sends without an end', () => {
  it('is told to wait, and nobody else is; then it is taken again', async () => {
    const bot = await startBot();
    try {
      bot.assistant.teams.authorization = () => `Bearer ${bot.token()}`;
      bot.assistant.holdClock();
      const answers: number[] = [];
      for (let count = 0; count < 30; count++) answers.push((await bot.send()).status);
      assert.deepEqual(new Set(answers), new Set([200]));
      assert.deepEqual(await bot.send(), {
        status: 429,
        body: '{"error":"Too many messages at once. Wait a few seconds and send this one again."}',
      });
      const other = newPerson('Megan Bowen');
      assert.equal((await bot.assistant.teams.say(other, groupChat(), 'devices')).length, 1);
      bot.assistant.moveClock(5_000);
      assert.equal((await bot.send()).status, 200);
    } finally {
      await bot.close();
    }
  });
});
