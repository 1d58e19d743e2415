import type { Client, ClientChannel } from 'ssh2';
import { type Attempt, Cut } from './attempt.ts';
import type { Destination } from './destination.ts';
import { fileMissing, filePermission } from './sftp-read.ts';
import { capped } from './spoken.ts';
import { TransferError } from './transfer-error.ts';

const GO_ON = Buffer.from([0]);
/** Longer than any header or complaint. */
const MAX_LINE = 4_096;

/**
 * Reads a file from its beginning as `scp` did before SFTP: the device runs `scp -f`, which waits for a zero byte before
 * each step, and sends `C0644 SIZE NAME`, the bytes, and a zero; a message begins with a byte of 1 or 2.
 */
export function readOverScp(client: Client, path: string, destination: Destination, attempt: Attempt): void {
  attempt.guard(() =>
    client.exec(`scp -f ${quoted(path)}`, (error, channel) => {
      if (!error) new ScpReader(channel, destination, attempt).begin();
      else if (/no response|not connected/i.test(error.message)) attempt.fail(new Cut(error.message));
      else attempt.off(error.message);
    }),
  );
}

/** For the shell that the device gives the command to; plain names stay as they are, because the CLI knows no quotes. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

class ScpReader {
  readonly #channel: ClientChannel;
  readonly #destination: Destination;
  readonly #attempt: Attempt;
  #step: 'head' | 'data' | 'status' = 'head';
  /** What came of a line that has not ended. */
  #line = Buffer.alloc(0);
  #stderr = '';

  constructor(channel: ClientChannel, destination: Destination, attempt: Attempt) {
    this.#channel = channel;
    this.#destination = destination;
    this.#attempt = attempt;
  }

  begin(): void {
    const channel = this.#channel;
    channel.on('error', (error: Error) => this.#attempt.fail(new Cut(error.message)));
    channel.stderr.on('data', (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString('utf8')).slice(0, 500);
    });
    channel.on('data', (bytes: Buffer) => this.#attempt.guard(() => this.#take(bytes)));
    channel.on('close', () => {
      const said = `${this.#line.toString('utf8')} ${this.#stderr}`.trim();
      // Whoever does not know scp says so in words of its own.
      if (this.#step === 'head') this.#attempt.off(capped(said));
      else this.#attempt.fail(new Cut('The device ended scp.'));
    });
    channel.write(GO_ON);
  }

  #take(bytes: Buffer): void {
    this.#attempt.alive();
    if (this.#attempt.over || bytes.length === 0) return;
    if (this.#step === 'head') this.#head(bytes);
    else if (this.#step === 'status') this.#status(bytes);
    else this.#data(bytes);
  }

  #data(bytes: Buffer): void {
    const left = this.#destination.totalBytes - this.#destination.bytes;
    this.#destination.write(bytes.subarray(0, left));
    const rest = bytes.subarray(left);
    if (this.#destination.bytes === this.#destination.totalBytes) this.#step = 'status';
    if (this.#destination.full) {
      this.#channel.pause();
      this.#destination.whenDrained(() => this.#channel.resume());
    }
    if (rest.length > 0) this.#status(rest);
  }

  #head(bytes: Buffer): void {
    this.#line = Buffer.concat([this.#line, bytes]).subarray(0, MAX_LINE);
    const end = this.#line.indexOf('\n');
    if (end === -1) return;
    const line = this.#line.subarray(0, end).toString('utf8');
    const [, size] = /^C[0-7]{4} (\d{1,15}) /.exec(line) ?? [];
    if (size === undefined) {
      if (line.startsWith('\x01') || line.startsWith('\x02')) this.#refused(line.slice(1));
      // Anything else is the word of one who does not know scp: the close of the channel tells.
      return;
    }
    // Nothing comes before we answer, so nothing is behind the line.
    this.#channel.pause();
    const start = async () => {
      this.#destination.expect({ bytes: Number(size) });
      await this.#destination.open(true);
      if (this.#attempt.over) return;
      this.#line = Buffer.alloc(0);
      this.#step = Number(size) === 0 ? 'status' : 'data';
      this.#channel.resume();
      this.#channel.write(GO_ON);
    };
    start().catch((error: unknown) => this.#attempt.fail(error));
  }

  /** After the bytes: a zero, or a message because the file could not be read to its end. */
  #status(bytes: Buffer): void {
    if (bytes[0] === 0) {
      this.#channel.end(GO_ON);
      this.#attempt.done();
    } else this.#refused(bytes.subarray(1, 500).toString('utf8'));
  }

  #refused(said: string): void {
    const { device, path } = this.#destination;
    if (/no such file/i.test(said)) this.#attempt.fail(fileMissing(device, path));
    else if (/permission denied/i.test(said)) this.#attempt.fail(filePermission(device, path));
    else {
      const sentence = `${device} does not hand out ${path} over SCP (${capped(said.replace(/^scp: /, '')).replace(/\.$/, '')}).`;
      this.#attempt.fail(new TransferError('no-transfer', sentence));
    }
  }
}
