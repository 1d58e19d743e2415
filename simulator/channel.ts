import type { ServerChannel } from 'ssh2';

/**
 * Writes pieces as fast as the client reads them; with `dripBytes`, that many bytes at a time. Ends when the bytes
 * are with the network, or the channel is gone, which the caller does not mind.
 */
export async function send(channel: ServerChannel, pieces: Iterable<Buffer>, dripBytes = 0): Promise<void> {
  const gone = Promise.withResolvers<void>();
  channel.once('close', gone.resolve);
  try {
    let last = Promise.resolve();
    for (const piece of dripBytes > 0 ? dripped(pieces, dripBytes) : pieces) {
      if (channel.destroyed || channel.writableEnded) return;
      last = new Promise<void>((resolve) => channel.write(piece, () => resolve()));
      // One packet each: the next one is written when this one has gone.
      if (dripBytes > 0 || channel.writableNeedDrain) await Promise.race([last, gone.promise]);
    }
    await Promise.race([last, gone.promise]);
  } finally {
    channel.off('close', gone.resolve);
  }
}

function* dripped(pieces: Iterable<Buffer>, bytes: number): Generator<Buffer> {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += bytes) yield piece.subarray(start, start + bytes);
  }
}
