import ssh2, { type Client, type SFTPWrapper } from 'ssh2';
import { type Attempt, Cut } from './attempt.ts';
import type { Destination } from './destination.ts';
import { TransferError } from './transfer-error.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

/** Beyond 31,952 bytes ssh2 asks servers other than OpenSSH twice, one after the other. */
const PIECE_BYTES = 31 * 1024;
/** Reads under way at once: 2 MB, the window of the channel. One after the other, each would wait for the network. */
const AHEAD = 64;

/** ssh2's words when the connection went while it waited for an answer; every other error is the server's no. */
const CONNECTION_GONE = /no response from server|not connected|connection lost|channel closed|ECONN/i;

/**
 * Reads a file over SFTP (draft-ietf-secsh-filexfer-02) from where the destination stands, many reads ahead, and hands
 * its bytes on in order.
 */
export function readOverSftp(client: Client, path: string, destination: Destination, attempt: Attempt): void {
  const connectionError = (error: Error) => (CONNECTION_GONE.test(error.message) ? new Cut(error.message) : undefined);
  attempt.guard(() =>
    client.sftp((refusal, sftp) => {
      if (refusal) {
        const gone = connectionError(refusal);
        if (gone) attempt.fail(gone);
        else attempt.off(refusal.message);
        return;
      }
      sftp.on('error', (error: Error) => attempt.fail(new Cut(error.message)));
      sftp.on('close', () => attempt.fail(new Cut('The SFTP session ended.')));
      attempt.alive();
      sftp.open(path, 'r', (error, handle) => {
        if (error) return attempt.fail(readError(error, destination));
        sftp.fstat(handle, (problem, { size = 0, mtime } = {} as never) => {
          if (problem) return attempt.fail(readError(problem, destination));
          const begin = async () => {
            destination.expect({ bytes: size, modified: mtime });
            await destination.open(false);
            if (!attempt.over) new SftpReader(sftp, handle, destination, attempt).pump();
          };
          begin().catch((reason: unknown) => attempt.fail(reason));
        });
      });
    }),
  );
}

class SftpReader {
  readonly #sftp: SFTPWrapper;
  readonly #handle: Buffer;
  readonly #destination: Destination;
  readonly #attempt: Attempt;
  /** What came before its turn, by its place in the file. */
  readonly #early = new Map<number, Buffer>();
  #underWay = 0;
  #asked: number;

  constructor(sftp: SFTPWrapper, handle: Buffer, destination: Destination, attempt: Attempt) {
    this.#sftp = sftp;
    this.#handle = handle;
    this.#destination = destination;
    this.#attempt = attempt;
    this.#asked = destination.bytes;
  }

  /** Hands on what is next, asks for more, until the sink is full or everything is there. */
  pump(): void {
    const destination = this.#destination;
    this.#attempt.guard(() => {
      for (let next = this.#early.get(destination.bytes); next && !destination.full; ) {
        this.#early.delete(destination.bytes);
        destination.write(next);
        next = this.#early.get(destination.bytes);
      }
      if (destination.full) return destination.whenDrained(() => this.pump());
      const { totalBytes } = destination;
      while (this.#asked < totalBytes && this.#underWay + this.#early.size < AHEAD) {
        const length = Math.min(PIECE_BYTES, totalBytes - this.#asked);
        this.#ask(this.#asked, Buffer.allocUnsafe(length));
        this.#asked += length;
      }
      if (destination.bytes === totalBytes) this.#finish();
    });
  }

  #ask(position: number, piece: Buffer, filled = 0): void {
    this.#underWay++;
    this.#sftp.read(this.#handle, piece, filled, piece.length - filled, position + filled, (error, count) => {
      this.#underWay--;
      this.#attempt.alive();
      if (this.#attempt.over) return;
      if (error) return this.#attempt.fail(readError(error, this.#destination));
      if (count === 0) return this.#attempt.fail(this.#destination.changed('It ends earlier now.'));
      if (filled + count < piece.length) {
        this.#attempt.guard(() => this.#ask(position, piece, filled + count));
        return;
      }
      this.#early.set(position, piece);
      // Only the one whose turn it is moves anything on; a full sink does so when it has room.
      if (position === this.#destination.bytes && !this.#destination.full) this.pump();
    });
  }

  /** A file that grew meanwhile is told by its size. */
  #finish(): void {
    this.#sftp.fstat(this.#handle, (error, stats) => {
      this.#attempt.guard(() => {
        if (!error) this.#destination.expect({ bytes: stats.size, modified: stats.mtime });
        this.#sftp.end();
        this.#attempt.done();
      });
    });
  }
}

function readError(error: Error & { code?: number | string }, { device, path }: Destination): Error {
  if (error.code === STATUS_CODE.NO_SUCH_FILE) return fileMissing(device, path, error);
  if (error.code === STATUS_CODE.PERMISSION_DENIED) return filePermission(device, path, error);
  if (typeof error.code !== 'number' || error.code === STATUS_CODE.CONNECTION_LOST) return new Cut(error.message);
  return new TransferError('no-transfer', `${device} does not hand out ${path} over SFTP (${error.message}).`, error);
}

export function fileMissing(device: string, path: string, cause?: unknown): TransferError {
  return new TransferError('file-missing', `${device} has no file ${path}.`, cause);
}

export function filePermission(device: string, path: string, cause?: unknown): TransferError {
  return new TransferError('file-permission', `The user may not read ${path} on ${device} (permission denied).`, cause);
}
