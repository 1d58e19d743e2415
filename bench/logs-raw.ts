import { Readable } from 'node:stream';
import { Client as FtpClient } from 'basic-ftp';
import ssh2 from 'ssh2';
import type { TransferJob } from './logs-bot.ts';

// The two halves of a transfer as the libraries alone do them, in a process of its own.

export type RawJob = Omit<TransferJob, 'redact'> & { way: 'read' | 'upload' };

/** ssh2's own fast way, many reads at once, into nowhere. The connection is there before. */
function read({ device, archive }: RawJob): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const client = new ssh2.Client();
  client.on('error', reject);
  client.on('ready', () => {
    client.sftp((refusal, sftp) => {
      if (refusal) return reject(refusal);
      const started = performance.now();
      sftp.fastGet(archive.path, '/dev/null', (error) => {
        if (error) return reject(error);
        resolve(performance.now() - started);
        client.end();
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
