import type { ServerChannel } from 'ssh2';
import { send } from './channel.ts';
import { runCliLine, runShellLine } from './command-line.ts';
import type { Device, Engine } from './device.ts';
import { longCommand } from './long-command.ts';
import type { User } from './users.ts';

export interface ShellOptions {
  device: Device;
  user: User;
  /** Without a terminal there is neither prompt nor echo. */
  hasTerminal: boolean;
  /** A command has been carried out and its output has left. */
  done(): void;
}

interface Level {
  mode: 'cli' | 'shell';
  device: Device;
  banner: string | null;
}

const CONTROL_C = '\x03';
const BACKSPACE = ['\x7f', '\b'];
/** Control characters, each apart. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const KEYS = /([\r\n\x03\x04\x7f\b])/;

/** An interactive login: the CLI, from which `start shell` leads to a shell; root begins in the shell. */
export function serveShell(channel: ServerChannel, options: ShellOptions): void {
  const { user, hasTerminal } = options;
  /** Where one is: inside a shell, inside the CLI of another engine, and so on outwards. */
  const levels: Level[] = [
    { mode: user.name === 'root' ? 'shell' : 'cli', device: options.device, banner: options.device.spec.banner },
  ];
  const here = () => levels.at(-1) ?? { mode: 'cli', device: options.device, banner: null };
  let line = '';
  let previous = '';
  let exitCode = 0;
  let question: string | undefined;
  let queue = Promise.resolve();
  let interrupted = new AbortController();
  const print = (text: string) => send(channel, [Buffer.from(hasTerminal ? text.replaceAll('\n', '\r\n') : text)]);
  const prompt = () => {
    if (!hasTerminal || levels.length === 0) return Promise.resolve();
    if (question !== undefined) return print(question);
    const { mode, device, banner } = here();
    if (mode === 'shell') return print(user.name === 'root' ? `root@${device.hostname}:~ # ` : '% ');
    return print(`${banner ? `${banner}\n` : ''}${user.name}@${device.hostname}> `);
  };
  const say = (text: string) => (text === '' ? Promise.resolve() : print(`${text}\n`));

  const leave = () => {
    if (levels.length === 0) return;
    levels.pop();
    if (levels.length > 0) return;
    channel.exit(0);
    channel.end();
  };

  /** What takes its time, until Ctrl-C or the end of the terminal. */
  const lasting = (entered: string) => {
    interrupted = new AbortController();
    return longCommand(here().device, user, entered, interrupted.signal);
  };

  const run = async (entered: string) => {
    const { mode, device } = here();
    const command = entered.trim().replace(/\s+/g, ' ');
    device.commands.push(entered);
    if (question !== undefined) {
      const isYes = command === 'yes' || command === 'y';
      if (question === PASSWORD) await say('Login incorrect');
      question = undefined;
      if (isYes) await say(runCliLine(device, user, pendingCommand).text);
    } else if (['exit', 'quit', 'logout'].includes(command)) {
      if (mode === 'shell') await say('exit');
      leave();
    } else if (mode === 'shell') {
      if (command === 'cli') levels.push({ ...here(), mode: 'cli', banner: device.spec.banner });
      else {
        const printed = (await lasting(entered)) ?? runShellLine(device, user, entered, exitCode);
        exitCode = printed.exitCode;
        await say(printed.text);
      }
    } else if (/^start shell(?: csh| sh| user \S+)?$/.test(command)) {
      if (user.class === 'super-user' && !device.refuseShell) levels.push({ ...here(), mode: 'shell' });
      else await say('error: permission denied');
    } else if (LOGIN.test(command)) {
      const engine = engineMeant(device, command);
      if (device.engineLoginAsks) question = PASSWORD;
      else if (engine?.isUp) {
        await say(`--- JUNOS ${device.version} Kernel 64-bit`);
        levels.push({ mode: 'cli', device: device.seenFrom(engine), banner: bannerOf(device, engine) });
      } else await say('error: could not connect: Operation timed out');
    } else if (REBOOT.test(command)) {
      question = 'Reboot the system ? [yes,no] (no) ';
      pendingCommand = command;
    } else {
      const { text } = (await lasting(entered)) ?? runCliLine(device, user, entered);
      // The CLI sets the next prompt off with an empty line.
      await say(command === '' ? '' : `${text}\n`);
    }
    options.done();
    await prompt();
  };
  let pendingCommand = '';

  channel.on('error', () => {});
  channel.on('close', () => interrupted.abort());
  // What was typed before the end of the input is still carried out.
  channel.on('end', () => {
    queue = queue.then(() => {
      levels.length = Math.min(levels.length, 1);
      leave();
    });
  });
  // The echo takes its turn behind what was printed before, as it does where the CLI itself reads the keys.
  const echo = (text: string) => {
    if (hasTerminal && text !== '') queue = queue.then(() => print(text));
  };
  const press = (key: string) => {
    if (BACKSPACE.includes(key)) {
      echo(line === '' ? '' : '\b \b');
      line = line.slice(0, -1);
    } else if (key === CONTROL_C) {
      line = '';
      interrupted.abort();
      echo('^C\n');
      queue = queue.then(prompt);
    } else queue = queue.then(leave);
  };
  channel.on('data', (bytes: Buffer) => {
    for (const part of bytes.toString('utf8').split(KEYS)) {
      if (part === '\n' && previous === '\r') previous = '';
      else if (part === '\r' || part === '\n') {
        const entered = line;
        line = '';
        previous = part;
        echo('\n');
        queue = queue.then(() => run(entered));
      } else if (part !== '') {
        previous = '';
        if (KEYS.test(part)) press(part);
        else {
          line += part;
          echo(part);
        }
      }
    }
  });
  const welcome = `--- JUNOS ${options.device.version} Kernel 64-bit\n`;
  queue = queue.then(() => (hasTerminal && here().mode === 'cli' ? print(welcome) : undefined)).then(prompt);
}

const REBOOT = /^request (?:system|vmhost) reboot\b/;
const PASSWORD = 'Password:';
const LOGIN = /^request (?:routing-engine login|session member) (?:node )?(\S+)$/;

/** The other engine that a login names: by its number, or as the other one. */
function engineMeant(device: Device, command: string): Engine | undefined {
  const name = LOGIN.exec(command)?.[1];
  return device.engines.find(({ slot }) =>
    name === 'other-routing-engine' ? slot !== device.engine.slot : `${slot}` === name,
  );
}

/** As each platform writes it above the prompt: `{secondary:node1}`, `{backup:1}`, `{backup}`. */
function bannerOf({ platform }: Device, { role, name, slot }: Engine): string {
  if (platform === 'srx-cluster') return `{${role}:${name}}`;
  return platform === 'ex-vc' ? `{${role}:${slot}}` : `{${role}}`;
}
