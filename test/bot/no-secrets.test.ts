import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { loadConfig } from '../../src/config/load.ts';
import { cli } from '../cli/cli.ts';
import { Assistant } from '../fakes/assistant.ts';
import { DEVICE_PASSWORD, MASTER_PASSWORD, WEBHOOK_SECRET } from '../fakes/folder.ts';
import { doing, someone } from './talking.ts';

const TYPED = 'planted-typed-3d1f';
const ENV = 'planted-environment-88c0';
const SECRETS = { MASTER_PASSWORD, DEVICE_PASSWORD, WEBHOOK_SECRET, TYPED, ENV };

it('no secret is in anything the program writes: log, cards, audit, store, answers, its arguments', async () => {
  const said: [where: string, text: string][] = [];
  const assistant = await Assistant.start({
    devices: { 'hq-fw01': {}, 'hq-fw02': { password: 'another' } },
    env: { HQ_PASSWORD: ENV },
  });
  const { folder, connector } = assistant;
  try {
    const { ask, say, click, ended } = someone(() => assistant);
    await ask('alerts here');
    for (const device of ['hq-fw01', 'hq-fw02']) {
      const card = await ask(`reboot ${device}`);
      await click(card, doing(card));
      await ended(card);
    }
    for (const text of [
      `the password is ${TYPED}`,
      `set snmp community ${TYPED}`,
      `reboot hq-fw01 password: ${TYPED}`,
    ]) {
      await say(text);
    }
    await assistant.event({ hostname: 'hq-fw01', event: 'CRITICAL', message: 'm' });
    // A signature that is none, a body that is none.
    for (const body of ['{', '{}']) {
      const response = await fetch(`${assistant.url}/webhooks/junos`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'junos-auth': 'ab' },
        body,
      });
      said.push(['answer', await response.text()]);
    }
    for (const route of ['metrics', 'readyz', 'healthz'])
      said.push([route, await (await fetch(`${assistant.url}/${route}`)).text()]);
    // A file that breaks in the line with the secret.
    const junos = join(folder.dir, 'junos-config.yaml');
    const whole = readFileSync(junos, 'utf8');
    writeFileSync(junos, whole.replace(WEBHOOK_SECRET, `"${WEBHOOK_SECRET}`));
    await assistant.logged(({ msg }) => /is broken/.test(String(msg)));
    writeFileSync(junos, whole);
    const env = { NETWORK_ASSISTANT_MASTER_PASSWORD: MASTER_PASSWORD, HQ_PASSWORD: ENV };
    for (const command of [
      ['check'],
      ['secrets', 'check'],
      ['device', 'facts', 'hq-fw01'],
      ['device', 'facts', 'hq-fw02'],
    ]) {
      const { stdout, stderr } = await cli(['--config', folder.dir, ...command], { env });
      said.push([command.join(' '), stdout + stderr]);
    }
    // The configuration as somebody debugging might print it.
    const { config } = await loadConfig(folder.dir, env);
    assert.ok(config);
    said.push(
      ['arguments', execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })],
      ['log', JSON.stringify(assistant.log)],
      ['cards', JSON.stringify(connector.requests)],
      ['audit', JSON.stringify(folder.rows('SELECT entry FROM audit'))],
      ['configuration', inspect(config, { depth: 3 }) + JSON.stringify(config)],
    );
  } finally {
    await assistant.stop();
  }
  // Byte for byte, whatever a table or a log of changes has kept.
  const store = join(folder.dir, 'store');
  for (const name of readdirSync(store))
    if (statSync(join(store, name)).isFile()) said.push([name, readFileSync(join(store, name), 'latin1')]);
  await assistant.close();
  assert.ok(said.length >= 15 && said.every(([, text]) => typeof text === 'string'));
  for (const [where, text] of said)
    for (const [what, secret] of Object.entries(SECRETS)) assert.ok(!text.includes(secret), `${what} in ${where}`);
});
