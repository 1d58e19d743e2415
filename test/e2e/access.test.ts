import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CONVERSATIONS, PEOPLE } from '../../simulator/playground-people.ts';
import { type Demo, startDemo } from '../../src/cli/demo.ts';
import { createLog } from '../../src/log.ts';
import { requireProgram } from '../fakes/requires.ts';
import { TeamsClient } from './driver.ts';

const chromium = requireProgram(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');

/** Megan is known by her user principal name, which the bot has to look up; nobody else may anything. */
const ACCESS = {
  isLocal: false,
  operators: [],
  ask: 'the network team',
  roles: [
    {
      name: 'branch',
      people: [PEOPLE.megan.userPrincipleName],
      actions: ['reboot', 'devices'] as ('reboot' | 'devices')[],
      devices: ['site:branch'],
      conversations: [CONVERSATIONS.group],
    },
  ],
};

describe('rights by role, in Teams', { skip: 'skip' in chromium ? chromium.skip : false, timeout: 180_000 }, () => {
  let demo: Demo;
  let teams: TeamsClient;

  before(async () => {
    assert.ok('path' in chromium);
    demo = await startDemo({ port: 0, botPort: 0, log: createLog('silent'), access: ACCESS });
    teams = await TeamsClient.open({ executablePath: chromium.path, url: demo.url });
  });
  after(async () => {
    await teams?.close();
    await demo?.close();
  });

  test('who is not named is refused, and told whom to ask; no device hears of it', async () => {
    await teams.send('reboot branch-fw01');
    await teams.waitForText('You may not reboot branch-fw01. To get access, ask the network team.');
    await teams.screenshot('refused-by-role');
    for (const { state } of demo.simulators.values()) assert.deepEqual(state.logins, []);
  });

  test('help says that there is nothing to do', async () => {
    await teams.send('help');
    await teams.waitForCard(/You have no rights here\. For more rights, ask the network team\./);
    await teams.screenshot('help-without-rights');
  });

  test('a role allows its devices in its conversation, and nothing else', async () => {
    await teams.openConversation('group');
    teams.actAs(PEOPLE.megan);
    await teams.send('reboot hq-fw01');
    await teams.waitForText('You may not reboot hq-fw01. To get access, ask the network team.');
    await teams.send('reboot branch-fw01');
    await teams.waitForCard('Reboot branch-fw01?');
    await teams.screenshot('allowed-by-role');
    await teams.send('restart routing on branch-fw01');
    await teams.waitForText(/^You may not restart .*branch-fw01\. To get access, ask the network team\.$/);
  });
});
