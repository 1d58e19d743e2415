import type { ServerChannel } from 'ssh2';
import { send } from './channel.ts';
import { runCliLine, runShellLine } from './command-line.ts';
import type { Device } from './device.ts';
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

type Mode = 'cli' | 'shell';

const CONTROL_C = '\x03';
const BACKSPACE = ['\x7f', '\b'];
/** Control characters, each apart. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const KEYS = /([\r\n\x03\x04\x7f\b])/;

/** An interactive login: the CLI, from which `start shell` leads to a shell; root begins in the shell. */
export function serveShell(channel: ServerChannel, options: ShellOptions): void {
  const { device, user, hasTerminal } = options;
  const modes: Mode[] = [user.name === 'root' ? 'shell' : 'cli'];
  let line = '';
  let previous = '';
  let exitCode = 0;
  let question: string | undefined;
  let queue = Promise.resolve();
  let interrupted = new AbortController();
  const print = (text: string) => send(channel, [Buffer.from(hasTerminal ? text.replaceAll('\n', '\r\n') : text)]);
  const prompt = () => {
    if (!hasTerminal || modes.length === 0) return Promise.resolve();
    if (question !== undefined) return print(question);
    if (modes.at(-1) === 'shell') return print(user.name === 'root' ? `root@${device.hostname}:~ # ` : '% ');
    return print(`${device.spec.banner ? `${device.spec.banner}\n` : ''}${user.name}@${device.hostname}> `);
  };
  const say = (text: string) => (text === '' ? Promise.resolve() : print(`${text}\n`));

  const leave = () => {
    if (modes.length === 0) return;
    modes.pop();
    if (modes.length > 0) return;
    channel.exit(0);
    channel.end();
  };

  /** What takes its time, until Ctrl-C or the end of the terminal. */
  const lasting = (entered: string) => {
    interrupted = new AbortController();
    return longCommand(device, user, entered, interrupted.signal);
  };

  const run = async (entered: string) => {
    const command = entered.trim().replace(/\s+/g, ' ');
    device.commands.push(entered);
    if (question !== undefined) {
      const isYes = command === 'yes' || command === 'y';
      question = undefined;
      if (isYes) await say(runCliLine(device, user, pendingCommand).text);
    } else if (['exit', 'quit', 'logout'].includes(command)) {
      if (modes.at(-1) === 'shell') await say('exit');
      leave();
    } else if (modes.at(-1) === 'shell') {
      if (command === 'cli') modes.push('cli');
      else {
        const printed = (await lasting(entered)) ?? runShellLine(device, user, entered, exitCode);
        exitCode = printed.exitCode;
        await say(printed.text);
      }
    } else if (/^start shell(?: csh| sh| user \S+)?$/.test(command)) {
      if (user.class === 'super-user' && !device.refuseShell) modes.push('shell');
      else await say('error: permission denied');
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
      modes.length = Math.min(modes.length, 1);
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
  const welcome = `--- JUNOS ${device.version} Kernel 64-bit\n`;
  queue = queue.then(() => (hasTerminal && modes.at(-1) === 'cli' ? print(welcome) : undefined)).then(prompt);
}

const REBOOT = /^request (?:system|vmhost) reboot\b/;
