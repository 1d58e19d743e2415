import { once } from 'node:events';
import { startSimulator } from '../../simulator/simulator.ts';
import { AssistantError } from '../errors.ts';

export interface SimulateOptions {
  hostname: string;
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
  const { hostname, port, user, password, platform = 'srx', replies, legacy } = options;
  if (platform !== 'srx')
    throw new AssistantError('not-built', `The platform ${platform} is not simulated yet. Use srx.`);
  if (legacy) throw new AssistantError('not-built', 'The simulator has no --legacy mode yet. Leave the option out.');
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  const simulator = await startSimulator({
    hostname,
    port,
    user,
    password,
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
