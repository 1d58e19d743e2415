import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { PLATFORMS, type Platform } from '../../simulator/platforms.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { AssistantError } from '../errors.ts';

export interface SimulateOptions {
  hostname: string;
  /** 0 takes a free one. */
  port: number;
  user: string;
  password: string;
  platform?: string;
  /** A folder of canned replies. */
  replies?: string;
  legacy?: boolean;
}

/** Runs a simulated device until SIGINT or SIGTERM: one JSON line when ready, then one for every RPC. */
export async function simulate(options: SimulateOptions): Promise<void> {
  const { hostname, port, user, password, replies, legacy = false } = options;
  const platform = readPlatform(options.platform ?? 'srx');
  if (replies !== undefined && !(await isFolder(replies))) {
    throw new AssistantError('usage', `${replies} is not a folder. --replies takes a folder with RPC-NAME.xml files.`);
  }
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  const simulator = await startSimulator({
    hostname,
    port,
    user,
    password,
    platform,
    legacy,
    onRpc: print,
    ...(replies === undefined ? {} : { replies }),
  }).catch((error) => {
    throw new AssistantError('refused', `The simulator cannot listen on 127.0.0.1:${port} (${error.code}).`, {
      cause: error,
    });
  });
  // Type and key; who connects puts the host in front.
  const hostKey = simulator.hostKeyLine.split(' ').slice(1).join(' ');
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  print({ hostname, port: simulator.port, hostKey });
  await stopped;
  await simulator.close();
}

function readPlatform(name: string): Platform {
  const platform = PLATFORMS.find((each) => each === name);
  if (!platform) throw new AssistantError('usage', `There is no platform ${name}. Use ${PLATFORMS.join(', ')}.`);
  return platform;
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
