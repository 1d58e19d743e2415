import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import { type Connected, createConnect } from '../jobs/connect.ts';
import { pendingReboot } from '../netconf/junos.ts';
import { Credentials } from '../secrets/credentials.ts';

/** Prints what a device says it is. */
export function deviceFacts(dir: string, name: string): Promise<void> {
  return look(dir, name, async ({ facts }) => facts);
}

/** Prints the reboot or shutdown that is scheduled on a device: `{"pending": null}` when there is none. */
export function devicePending(dir: string, name: string): Promise<void> {
  return look(dir, name, async ({ session }) => ({ pending: (await pendingReboot(session))?.text ?? null }));
}

async function look(dir: string, name: string, ask: (connected: Connected) => Promise<object>): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env);
  const device = config.inventory.find(name);
  if (!device) {
    const near = config.inventory.suggest(name);
    throw new AssistantError(
      'unknown-device',
      `There is no "${name}" in devices.yaml.${near.length > 0 ? ` Near it: ${near.join(', ')}.` : ''}`,
    );
  }
  const connect = createConnect({
    inventory: config.inventory,
    credentials: new Credentials(config.secrets, config.masterPassword),
    knownHostsFile: config.knownHostsFile,
  });
  const connected = await connect(device.name);
  try {
    process.stdout.write(`${JSON.stringify({ device: device.name, site: device.site, ...(await ask(connected)) })}\n`);
  } finally {
    await connected.session.close();
  }
}
