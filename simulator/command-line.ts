import { runCommand } from './cli.ts';
import type { Device } from './device.ts';
import { resolvePath } from './file-system.ts';
import { homeOf, type User } from './users.ts';

export interface Printed {
  text: string;
  exitCode: number;
}

/** A line at the CLI's prompt, with its pipes: `show version | match Junos | no-more | save /var/tmp/x`. */
export function runCliLine(device: Device, user: User, line: string): Printed {
  const [command = '', ...pipes] = line.split('|').map((part) => part.trim());
  device.log(`mgd[4711]: UI_CMDLINE_READ_LINE: User '${user.name}', command '${line.trim()} '`);
  const result = runCommand(device, user, command);
  if (result.isError) return { text: result.text, exitCode: 1 };
  let text = result.text;
  for (const pipe of pipes) {
    const [name = '', ...words] = pipe.split(/\s+/);
    const value = words.join(' ').replace(/^"(.*)"$/, '$1');
    const piped = throughPipe(device, user, text, name, value);
    if (typeof piped !== 'string') return piped;
    text = piped;
  }
  return { text, exitCode: 0 };
}

function throughPipe(device: Device, user: User, text: string, name: string, value: string): string | Printed {
  const lines = text.split('\n');
  switch (name) {
    case 'no-more':
      return text;
    case 'match':
    case 'except': {
      const expression = asExpression(value);
      return lines.filter((each) => expression.test(each) === (name === 'match')).join('\n');
    }
    case 'count':
      return `Count: ${lines.length} lines`;
    case 'last':
      return lines.slice(-Number(value || 1)).join('\n');
    case 'save':
      return save(device, user, text, value);
    default:
      return { text: '            ^\nunknown command.', exitCode: 1 };
  }
}

function asExpression(value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch {
    return new RegExp(value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
  }
}

function save(device: Device, user: User, text: string, name: string): Printed {
  const path = resolvePath(name, homeOf(user));
  const problem = device.files.write(path, Buffer.from(`${text}\n`), user.name, device.now());
  if (problem !== null) return { text: `error: could not open file '${name}': ${problem}`, exitCode: 1 };
  return { text: `Wrote ${text.split('\n').length} lines of output to '${name}'`, exitCode: 0 };
}

/** A command that SSH was asked to run: the login shell of everyone but root is the CLI. */
export function runCommandLine(device: Device, user: User, command: string): Printed {
  return user.name === 'root' || /^cli\s+-c\s/.test(command)
    ? runShellLine(device, user, command)
    : runCliLine(device, user, command.replace(/^cli\s+/, ''));
}

/** A line at the shell's prompt; a handful of commands, without redirection. */
export function runShellLine(device: Device, user: User, line: string, lastExitCode = 0): Printed {
  const cli = /^\s*(?:\/usr\/sbin\/)?cli\s+-c\s+(?:'([^']*)'|"([^"]*)"|(\S+))\s*$/.exec(line);
  if (cli) return runCliLine(device, user, cli[1] ?? cli[2] ?? cli[3] ?? '');
  const [name = '', ...words] = line.trim().split(/\s+/);
  const path = (word = '') => resolvePath(word, homeOf(user));
  const fail = (text: string): Printed => ({ text, exitCode: 1 });
  const done = (text: string): Printed => ({ text, exitCode: 0 });
  const files = words.filter((word) => !word.startsWith('-'));
  const target = files[0];
  switch (name) {
    case '':
      return done('');
    case 'echo':
      return done(
        words.map((word) => (word === '$?' ? String(lastExitCode) : word.replace(/^(['"])(.*)\1$/, '$2'))).join(' '),
      );
    case 'pwd':
      return done(homeOf(user));
    case 'whoami':
      return done(user.name);
    case 'hostname':
      return done(device.hostname);
    case 'date':
      return done(device.ctime(device.now()));
    case 'ls': {
      const entries = device.files.list(path(target)) ?? [device.files.stat(path(target)) ?? []].flat();
      if (entries.length === 0 && !device.files.isFolder(path(target)))
        return fail(`ls: ${target}: No such file or directory`);
      return done(entries.map((entry) => entry.name).join('\n'));
    }
    case 'cat': {
      const file = device.files.read(path(target));
      return file ? done(file.data.toString('utf8').trimEnd()) : fail(`cat: ${target}: No such file or directory`);
    }
    case 'rm': {
      const removed = files.map((word) => device.files.remove(path(word)));
      return removed.includes(false) ? fail(`rm: ${target}: No such file or directory`) : done('');
    }
    default:
      return fail(`${name}: Command not found.`);
  }
}
