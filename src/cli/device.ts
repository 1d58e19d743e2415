import type { Connected } from '../actions/action.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { AssistantError } from '../errors.ts';
import type { Device, Inventory } from '../inventory.ts';
import { createConnect } from '../jobs/connect.ts';
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

/** The device of that name. Throws AssistantError `unknown-device`, with the names near it. */
export function deviceNamed(inventory: Inventory, name: string): Device {
  const device = inventory.find(name);
  if (device) return device;
  const near = inventory.suggest(name);
  throw new AssistantError(
    'unknown-device',
    `There is no "${name}" in devices.yaml.${near.length > 0 ? ` Near it: ${near.join(', ')}.` : ''}`,
  );
}

async function look(dir: string, name: string, ask: (connected: Connected) => Promise<object>): Promise<void> {
  const { config } = await loadConfigOrThrow(dir, process.env, 'command');
  const device = deviceNamed(config.inventory, name);
  const connect = createConnect({
    inventory: config.inventory,
    credentials: new Credentials(config.secrets, config.masterPassword),
    knownHostsFile: config.knownHostsFile,
    configDir: config.dir,
  });
  const connected = await connect(device.name);
  try {
    process.stdout.write(`${JSON.stringify({ device: device.name, site: device.site, ...(await ask(connected)) })}\n`);
  } finally {
    await connected.session.close();
  }
}
