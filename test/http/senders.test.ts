import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createIntake } from '../../src/events/intake.ts';
import { sign, signStandard } from '../../src/events/verify.ts';
import { createLog } from '../../src/log.ts';
import { Assistant, eventBody } from '../fakes/assistant.ts';
import { WEBHOOK_SECRET } from '../fakes/folder.ts';

const OWN = 'a-secret-of-this-device';
let assistant: Assistant;
const seconds = () => Math.floor(assistant.now() / 1_000);

describe('a device with a secret of its own', { concurrency: true }, () => {
  before(async () => {
    assistant = await Assistant.start({ junos: { device_secrets: { 'HQ-fw01': OWN, branch1: OWN } } });
  });
  after(() => assistant.close());

  const status = async (body: Uint8Array, secret: string) =>
    (await assistant.webhook(body, { 'Junos-Auth': sign(body, secret) })).status;

  for (const hostname of ['hq-fw01', 'HQ-FW01', ' hq-fw01\t', '\u00a0hq-fw01', 'branch1']) {
    it(`is believed with that one only, also as ${JSON.stringify(hostname)}`, async () => {
      const body = eventBody({ hostname });
      assert.equal(await status(body, WEBHOOK_SECRET), 401);
      assert.equal(await status(body, OWN), 202);
    });
  }

  it('whatever stands before or around its name in the body', async () => {
    const body = eventBody();
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
    const twice = Buffer.from(String(body).replace('{', '{"hostname":"other",'));
    for (const odd of [marked, twice]) assert.equal(await status(odd, WEBHOOK_SECRET), 401);
  });

  it('also under its name of devices.yaml, when it calls itself something else', async () => {
    const take = createIntake({
      store: { addEvent: async () => ({ id: 1, isDuplicate: false }) },
      onStored: () => {},
      rules: () => ({
        secrets: [WEBHOOK_SECRET],
        deviceSecrets: new Map([['r1', [OWN]]]),
        strictTime: false,
        priorities: {},
        rules: [],
        clearing: new Set(),
      }),
      siteOf: () => '',
      namesOf: () => ['core', 'R1'],
      now: Date.now,
      log: createLog('silent'),
    });
    const body = eventBody({ hostname: 'core' });
    assert.equal((await take(body, { signature: sign(body, WEBHOOK_SECRET) }, '::1')).status, 401);
    assert.equal((await take(body, { signature: sign(body, OWN) }, '::1')).status, 202);
  });

  it('speaks for no other device', async () => {
    const body = eventBody({ hostname: 'hq-fw02' });
    assert.equal(await status(body, OWN), 401);
    assert.equal(await status(body, WEBHOOK_SECRET), 202);
  });
});

describe('an id of Standard Webhooks', () => {
  before(async () => {
    assistant = await Assistant.start();
  });
  after(() => assistant.close());

  const send = (body: Uint8Array, id: string) =>
    assistant.webhook(body, signStandard(body, WEBHOOK_SECRET, id, seconds()));

  it('is an event of one device: again it is the same, whatever came with it; of another device it is another', async () => {
    const first = await send(eventBody(), '1');
    assert.equal(first.status, 202);
    assert.deepEqual(await send(eventBody({ message: 'with more', hostname: 'HQ-FW01' }), '1'), {
      status: 200,
      body: first.body,
    });
    assert.equal((await send(eventBody({ hostname: 'hq-fw02' }), '1')).status, 202);
    assert.equal((await send(eventBody({ hostname: 'hq-fw02' }), '1')).status, 200);
  });
});

describe('strict time', () => {
  before(async () => {
    assistant = await Assistant.start({ junos: { strict_time: true } });
  });
  after(() => assistant.close());

  it('takes what was signed now, and neither what is old nor what has no time', async () => {
    const body = eventBody();
    const at = (timestamp: number) => assistant.webhook(body, signStandard(body, WEBHOOK_SECRET, 'm', timestamp));
    assert.equal((await at(seconds())).status, 202);
    for (const refused of [await at(seconds() - 600), await at(seconds() + 600), await assistant.webhook(body)]) {
      assert.equal(refused.status, 401);
      assert.match(refused.body, /^\{"error":"The timestamp is /);
    }
  });
});
