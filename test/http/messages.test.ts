import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { localActivityProblem } from '../../src/http/local-mode.ts';
import { Assistant } from '../fakes/assistant.ts';
import { newPerson, personalChat } from '../fakes/teams.ts';

const TENANT = {
  MicrosoftAppType: 'SingleTenant',
  MicrosoftAppId: '11111111-2222-4333-8444-555555555555',
  MicrosoftAppTenantId: '66666666-7777-4888-9999-000000000000',
  MicrosoftAppPassword: 'a-made-up-client-secret',
};

const person = newPerson('Alex Wilber');
const chat = personalChat(person);

/** Node's fetch writes its own Host header; this one takes ours, and no Content-Type when it is null. */
function post(url: string, body: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/api/messages`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject).end(body);
  });
}

describe('local mode', () => {
  let assistant: Assistant;
  before(async () => {
    assistant = await Assistant.start();
  });
  after(() => assistant.close());

  const hello = (own: object = {}) =>
    JSON.stringify(assistant.teams.activity(person, chat, { type: 'message', text: 'devices', ...own }));
  const JSON_TYPE = { 'Content-Type': 'application/json' };

  for (const host of [
    'evil.example',
    'evil.example:3978',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost.evil.example',
    '127.0.0.1@evil.example',
  ]) {
    it(`a request for the host ${JSON.stringify(host)} is refused`, async () => {
      const heard = assistant.connector.requests.length;
      assert.equal(await post(assistant.url, hello(), { ...JSON_TYPE, Host: host }), 403);
      assert.equal(assistant.connector.requests.length, heard);
    });
  }

  for (const serviceUrl of [
    'https://evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://127.0.0.1@evil.example/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    '',
  ]) {
    it(`an answer to ${JSON.stringify(serviceUrl)} is refused, and the conversation not remembered`, async () => {
      const before = assistant.folder.rows('SELECT * FROM conversations').length;
      assert.equal((await assistant.teams.post(hello({ serviceUrl }))).status, 403);
      assert.equal(assistant.folder.rows('SELECT * FROM conversations').length, before);
    });
  }

  for (const header of ['Forwarded', 'Via', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP']) {
    it(`a request that a proxy handed on (${header}) is refused`, async () => {
      const heard = assistant.connector.requests.length;
      assert.equal((await assistant.teams.post(hello(), { [header]: '192.0.2.1' })).status, 403);
      assert.equal(assistant.connector.requests.length, heard);
    });
  }

  for (const deliveryMode of ['expectReplies', 'notification', 'ephemeral']) {
    it(`an answer that would go back with the request (${deliveryMode}) is refused`, async () => {
      const answer = await assistant.teams.post(hello({ text: 'reboot hq-fw01', deliveryMode }));
      assert.equal(answer.status, 403);
      assert.doesNotMatch(answer.body, /confirmation/);
      assert.deepEqual(assistant.folder.rows('SELECT * FROM confirmations'), []);
    });
  }

  it('the delivery mode that is the usual one is taken', async () => {
    assert.equal((await assistant.teams.post(hello({ deliveryMode: 'normal' }))).status, 200);
  });

  // A page can post to loopback without asking when it sends text, a form, or a Blob without a type.
  for (const headers of [
    { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    {},
  ]) {
    it(`what any web page may send is refused: ${JSON.stringify(headers)}`, async () => {
      const heard = assistant.connector.requests.length;
      assert.equal(await post(assistant.url, hello(), headers as Record<string, string>), 415);
      assert.equal(assistant.connector.requests.length, heard);
    });
  }

  const bodies: [name: string, body: string, status: number][] = [
    ['nothing', '', 400],
    ['no JSON', 'hello', 400],
    ['null', 'null', 400],
    ['an empty object', '{}', 400],
    ['an array', '[]', 400],
    ['a type that is a number', '{"type":1}', 400],
    [
      'no sender',
      '{"type":"message","serviceUrl":"http://127.0.0.1/","conversation":{"id":"x"},"channelId":"msteams"}',
      400,
    ],
    [
      'no conversation',
      '{"type":"message","serviceUrl":"http://127.0.0.1/","from":{"id":"x"},"channelId":"msteams"}',
      400,
    ],
    [
      'a conversation that is a text',
      '{"type":"message","serviceUrl":"http://127.0.0.1/","from":{"id":"x"},"conversation":"x","channelId":"msteams"}',
      400,
    ],
    ['too much', `{"text":"${'x'.repeat(300_000)}"}`, 413],
  ];
  for (const [name, body, status] of bodies) {
    it(`${name}: ${status}`, async () => {
      const answer = await assistant.teams.post(body);
      assert.equal(answer.status, status);
      assert.match(answer.body, /^\{"error":"[^"]+"\}$/);
    });
  }

  it('a type nobody knows, and members that are no list, leave it standing', async () => {
    for (const own of [
      { type: 'unheardOf' },
      { type: 'conversationUpdate', membersAdded: [null] },
      { type: 'invoke', name: 'other' },
    ]) {
      const { status, body } = await assistant.teams.post(hello(own));
      assert.ok([200, 501].includes(status), `${JSON.stringify(own)}: ${status}`);
      assert.doesNotMatch(body, /TypeError|at \w+ \(/);
    }
    assert.equal((await assistant.teams.say(person, chat, 'devices')).length, 1);
  });

  it('loopback in every spelling, and nothing else', () => {
    for (const host of ['127.0.0.1:3978', 'localhost', 'LOCALHOST:1', '[::1]:3978', '127.1.2.3']) {
      assert.equal(localActivityProblem({ host }, { serviceUrl: 'http://localhost:56150/_connector' }), null, host);
    }
    for (const host of [undefined, '', 'localhost.', '[::2]', '0.0.0.0', '128.0.0.1', 'x\\@127.0.0.1']) {
      assert.notEqual(
        localActivityProblem(host === undefined ? {} : { host }, { serviceUrl: 'http://127.0.0.1/' }),
        null,
        host,
      );
    }
  });
});

describe('tenant mode', () => {
  let assistant: Assistant;
  before(async () => {
    // Loopback, so that the test opens no port to others.
    assistant = await Assistant.start({ env: TENANT, assistant: { host: '127.0.0.1' } });
  });
  after(() => assistant.close());

  const tokens: [name: string, headers: Record<string, string>][] = [
    ['no token', {}],
    ['an empty token', { Authorization: '' }],
    ['no bearer', { Authorization: 'Basic YTpi' }],
    ['no token behind the word', { Authorization: 'Bearer ' }],
    ['no JWT', { Authorization: 'Bearer abc' }],
    [
      'a JWT that nobody signed',
      {
        Authorization: `Bearer ${['{"alg":"none"}', '{"iss":"https://api.botframework.com","aud":"11111111-2222-4333-8444-555555555555"}', ''].map((part) => Buffer.from(part).toString('base64url')).join('.')}`,
      },
    ],
  ];
  for (const [name, headers] of tokens) {
    it(`${name}: 401, and nothing of why`, async () => {
      const body = assistant.teams.activity(person, chat, { type: 'message', text: 'alerts here' });
      const answer = await assistant.teams.post(body, headers);
      assert.deepEqual(answer, { status: 401, body: '{"error":"The request is not from Microsoft Teams."}' });
      assert.deepEqual(assistant.connector.requests, []);
      assert.deepEqual(assistant.folder.rows('SELECT * FROM conversations'), []);
    });
  }

  it('the log never has the client secret', () => {
    assert.ok(!JSON.stringify(assistant.log).includes(TENANT.MicrosoftAppPassword));
  });
});
