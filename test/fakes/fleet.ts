import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { newHostKey } from '../../simulator/host-key.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { AssistantError } from '../../src/errors.ts';
import { facts } from '../../src/netconf/junos.ts';
import { knownHostsLine } from '../../src/netconf/known-hosts.ts';
import { openSession, type SessionTarget } from '../../src/netconf/session.ts';

/** How a device of the fleet is, and so what asking it for facts has to give. */
type Health = 'well' | 'hangs' | 'silent' | 'refuses' | 'changed-key';

const EXPECTED: Readonly<Record<Health, string>> = {
  well: 'facts',
  hangs: 'timeout',
  silent: 'timeout',
  refuses: 'refused',
  'changed-key': 'host-key',
};

export interface FleetOptions {
  size: number;
  /** How many log people in and then answer no RPC. */
  hang?: number;
  /** How many accept the connection and say nothing at all. */
  silent?: number;
  refuse?: number;
  changedKey?: number;
}

export interface FleetDevice {
  target: SessionTarget;
  /** `facts`, or the code of the error. */
  expected: string;
}

export interface Fleet {
  devices: FleetDevice[];
  stop(): Promise<void>;
}

/** That many simulated devices, `device-000` and on, the bad ones spread among the good. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { size, hang = 0, silent = 0, refuse = 0, changedKey = 0 } = options;
  const bad: Health[] = [
    ...Array<Health>(hang).fill('hangs'),
    ...Array<Health>(silent).fill('silent'),
    ...Array<Health>(refuse).fill('refuses'),
    ...Array<Health>(changedKey).fill('changed-key'),
  ];
  const apart = Math.floor(size / (bad.length || 1));
  const simulators: Simulator[] = [];
  const servers: Server[] = [];
  const devices: FleetDevice[] = [];
  for (let index = 0; index < size; index += 1) {
    const health = (index % apart === 0 ? bad[index / apart] : undefined) ?? 'well';
    const name = `device-${String(index).padStart(3, '0')}`;
    const target = { name, address: '127.0.0.1', ports: [0], user: USER, password: PASSWORD, knownHosts: '' };
    devices.push({ target, expected: EXPECTED[health] });
    if (health === 'refuses') {
      // Not one that was just let go: the next device might be given it.
      target.ports = [NOBODY_LISTENS];
      continue;
    }
    if (health === 'silent') {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      target.ports = [(server.address() as AddressInfo).port];
      servers.push(server.on('connection', (socket) => socket.on('error', () => {}).resume()));
      continue;
    }
    const simulator = await startSimulator({ hostname: name, port: 0, user: USER, password: PASSWORD });
    simulators.push(simulator);
    simulator.state.hang = health === 'hangs';
    target.ports = [simulator.port];
    target.knownHosts =
      health === 'changed-key'
        ? knownHostsLine('127.0.0.1', simulator.port, newHostKey().publicKey)
        : simulator.hostKeyLine;
  }
  return {
    devices,
    stop: async () => {
      for (const server of servers) server.close();
      await Promise.all(simulators.map((simulator) => simulator.close()));
    },
  };
}

/** tcpmux, which no system has run for decades. */
const NOBODY_LISTENS = 1;

const USER = 'netops';
const PASSWORD = 'fleet-password';

export interface Asked {
  name: string;
  /** `facts`, or the code of the error. */
  got: string;
  /** The host name in the facts, or the error's sentence. */
  said: string;
  ms: number;
}

/** Asks every device for facts, that many at a time, in order of the list. What fails is a value. */
export async function askForFacts(
  devices: FleetDevice[],
  options: { atATime: number; rpcTimeoutMs: number; loginTimeoutMs: number },
): Promise<Asked[]> {
  const answers: Asked[] = [];
  const waiting = devices.values();
  const worker = async () => {
    for (const { target } of waiting) {
      const started = performance.now();
      const { got, said } = await ask(target, options);
      answers.push({ name: target.name, got, said, ms: performance.now() - started });
    }
  };
  await Promise.all(Array.from({ length: options.atATime }, worker));
  return answers;
}

async function ask(target: SessionTarget, { rpcTimeoutMs, loginTimeoutMs }: Parameters<typeof askForFacts>[1]) {
  try {
    const session = await openSession(target, { timeouts: { loginMs: loginTimeoutMs, closeMs: 500 } });
    try {
      return { got: 'facts', said: (await facts(session, { timeoutMs: rpcTimeoutMs })).hostname };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof AssistantError) return { got: error.code, said: error.message };
    throw error;
  }
}

/** What did not come as it should, one sentence each. */
export function wrongAnswers(devices: FleetDevice[], answers: Asked[]): string[] {
  const byName = new Map(answers.map((answer) => [answer.name, answer]));
  return devices.flatMap(({ target: { name }, expected }) => {
    const answer = byName.get(name);
    if (!answer) return [`${name} gave nothing instead of ${expected}.`];
    if (answer.got !== expected) return [`${name} gave ${answer.got} instead of ${expected}: ${answer.said}`];
    if (expected === 'facts' && answer.said !== name) return [`${name} answered as ${answer.said}.`];
    if (!answer.said.includes(name)) return [`The error of ${name} does not name it: ${answer.said}`];
    return [];
  });
}
