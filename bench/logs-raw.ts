import { Readable } from 'node:stream';
import { Client as FtpClient } from 'basic-ftp';
import ssh2 from 'ssh2';
import type { TransferJob } from './logs-bot.ts';

// The two halves of a transfer as the libraries alone do them, in a process of its own.

export type RawJob = Omit<TransferJob, 'redact'> & { way: 'read' | 'upload' };

/** What fits into one packet of SSH, and reads under way at once: more of either is slower. */
const PIECE_BYTES = 31 * 1024;
const AHEAD = 64;

/** As many reads at once as pay, each into memory that is used again. The connection is there before. */
function read({ device, archive }: RawJob): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const client = new ssh2.Client();
  client.on('error', reject);
  client.on('ready', () => {
    client.sftp((refusal, sftp) => {
      if (refusal) return reject(refusal);
      sftp.open(archive.path, 'r', (error, handle) => {
        if (error) return reject(error);
        const started = performance.now();
        let [asked, got] = [0, 0];
        const next = (piece: Buffer) => {
          const length = Math.min(piece.length, archive.bytes - asked);
          if (length === 0) return;
          const at = asked;
          asked += length;
          sftp.read(handle, piece, 0, length, at, (problem, bytes) => {
            if (problem || bytes !== length) return reject(problem ?? new Error('A read was cut short.'));
            got += bytes;
            if (got < archive.bytes) return next(piece);
            resolve(performance.now() - started);
            client.end();
          });
        };
        for (let n = 0; n < AHEAD; n += 1) next(Buffer.alloc(PIECE_BYTES));
      });
    });
  });
  const { address: host, ports, user: username, key } = device;
  client.connect({ host, port: ports[0] ?? 0, username, ...(key?.text ? { privateKey: key.text } : {}) });
  return promise;
}

/** One piece of memory again and again. The connection is there before. */
async function upload({ archive, ftp, name }: RawJob): Promise<number> {
  const piece = Buffer.alloc(64 * 1024, 'x');
  function* pieces() {
    for (let left = archive.bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
  }
  const client = new FtpClient();
  await client.access({ host: '127.0.0.1', ...ftp });
  const started = performance.now();
  await client.uploadFrom(Readable.from(pieces(), { objectMode: false }), name);
  const ms = performance.now() - started;
  client.close();
  return ms;
}

process.on('disconnect', () => process.exit());
process.on('message', async (job: RawJob) => {
  process.send?.({ ms: await (job.way === 'read' ? read(job) : upload(job)) });
});
process.send?.({});
