import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AccessRules } from '../../src/access.ts';
import { Assistant, type TestEvent } from '../fakes/assistant.ts';
import { assertSays, type ConnectorRequest, cardOf } from '../fakes/connector.ts';
import { buttonsOf, everyButtonOf, groupChat, newPerson, personalChat } from '../fakes/teams.ts';
import { someone, words } from './talking.ts';

const operator = newPerson('Alex Wilber');
const stranger = newPerson('Nobody');
const access: AccessRules = {
  isLocal: false,
  operators: [operator.aadObjectId ?? ''],
  roles: [],
  ask: 'the network team',
};

let assistant: Assistant;
before(async () => {
  const devices = Object.fromEntries(
    ['logs', 'many'].flatMap((site) => ['01', '02'].map((n) => [`${site}-fw${n}`, { site }])),
  );
  assistant = await Assistant.start({ devices, access });
  await assistant.teams.say(operator, personalChat(operator), 'alerts here');
});
after(() => assistant.close());

/** The card of an event that was just sent. */
async function told(hostname: string, event: TestEvent = {}): Promise<ConnectorRequest> {
  await assistant.event({ hostname, event: 'NOT_LISTED', ...event });
  return await assistant.connector.waitFor(
    ({ method, activity }) =>
      method === 'POST' && cardOf(activity) !== undefined && JSON.stringify(activity).includes(hostname),
  );
}

describe('from an event to the logs of its device', () => {
  it('Collect logs: asks as the sentence does, on a critical card and a short one; a stranger is refused', async () => {
    const { press } = someone(() => assistant, { person: operator, chat: groupChat() });
    for (const card of [await told('logs-fw01'), await told('logs-fw02', { event: 'WARNING' })]) {
      const [device = ''] = /logs-fw0\d/.exec(words(card)) ?? [];
      const question = await press(card, 'Collect logs');
      assertSays(words(question), new RegExp(`^Collect the logs of ${device}\\?$`, 'm'));
      assert.deepEqual(buttonsOf(question), ['Collect logs', 'Cancel']);
      const refused = await someone(() => assistant, { person: stranger }).press(card, 'Collect logs');
      assert.match(words(refused), /^You may not /);
    }
  });

  it('no button to collect logs where nobody could ask for them: many devices, and one that is not listed', async () => {
    const alone = await told('other-fw99');
    assert.ok(!buttonsOf(alone).includes('Collect logs'));
    const first = await told('many-fw01', { event: 'WARNING' });
    await assistant.event({ hostname: 'many-fw02', event: 'WARNING' });
    const both = await assistant.connector.waitFor(
      (message) => message.activityId === first.activityId && words(message).includes('2 devices'),
    );
    const titles = [first, both].map(everyButtonOf);
    assert.deepEqual(
      titles.map((each) => each.includes('Collect logs')),
      [true, false],
    );
  });
});
