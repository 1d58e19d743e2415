import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Platform } from '../../simulator/platforms.ts';
import { type Playground, startPlayground } from '../../simulator/playground.ts';
import { CONVERSATIONS } from '../../simulator/playground-people.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import type { AccessRules } from '../access.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { createLog, type Log } from '../log.ts';
import { type Running, start } from '../main.ts';
import { encryptSecret } from '../secrets/fernet.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { demoEvents } from './demo-events.ts';
import { postEvent, type TestEvent } from './send-event.ts';
import { takeSignals } from './stop-signal.ts';

export interface Demo {
  /** The page with the local Teams client. */
  url: string;
  botUrl: string;
  simulators: ReadonlyMap<string, Simulator>;
  /** Posts a signed event as a device would; returns the answer. */
  sendEvent: (event: Omit<TestEvent, 'url'>) => Promise<{ status: number; body: string }>;
  /** Ends everything and removes its files. */
  close: () => Promise<void>;
}

interface DemoDevice {
  site: string;
  name: string;
  platform?: Platform;
  model: string;
  version: string;
  bootSeconds: number;
}

const DEVICES: DemoDevice[] = [
  { site: 'hq', name: 'hq-fw01', model: 'srx345', version: '22.4R3-S6.5', bootSeconds: 41 * 86_400 },
  // Two Routing Engines, so that there is something to choose on the card.
  {
    site: 'hq',
    name: 'hq-rtr01',
    platform: 'mx-dual-re',
    model: 'mx480',
    version: '23.4R2-S3.9',
    bootSeconds: 212 * 86_400,
  },
  { site: 'branch', name: 'branch-fw01', model: 'srx300', version: '21.4R3-S9.5', bootSeconds: 9 * 86_400 },
];

/** Runs until SIGINT or SIGTERM: `npm run demo`. */
export async function demo({ port, botPort }: { port: number; botPort: number }): Promise<void> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  // Before anything runs, so that an early Ctrl-C ends what was started so far. SIGHUP as well: the shell between may be
  // gone first, and nothing is to be left behind.
  const { stopped } = takeSignals(true);
  const running = await startDemo({ port, botPort, log: createLog() });
  print('');
  print(`Open ${running.url} in a browser: a local Teams client with the bot in it.`);
  print(`Three simulated devices: ${DEVICES.map(({ name }) => name).join(', ')}. Say: reboot hq-fw01 in 30 minutes`);
  print('Ctrl-C ends it all. Everything runs on this machine only, and nothing is kept.');
  for (const event of demoEvents) await running.sendEvent(event);
  await stopped;
  print('Stopping.');
  await running.close();
}

interface DemoOptions {
  port: number;
  botPort: number;
  log: Log;
  /** Rules to try; without them everyone may everything, as in local mode. */
  access?: AccessRules;
}

/**
 * The bot on SQLite, simulated devices and Microsoft's Agents Playground, from files as an operator would write
 * them, in a folder that is removed at the end. All of it listens on loopback only.
 */
export async function startDemo({ port, botPort, log, access }: DemoOptions): Promise<Demo> {
  const dir = await mkdtemp(join(tmpdir(), 'network-assistant-'));
  const closers: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const password = randomBytes(12).toString('base64url');
    const simulators = new Map<string, Simulator>();
    for (const { site: _, name, ...device } of DEVICES) {
      const simulator = await startSimulator({
        hostname: name,
        ...device,
        port: 0,
        user: 'netops',
        password,
        downMs: 8_000,
      });
      closers.push(() => simulator.close());
      // Long enough to be seen on the card of collected logs, where a device takes many minutes.
      Object.assign(simulator.state, { supportMs: 10_000, archiveMs: 3_000 });
      simulators.set(name, simulator);
    }
    const secret = randomBytes(24).toString('base64url');
    const master = randomBytes(24).toString('base64url');
    await writeConfig(dir, { botPort, secret, master, password, simulators });
    // Only this environment: an app id that is set on this machine must not turn the demo into a real bot.
    const { config } = await loadConfigOrThrow(dir, { NETWORK_ASSISTANT_MASTER_PASSWORD: master });
    await chooseAlertConversation(config.storeFile);

    const bot: Running = await start(config, log, { access });
    closers.push(() => bot.stop());
    const playground: Playground = await startPlayground({ port, botEndpoint: `${bot.url}/api/messages` });
    closers.push(() => playground.close());
    const sendEvent: Demo['sendEvent'] = (event) => postEvent(`${bot.url}/webhooks/junos`, 'Junos-Auth', secret, event);
    return { url: playground.url, botUrl: bot.url, simulators, sendEvent, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  botPort: number;
  secret: string;
  master: string;
  password: string;
  simulators: ReadonlyMap<string, Simulator>;
}

async function writeConfig(dir: string, { botPort, secret, master, password, simulators }: Parts): Promise<void> {
  const write = (file: string, ...documents: object[]) =>
    writeFile(join(dir, file), documents.map((document) => `---\n${dump(document)}`).join(''));
  const priorities = {
    UI_COMMIT: 2,
    SNMP_TRAP_LINK_DOWN: 2,
    RPD_BGP_NEIGHBOR_STATE_CHANGED: 2,
    RTPERF_CPU_THRESHOLD_EXCEEDED: 1,
    SYSTEM_ABNORMAL_SHUTDOWN: 1,
    UI_LOGIN_EVENT: 3,
    RPD_RT_HWM_NOTICE: 4,
  };
  const sites = [...new Set(DEVICES.map(({ site }) => site))].map((site) => ({
    site,
    devices: DEVICES.filter((device) => device.site === site).map(({ name }) => ({
      name,
      address: '127.0.0.1',
      port: simulators.get(name)?.port,
    })),
  }));
  await write('assistant.yaml', {
    port: botPort,
    store_file: 'demo.sqlite',
    logs: { folder: 'logs' },
    time_zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  await write('junos-config.yaml', {
    config: { webhook_secret: secret, auth_header: 'Junos-Auth' },
    events: priorities,
  });
  await write('devices.yaml', ...sites);
  await write('secrets.yaml', {
    type: 'junos',
    '.*': {
      user: 'netops',
      ...(await encryptSecret(password, master, { now: () => new Date(), random: randomBytes })),
    },
  });
  await writeFile(
    join(dir, 'known_hosts'),
    [...simulators.values()].map(({ hostKeyLine }) => `${hostKeyLine}\n`).join(''),
  );
}

/** Alerts go to the chat that the page opens with; "alerts here" in another one moves them. */
async function chooseAlertConversation(file: string): Promise<void> {
  const store = await openSqliteStore(file);
  await store.setSetting('alert-conversation', CONVERSATIONS.personal);
  await store.close();
}
