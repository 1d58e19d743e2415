import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump } from 'js-yaml';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { encryptSecret } from '../../src/secrets/fernet.ts';
import { end, freePort, said } from '../fakes/programs.ts';
import type { Block } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a page calls the password that the operator types. */
const PASSWORD = 'a-password-for-tests-only';
const MASTER = 'a-master-password-for-tests-only';
/** Where pages say that things are; here they are below a folder of the test's own. */
const PLACES = /\/(?:etc|opt|var\/lib|var\/backups)\/(?:network|python)-assistant/g;
const BOT_PORT = '3978';
/** A page that hangs fails, with what it had printed. */
const LONGEST_MS = 240_000;
const DEVICE_ADDRESS = '192.0.2.1';

const FORMER_CONFIG = `config:
  webhook_secret: 'Password00'
  auth_header: 'Junos-Auth'
  sql_table: 'junos_events'
  ftp_server: 'ftp.example.net'
  ftp_dir: "backups"

events:
  LICENSE_EXPIRED_KEY_DELETED: 2
  LACP_INTF_MUX_STATE_CHANGED: 3
  SYSTEM_ABNORMAL_SHUTDOWN: 1
  RTPERF_CPU_THRESHOLD_EXCEEDED: 1
  UI_COMMIT: 2
  UI_COMMIT_NOT_CONFIRMED:
  UI_REBOOT_EVENT: 2
  RPD_RT_HWM_NOTICE: 4
`;

/** What became of a block. */
export interface Ran {
  block: Block;
  /** Null when an earlier block ended the shell. */
  code: number | null;
  /** Both streams as a terminal shows them, with the page's own names for places, ports and addresses. */
  output: string;
}

export interface WorkplaceOptions {
  /**
   * What is there already: everything; nothing that has to do with devices (`new`); only the files of the Python
   * assistant, in /opt/python-assistant (`before`).
   */
  state: 'ready' | 'new' | 'before';
  /** Whether the bot runs. */
  hasBot: boolean;
}

/**
 * A machine as the pages take it: the program in /opt, its configuration in /etc, its data in /var/lib, maybe the
 * bot running in local mode, and one device, hq-fw01, that answers.
 */
export class Workplace {
  readonly #dir: string;
  readonly #device: Simulator;
  readonly #botPort: number;
  #bot: ChildProcess | undefined;

  private constructor(dir: string, device: Simulator, botPort: number) {
    this.#dir = dir;
    this.#device = device;
    this.#botPort = botPort;
  }

  static async make({ state, hasBot }: WorkplaceOptions): Promise<Workplace> {
    const dir = mkdtempSync(join(tmpdir(), 'assistant-docs-'));
    const login = { user: 'netops', password: PASSWORD };
    const device = await startSimulator({ hostname: 'hq-fw01', platform: 'srx', port: 0, downMs: 50, ...login });
    const workplace = new Workplace(dir, device, await freePort());
    try {
      workplace.#install();
      await workplace.#configure(state);
      if (hasBot) await workplace.#start();
    } catch (error) {
      await workplace.close();
      throw error;
    }
    return workplace;
  }

  async close(): Promise<void> {
    if (this.#bot) await end(this.#bot);
    await this.#device.close();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 3 });
  }

  async #start(): Promise<void> {
    this.#bot = spawn(process.execPath, ['src/cli.ts', 'start'], {
      cwd: this.#place('/opt/network-assistant'),
      env: { ...this.#environment(), NETWORK_ASSISTANT_CONFIG: this.#place('/etc/network-assistant') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await said(this.#bot, 'Network Assistant is ready');
  }

  #place(path: string): string {
    return join(this.#dir, path);
  }

  #install(): void {
    const program = this.#place('/opt/network-assistant');
    for (const each of ['agent', 'cards', 'config', 'dialogs', 'manifest', 'simulator', 'src', 'package.json']) {
      cpSync(join(ROOT, each), join(program, each), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
    for (const each of ['lib', 'backups'])
      mkdirSync(this.#place(`/var/${each}/network-assistant`), { recursive: true });
  }

  /** The example folder, with what an operator changes in it. */
  async #configure(state: WorkplaceOptions['state']): Promise<void> {
    const folder = this.#place(state === 'before' ? '/opt/python-assistant' : '/etc/network-assistant');
    cpSync(join(ROOT, 'config'), folder, { recursive: true });
    const change = (file: string, from: string, to: string) => {
      const before = readFileSync(join(folder, file), 'utf8');
      if (!before.includes(from)) throw new Error(`config/${file} has no ${from} any more.`);
      writeFileSync(join(folder, file), before.replaceAll(from, to));
    };
    change('assistant.yaml', `port: ${BOT_PORT}`, `port: ${this.#botPort}`);
    change('assistant.yaml', '../var/', `${this.#place('/var/lib/network-assistant')}/`);
    change('junos-config.yaml', 'example-secret-change-me', randomBytes(16).toString('hex'));
    change(
      'devices.yaml',
      '  - hq-fw01\n',
      `  - name: hq-fw01\n    address: 127.0.0.1\n    port: ${this.#device.port}\n`,
    );
    mkdirSync(this.#place('/etc'), { recursive: true });
    writeFileSync(this.#place('/etc/network-assistant.master'), `${MASTER}\n`, { mode: 0o600 });
    if (state === 'new') return;
    const sealed = await encryptSecret(PASSWORD, MASTER, { now: () => new Date(), random: randomBytes });
    const documents = [
      { type: 'junos', '.*': { user: 'netops', ...sealed } },
      { type: 'server', ftp: { user: 'backup', ...sealed } },
    ];
    writeFileSync(join(folder, 'secrets.yaml'), documents.map((each) => `---\n${dump(each)}`).join(''));
    if (state === 'before') {
      writeFileSync(join(folder, 'junos-config.yaml'), FORMER_CONFIG);
      return;
    }
    writeFileSync(join(folder, 'known_hosts'), `${this.#device.hostKeyLine}\n`);
  }

  /** Only what is given: no identity or folder of the machine the tests run on. */
  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
      HOME: this.#dir,
      NETWORK_ASSISTANT_MASTER_PASSWORD_FILE: this.#place('/etc/network-assistant.master'),
      DEVICE_PASSWORD: PASSWORD,
      MASTER_PASSWORD: MASTER,
      npm_config_update_notifier: 'false',
    };
  }

  /** What a page says, as it is here. */
  #here(page: string): string {
    const port = String(this.#botPort);
    return page
      .replaceAll(PLACES, (path) => this.#place(path))
      .replaceAll(new RegExp(`\\b${BOT_PORT}\\b`, 'g'), port)
      .replaceAll(`[${DEVICE_ADDRESS}]:830`, `[127.0.0.1]:${this.#device.port}`);
  }

  /** And the other way round. */
  #asOnThePage(output: string): string {
    const { port } = this.#device;
    return output
      .replaceAll(this.#dir, '')
      .replaceAll(`"127.0.0.1","port":${port}`, `"${DEVICE_ADDRESS}","port":830`)
      .replaceAll(`[127.0.0.1]:${port}`, `[${DEVICE_ADDRESS}]:830`)
      .replaceAll(`:${this.#botPort}`, `:${BOT_PORT}`);
  }

  /**
   * Runs the blocks of a page from its top to its bottom in one shell, as a reader does: what one exports, the next one
   * has. A command that fails ends it, but in a block that is said to exit with another code.
   */
  async run(blocks: { block: Block; exits: number }[]): Promise<Ran[]> {
    const script = blocks.map(({ block, exits }, n) => {
      const file = this.#place(`block-${n}`);
      writeFileSync(`${file}.sh`, this.#here(block.text));
      const stop = exits === 0 ? 'set -e' : 'set +e';
      return `${stop}; . ${file}.sh >${file}.out 2>&1; echo $? >${file}.code; set +e\n`;
    });
    writeFileSync(this.#place('page.sh'), script.join(''));
    const shell = spawn('bash', ['--norc', '-o', 'pipefail', this.#place('page.sh')], {
      cwd: this.#place('/opt/network-assistant'),
      env: this.#environment(),
      stdio: 'ignore',
      // A group of its own, that nothing it began outlives it.
      detached: true,
    });
    const limit = setTimeout(() => endGroup(shell), LONGEST_MS);
    await once(shell, 'exit');
    clearTimeout(limit);
    endGroup(shell);
    const read = (file: string) => {
      try {
        return readFileSync(this.#place(file), 'utf8');
      } catch {
        return null;
      }
    };
    return blocks.map(({ block }, n) => {
      const code = read(`block-${n}.code`);
      return {
        block,
        code: code === null ? null : Number(code),
        output: this.#asOnThePage(read(`block-${n}.out`) ?? ''),
      };
    });
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
