import { randomBytes } from 'node:crypto';
import { read } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TransferError } from './errors.ts';

const CHUNK_BYTES = 64 * 1024;
const NAME = /^\.spool-[0-9a-f]{16}$/;

/** Bytes on the disk that nobody else can find: the file loses its name at once, and ends with the process at the latest. */
export class Spool {
  readonly #file: FileHandle;
  bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Throws `disk-full`, now and when it is written to. */
  static async open(folder: string): Promise<Spool> {
    const path = join(folder, `.spool-${randomBytes(8).toString('hex')}`);
    const file = await open(path, 'wx+', 0o600).catch(full);
    await rm(path, { force: true });
    return new Spool(file);
  }

  /** Removes what a crash left between making a file and taking its name away. Nobody else can need one of these. */
  static async sweep(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (NAME.test(name)) await rm(join(folder, name), { force: true }).catch(() => {});
  }

  async write(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.#file.write(chunk, done, chunk.length - done, this.bytes).catch(full);
        done += bytesWritten;
        this.bytes += bytesWritten;
      }
    }
  }

  /** For `readSpooled` in another thread; the spool has to stay open meanwhile. */
  get fd(): number {
    return this.#file.fd;
  }

  read(): AsyncGenerator<Buffer> {
    return readSpooled(this.#file.fd, this.bytes);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const readAt = promisify(read);

/** The bytes of a file that is open, in this thread or another. */
export async function* readSpooled(fd: number, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await readAt(fd, chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

function full(error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) throw error;
  const sentence = 'There is no room on this machine to look for secrets in compressed logs. Make room there.';
  throw new TransferError('disk-full', sentence, { cause: error });
}
