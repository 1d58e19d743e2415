import { once } from 'node:events';
import type { TestContext } from 'node:test';
import ssh2 from 'ssh2';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/simulator.ts';

/** A simulated device that goes when the test ends. */
export async function start(t: TestContext, options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ hostname: 'hq-fw01', port: 0, user: 'netops', password: 'pw', ...options });
  t.after(() => simulator.close());
  return simulator;
}

/** A bare SSH login, so that the device is not checked by our own client. */
export async function logIn(
  t: TestContext,
  simulator: Simulator,
  options: Partial<ssh2.ConnectConfig> = {},
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  t.after(() => client.end());
  client.on('error', () => {});
  client.connect({ host: '127.0.0.1', port: simulator.port, username: 'netops', password: 'pw', ...options });
  await once(client, 'ready');
  return client;
}

const BASE = 'urn:ietf:params:netconf:base:';
export const helloOf = (...versions: string[]) =>
  `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>${versions.map((version) => `<capability>${BASE}${version}</capability>`).join('')}</capabilities></hello>]]>]]>`;

export interface Talk {
  /** `xml-mode` instead of the subsystem. */
  exec?: string;
  login?: Partial<ssh2.ConnectConfig>;
  hello?: string;
}

/** Sends text after the hello and returns what came, up to `marks` end-of-message marks or the end. */
export async function talk(
  t: TestContext,
  simulator: Simulator,
  text: string,
  marks: number,
  { exec, login, hello = helloOf('1.0') }: Talk = {},
): Promise<string> {
  const client = await logIn(t, simulator, login);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const use = (error: Error | undefined, channel: ssh2.ClientChannel) => {
    if (error) return reject(error);
    let received = '';
    const done = () => received.split(/\]\]>\]\]>|\n##\n/).length > marks;
    channel.on('data', (bytes: Buffer) => {
      received += bytes;
      if (done()) resolve(received);
    });
    channel.on('close', () => resolve(received));
    channel.write(hello + text);
  };
  if (exec) client.exec(exec, use);
  else client.subsys('netconf', use);
  return promise;
}

export const rpc = (operation: string, id = 1) => `<rpc message-id="${id}">${operation}</rpc>]]>]]>`;

/** The replies to some operations, in order, each without its mark. */
export async function ask(
  t: TestContext,
  simulator: Simulator,
  operations: string[],
  options: Talk = {},
): Promise<string[]> {
  const received = await talk(
    t,
    simulator,
    operations.map((each) => rpc(each)).join(''),
    operations.length + 1,
    options,
  );
  return received.split(']]>]]>').slice(1, operations.length + 1);
}

/** Runs a command over SSH, sends it `input`, and returns what it printed and how it ended. */
export function execute(client: ssh2.Client, command: string, input: Buffer = Buffer.alloc(0)) {
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; exitCode: number | null }>();
  client.exec(command, (error, channel) => {
    if (error) return reject(error);
    // All of it can be in the packet that opened the channel: listeners have to be there at once.
    let text = '';
    let exitCode: number | null = null;
    channel.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    channel.on('exit', (code: number | null) => {
      exitCode = code;
    });
    channel.on('close', () => resolve({ text, exitCode }));
    channel.stderr.resume();
    channel.write(input);
  });
  return promise;
}
