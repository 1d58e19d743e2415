import type { ServerChannel } from 'ssh2';
import { send } from './channel.ts';
import type { Device } from './device.ts';
import { CUT_AFTER_MS } from './faults.ts';
import { resolvePath } from './file-system.ts';
import { homeOf, may, type User } from './users.ts';

const OK = 0;

/**
 * The sending side of rcp's protocol, which scp kept: each step waits for a zero byte from the receiver.
 * `scp -f PATH` is what a client runs to fetch a file; patterns and folders are not sent.
 */
export function serveScp(channel: ServerChannel, command: string, device: Device, user: User, cut: () => void): void {
  channel.on('error', () => {});
  const finish = (text: string, exitCode: number) => {
    if (text !== '') channel.write(text);
    channel.exit(exitCode);
    channel.end();
  };
  const words = command.split(/\s+/).slice(1);
  const flags = words.filter((word) => word.startsWith('-') && word !== '--').join('');
  const name = words
    .filter((word) => !word.startsWith('-'))
    .join(' ')
    .replace(/^(['"])(.*)\1$/, '$2');
  const refusal = refusalOf(device, user, flags, name);
  if (refusal) {
    finish(refusal, 1);
    return;
  }
  const path = resolvePath(name, homeOf(user));
  const file = device.files.read(path);
  const problem = device.files.isFolder(path) ? 'not a regular file' : 'No such file or directory';
  let step = 0;
  const next = async (acknowledged: number): Promise<void> => {
    if (acknowledged !== OK) return finish('', 1);
    step++;
    if (step === 1) {
      if (!file) return finish(`\x01scp: ${name}: ${problem}\n`, 1);
      channel.write(`C0644 ${file.data.length} ${path.slice(path.lastIndexOf('/') + 1)}\n`);
    } else if (step === 2 && file) {
      const end = device.transferEnd(file.data.length);
      if (end === undefined) await send(channel, [file.data, Buffer.from([OK])], device.dripBytes);
      else {
        device.countTransferCut();
        await send(channel, [file.data.subarray(0, end)], device.dripBytes);
        setTimeout(cut, CUT_AFTER_MS);
      }
    } else finish('', 0);
  };
  let queue = Promise.resolve();
  channel.on('data', (bytes: Buffer) => {
    for (const byte of bytes) queue = queue.then(() => next(byte));
  });
}

function refusalOf(device: Device, user: User, flags: string, name: string): string | undefined {
  if (!device.scp) return 'scp: Command not found.\n';
  if (!flags.includes('f')) return '\x01scp: only scp -f is simulated\n';
  const isForbidden = !may(user, 'maintenance') || device.unreadable.has(resolvePath(name, homeOf(user)));
  return !isForbidden ? undefined : `\x01scp: ${name}: Permission denied\n`;
}
