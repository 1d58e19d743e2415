import type { ServerChannel, Session } from 'ssh2';
import { runCommandLine } from './command-line.ts';
import type { Device, RpcRecord } from './device.ts';
import type { Dialect } from './hello.ts';
import { serveScp } from './scp.ts';
import { serveNetconf } from './session.ts';
import { serveSftp } from './sftp.ts';
import { serveShell } from './shell.ts';
import type { User } from './users.ts';

export interface SshSessionContext {
  device: Device;
  user: User;
  dialect: Dialect;
  replies?: string;
  nextSessionId(): number;
  onRpc(record: RpcRecord): void;
  /** A reply has been handed to the network. */
  answered(): void;
  /** Ends the SSH connection, as a device does after close-session. */
  end(): void;
  /** Drops the TCP connection, once what was written is out. */
  cut(): void;
}

/** How NETCONF is started where the subsystem is not configured; root, who lands in a shell, asks the CLI for it. */
const XML_MODE = new Set([
  'xml-mode netconf need-trailer',
  'cli xml-mode netconf need-trailer',
  'cli netconf',
  'netconf',
]);

/** One SSH session channel: NETCONF, SFTP, `scp -f`, a CLI command, or an interactive shell. */
export function serveSession(session: Session, context: SshSessionContext): void {
  const { device, user } = context;
  let hasTerminal = false;
  const startNetconf = (channel: ServerChannel) =>
    serveNetconf(channel, {
      ...context,
      sessionId: context.nextSessionId(),
      answered: (operation) => {
        if (operation.name === 'close-session') {
          channel.exit(0);
          channel.end();
          // Not before the client has the channel's end: it would take that for a lost connection.
          channel.once('close', () => context.end());
        }
        context.answered();
      },
    });
  session.on('subsystem', (open, refuse, info) => {
    if (info.name === 'netconf' && !device.refuseSubsystem) startNetconf(open());
    else refuse?.();
  });
  session.on('sftp', (open, refuse) => {
    if (device.sftp) serveSftp(open(), device, user, context.cut);
    else refuse?.();
  });
  session.on('pty', (accept) => {
    hasTerminal = true;
    accept?.();
  });
  session.on('window-change', (accept) => accept?.());
  session.on('env', (accept) => accept?.());
  session.on('shell', (open, refuse) => {
    if (device.refuseTerminal) return refuse?.();
    const channel = open();
    device.terminals.add(context.cut);
    channel.once('close', () => device.terminals.delete(context.cut));
    serveShell(channel, { device, user, hasTerminal, done: () => context.answered() });
  });
  session.on('exec', (open, refuse, info) => {
    if (device.refuseExec) return refuse?.();
    const command = info.command.trim();
    device.commands.push(command);
    if (XML_MODE.has(command)) startNetconf(open());
    else if (command.startsWith('scp ')) serveScp(open(), command, device, user, context.cut);
    else {
      const channel = open();
      channel.on('error', () => {});
      const { text, exitCode } = runCommandLine(device, user, command);
      if (text !== '') channel.write(`${text}\n`);
      channel.exit(exitCode);
      channel.end();
      context.answered();
    }
  });
}
